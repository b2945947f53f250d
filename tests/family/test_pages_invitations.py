"""邀请详情 (C10), and what no page of the inviter says: whether anybody holds the certificate number, looked, or does not know the sender."""

import re
from datetime import timedelta

import pytest

from family.codes import InvitationState
from family.models import Invitation
from family.operations import accepting, invitations
from family.upkeep import keep_up
from tests.factories.acts import act_at
from tests.factories.family import ACT, NOW, insured, invited
from tests.factories.people import certno
from tests.family.family_pages import at, bound, browser_of, chen, daughter, fill, page, send, words

pytestmark = pytest.mark.usefixtures("policies_loaded", "today")


class TestNobodyIsToldAbout:
    """The inviter sees the same bytes whether the number belongs to somebody insured, uninsured, bound up, or nobody."""

    def walk(self, payer, name: str, number_typed: str) -> bytes:
        """Invite and read every page on the way; return everything said, with what always differs taken out."""
        browser, said = browser_of(payer), b""
        browser.post("/family/invite/relation/", {"relation": "5"})
        who = {"name": name, "certno": number_typed, "phone": "19900055555", "limit": "none"}
        steps = [browser.post("/family/invite/person/", who), browser.get("/family/invite/check/")]
        number = send(browser)
        paths = ("", "sent/", "print/", "here/")
        steps += [browser.get(f"/family/invitations/{number}/{path}") for path in paths]
        steps += [browser.get("/family/"), browser.get("/cases/"), browser.get("/messages/")]
        for response in steps:
            said += str(response.status_code).encode() + response.content
        for varies in (rb'value="[A-Za-z0-9]{64}"', rb"/account/entries/\d+/", rb"GJ\d{4}-\d{4}-\w{5}", rb"asked-\d+", rb'"X-CSRFToken": "\w+"', rb'd="M[^"]+"',
                       rb'name="draft" value="\d+"', number_typed[:4].encode() + rb"\*+" + number_typed[-4:].encode(),
                       b" ".join(number_typed[-4:].encode()[i : i + 1] for i in range(4))):  # fmt: skip
            said = re.sub(varies, b"~", said)
        return said

    def test_one_byte_of_it(self):
        grandfather = insured(name="陈大山", serial=61_001, resident=True)
        gone = insured(name="陈大山", serial=61_003, resident=True, status=4)
        full = insured(name="陈大山", serial=61_005, resident=True)
        for _ in range(2):
            bound(chen(), full)
        numbers = [str(who.certno) for who in (grandfather, gone, full)] + [certno(61_007)]
        shown = {self.walk(chen(name="陈静"), "陈大山", number) for number in numbers}
        assert len(shown) == 1

    def test_an_unknown_sender_looks_like_waiting_and_then_like_expired(self):
        pages = []
        for unknown in (False, True):
            payer, relative = chen(), daughter(serial=62_001 + 2 * unknown)
            number = invited(payer, relative, relation="2").invitation.number
            if unknown:
                invitations.decline(act=ACT, user=relative, number=number, not_family=True)
            paths = (f"/family/invitations/{number}/", "/family/", "/cases/")
            said = [page(browser_of(payer), path) for path in paths]
            with at(NOW + timedelta(days=8)):
                keep_up(act=act_at(NOW + timedelta(days=8)))
                said += [page(browser_of(payer), path) for path in paths]
                again = browser_of(payer).post(f"/family/invitations/{number}/resend/", follow=True)
            said.append(f"{again.status_code}{words(again)}")
            last = str(relative.certno)[-4:]
            pages.append([words_said.replace(number, "").replace(last, "") for words_said in said])
        assert pages[0] == pages[1]
        assert "等对方同意" in pages[0][0]
        assert "过期了，没有用到您的钱。要再邀请吗？" in pages[0][4]


class TestInvitation:
    def test_what_has_happened_and_three_ways_to_agree(self):
        payer, relative = chen(), daughter()
        number = invited(payer, relative, relation="2").invitation.number
        said = page(browser_of(payer), f"/family/invitations/{number}/")
        assert "3月17日" in said
        assert "还有7天" in said
        for way in ("自己登录本网站", "在这台手机上同意", f"带身份证到任一窗口，报编号{number}"):
            assert way in said

    def test_that_the_relative_has_looked_is_not_told(self):
        payer, relative = chen(), insured(resident=True)
        number = invited(payer, relative).invitation.number
        before = page(browser_of(payer), f"/family/invitations/{number}/")
        browser_of(relative).get(f"/family/invitations/{number}/answer/")
        assert Invitation.objects.get().state == InvitationState.SEEN
        assert page(browser_of(payer), f"/family/invitations/{number}/") == before

    def test_a_new_look_with_htmx_is_the_part_alone(self):
        payer = chen()
        number = invited(payer, insured(resident=True)).invitation.number
        part = browser_of(payer).get(f"/family/invitations/{number}/", headers={"HX-Request": "true"}).content.decode()
        assert part.lstrip().startswith('<div id="invitation"')
        assert '<div id="status" hx-swap-oob="innerHTML">已更新。</div>' in part

    def test_taking_back_swaps_the_card_and_the_count(self):
        payer = chen()
        number = invited(payer, daughter(), relation="2").invitation.number
        browser = browser_of(payer)
        part = browser.post(f"/family/invitations/{number}/withdraw/", headers={"HX-Request": "true"}).content.decode()
        assert "已撤回" in part
        assert '<span id="waiting-count" hx-swap-oob="innerHTML">0</span>' in part
        assert "已撤回给林小雨的邀请，没有用到您的钱。" in part
        assert browser.post(f"/family/invitations/{number}/withdraw/").status_code == 409

    def test_sending_again_without_htmx_comes_back_with_a_message(self):
        payer = chen()
        number = invited(payer, daughter(), relation="2").invitation.number
        response = browser_of(payer).post(f"/family/invitations/{number}/resend/", follow=True)
        assert "给林小雨的邀请已重新发出，有效到3月17日。" in words(response)

    def test_the_sheet_has_a_code_only_in_the_session_that_sent_it(self):
        payer, relative = chen(), insured(resident=True)
        browser = browser_of(payer)
        fill(browser, "5", relative)
        number = send(browser)
        sheet = f"/family/invitations/{number}/print/"
        assert 'aria-label="二维码' in browser.get(sheet).content.decode()
        assert 'aria-label="二维码' not in browser_of(payer).get(sheet).content.decode()

    def test_nobody_elses_invitation_is_there(self):
        number = invited(chen(), insured(resident=True)).invitation.number
        stranger = browser_of(chen())
        for path in ("", "sent/", "print/", "here/", "answer/", "refuse/", "stranger/"):
            assert stranger.get(f"/family/invitations/{number}/{path}").status_code == 404, path
        for path in ("resend/", "withdraw/", "here/code/", "answer/"):
            assert stranger.post(f"/family/invitations/{number}/{path}").status_code == 404, path

    def test_a_relative_who_said_no_is_reported_with_their_words(self):
        payer, relative = chen(), daughter()
        number = invited(payer, relative, relation="2").invitation.number
        invitations.decline(act=ACT, user=relative, number=number, answer="我自己够用")
        said = page(browser_of(payer), f"/family/invitations/{number}/")
        assert "对方没同意" in said
        assert "我自己够用" in said

    def test_once_agreed_it_leads_to_the_relative(self):
        payer, relative = chen(), insured(resident=True)
        number = invited(payer, relative).invitation.number
        bond = accepting.accept(act=ACT, user=relative, number=number)
        assert f"/family/members/{bond.pk}/" in browser_of(payer).get(f"/family/invitations/{number}/").content.decode()
