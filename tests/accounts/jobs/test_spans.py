"""A year told in runs of equal months is the same year as month by month."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.jobs.yearly.cases import Year, _base_in, _spans
from accounts.jobs.yearly.facts import PaidMonths
from accounts.policies.entitlement import NotDue, Place, month_in
from accounts.policies.formulas import MonthFacts
from accounts.policies.status import Status
from yibao.lib.months import Month
from yibao.lib.periods import Period

pytestmark = pytest.mark.unit

REGION = "310000"
START = Month(2025, 7)  # 上海's year
MONTHS = [START + number for number in range(12)]
days = st.integers(-400, 364).map(lambda number: START.first + timedelta(days=number))
statuses = st.builds(
    Status,
    from_on=days,
    status=st.sampled_from([1, 1, 1, 2, 4]),
    person_type=st.sampled_from(["11", "12"]),
    flex=st.booleans(),
    pension_fen=st.sampled_from([None, 300_000]),
)
histories = st.lists(statuses, max_size=5, unique_by=lambda row: row.from_on).map(
    lambda rows: sorted(rows, key=lambda row: row.from_on)
)
bases = st.dictionaries(st.integers(-1, 11), st.sampled_from([400_000, 500_000]), max_size=5).map(
    lambda paid: [(START + number, base) for number, base in sorted(paid.items())]
)
turns = st.integers(0, 12)


def year_with(versions: list[str], *, settled: bool = False) -> Year:
    return Year(
        region=REGION,
        period=Period(2025),
        start=START.first,
        end=(START + 12).first,
        months=MONTHS,
        versions=versions,
        paid_since=START + -3,
        settled=settled,
        closed=False,
        on=START.first,
    )


def place(history, paid: int) -> Place:
    return Place(history, PaidMonths(START + -3, paid))


def month_by_month(place, paid, versions, paid_only) -> list[tuple[MonthFacts, str]]:
    found = []
    for month, version in zip(MONTHS, versions, strict=True):
        status = month_in(place, month, paid_only=paid_only).status
        if status is not None:
            base = None if status.is_retiree else _base_in(paid, month)
            found.append((MonthFacts(status.capacity, base, 40, status.pension_fen), version))
    return found


@given(histories, bases, turns, st.integers(0, 2**15 - 1), st.booleans())
def test_runs_of_months_say_what_the_months_say(history, known, turn, paid, settled):
    versions = ["1"] * turn + ["2"] * (12 - turn)
    here = place(history, paid)
    spans, first_on, _ = _spans(year_with(versions, settled=settled), here, None, known, 40)
    told = [(span.facts, span.version) for span in spans for _ in range(span.months)]
    paid_only = settled or not paid
    assert told == month_by_month(here, known, versions, paid_only)
    due = [(month, status) for month in MONTHS if (status := month_in(here, month, paid_only=paid_only).status)]
    assert first_on == (max(due[0][0].first, due[0][1].from_on) if due else None)


def test_somebody_for_whom_nothing_changes_has_one_run():
    history = [Status(date(2020, 1, 1), 1, "11")]
    spans, first_on, _ = _spans(year_with(["1"] * 12), place(history, 1), None, [(START + -1, 400_000)], 40)
    assert [span.months for span in spans] == [12]
    assert first_on == START.first


def test_nothing_is_credited_ahead_to_whom_no_payment_is_known_of():
    history = [Status(date(2020, 1, 1), 1, "11")]
    spans, _, not_due = _spans(year_with(["1"] * 12), place(history, 0), None, [], 40)
    assert spans == ()
    assert {reason for _, reason in not_due} == {NotDue.UNPAID}
