"""家人详情, 移除, 关闭, 我能用谁的钱 (C12, C13, C15, C16): each side its own view, and nobody anybody else's."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.ledger.pots import open_missing
from family.codes import BondState, EndReason, EventKind, InvitationState
from family.models import Bond, Event, Invitation
from family.operations import bonds
from family.queries import open_matters
from tests.factories.family import ACT, QUANZHOU, TODAY, ZHOUSHAN, insured, invited
from tests.factories.notices import told
from tests.factories.people import EnrolmentFactory
from tests.family.family_pages import bound, browser_of, chen, daughter, huang, last_event, page, words

pytestmark = pytest.mark.usefixtures("policies_loaded", "today")


def two(**terms):
    payer, user = chen(), insured(name="陈伟", gender=1)
    return payer, user, bound(payer, user, **terms)


class TestMember:
    def test_what_is_used_what_is_left_and_where_it_works(self):
        payer, child = chen(), daughter()
        bond = bound(payer, child, relation="2", limit_fen=100_000)
        said = page(browser_of(payer), f"/family/members/{bond.pk}/")
        assert "林小雨女儿今年已用¥0.00今年还能用¥1,000.00" in said
        assert "林小雨参加的是居民医保。" in said
        assert "不能用：三级医疗机构、药店。" in said
        assert "陈静发出邀请" in said

    def test_the_limit_on_its_own_page_then_the_result_and_undo(self):
        payer, _, bond = two()
        browser = browser_of(payer)
        assert "今年已用¥0.00" in page(browser, f"/family/members/{bond.pk}/limit/")
        response = browser.post(f"/family/members/{bond.pk}/limit/", {"limit": "500"}, follow=True)
        assert "陈伟的每年额度：不限改为500.00元" in words(response)
        assert "陈伟每年最多用500.00元。" in words(response)
        bond.refresh_from_db()
        assert bond.limit_fen == 50_000
        browser.post(f"/family/done/{last_event(EventKind.LIMIT).pk}/undo/")
        bond.refresh_from_db()
        assert bond.limit_fen is None

    def test_with_htmx_the_row_becomes_a_form_and_back(self):
        payer, _, bond = two()
        browser, url, hx = browser_of(payer), f"/family/members/{bond.pk}/limit/", {"HX-Request": "true"}
        form = browser.get(url, headers=hx).content.decode()
        assert form.lstrip().startswith('<div id="limit"')
        assert "<form" in form
        assert "修改额度" in browser.get(f"{url}?cancel", headers=hx).content.decode()
        wrong = browser.post(url, {"limit": "other", "limit_other": "0"}, headers=hx)
        assert wrong.status_code == 422
        assert "额度要大于零" in wrong.content.decode()
        saved = browser.post(url, {"limit": "other", "limit_other": "88.50"}, headers=hx).content.decode()
        assert "¥88.50" in saved
        assert "额度已修改。" in saved
        assert re.search(r'<section id="undoable" hx-swap-oob="true"\s*>', saved)

    def test_nothing_chosen_is_no_answer_and_changes_nothing(self):
        payer, _, bond = two(limit_fen=50_000)
        browser, url = browser_of(payer), f"/family/members/{bond.pk}/limit/"
        for headers in ({}, {"HX-Request": "true"}):
            for given in ({}, {"limit": ""}, {"limit": "other", "limit_other": ""}, {"limit_other": "5"}):
                assert browser.post(url, given, headers=headers).status_code == 422
        bond.refresh_from_db()
        assert bond.limit_fen == 50_000

    def test_what_stays_as_it_was_is_no_change(self):
        payer, _, bond = two(limit_fen=50_000)
        browser, before = browser_of(payer), Event.objects.count()
        for path, given in (("limit", {"limit": "500"}), ("end", {"until": ""})):
            response = browser.post(f"/family/members/{bond.pk}/{path}/", given, follow=True)
            assert "和原来一样，没有修改。" in words(response)
        htmx = browser.post(f"/family/members/{bond.pk}/limit/", {"limit": "500"}, headers={"HX-Request": "true"})
        assert "和原来一样，没有修改。" in htmx.content.decode()
        assert Event.objects.count() == before

    @pytest.mark.parametrize("typed", ["20261231", "12月31日", "2026.12.31"])
    def test_the_last_day_is_read_as_people_write_it(self, typed):
        payer, _, bond = two()
        browser_of(payer).post(f"/family/members/{bond.pk}/end/", {"until": typed})
        bond.refresh_from_db()
        assert bond.until_on == date(2026, 12, 31)

    def test_the_last_day(self):
        payer, _, bond = two()
        browser, url = browser_of(payer), f"/family/members/{bond.pk}/end/"
        assert "结束日期不能早于今天" in words(browser.post(url, {"until": "2026-03-01"}))
        assert "陈伟的结束日期：长期有效改为2026年12月31日" in words(
            browser.post(url, {"until": "2026年12月31日"}, follow=True)
        )
        assert "2026年12月31日" in page(browser, f"/family/members/{bond.pk}/")
        assert "陈伟长期可以用。" in words(browser.post(url, {"until": ""}, follow=True))

    def test_pausing_and_going_on(self):
        payer, user, bond = two()
        browser = browser_of(payer)
        assert "已停用陈伟" in words(browser.post(f"/family/members/{bond.pk}/suspend/", follow=True))
        assert "陈伟父亲停用" in page(browser, "/family/")
        assert "出钱的人停用了" in page(browser_of(user), "/family/from-others/")
        assert browser.post(f"/family/members/{bond.pk}/suspend/").status_code == 409
        assert "已恢复陈伟使用" in words(browser.post(f"/family/members/{bond.pk}/resume/", follow=True))

    def test_removing_says_what_it_means_and_can_be_undone(self):
        payer, user, bond = two()
        browser = browser_of(payer)
        said = page(browser, f"/family/members/{bond.pk}/remove/")
        assert "移除后，陈伟马上不能再用您的历年结余。" in said
        assert "以后才算数，10分钟内可以撤回" in said
        response = browser.post(f"/family/members/{bond.pk}/remove/", follow=True)
        assert "已移除陈伟" in words(response)
        assert "10:10前可以撤回" in words(response)
        assert "刚办的，还可以撤回已移除陈伟" in page(browser, "/family/")
        assert "还没有家人让您用他们的钱" in page(browser_of(user), "/family/from-others/")
        browser.post(f"/family/done/{last_event(EventKind.REMOVED).pk}/undo/")
        assert Bond.objects.get().state == BondState.ACTIVE

    def test_an_ended_one_can_be_looked_at_and_not_changed(self):
        payer, _, bond = two()
        bonds.remove(act=ACT, payer=payer, bond_id=bond.pk)
        browser = browser_of(payer)
        assert "出钱的人移除了家人" in page(browser, f"/family/members/{bond.pk}/")
        for path in ("limit", "end", "remove"):
            assert browser.get(f"/family/members/{bond.pk}/{path}/").status_code == 409
        assert browser.post(f"/family/members/{bond.pk}/remove/").status_code == 409


class TestWhoseIsIt:
    PAYER_PATHS = ("", "limit/", "end/", "remove/")

    def test_a_strangers_bond_is_not_there(self):
        _, _, bond = two()
        browser = browser_of(chen())
        for path in self.PAYER_PATHS:
            assert browser.get(f"/family/members/{bond.pk}/{path}").status_code == 404
        for path in ("limit/", "end/", "suspend/", "resume/", "remove/"):
            assert browser.post(f"/family/members/{bond.pk}/{path}", {"limit": "1"}).status_code == 404
        assert browser.get(f"/family/from-others/{bond.pk}/").status_code == 404
        assert browser.post(f"/family/from-others/{bond.pk}/leave/").status_code == 404
        assert browser.post("/family/from-others/move/", {"bond": bond.pk, "to": "up"}).status_code == 404
        assert browser.get(f"/family/members/{10**30}/").status_code == 404

    def test_each_side_has_only_its_own_page(self):
        payer, user, bond = two()
        assert browser_of(user).get(f"/family/members/{bond.pk}/").status_code == 404
        assert browser_of(user).post(f"/family/members/{bond.pk}/remove/").status_code == 404
        assert browser_of(payer).get(f"/family/from-others/{bond.pk}/").status_code == 404
        assert browser_of(payer).post(f"/family/from-others/{bond.pk}/leave/").status_code == 404

    def test_the_user_never_sees_the_payers_balance(self):
        payer, user, bond = two(limit_fen=100_000)
        browser = browser_of(user)
        for path in ("/family/", "/family/from-others/", f"/family/from-others/{bond.pk}/", "/family/usage/others/"):
            assert "3,594.26" not in page(browser, path)


class TestFromOthers:
    def test_first_to_last_and_moving_one(self):
        user = insured(name="陈伟", gender=1)
        first = bound(chen(name="陈静"), user)
        second = bound(chen(name="陈军", gender=1), user)
        browser = browser_of(user)
        said = page(browser, "/family/from-others/")
        assert "先用自己的钱，再用第1位的，用完了再用下一位的，不会同时用。" in said
        assert said.index("第1位陈静") < said.index("第2位陈军")
        response = browser.post("/family/from-others/move/", {"bond": second.pk, "to": "up"}, follow=True)
        assert "陈军现在是第1位" in words(response)
        assert words(response).index("第1位陈军") < words(response).index("第2位陈静")
        hx = {"HX-Request": "true"}
        part = browser.post("/family/from-others/move/", {"bond": second.pk, "to": "down"}, headers=hx).content.decode()
        assert '<div id="status" hx-swap-oob="innerHTML">陈军现在是第2位</div>' in part
        assert f'id="up-{second.pk}"' in part
        assert f'id="down-{first.pk}"' in part
        assert part.lstrip().startswith('<div id="order"')

    def test_beyond_the_ends_nothing_moves(self):
        user = insured()
        bond = bound(chen(), user)
        browser = browser_of(user)
        for to in ("up", "down", "sideways"):
            assert browser.post("/family/from-others/move/", {"bond": bond.pk, "to": to}).status_code == 302

    def test_leaving_mirrors_removing(self):
        payer, user, bond = two()
        browser = browser_of(user)
        assert "不再用陈静（女儿）的钱" in page(browser, f"/family/from-others/{bond.pk}/leave/")
        response = browser.post(f"/family/from-others/{bond.pk}/leave/", follow=True)
        assert "已不再用陈静的钱" in words(response)
        bond.refresh_from_db()
        assert bond.end_reason == EndReason.LEFT
        assert "还没有家人在用" in page(browser_of(payer), "/family/")
        browser.post(f"/family/done/{last_event(EventKind.LEFT).pk}/undo/")
        assert "陈伟父亲使用中" in page(browser_of(payer), "/family/")

    def test_a_bill_tried_out(self):
        payer, user = chen(), insured(name="陈伟", gender=1, current=5_000)
        bound(payer, user)
        browser = browser_of(user)
        said = page(browser, "/family/from-others/preview/", amount="300", place="hospital-2")
        assert "在二级医疗机构付¥300.00" in said
        assert "1.您自己的当年账户¥50.002.陈静（女儿）的历年结余¥250.00现金¥0.00" in said
        assert "只是试算，没有动钱。" in said

    def test_a_place_where_it_does_not_work_is_said(self):
        payer, child = chen(), daughter()
        bound(payer, child, relation="2")
        said = page(browser_of(child), "/family/from-others/preview/", amount="300", place="pharmacy")
        assert "现金¥300.00" in said
        assert "居民医保的家人不能在这类地方用" in said

    @pytest.mark.parametrize("amount", ["", "0", "abc", "-5"])
    def test_a_bill_that_is_none_is_said(self, amount):
        response = browser_of(insured()).get("/family/from-others/preview/", {"amount": amount, "place": "pharmacy"})
        assert response.status_code == 422


class TestClosing:
    def test_everything_it_does_stands_there_and_all_of_it_can_be_undone(self):
        payer, user, bond = two()
        invited(payer, daughter(), relation="2")
        browser = browser_of(payer)
        said = page(browser, "/family/close/")
        assert "马上不能再用您的钱：陈伟（父亲）" in said
        assert "等对方同意的邀请会撤回：林小雨" in said
        response = browser.post("/family/close/", follow=True)
        assert "家庭共济已关闭" in words(response)
        assert Bond.objects.get().state == BondState.ENDED
        assert "刚办的，还可以撤回家庭共济已关闭" in page(browser, "/family/")
        browser.post(f"/family/done/{last_event(EventKind.CLOSED).pk}/undo/")
        assert Bond.objects.get().state == BondState.ACTIVE
        assert Invitation.objects.exclude(state=InvitationState.ACCEPTED).get().is_open

    def test_what_stands_in_the_way_is_listed(self, monkeypatch):
        payer, _, _ = two()
        monkeypatch.setattr(open_matters, "_sources", [])
        open_matters.open_matter_source(
            lambda payer, region: [open_matters.OpenMatter("给林小雨交居民医保，还没有结果", "/cases/")]
        )
        assert "给林小雨交居民医保，还没有结果" in page(browser_of(payer), "/family/close/")
        response = browser_of(payer).post("/family/close/")
        assert response.status_code == 409
        assert "现在还不能关闭" in words(response)
        assert "给林小雨交居民医保，还没有结果" in words(response)
        assert not Bond.objects.get().has_ended

    def test_nothing_to_close(self):
        browser = browser_of(chen())
        said = page(browser, "/family/close/")
        assert "没有要关闭的" in said
        assert "以后才算数" not in said
        assert browser.post("/family/close/").status_code == 409


def test_who_shares_in_two_regions_can_go_to_the_other():
    payer = chen()
    EnrolmentFactory(person=payer, region=ZHOUSHAN, from_on=TODAY - timedelta(days=30))
    open_missing([ZHOUSHAN])
    assert "别的地方的账户" in page(browser_of(payer), "/family/")


def test_the_hub_asks_the_database_as_often_for_many_as_for_one():
    payer = chen()
    browser = browser_of(payer)
    bound(payer, insured())
    browser.get("/family/")
    counts = []
    for more in (1, 3):  # with a second relative the order of use is asked for, once
        for _ in range(more):
            bound(payer, insured())
        with CaptureQueriesContext(connection) as queries:
            browser.get("/family/")
        counts.append(len(queries))
    assert counts[1] == counts[0]


class TestMoneyOfOthersIsSeen:
    """Who lives on a relative's money finds it where they look first."""

    def test_by_a_resident_on_the_account_page(self):
        user = insured(name="王芳", gender=2, resident=True)
        bound(chen(), user, limit_fen=100_000)
        said = page(browser_of(user), "/account/")
        assert "还能用陈静（女儿）的钱¥1,000.00" in said
        assert "看病买药可以用上面家人的钱" in said
        assert "先用自己的钱" not in page(browser_of(user), "/family/from-others/")

    def test_by_who_has_an_account_of_their_own(self):
        user = insured(name="陈伟", gender=1)
        bound(chen(), user)
        assert "还能用陈静（女儿）的钱¥1,000.00" in page(browser_of(user), "/account/"), "until the relation is shown"
        Bond.objects.update(declared=False)
        assert "还能用陈静（女儿）的钱不限额度" in page(browser_of(user), "/account/")

    def test_not_while_it_cannot_be_used(self):
        payer, user = chen(), insured(name="陈伟", gender=1)
        bond = bound(payer, user, limit_fen=100_000)
        bonds.suspend(act=ACT, payer=payer, bond_id=bond.pk)
        assert "还能用" not in page(browser_of(user), "/account/")
        pages = (payer, f"/family/members/{bond.pk}/"), (user, "/family/from-others/")
        for browser, path in ((browser_of(person), path) for person, path in pages):
            said = page(browser, path)
            assert "恢复后今年还能用¥1,000.00" in said
            assert "今年还能用" not in said.replace("恢复后今年还能用", "")


def test_in_a_pool_region_notices_speak_of_the_pool():
    payer, user = huang(), insured(QUANZHOU, name="黄秀英", gender=2, resident=True)
    bound(payer, user, QUANZHOU)
    texts = " ".join(words.text for words in told())
    assert "可以用您的共济账户" in texts
    assert "个人账户" not in texts
