"""我的账户: how much, who may use it, and what comes next, in the words of the person's own region."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Run
from accounts.queries import page_hooks
from tests.accounts.citizen_pages import browser_of, long_history, seen, used_by, words, workers
from tests.factories.people import EnrolmentFactory, PersonFactory
from tests.factories.users import citizen, signed_in
from tests.personas import HUNAN, QUANZHOU, SHANGHAI, ZHOUSHAN, changed, insured, paid_for, run, spend

pytestmark = pytest.mark.usefixtures("policies_loaded", "november")

ACCOUNT = "/account/"


def balance_card(browser) -> str:
    """The card alone, as 「刷新」 gets it."""
    return browser.get(ACCOUNT, headers={"HX-Request": "true"}).content.decode().partition("</section>")[0]


class TestBalances:
    def test_each_amount_says_who_may_use_it(self, employee):
        page = seen(employee, ACCOUNT)
        assert "历年结余（可给家人用）¥1,100.00" in page
        assert "当年账户（只能自己用）¥1,340.00" in page
        assert "看病买药先用当年账户，不够再用历年结余。" in page
        assert "数据更新到2026年11月20日18:00" in page

    def test_no_balance_stands_without_its_name(self, employee):
        response = browser_of(employee).get(ACCOUNT)
        bare = re.sub(r"余额</span>|aria-label=\"余额\"", "", response.content.decode())  # names for screen readers
        assert "余额" not in bare

    def test_where_years_are_not_kept_apart_there_is_one_account(self):
        person = insured(QUANZHOU)
        paid_for(person, date(2026, 10, 1), "5000.00")
        run("accrual", "2026-10", on=date(2026, 10, 20), region=QUANZHOU)
        page = seen(person, ACCOUNT)
        assert "个人账户（超过2,000.00元的部分可以转给家人用）¥100.00" in page
        assert "历年" not in page
        assert "当年账户" not in page

    def test_the_card_alone_is_refreshed(self, employee):
        response = browser_of(employee).get(ACCOUNT, headers={"HX-Request": "true"})
        assert "<html" not in response.content.decode()
        assert "历年结余（可给家人用）¥1,100.00" in words(response)
        assert response["Cache-Control"] == "no-store"

    def test_whoever_wishes_sees_the_amounts_only_after_a_tap(self, employee):
        browser = browser_of(employee)
        browser.post(reverse("settings_balance"), {"folds_balance": "on"})
        card = balance_card(browser)
        assert re.fullmatch(
            r"\s*<section[^>]*>\s*<details><summary>余额已收起，点这里显示</summary>\s*<dl>.*</dl>\s*</details>.*",
            card,
            re.S,
        )
        assert "今年的进出" not in words(browser.get(ACCOUNT))  # it would tell the amounts beside the folded card
        browser.post(reverse("settings_balance"), {"folds_balance": "off"})
        assert "<details>" not in balance_card(browser)
        assert "今年的进出" in words(browser.get(ACCOUNT))

    def test_money_credited_too_much_and_used_is_shown_as_owed(self, employee):
        spend(employee, 2_400_00, on=date(2026, 6, 30), key="all but a little")
        changed(employee, date(2026, 7, 1), status=2)
        run("trueup", "2026", on=date(2026, 11, 1))
        page = seen(employee, ACCOUNT)
        # 6 months of 120.00 were not earned; 40.00 of them were still there.
        assert "还有¥680.00没有还清" in page
        assert "不用您另外交钱" in page


class TestTheYear:
    def test_what_came_and_went_is_said_and_what_the_next_credit_is_made_of(self, employee):
        spend(employee, 40_00, on=date(2026, 6, 30), key="a visit")
        page = seen(employee, ACCOUNT)
        assert "今年的进出今年到现在没有变少，多了1,300.00元" in page
        assert "记入1,440.00元，自己用了140.00元。" in page
        assert (
            "预计在2027年1月1日（周五），按现在的资料估计约¥1,440.00。缴费基数6,000.00元×2%×12个月=1,440.00元。" in page
        )

    def test_where_money_comes_monthly_the_sum_is_that_of_a_month(self):
        person = insured(QUANZHOU)
        paid_for(person, date(2026, 10, 1), "5000.00")
        run("accrual", "2026-10", on=date(2026, 10, 20), region=QUANZHOU)
        assert "缴费基数5,000.00元×2%=100.00元。" in seen(person, ACCOUNT)

    def test_a_number_that_no_document_gives_is_marked_as_where_a_credit_is_explained(self):
        person = insured(QUANZHOU, person_type="12")
        assert "改革当年基本养老金平均水平3,000.00元（推定）×" in seen(person, ACCOUNT)


class TestStates:
    def test_a_resident_learns_what_to_use_instead(self):
        person = EnrolmentFactory(insurance="390", person_type="15").person
        page = seen(person, ACCOUNT)
        assert "居民医保没有个人账户。家人同意以后，可以用家人的钱。" in page

    def test_who_is_on_no_roster_is_told_so(self):
        assert "参保名册里还没有您参加职工医保的记录" in seen(PersonFactory(), ACCOUNT)

    def test_a_region_without_rules_is_said_plainly(self):
        person = EnrolmentFactory(region="999999").person
        assert "那里的规定还没有录入" in seen(person, ACCOUNT)

    def test_suspension_says_since_when_and_what_still_works(self, employee):
        changed(employee, date(2026, 9, 1), status=2)
        page = seen(employee, ACCOUNT)
        assert "注意：停保中" in page
        assert "您从2026年9月1日起停保" in page
        assert "不会清零。您自己看病买药还能用。停保期间，家人暂时不能用您的钱。" in page
        assert "历年结余（现在只能自己用）" in page
        assert "下一次记入" not in page

    def test_the_end_of_an_enrolment_leaves_the_money_in_sight(self, employee):
        changed(employee, date(2026, 10, 1), status=4)
        page = seen(employee, ACCOUNT)
        assert "已终止参保" in page
        assert "¥1,100.00" in page

    def test_an_enrolment_that_is_still_to_come(self):
        assert "您的参保从2026年12月1日开始" in seen(insured(since=date(2026, 12, 1)), ACCOUNT)

    def test_nothing_yet(self):
        page = seen(insured(since=date(2026, 11, 1)), ACCOUNT)
        assert "还没有记录" in page
        assert "今年的钱还没有记入，最早这一天补记，预计在2026年12月1日" in page

    def test_a_person_not_proven_yet_is_sent_to_prove_it(self):
        response = signed_in(citizen("19900800999")).get(ACCOUNT)
        assert response.url == reverse("identity") + "?next=%2Faccount%2F"


class TestRegions:
    @pytest.fixture
    def mover(self):
        """Somebody who moved from 湖南 to 舟山."""
        person = insured(HUNAN, since=date(2020, 1, 1))
        EnrolmentFactory(person=person, region=HUNAN, status=4, from_on=date(2024, 1, 1))
        EnrolmentFactory(person=person, region=ZHOUSHAN, from_on=date(2024, 1, 1))
        return person

    def test_where_one_is_insured_now_comes_first(self, mover):
        assert "舟山市职工医保" in seen(mover, ACCOUNT)

    def test_another_of_ones_own_regions_can_be_chosen_and_stays(self, mover):
        browser = browser_of(mover)
        assert browser.post("/account/region/", {"region": HUNAN}).url == ACCOUNT
        assert "湖南省职工医保" in words(browser.get(ACCOUNT))
        assert "湖南省职工医保" in words(browser.get("/account/entries/"))

    @pytest.mark.parametrize("region", [QUANZHOU, "", "999999"])
    def test_a_region_that_is_not_ones_own_is_not_found(self, mover, region):
        assert browser_of(mover).post("/account/region/", {"region": region}).status_code == 404


class TestWhatComesNext:
    def test_a_yearly_credit_comes_with_the_new_year_and_an_estimate(self, employee):
        assert "预计在2027年1月1日（周五），按现在的资料估计约¥1,440.00" in seen(employee, ACCOUNT)

    def test_a_year_that_begins_in_july(self):
        person = insured(SHANGHAI)
        paid_for(person, date(2026, 7, 1), "5000.00")
        run("accrual", "2026", on=date(2026, 7, 1), region=SHANGHAI)
        assert "预计在2027年7月1日（周四），按现在的资料估计约¥1,200.00" in seen(person, ACCOUNT)

    def test_a_monthly_credit_waits_for_the_contribution(self):
        person = insured(HUNAN)
        paid_for(person, date(2026, 11, 1), "5000.00", received=date(2026, 11, 5))
        run("accrual", "2026-11", on=date(2026, 11, 20), region=HUNAN)
        assert "收到12月的缴费以后，预计在2026年12月20日（周日），按现在的资料估计约¥100.00" in seen(person, ACCOUNT)

    def test_a_month_that_was_not_paid_for_is_named(self, monkeypatch, november):
        person = insured(HUNAN)
        paid_for(person, date(2026, 10, 1), "5000.00", received=date(2026, 10, 5))
        run("accrual", "2026-10", on=date(2026, 10, 20), region=HUNAN)
        run("accrual", "2026-11", on=date(2026, 11, 20), region=HUNAN)
        monkeypatch.setattr("yibao.lib.clock.now", lambda: november + timedelta(days=2))
        assert "11月的缴费还没有收到，收到以后另外补记。收到12月的缴费以后，预计在2026年12月20日" in seen(
            person, ACCOUNT
        )

    def test_money_that_is_late_is_said_to_be_late(self, monkeypatch, november):
        person = insured(HUNAN)
        paid_for(person, date(2026, 10, 1), "5000.00")
        run("accrual", "2026-10", on=date(2026, 10, 20), region=HUNAN)
        assert "晚了" not in seen(person, ACCOUNT)
        monkeypatch.setattr("yibao.lib.clock.now", lambda: november + timedelta(days=2))
        assert "11月的钱本来在11月20日记入，晚了2天，还在办。不影响看病买药。" in seen(person, ACCOUNT)
        run("accrual", "2026-11", on=date(2026, 11, 22), region=HUNAN)
        assert "晚了" not in seen(person, ACCOUNT)

    def test_a_year_whose_run_stands_still_is_late(self, employee):
        Run.objects.filter(kind="accrual", period="2026").update(state="working")
        assert "今年的钱本来在1月1日记入，晚了323天" in seen(employee, ACCOUNT)


class TestRecords:
    def test_the_latest_three_with_the_place_of_ones_own_use(self, employee):
        page = seen(employee, ACCOUNT)
        assert "本人门诊，定海社区卫生院使用−100.002026年6月2日（周二）当年账户" in page
        assert "2026年度的钱提前记入（预划）记入+1,440.00" in page
        assert "2025年度没用完的转入历年结余1,100.00" in page

    def test_a_relatives_use_tells_the_kind_of_place_only(self, employee):
        child = PersonFactory(name="林小雨")
        used_by(child, employee, 10_00, on=date(2026, 10, 1))
        page = seen(employee, ACCOUNT)
        assert "林小雨看病，一级医疗机构" in page
        assert "林小雨看病，定海" not in page

    def test_bars_tell_the_last_year_first_in_a_sentence(self, employee):
        page = seen(employee, ACCOUNT)
        assert "2025年末历年结余¥1,100.00。明年起可以比较。" in page
        assert "每年年末的历年结余（元）2025年1,100.00" in page


class TestFromOtherApps:
    @pytest.fixture(autouse=True)
    def _own_lists(self, monkeypatch):
        for name in ("_pending", "_acts", "_last_acts", "_kin"):
            monkeypatch.setattr(page_hooks, name, [])

    def test_what_waits_is_listed_the_most_urgent_first_and_at_most_three(self, employee):
        @page_hooks.pending_source
        def waiting(person, today):
            for days in (30, 10, 20, 5):
                yield page_hooks.Pending(f"{days}天后", "/help/", "去看看", by_on=today + timedelta(days=days))

        page = seen(employee, ACCOUNT)
        assert page.index("5天后") < page.index("10天后") < page.index("20天后")
        assert "30天后" not in page
        assert "2026年11月25日（周三）前，还有5天。去看看" in page

    def test_what_waits_is_shown_to_people_without_an_account_too(self):
        page_hooks.pending_source(
            lambda person, today: [page_hooks.Pending("陈静邀请您用她的历年结余", "/help/", "去看看")]
        )
        resident = EnrolmentFactory(insurance="390", person_type="15").person
        assert "提示：陈静邀请您用她的历年结余去看看" in seen(resident, ACCOUNT)

    def test_an_app_may_offer_the_main_act(self, employee):
        page_hooks.act_source(lambda person, region, today: page_hooks.MainAct("给家人开通共济", "/help/"))
        response = browser_of(employee).get(ACCOUNT)
        assert '<a class="btn" href="/help/">给家人开通共济</a>' in response.content.decode()
        assert '<a class="btn second" href="/account/entries/">查看明细</a>' in response.content.decode()

    def test_relatives_are_called_as_the_family_calls_them(self, employee):
        father = PersonFactory(name="陈伟")
        page_hooks.kin_source(lambda employee, ids: {pk: "陈伟（父亲）" for pk in ids})
        used_by(father, employee, 10_00, on=date(2026, 10, 1), reason="购药")
        assert "陈伟（父亲）购药" in seen(employee, ACCOUNT)

    def test_registering_twice_counts_once(self, employee):
        def source(person, today):
            yield page_hooks.Pending("一件事", "/help/", "去看看")

        page_hooks.pending_source(source)
        page_hooks.pending_source(source)
        assert seen(employee, ACCOUNT).count("一件事") == 1


class TestQueries:
    @pytest.fixture
    def browsers(self):
        """The browsers of somebody with one year of entries and of somebody with forty."""
        newcomer, veteran = workers(2)
        long_history(newcomer, 1)
        long_history(veteran, 40)
        return [browser_of(newcomer), browser_of(veteran)]

    def test_forty_years_cost_as_many_queries_as_one(self, browsers, monkeypatch, django_assert_num_queries):
        for name in ("_pending", "_acts", "_last_acts", "_kin"):
            monkeypatch.setattr(page_hooks, name, [])
        costs = {"/account/": 14, "/account/entries/": 9, "/account/years/": 9, "/account/entries/print/": 8}
        for path, queries in costs.items():
            for browser in browsers:
                browser.get(path)  # the first request writes the session and reads the rules
                with django_assert_num_queries(queries, info=path):
                    browser.get(path)

    def test_with_what_the_other_apps_say_too(self, browsers):
        counts = []
        for browser in browsers:
            browser.get(ACCOUNT)
            with CaptureQueriesContext(connection) as asked:
                browser.get(ACCOUNT)
            counts.append(len(asked))
        assert counts[0] == counts[1]
        assert counts[0] <= 24
