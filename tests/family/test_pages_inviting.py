"""邀请家人 (C08–C10): three steps, one invitation, and nothing said about whoever holds the certificate number."""

import re
from datetime import timedelta

import pytest

from family.codes import InvitationState
from family.models import Invitation
from family.operations import invitations
from family.operations.ending import remove
from tests.factories.family import ACT, NOW, QUANZHOU, bond, insured, invited
from tests.factories.people import certno
from tests.family.family_pages import at, bound, browser_of, chen, daughter, fill, huang, page, send, words

pytestmark = pytest.mark.usefixtures("policies_loaded", "today")


class TestHub:
    def test_the_rule_with_the_live_amount_and_what_it_is(self):
        said = page(browser_of(chen()), "/family/")
        assert "您的历年结余¥3,594.26可以给家人用。当年账户的钱不会被家人用到。" in said
        assert "还没有家人在用。邀请一位，对方同意后马上生效。" in said
        assert "配偶、子女" in said

    def test_a_pool_region_speaks_of_the_pool_and_never_of_the_other_model(self):
        said = page(browser_of(huang()), "/family/")
        assert "共济账户里有¥0.00" in said
        assert "您个人账户里的¥3,500.00，转入共济账户以后家人才能用。" in said
        assert "历年结余" not in said

    def test_the_other_model_never_speaks_of_a_pool(self):
        browser = browser_of(chen())
        relative = insured(resident=True)
        for path in ("/family/", "/family/close/", "/family/invite/relation/"):
            assert "共济账户" not in page(browser, path)
            assert "划拨" not in page(browser, path)
        fill(browser, "5", relative)
        assert "共济账户" not in page(browser, "/family/invite/check/")

    def test_who_has_no_account_comes_to_whose_money_they_may_use(self):
        response = browser_of(insured(resident=True)).get("/family/", follow=True)
        assert response.redirect_chain == [("/family/from-others/", 302)]
        assert "还没有家人让您用他们的钱" in words(response)

    def test_members_and_waiting_invitations_have_their_cards(self):
        payer, father, child = chen(), insured(name="陈伟", gender=1), daughter()
        bound(payer, father, limit_fen=100_000)
        invited(payer, child, relation="2")
        said = page(browser_of(payer), "/family/")
        assert "陈伟父亲使用中今年已用¥0.00每年最多用¥1,000.00开通日期2026年3月10日" in said
        assert "林小雨" in said
        assert "等对方同意邀请于3月10日（周二）发出，有效到3月17日（周二），还有7天。" in said
        assert "同意之前，不会用到您的钱。" in said


class TestThreeSteps:
    def test_one_question_a_page_then_everything_once_more(self):
        browser, relative = browser_of(chen()), daughter()
        said = page(browser, "/family/invite/relation/")
        assert "第1步，共3步：选关系您想让谁用您的历年结余？" in said
        assert "不在这些里面" in said
        fill(browser, "2", relative)
        said = page(browser, "/family/invite/check/")
        assert "第3步，共3步：检查并发出检查后发出邀请" in said
        assert "以后才算数" in said
        assert "填写不实造成基金损失的，要依法承担责任。" in said
        assert str(relative.certno) not in said
        number = send(browser)
        assert f"邀请已发出编号{number}" in page(browser, f"/family/invitations/{number}/sent/")

    def test_what_was_filled_in_is_there_when_one_comes_back(self):
        browser, relative = browser_of(chen()), daughter()
        fill(browser, "2", relative)
        again = browser.get("/family/invite/person/").content.decode()
        assert str(relative.certno) in again
        assert 'value="林小雨"' in again
        assert re.search(r'value="2"[^>]*checked', browser.get("/family/invite/relation/").content.decode())

    def test_how_much_is_asked_and_no_limit_is_an_answer_of_its_own(self):
        browser, relative = browser_of(chen()), daughter()
        browser.post("/family/invite/relation/", {"relation": "2"})
        asked = browser.get("/family/invite/person/").content.decode()
        assert not re.search(r'name="limit"[^>]*checked', asked), "no amount stands there unasked"
        who = {"name": relative.name, "certno": str(relative.certno), "no_phone": "on"}
        for given, shown in (("1000", "每年最多用¥1,000.00"), ("none", "每年最多用不限")):
            browser.post("/family/invite/person/", {**who, "limit": given})
            assert shown in page(browser, "/family/invite/check/")
            again = browser.get("/family/invite/person/").content.decode()
            assert re.search(rf'value="{given}"[^>]*checked', again)
        assert browser.post("/family/invite/person/", who).status_code == 422

    def test_what_was_not_sent_is_offered_again(self):
        payer = chen()
        browser, relative = browser_of(payer), daughter()
        fill(browser, "2", relative)
        assert "接着填给林小雨的邀请" in page(browser, "/family/")
        assert "给林小雨的邀请填了一半，还没有发出" in page(browser, "/account/")
        send(browser)
        assert "接着填" not in page(browser, "/family/")
        assert "填了一半" not in page(browser, "/account/")

    def test_steps_cannot_be_skipped(self):
        browser = browser_of(chen())
        assert browser.get("/family/invite/person/").url == "/family/invite/relation/"
        assert browser.get("/family/invite/check/").url == "/family/invite/relation/"
        browser.post("/family/invite/relation/", {"relation": "2"})
        assert browser.get("/family/invite/check/").url == "/family/invite/person/"

    def test_the_terms_can_be_changed_before_sending(self):
        browser = browser_of(chen())
        fill(browser, "2", daughter())
        given = {"limit": "other", "limit_other": "￥１，２００元", "until": "2026年12月31日", "scopes": ["medical"]}
        assert browser.post("/family/invite/terms/", given).url == "/family/invite/check/"
        said = page(browser, "/family/invite/check/")
        assert "用来看病买药修改" in said
        assert "每年最多用¥1,200.00" in said
        assert "用到哪天2026年12月31日" in said

    @pytest.mark.parametrize(
        ("given", "words_said"),
        [
            ({"limit": "other", "limit_other": "0", "scopes": ["medical"]}, "额度要大于零"),
            ({"limit": "other", "limit_other": "很多", "scopes": ["medical"]}, "金额只写数字，最多两位小数"),
            ({"limit": "other", "limit_other": "99999999", "scopes": ["medical"]}, "额度最多填100,000.00元"),
            ({"limit": "other", "scopes": ["medical"]}, "请填每年最多用多少元"),
            ({"scopes": ["medical"]}, "请选每年最多用多少"),
            ({"until": "2026年2月30日", "scopes": ["medical"]}, "没有这一天"),
            ({"limit": "none", "until": "2026-03-09", "scopes": ["medical"]}, "结束日期不能早于今天"),
            ({}, "请至少选一样"),
        ],
    )
    def test_terms_that_cannot_be_are_said_at_the_field(self, given, words_said):
        browser = browser_of(chen())
        browser.post("/family/invite/relation/", {"relation": "2"})
        response = browser.post("/family/invite/terms/", given)
        assert response.status_code == 422
        assert words(response).count(words_said) == 2

    def test_a_wrong_number_is_said_in_words_and_kept(self):
        browser = browser_of(chen())
        browser.post("/family/invite/relation/", {"relation": "2"})
        response = browser.post("/family/invite/person/", {"name": "", "certno": "33030219900101123"})
        assert response.status_code == 422
        assert "有3处需要修改请填姓名证件号码少了1位，应为18位请选每年最多用多少" in words(response)
        assert 'value="33030219900101123"' in response.content.decode()
        assert "<title>错误：" in response.content.decode()

    def test_a_phone_and_no_phone_do_not_go_together(self):
        browser = browser_of(chen())
        browser.post("/family/invite/relation/", {"relation": "2"})
        given = {"name": "林小雨", "certno": certno(1234), "phone": "19900012345", "no_phone": "on"}
        assert "请只留一样" in words(browser.post("/family/invite/person/", given))

    def test_without_the_checkbox_nothing_is_sent(self):
        browser = browser_of(chen())
        fill(browser, "2", daughter())
        draft = Invitation.objects.get()
        response = browser.post("/family/invite/check/", {"draft": draft.pk})
        assert response.status_code == 422
        assert "请先确认关系属实，再勾选" in words(response)
        assert Invitation.objects.get().state == InvitationState.DRAFTED

    def test_two_clicks_send_one_invitation(self):
        browser = browser_of(chen())
        fill(browser, "2", daughter())
        form = {"draft": Invitation.objects.get().pk, "agree": "on"}
        first, second = (browser.post("/family/invite/check/", form) for _ in range(2))
        assert first.url == second.url
        assert Invitation.objects.count() == 1
        assert Invitation.objects.get().sends == 1

    def test_a_relation_that_is_not_there_leads_to_an_explanation(self):
        browser = browser_of(chen())
        assert browser.post("/family/invite/relation/", {"relation": "other"}).url == "/family/invite/others/"
        assert "岳父母、公婆、儿媳、女婿不在范围里" in page(browser, "/family/invite/others/")

    def test_what_was_filled_in_can_be_thrown_away(self):
        browser = browser_of(chen())
        fill(browser, "2", daughter())
        browser.post("/family/invite/discard/")
        assert not Invitation.objects.exists()


class TestNotYet:
    def test_below_the_gate_it_is_a_page_with_what_is_missing(self):
        said = page(browser_of(insured(carried=162_000)), "/family/invite/relation/")
        assert "现在还不能开通" in said
        assert "我们查到的情况上年末余额1,620.00元，还差380.00元" in said
        assert "还差¥380.00" in said
        assert "您可以做什么" in said
        assert "打给谁65895523" in said

    def test_all_reasons_stand_on_one_page(self):
        said = page(browser_of(insured(carried=162_000, status=2)), "/family/invite/relation/")
        assert "有2个原因" in said
        assert "停保期间不能给家人用" in said

    def test_a_second_invitation_leads_to_the_first(self):
        payer, relative = chen(), insured(resident=True)
        number = invited(payer, relative).invitation.number
        browser = browser_of(payer)
        fill(browser, "5", relative)
        response = browser.get("/family/invite/check/")
        assert "已经邀请过这个人，还没有答复" in words(response)
        assert f'href="/family/invitations/{number}/"' in response.content.decode()


def test_the_pool_region_invites_to_the_pool():
    browser = browser_of(huang())
    assert "您想让谁用您的共济账户？" in page(browser, "/family/invite/relation/")
    fill(browser, "5", insured(QUANZHOU, resident=True))
    said = page(browser, "/family/invite/check/")
    assert "看病买药可以用您的共济账户里的钱；自己有个人账户的，先用自己的" in said
    assert "历年结余" not in said


class TestOtherPages:
    def test_one_that_expires_soon_and_one_that_was_refused_wait_on_the_account_page(self):
        payer, soon, no = chen(), insured(name="陈伟", resident=True), daughter()
        invited(payer, soon)
        number = invited(payer, no, relation="2").invitation.number
        invitations.decline(act=ACT, user=no, number=number)
        said = page(browser_of(payer), "/account/")
        assert "林小雨没有同意您的邀请" in said
        assert "快过期了" not in said
        with at(NOW + timedelta(days=5)):
            later = page(browser_of(payer), "/account/")
        assert "给陈伟的邀请快过期了，还没有答复" in later
        assert "没有同意您的邀请" not in later

    def test_an_invitation_is_a_case_for_both_and_needs_the_invited_one(self):
        payer, relative = chen(), insured(name="林小雨", resident=True)
        number = invited(payer, relative).invitation.number
        assert f"邀请林小雨用我的钱等对方同意编号{number}" in page(browser_of(payer), "/cases/")
        assert f"陈静邀请您加入家庭共济等您答复编号{number}" in page(browser_of(relative), "/cases/")
        assert "要您办：看清楚以后，同意或不同意。" in page(browser_of(relative), "/cases/")

    def test_a_case_says_what_became_of_the_bond(self):
        payer, user = chen(), insured(name="陈伟", gender=1)
        tie = bound(payer, user)
        assert "邀请陈伟用我的钱已同意" in page(browser_of(payer), "/cases/")
        remove(act=ACT, payer=payer, bond_id=tie.pk)
        said = page(browser_of(payer), "/cases/")
        assert "邀请陈伟用我的钱已结束" in said
        assert "可以用您的钱了" not in said

    def test_who_has_no_account_sees_it_too(self):
        payer, relative = chen(), insured(name="林小雨", resident=True)
        invited(payer, relative)
        assert "陈静邀请您加入家庭共济" in page(browser_of(relative), "/account/")

    def test_the_main_act_of_the_account_page_is_to_begin(self):
        payer = chen()
        assert "给家人开通共济" in page(browser_of(payer), "/account/")
        invited(payer, insured(resident=True))
        assert "给家人开通共济" not in page(browser_of(payer), "/account/")

    def test_money_that_may_not_be_shared_yet_is_not_called_shareable_beside_the_balance(self):
        below = insured(carried=179_500)
        refreshed = words(browser_of(below).get("/account/", headers={"HX-Request": "true"}))
        for said in (page(browser_of(below), "/account/"), refreshed):
            assert "历年结余（现在只能自己用）¥1,795.00" in said
            assert "还不能给家人用：上年末余额满2,000.00元才能开通。" in said
        assert "历年结余（可给家人用）" in page(browser_of(chen()), "/account/")

    def test_who_shares_already_is_told_nothing_of_a_gate(self):
        below, relative = insured(carried=179_500), insured(resident=True)
        bond(below, relative)
        said = page(browser_of(below), "/account/")
        assert "历年结余（可给家人用）" in said
        assert "还不能给家人用" not in said


class TestNobodyIsOfferedWhatTheyCannotDo:
    """An act that would be refused is not offered: why not, and what then, stand in its place."""

    CASES = (
        (dict(carried=179_500), "上年末余额满2,000.00元才能开通", "还差205.00元"),
        (dict(carried=300_000, status=2), "停保期间不能给家人用", "恢复缴费后再办"),
    )

    @pytest.mark.parametrize(("facts", "why", "then"), CASES, ids=["under the gate", "suspended"])
    def test_on_the_family_page(self, facts, why, then):
        browser = browser_of(insured(name="何苗", gender=2, **facts))
        said = page(browser, "/family/")
        assert why in said
        assert then in said
        assert "邀请一位" not in said
        assert "可以给家人用" not in said
        assert "/family/invite/" not in browser.get("/family/").content.decode()

    @pytest.mark.parametrize(("facts", "why", "then"), CASES, ids=["under the gate", "suspended"])
    def test_on_the_account_page(self, facts, why, then):
        assert "给家人开通共济" not in page(browser_of(insured(name="何苗", gender=2, **facts)), "/account/")

    def test_where_nothing_can_be_moved_into_the_pool(self):
        browser = browser_of(insured(QUANZHOU, carried=150_000, name="苏梅", gender=2))
        said = page(browser, "/family/")
        assert "账户里要留2,000.00元，超过的部分才能转入" in said
        assert "/family/transfer/" not in browser.get("/family/").content.decode()
