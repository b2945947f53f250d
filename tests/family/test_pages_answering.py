"""收到邀请 (C11): informed, equally weighted, by the invited person only; undone within its minutes."""

import re
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from accounts.models import OutboxMessage
from family.codes import BondState, Consent, EventKind, InvitationState
from family.models import Bond, Event, Invitation
from family.operations import invitations
from tests.factories.family import ACT, NOW, QUANZHOU, TODAY, insured, invited
from tests.factories.people import certno
from tests.family.family_pages import at, bound, browser_of, chen, huang, last_event, page, words
from tests.personas import changed


def asked(payer=None, user=None, **terms) -> tuple:
    payer, user = payer or chen(), user or insured(name="陈伟", gender=1)
    return payer, user, invited(payer, user, **terms).invitation.number


@pytest.mark.usefixtures("policies_loaded", "today")
class TestOwnSignIn:
    def test_who_what_changes_what_the_other_sees_and_the_way_out(self):
        _, user, number = asked(limit_fen=100_000)
        said = page(browser_of(user), f"/family/invitations/{number}/answer/")
        assert "陈静邀请您用她的历年结余陈静说是您的女儿。" in said
        assert "您看病买药，先用自己的钱，不够再用陈静的历年结余。" in said
        assert "能看到：哪天、在哪类地方、用了多少钱。看不到：看的什么病、开的什么药、哪一家医院。" in said
        assert "随时可以退出" in said
        assert "每年最多用¥1,000.00" in said
        assert "点了“同意”以后才算数" in said

    def test_yes_and_no_weigh_the_same_and_neither_is_chosen(self):
        _, user, number = asked()
        html = browser_of(user).get(f"/family/invitations/{number}/answer/").content.decode()
        assert re.search(r'class="btn second">同意</button>', html)
        assert re.search(r'class="btn second" href="[^"]+">不同意</a>', html)
        assert 'class="btn"' not in html

    def test_yes_binds_and_says_until_when_it_can_be_undone(self):
        payer, user, number = asked()
        response = browser_of(user).post(f"/family/invitations/{number}/answer/", follow=True)
        assert f"已同意，马上生效编号{number}" in words(response)
        assert "10:10前可以撤回" in words(response)
        assert Bond.objects.get().consent == Consent.OWN
        assert "陈伟父亲使用中" in page(browser_of(payer), "/family/")
        assert "陈静女儿可以用" in page(browser_of(user), "/family/from-others/")

    def test_a_second_yes_shows_how_it_stands(self):
        _, user, number = asked()
        browser = browser_of(user)
        browser.post(f"/family/invitations/{number}/answer/")
        again = browser.post(f"/family/invitations/{number}/answer/")
        assert again.status_code == 409
        assert "您已经同意了" in words(again)
        assert Bond.objects.count() == 1

    def test_undone_within_its_minutes_it_waits_again(self):
        _, user, number = asked()
        browser = browser_of(user)
        browser.post(f"/family/invitations/{number}/answer/")
        event = last_event(EventKind.ACCEPTED)
        response = browser.post(f"/family/done/{event.pk}/undo/", follow=True)
        assert "已撤回：同意" in words(response)
        assert Bond.objects.get().state == BondState.ENDED
        assert "陈静邀请您用她的历年结余" in page(browser, f"/family/invitations/{number}/answer/")

    def test_too_late_is_a_page(self):
        _, user, number = asked()
        browser = browser_of(user)
        browser.post(f"/family/invitations/{number}/answer/")
        event = last_event(EventKind.ACCEPTED)
        with at(NOW + timedelta(minutes=11)):
            response = browser.post(f"/family/done/{event.pk}/undo/")
        assert response.status_code == 409
        assert "不能撤回了" in words(response)
        with at(NOW + timedelta(minutes=11)):
            assert "办错了？" not in page(browser, f"/family/done/{event.pk}/")

    def test_no_with_a_word_is_told_and_can_be_undone(self):
        payer, user, number = asked()
        browser = browser_of(user)
        response = browser.post(f"/family/invitations/{number}/refuse/", {"answer": "我自己够用"}, follow=True)
        assert "已回复不同意" in words(response)
        assert "我自己够用" in page(browser_of(payer), f"/family/invitations/{number}/")
        browser.post(f"/family/done/{last_event(EventKind.DECLINED).pk}/undo/")
        assert Invitation.objects.get().is_open

    def test_a_word_with_a_link_in_it_is_refused_at_its_field(self):
        _, user, number = asked()
        for link in ("看 www.abc.com", "看ｗｗｗ．abc．com", "https://x.example/"):
            response = browser_of(user).post(f"/family/invitations/{number}/refuse/", {"answer": link})
            assert response.status_code == 422
            assert "这里不能写网址，请只写想说的话" in words(response)
        assert Invitation.objects.get().is_open

    def test_not_my_family_is_not_told(self):
        payer, user, number = asked()
        browser = browser_of(user)
        assert "陈静不会知道您答复过" in page(browser, f"/family/invitations/{number}/stranger/")
        response = browser.post(f"/family/invitations/{number}/stranger/", follow=True)
        assert "已记下：这不是您的家人" in words(response)
        assert "等对方同意" in page(browser_of(payer), f"/family/invitations/{number}/")
        assert "您说过这不是您的家人" in page(browser, f"/family/invitations/{number}/answer/")

    def test_what_the_rules_say_against_it_stands_there_before_a_click(self):
        user = insured(name="陈伟", gender=1)
        for _ in range(2):
            bound(chen(), user)
        _, _, number = asked(user=user)
        said = page(browser_of(user), f"/family/invitations/{number}/answer/")
        assert "现在还不能同意" in said
        assert "一个人最多用2个人的钱" in said
        assert browser_of(user).post(f"/family/invitations/{number}/answer/").status_code == 422

    def test_nothing_of_the_inviters_money_or_insurance_is_told(self):
        payer = chen()
        user, number = asked(payer)[1:]
        changed(payer, TODAY, region="330381", status=2)
        said = page(browser_of(user), f"/family/invitations/{number}/answer/")
        assert "邀请人现在还不能让家人用自己的钱" in said
        assert "停保" not in said

    def test_it_waits_on_the_pages_of_the_invited_person(self):
        _, user, number = asked()
        browser = browser_of(user)
        for path in ("/account/", "/family/", "/family/from-others/"):
            assert f"/family/invitations/{number}/answer/" in browser.get(path).content.decode(), path

    def test_expired_and_withdrawn_ones_say_so(self):
        payer, user, number = asked()
        with at(NOW + timedelta(days=9)):
            assert "邀请过期了" in page(browser_of(user), f"/family/invitations/{number}/answer/")
        invitations.withdraw(act=ACT, payer=payer, number=number)
        assert "陈静撤回了邀请" in page(browser_of(user), f"/family/invitations/{number}/answer/")

    def test_the_pool_is_called_a_pool(self):
        payer, user = huang(), insured(QUANZHOU, resident=True)
        number = invited(payer, user, QUANZHOU).invitation.number
        said = page(browser_of(user), f"/family/invitations/{number}/answer/")
        assert "您看病买药用黄建国的共济账户里的钱，不够的自己付现金" in said
        assert "历年结余" not in said


@pytest.mark.usefixtures("policies_loaded", "today")
class TestFromPaper:
    def token_of(self, payer, user) -> str:
        return invited(payer, user).token

    def test_the_secret_is_gone_from_the_address_at_once_and_leads_to_the_invitation(self):
        payer, user = chen(), insured(name="陈伟", gender=1)
        token = self.token_of(payer, user)
        browser = Client()
        landing = browser.get(f"/family/open/{token}/")
        assert landing.url == "/family/open/"
        assert token not in landing.content.decode() + str(browser.session.items())
        assert browser.get("/family/open/").url == "/login/?next=%2Ffamily%2Fopen%2F"
        browser_of_user = browser_of(user)
        browser_of_user.get(f"/family/open/{token}/")
        opened = browser_of_user.get("/family/open/")
        assert re.fullmatch(r"/family/invitations/GJ[\w-]+/answer/", opened.url)

    def test_for_anybody_else_a_used_and_an_unknown_one_it_is_the_same_page(self):
        payer, user = chen(), insured(name="陈伟", gender=1)
        token = self.token_of(payer, user)
        said = set()
        stranger = browser_of(insured())
        stranger.get(f"/family/open/{token}/")
        said.add(stranger.get("/family/open/").content)
        stranger.get("/family/open/never-issued/")
        said.add(stranger.get("/family/open/").content)
        assert len({re.sub(rb'"[A-Za-z0-9]{32,64}"', b"", text) for text in said}) == 1
        own = browser_of(user)
        for status in (302, 404):
            own.get(f"/family/open/{token}/")
            assert own.get("/family/open/").status_code == status


@pytest.mark.usefixtures("policies_loaded", "today")
class TestChildren:
    def young(self):
        born = date(2015, 5, 18)
        return insured(resident=True, name="林小雨", birth_on=born, certno=certno(1, born))

    def test_an_inviting_parent_agrees_without_typing_anything_again(self):
        payer, child = chen(), self.young()
        number = invited(payer, child, relation="2").invitation.number
        browser = browser_of(payer)
        assert "现在替林小雨同意" in page(browser, f"/family/invitations/{number}/sent/")
        said = page(browser, f"/family/child/{number}/")
        assert "替林小雨同意用您的历年结余" in said
        assert "林小雨看病买药可以用您的历年结余；自己有个人账户的，先用自己的" in said
        response = browser.post(f"/family/child/{number}/", {"answer": "1"})
        assert response.status_code == 422
        assert "请先确认您是孩子的父亲或母亲" in words(response)
        response = browser.post(f"/family/child/{number}/", {"answer": "1", "declared": "on"}, follow=True)
        assert "已替林小雨同意" in words(response)
        assert Bond.objects.get().consent == Consent.PARENT

    def test_the_other_parent_names_the_child_and_then_sees_what_it_means(self):
        payer, child, father = chen(), self.young(), insured(name="林强", gender=1)
        number = invited(payer, child, relation="2").invitation.number
        browser = browser_of(father)
        assert browser.post("/family/child/", {"number": f" {number.lower()} "}).url == f"/family/child/{number}/"
        assert "陈静" not in page(browser, f"/family/child/{number}/")
        who = {"name": "林小雨", "certno": str(child.certno)}
        seen = browser.post(f"/family/child/{number}/", who)
        assert "邀请人是陈静" in words(seen)
        assert not Bond.objects.exists()
        done = browser.post(f"/family/child/{number}/", {**who, "answer": "1", "declared": "on"}, follow=True)
        assert "已替林小雨同意" in words(done)

    def test_whoever_does_not_know_the_child_learns_nothing(self):
        payer, child = chen(), self.young()
        number = invited(payer, child, relation="2").invitation.number
        browser = browser_of(insured())
        wrong = {"name": "林小雨", "certno": str(insured().certno)}
        said = {
            words(browser.post(f"/family/child/{one}/", wrong)).replace(one, "")
            for one in (number, "GJ2026-0310-22222")
        }
        assert len(said) == 1
        assert "对不上" in said.pop()

    def test_a_child_who_looks_is_told_to_ask_a_parent(self):
        payer, child = chen(), self.young()
        number = invited(payer, child, relation="2").invitation.number
        said = page(browser_of(child), f"/family/invitations/{number}/answer/")
        assert "未满16周岁，由父母代为同意" in said
        assert browser_of(child).post(f"/family/invitations/{number}/answer/").status_code == 422


@pytest.mark.usefixtures("committed_db", "today")
class TestOnTheInvitersPhone:
    """In a database of its own: guesses commit by themselves."""

    def code(self) -> str:
        return re.search(
            r"\b(\d{6})\b", OutboxMessage.objects.filter(template="family_agree_code").latest("queued_at").text
        )[1]

    def test_the_invited_persons_own_code_name_and_last_four(self):
        payer, user, number = asked(user=insured(name="陈伟", gender=1, resident=True))
        browser = browser_of(payer)
        assert "请把手机交给陈伟" in page(browser, f"/family/invitations/{number}/here/")
        response = browser.post(f"/family/invitations/{number}/here/code/", follow=True)
        assert "再发一次" in words(response)
        assert OutboxMessage.objects.get(template="family_agree_code").phone == user.phone
        given = {"name": "陈伟", "last_four": str(user.certno)[-4:], "code": self.code()}
        for minutes, wrong in enumerate(({"code": "000000"}, {"name": "陈维"}, {"last_four": "0000"}), start=1):
            with at(NOW + timedelta(minutes=2 * minutes)):
                refused = browser.post(f"/family/invitations/{number}/here/", {**given, **wrong})
                assert refused.status_code == 422
                assert "对不上。请核对姓名、证件号码最后4位和验证码" in words(refused)
                browser.post(f"/family/invitations/{number}/here/code/")  # the right digits are used up by one try
                given["code"] = self.code()
        assert not Bond.objects.exists()
        with at(NOW + timedelta(minutes=7)):
            done = browser.post(f"/family/invitations/{number}/here/", given, follow=True)
        assert "陈伟已同意" in words(done)
        assert Bond.objects.get().consent == Consent.CODE
        assert "撤回" not in words(done), "the inviter cannot take back what somebody else agreed to"

    def test_the_page_is_the_same_for_a_number_that_nobody_holds(self):
        said = []
        for certificate in (str(insured(name="陈大山", serial=63_001, resident=True).certno), certno(63_003)):
            payer = chen()
            number = invited(payer, SimpleNamespace(name="陈大山", certno=certificate)).invitation.number
            browser = browser_of(payer)
            pages = [browser.post(f"/family/invitations/{number}/here/code/", follow=True)]
            form = {"name": "陈大山", "last_four": certificate[-4:], "code": "000000"}
            pages.append(browser.post(f"/family/invitations/{number}/here/", form))
            text = "".join(f"{one.status_code}{words(one)}" for one in pages)
            said.append(text.replace(number, "").replace(certificate[-4:], ""))
        assert said[0] == said[1]


@pytest.mark.usefixtures("policies_loaded", "today")
def test_a_result_page_is_only_for_who_did_it():
    payer, user, number = asked()
    browser_of(user).post(f"/family/invitations/{number}/refuse/", {"answer": ""})
    event = last_event(EventKind.DECLINED)
    assert browser_of(payer).get(f"/family/done/{event.pk}/").status_code == 404
    assert browser_of(insured()).get(f"/family/done/{event.pk}/").status_code == 404
    assert browser_of(payer).post(f"/family/done/{event.pk}/undo/").status_code == 404
    assert Invitation.objects.get().state == InvitationState.DECLINED
    assert Event.objects.filter(kind=EventKind.UNDONE).count() == 0
