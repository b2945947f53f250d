"""给家人交居民医保 (C18, C19): what is known stands beside each name, which pots pay is seen before it counts."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from family.models import Bond
from payments.models import PremiumOrder
from payments.premiums.codes import ClaimState, OrderState
from payments.premiums.operations import paying
from tests.accounts.citizen_pages import browser_of, seen, words
from tests.factories.acts import act_on
from tests.factories.family import insured
from tests.factories.premiums import claim, order
from tests.factories.users import limited, signed_in
from tests.payments.premiums.people import ACT, HENAN, QUANZHOU, money, payer, pays_for, resident, turned_resident
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("policies_loaded", "now")


@pytest.fixture
def rich():
    return payer(2_500_00, pool=1_000_00)


@pytest.fixture
def mother(rich):
    person = resident(name="黄秀英", gender=2)
    pays_for(rich, person)
    return person


@pytest.fixture
def child(rich):
    person = resident(name="黄小明", gender=1)
    pays_for(rich, person, relation="2")
    return person


def chosen(who, *people):
    browser = browser_of(who)
    response = browser.post("/premium/", {"people": [person.pk for person in people]})
    assert (response.status_code, response.url) == (302, "/premium/check/")
    return browser


def fields(browser) -> dict[str, str]:
    page = browser.get("/premium/check/").content.decode()
    return dict(re.findall(r'name="(key|seen)" value="(\w+)"', page))


def test_a_limited_sign_in_looks_at_what_is_collected_and_at_nobody(rich, mother):
    browser = signed_in(limited("13900000055", rich))
    text = words(browser.get("/premium/"))
    assert "现在只能看，还不能交" in text
    assert "泉州市年度2027年度每人¥400.00" in text
    assert mother.name not in text
    assert "黄" not in text
    assert "2,500" not in text
    assert browser.post("/premium/", {"people": [mother.pk]}).status_code == 405
    assert browser.get("/premium/check/").url == "/identity/limited/"


class TestChoosing:
    def test_beside_each_name_stands_what_is_known(self, rich, mother, child):
        order(rich, child, OrderState.CONFIRMED, ACT.at)
        newborn = resident(name="黄小宝", birth_on=ACT.on)
        pays_for(rich, newborn, relation="2")
        text = seen(rich, "/premium/")
        assert "黄秀英（母亲）2027年度，可以代缴400.00元" in text
        assert "黄小明（儿子）已经交过已经用医保账户交过了。2027年度您已经用医保账户交了。不用再交。" in text
        assert "黄小宝" in text[text.index("现在不能代缴的人") :]
        assert "新生儿网上交不了" in text

    def test_amount_dates_and_what_each_own_account_holds_are_said_first(self, rich, mother):
        text = seen(rich, "/premium/")
        assert "年度2027年度（泉州市）每人¥400.00缴费时间2026年9月1日到" in text
        assert "您的个人账户现在有¥2,500.00您的共济账户现在有¥1,000.00" in text

    def test_a_second_payer_is_told_without_a_name_that_somebody_pays(self, rich, child):
        other = payer(2_500_00)
        pays_for(other, child, relation="2")
        order(rich, child, OrderState.DEBITED, ACT.at)
        text = seen(other, "/premium/")
        assert "正在交。2027年度有人正在交，还没有最后办完" in text
        assert rich.name not in text

    def test_who_has_nobody_is_led_to_inviting(self):
        assert "还没有谁可以用您的钱交居民医保" in seen(payer(2_500_00), "/premium/")

    def test_when_everybody_is_paid_there_is_nothing_to_do(self, rich, mother):
        order(rich, mother, OrderState.CONFIRMED, ACT.at)
        text = seen(rich, "/premium/")
        assert "都交过了，不用再交" in text
        assert "继续" not in text

    def test_while_an_order_is_under_way_nobody_is_said_to_be_paid(self, rich, mother):
        order(rich, mother, OrderState.DEBITED, ACT.at)
        text = seen(rich, "/premium/")
        assert "现在没有要交的" in text
        assert "都交过了" not in text

    def test_nobody_chosen_is_one_mistake_and_a_person_of_others_another(self, rich, mother):
        browser = browser_of(rich)
        response = browser.post("/premium/", {})
        assert response.status_code == 422
        assert "请至少选一个人" in words(response)
        assert browser.post("/premium/", {"people": [resident().pk]}).status_code == 422

    def test_whom_the_money_does_not_reach_for_is_not_offered(self):
        who = payer(2_300_00)  # of which 2,000.00 stay in the account
        pays_for(who, resident(name="黄秀英"))
        text = seen(who, "/premium/")
        assert "账户的钱不够。要交400.00元，能用的只有300.00元" in text
        assert "继续" not in text

    def test_a_limit_that_is_too_low_is_said_and_where_it_is_changed(self, rich):
        pays_for(rich, resident(name="黄秀英"), limit_fen=399_99)
        assert "今年的额度不够。今年还能用399.99元，要交400.00元。请到家庭共济里查看和修改。" in seen(rich, "/premium/")

    def test_one_is_sent_to_family_sharing_only_for_what_can_be_changed_there(self, rich):
        pays_for(rich, resident(), state="suspended")
        assert "您停用了。请到家庭共济里查看和修改。去家庭共济" in seen(rich, "/premium/")
        other = payer(2_500_00)
        pays_for(other, resident(HENAN, birth_on=ACT.on.replace(year=1980)))  # of another province
        text = seen(other, "/premium/")
        assert "当地规定现在不允许" in text
        assert "去家庭共济" not in text

    def test_where_one_pays_first_the_way_is_said(self):
        relative = insured(HENAN, resident=True, birth_on=ACT.on.replace(year=1960))  # the budget pays from 70
        who = insured(HENAN, carried=200_000)
        pays_for(who, relative)
        text = seen(who, "/premium/")
        assert "当地是先缴费，再申请返还" in text
        assert "再凭税票到这里申请返还" in text


class TestChecking:
    def test_which_pots_pay_and_what_is_left_is_seen_before_it_counts(self, rich, mother, child):
        browser = chosen(rich, mother, child)
        text = words(browser.get("/premium/check/"))
        assert "黄秀英（母亲）年度2027年度（泉州市）要交¥400.00您的个人账户出¥400.00" in text
        assert "1.您的个人账户出¥100.002.您的共济账户出¥300.00" in text
        assert "交了以后还剩您的个人账户¥2,000.00您的共济账户¥700.00" in text
        assert "确认交¥800.00" in text
        assert "扣款后10分钟内可以撤回" in text
        assert money(rich) == (2_500_00, 1_000_00)

    def test_paying_leads_to_what_became_of_each_and_one_is_undone(self, rich, mother, child):
        browser = chosen(rich, mother, child)
        text = words(browser.post("/premium/check/", fields(browser), follow=True))
        assert "已扣款2个人，共¥800.00" in text
        assert money(rich) == (2_000_00, 700_00)
        one = PremiumOrder.objects.get(person=child)
        assert one.no in text
        response = browser.post(f"/premium/{one.no}/undo/", follow=True)
        assert "已撤回，没有交" in words(response)
        assert money(rich) == (2_100_00, 1_000_00)

    def test_two_clicks_pay_once(self, rich, mother):
        browser = chosen(rich, mother)
        form = fields(browser)
        answers = [browser.post("/premium/check/", form, follow=True) for _ in range(2)]
        assert len({answer.redirect_chain[-1][0] for answer in answers}) == 1
        assert money(rich) == (2_100_00, 1_000_00)
        assert browser.get("/premium/check/").url == "/premium/done/"

    def test_a_second_click_pays_for_nobody_whose_plan_was_not_seen(self, rich, mother, child):
        browser = chosen(rich, mother, child)
        form = fields(browser)
        (key,) = {browser.session["premium"]["key"]}
        paying.pay(act=ACT, payer=rich, people=[mother], key=key)  # the first click was broken off after one of two
        Bond.objects.filter(user=child).update(limit_fen=100_00)
        response = browser.post("/premium/check/", form)
        assert response.url == "/premium/done/"
        assert not PremiumOrder.objects.filter(person=child).exists()

    def test_who_was_paid_for_meanwhile_is_named_and_nothing_is_taken(self, rich, mother, child):
        browser = chosen(rich, mother, child)
        form = fields(browser)
        order(payer(1_000_00), child, OrderState.DEBITED, ACT.at)
        response = browser.post("/premium/check/", form)
        assert response.status_code == 409
        assert "黄小明（儿子）正在交，2027年度有人正在交" in words(response)
        assert money(rich) == (2_500_00, 1_000_00)

    def test_other_pots_than_were_seen_are_not_touched(self, rich, mother):
        browser = chosen(rich, mother)
        form = fields(browser)
        Bond.objects.update(limit_fen=100_00)
        response = browser.post("/premium/check/", form)
        assert response.status_code == 409
        assert money(rich) == (2_500_00, 1_000_00)

    def test_a_form_of_another_choice_pays_nothing(self, rich, mother):
        browser = chosen(rich, mother)
        assert browser.post("/premium/check/", {**fields(browser), "key": "0" * 32}).status_code == 409
        assert not PremiumOrder.objects.exists()

    def test_the_money_that_does_not_reach_is_said_for_whom_and_the_others_can_be_paid(self, mother, child, rich):
        poor = payer(2_400_00)
        pays_for(poor, mother)
        pays_for(poor, child)
        browser = chosen(poor, mother, child)
        text = words(browser.get("/premium/check/"))
        assert "这次交不了的人黄小明" in text
        assert "账户的钱不够。要交400.00元，前面的人交了以后，没有能用的钱" in text
        browser.post("/premium/check/", fields(browser))
        text = words(browser.get("/premium/done/"))
        assert "有的交了，有的没有交成交了1个人，共¥400.00。" in text
        assert "没有交成的人黄小明（父亲）不能代缴账户的钱不够。" in text

    def test_the_result_opened_again_tells_how_things_stand_then(self, rich, mother, child):
        browser = chosen(rich, mother, child)
        browser.post("/premium/check/", fields(browser))
        assert "已扣款2个人，共¥800.00" in words(browser.get("/premium/done/"))
        first, second = PremiumOrder.objects.order_by("pk")
        browser.post(f"/premium/{first.no}/undo/")
        text = words(browser.get("/premium/done/"))
        assert "已扣款交了1个人，共¥400.00" in text
        assert "有1个人的没有交，钱退回了原来出钱的账户" in text
        browser.post(f"/premium/{second.no}/undo/")
        text = words(browser.get("/premium/done/"))
        assert "没有交，钱退回来了" in text
        assert "已扣款" not in text

    def test_what_stays_in_the_account_is_said_where_relatives_are_paid_for(self, rich, mother):
        browser = chosen(rich, mother)
        assert "给家人交，个人账户里要留¥2,000.00" in words(browser.get("/premium/"))
        assert "给家人交，个人账户里要留¥2,000.00" in words(browser.get("/premium/check/"))

    def test_who_pays_for_nobody_else_reads_of_no_relatives(self):
        me = payer(1_000_00)
        turned_resident(me)
        text = seen(me, "/premium/")
        assert text.startswith("交居民医保")
        assert "个人账户里要留" not in text

    @pytest.mark.parametrize(
        ("on", "said"),
        [(date(2026, 12, 31), "才能申请退费，最晚到2026年12月31日"), (date(2027, 1, 1), "交给税务以后就不能退费了")],
    )
    def test_until_when_it_can_be_had_back_is_said_as_it_is_on_that_day(self, monkeypatch, rich, mother, on, said):
        monkeypatch.setattr(clock, "now", lambda: act_on(on).at)
        assert said in words(chosen(rich, mother).get("/premium/check/"))

    def test_a_limit_of_one_relative_is_not_used_up_by_another(self, mother, rich):
        child = resident(name="黄小明", gender=1)
        pays_for(rich, child, relation="2", limit_fen=500_00)
        text = words(chosen(rich, mother, child).get("/premium/check/"))
        assert "确认交¥800.00" in text

    def test_nothing_chosen_leads_to_choosing(self, rich):
        assert browser_of(rich).get("/premium/check/").url == "/premium/"
        assert browser_of(rich).get("/premium/done/").url == "/premium/"

    def test_what_relatives_hold_is_in_no_figure(self):
        me, first, second = payer(150_00), payer(3_000_00, pool=100_01), payer(3_000_00, pool=500_00)
        turned_resident(me)
        pays_for(first, me)
        pays_for(second, me, place=2)
        browser = chosen(me, me)
        text = words(browser.get("/premium/check/"))
        assert "您的个人账户出¥150.00" in text
        assert "100.01" not in text
        assert "149.99" not in text
        assert "能用的会用完" in text

    def test_a_sum_that_does_not_reach_tells_nothing_of_relatives(self):
        me, relative = payer(150_00), payer(3_000_00, pool=100_01)
        turned_resident(me)
        pays_for(relative, me)
        text = seen(me, "/premium/")
        assert "能用的钱加起来不够" in text
        assert "250.01" not in text


class TestGivingBack:
    def test_who_shows_the_reason_gets_the_money_back(self, rich, mother):
        browser = chosen(rich, mother)
        browser.post("/premium/check/", fields(browser))
        path = f"/premium/{PremiumOrder.objects.get().no}/refund/"
        text = words(browser.get(path))
        assert "交给税务以前都可以申请" in text
        assert browser.post(path, {}).status_code == 422
        assert "已退费400.00元" in words(browser.post(path, {"reason": "duplicate"}, follow=True))
        assert money(rich) == (2_500_00, 1_000_00)

    def test_too_late_or_without_a_reason_on_record_is_said(self, rich, mother):
        made = order(rich, mother, OrderState.CONFIRMED, ACT.at)
        browser = browser_of(rich)
        response = browser.post(f"/premium/{made.no}/refund/", {"reason": "death"})
        assert response.status_code == 409
        assert "还没有查到可以退费的原因" in words(response)
        assert browser.post(f"/premium/{made.no}/undo/").status_code == 409

    def test_only_the_payer_may(self, rich, mother):
        made = order(rich, mother, OrderState.DEBITED, ACT.at, region=QUANZHOU)
        browser = browser_of(mother)
        assert browser.post(f"/premium/{made.no}/undo/").status_code == 404
        assert browser.get(f"/premium/{made.no}/refund/").status_code == 404


class TestOtherPages:
    def test_premiums_are_a_kind_of_their_own_among_what_was_used(self, rich, mother):
        browser = chosen(rich, mother)
        browser.post("/premium/check/", fields(browser))
        text = words(browser.get("/family/usage/?year=2026"))
        assert "黄秀英（母亲）一共¥400.00其中代缴居民医保¥400.00" in text
        assert "黄秀英（母亲）每月代缴居民医保（元）11月400.00" in text

    def test_the_account_page_leads_there_while_somebody_is_to_be_paid_for(self, rich, mother):
        assert "给家人交居民医保" in seen(rich, "/account/")
        order(rich, mother, OrderState.DEBITED, ACT.at)
        assert "给家人交居民医保" not in seen(rich, "/account/")

    def test_an_order_is_among_the_cases_and_in_the_way_of_closing(self, rich, mother):
        browser = chosen(rich, mother)
        browser.post("/premium/check/", fields(browser))
        assert "给黄秀英交2027年度居民医保" in words(browser.get("/cases/"))
        assert "税务还没有答复" in words(browser.get("/family/close/"))

    def test_what_the_tax_office_sent_back_waits_on_the_account_page(self, rich, mother):
        order(rich, mother, OrderState.REJECTED, ACT.at, reason="没有登记")
        assert "给黄秀英交的居民医保，税务退回了" in seen(rich, "/account/")


class TestOfferedOnTheAccountPage:
    """The first button of 我的账户 offers to pay only what paying would take."""

    OFFER = '">给家人交居民医保</a>'

    def offered(self, person) -> bool:
        return self.OFFER in browser_of(person).get("/account/").content.decode()

    def test_to_whom_a_relative_s_premium_may_be_paid(self, rich, mother):
        assert self.offered(rich)

    def test_not_where_the_relative_is_insured_at_work(self, rich):
        pays_for(rich, insured(QUANZHOU, name="黄建军"))
        assert not self.offered(rich)
        assert "邀请家人" in browser_of(rich).get("/account/").content.decode()

    def test_not_where_it_is_paid_already(self, rich, mother):
        order(rich, mother, OrderState.CONFIRMED, ACT.at)
        assert not self.offered(rich)

    def test_not_where_the_office_is_the_only_way(self, rich):
        pays_for(rich, resident(name="黄小宝", birth_on=ACT.on), relation="2")
        assert not self.offered(rich)

    def test_what_the_page_asks_does_not_grow_with_the_relatives_to_be_paid_for(self):
        asked = {}
        for relatives in (0, 1, 2, 6):
            rich = payer(5000_00)
            pays_for(rich, insured(QUANZHOU))  # so that everybody shares, and nobody has one to pay for
            for _ in range(relatives):
                pays_for(rich, resident())
            browser = browser_of(rich)
            browser.get("/account/")  # the first request writes the session and reads the rules
            with CaptureQueriesContext(connection) as queries:
                browser.get("/account/")
            asked[relatives] = len(queries)
        assert asked[1] == asked[2] == asked[6]
        assert asked[6] <= asked[0] + 10, asked

    def test_not_where_the_money_does_not_reach(self):
        poor = payer(10_00)
        pays_for(poor, resident())
        assert not self.offered(poor)

    def test_not_where_one_pays_first_and_claims(self):
        local = payer(2_500_00, region=HENAN)
        child = resident(HENAN, birth_on=ACT.on.replace(year=2015))
        pays_for(local, child, relation="2")
        assert not self.offered(local)
        assert "申请返还居民医保" in seen(local, "/account/")
        claim(local, child, ClaimState.WAITING, ACT.at)
        assert "申请返还居民医保" not in seen(local, "/account/")
