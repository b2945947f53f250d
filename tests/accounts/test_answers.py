"""The four questions people really ask, answered from their own data; and the parts of a difference add up."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.policies import registry
from accounts.policies.formulas import MonthFacts, Span, year_credit
from accounts.policies.terms import CreditTerms
from accounts.queries.answers import QUESTIONS
from accounts.queries.comparison import _parts
from tests.accounts.citizen_pages import seen
from tests.personas import HUNAN, ZHOUSHAN, changed, insured, paid_for, pays, run, spend

pytestmark = pytest.mark.usefixtures("policies_loaded", "november")

ACCOUNT = "/account/"
STOPPED, NOT_ARRIVING, MONTH_BY_MONTH, LESS = QUESTIONS.values()


def answer(person, question: str) -> str:
    """Return what the account page answers to a question."""
    page = seen(person, ACCOUNT)
    return page[page.index(question) + len(question) :].partition("为什么这样")[0]


class TestIsItStopped:
    def test_no_it_goes_on_with_the_last_and_the_next_credit(self, employee):
        said = answer(employee, STOPPED)
        assert said.startswith("没有停，还在记入。最近一次是2026年1月1日，记入1,440.00元。")
        assert "您个人交的部分照旧记入，是缴费基数的2%。" in said
        assert "下一次预计在2027年1月1日，按现在的资料估计约1,440.00元。" in said

    def test_since_when_the_employers_part_is_not_there_is_said_where_it_changed(self):
        person = insured("330381")
        assert "从2023年1月1日起，单位交的部分全部记入统筹基金" in answer(person, STOPPED)

    def test_where_it_never_was_there_no_day_is_made_up(self, employee):
        said = answer(employee, STOPPED)
        assert "单位交的部分全部记入统筹基金" in said
        assert "起，单位交的部分" not in said

    def test_who_is_suspended_hears_since_when(self, employee):
        changed(employee, date(2026, 9, 1), status=2)
        said = answer(employee, STOPPED)
        assert "您从2026年9月1日起停保，停保期间没有新的钱记入。以前的钱还在，不会清零。" in said
        assert "下一次" not in said

    def test_a_retiree_hears_of_their_own_money_and_of_no_employer(self):
        said = answer(insured("330381", person_type="12"), STOPPED)
        assert "退休人员不用缴费，由统筹基金（大家共用的钱）出：每年定额。" in said
        assert "单位" not in said
        assert "缴费基数" not in said

    def test_who_works_for_themselves_hears_of_no_employer(self):
        said = answer(insured("330381", flex=True), STOPPED)
        assert "按灵活就业缴费的，记入缴费基数的2%" in said
        assert "单位" not in said + answer(insured("330381", flex=True), NOT_ARRIVING)


class TestWhyDoesNothingArrive:
    def test_because_the_year_was_credited_at_once(self, employee):
        said = answer(employee, NOT_ARRIVING)
        assert "今年的钱已在1月1日记入，共1,440.00元。这里一年只记一次，不会每个月再记。" in said
        assert "最近收到的是2026年1月的缴费，2026年1月10日到账。" in said

    def test_because_contributions_are_missing(self):
        person = insured(HUNAN)
        paid_for(person, date(2026, 7, 1), "5000.00", received=date(2026, 7, 8))
        said = answer(person, NOT_ARRIVING)
        assert "每个月20日前后记入，要先收到缴费。最近收到的是2026年7月的缴费，2026年7月8日到账。" in said
        assert "之后月份的缴费还没有收到，请先问单位" in said

    def test_a_retiree_pays_nothing_and_hears_so(self):
        assert "退休人员不用缴费，照样记入。" in answer(insured(HUNAN, person_type="12"), NOT_ARRIVING)

    def test_because_a_debt_is_paid_back_first(self, employee):
        spend(employee, 2_400_00, on=date(2026, 6, 30), key="nearly all")
        changed(employee, date(2026, 7, 1), status=2)
        run("trueup", "2026", on=date(2026, 11, 1))
        assert "以前多记的钱还有680.00元没有还清，新记入的钱先还它" in answer(employee, NOT_ARRIVING)


class TestHowToSeeEachMonth:
    def test_where_the_year_comes_at_once(self, employee):
        assert "这里每年1月1日一次记入全年的，不是每个月记。" in answer(employee, MONTH_BY_MONTH)

    def test_where_every_month_comes(self):
        said = answer(insured(HUNAN), MONTH_BY_MONTH)
        assert "这里每个月20日前后记入，要先收到缴费。打开明细，每个月一段" in said


class TestWhyLess:
    def test_the_causes_of_a_smaller_credit_with_their_parts(self):
        person = insured()
        pays(person, "6000.00", since=date(2025, 1, 1), until=date(2026, 1, 1))
        run("accrual", "2025", on=date(2025, 1, 1))
        paid_for(person, date(2026, 1, 1), "5000.00")
        run("close_year", "2025", on=date(2026, 1, 1))
        said = answer(person, LESS)
        assert "最近一次记入1,200.00元，一年前（2025年1月1日）同一笔是1,440.00元，少了240.00元。" in said
        assert "原因：缴费基数从6,000.00元变成5,000.00元，少240.00元。" in said

    def test_who_never_used_anything_is_not_told_that_they_did(self):
        person = insured()
        pays(person, "6000.00", since=date(2025, 1, 1), until=date(2026, 1, 1))
        run("accrual", "2025", on=date(2025, 1, 1))
        run("close_year", "2025", on=date(2026, 1, 1))
        said = answer(person, LESS)
        assert said.startswith("今年到现在没有变少，多了1,440.00元（从1,440.00元到2,880.00元）：记入1,440.00元。")
        assert "用了" not in said

    def test_each_who_used_it_is_named_with_what_they_used(self, employee):
        father = insured("330900")
        spend(employee, 500_00, on=date(2026, 3, 2), key="own")
        spend(employee, 1_800_00, on=date(2026, 4, 2), key="father", subject_id=father.pk)
        said = answer(employee, LESS)
        assert "今年到现在少了960.00元（从1,100.00元到140.00元）：记入1,440.00元，" in said
        assert "自己用了600.00元，家人用了1,800.00元。" in said

    def test_who_has_nothing_yet_hears_so(self):
        assert answer(insured(), LESS).startswith("账户里还没有记入过钱，也没有用过。")

    def test_the_help_tells_the_readers_own_case_first(self, employee):
        page = seen(employee, "/help/less/")
        assert page.index("您的情况") < page.index("常见的原因有五个")


def worth(spans: tuple[Span, ...]) -> int:
    return year_credit(spans, registry.credit_of).amount_fen


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    base_before=st.integers(1_000_00, 50_000_00),
    base_now=st.integers(1_000_00, 50_000_00),
    months_before=st.integers(1, 12),
    months_now=st.integers(1, 12),
    region=st.sampled_from([ZHOUSHAN, "330381"]),
)
def test_the_parts_of_a_difference_add_up_to_the_fen(base_before, base_now, months_before, months_now, region):
    first, last = registry.versions(region, CreditTerms)[-1], registry.versions(region, CreditTerms)[0]
    before = (Span(MonthFacts("employee", base_before, 40), months_before, str(first.id)),)
    now = (Span(MonthFacts("employee", base_now, 41), months_now, str(last.id)),)
    parts = _parts(before, now)
    assert sum(part.fen for part in parts) == worth(now) - worth(before)
    assert all(part.fen for part in parts)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bases=st.lists(st.integers(1_000_00, 50_000_00), min_size=3, max_size=3),
    months=st.integers(1, 11),
    retires_after=st.integers(0, 12),
    region=st.sampled_from([ZHOUSHAN, "330381"]),
)
def test_the_parts_add_up_over_changes_of_base_and_a_retirement_too(bases, months, retires_after, region):
    first, last = str(registry.versions(region, CreditTerms)[-1].id), str(registry.versions(region, CreditTerms)[0].id)
    employed = [Span(MonthFacts("employee", bases[2], 60), retires_after, last)] if retires_after else []
    retired = [Span(MonthFacts("retiree", None, 60), 12 - retires_after, last)] if retires_after < 12 else []
    before = (
        Span(MonthFacts("employee", bases[0], 59), months, first),
        Span(MonthFacts("employee", bases[1], 59), 12 - months, first),
    )
    now = (*employed, *retired)
    assert sum(part.fen for part in _parts(before, now)) == worth(now) - worth(before)
