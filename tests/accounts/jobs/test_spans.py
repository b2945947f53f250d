"""A year told in runs of equal months is the same year as month by month."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.jobs.yearly import _base_in, _spans
from accounts.policies.formulas import MonthFacts
from accounts.policies.status import Status, status_in
from yibao.lib.months import Month

pytestmark = pytest.mark.unit

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


def month_by_month(history, paid, versions) -> list[tuple[MonthFacts, str]]:
    found = []
    for month, version in zip(MONTHS, versions, strict=True):
        status = status_in(history, month)
        if status is not None:
            base = None if status.capacity == "retiree" else _base_in(paid, month)
            found.append((MonthFacts(status.capacity, base, 40, status.pension_fen), version))
    return found


@given(histories, bases, turns)
def test_runs_of_months_say_what_the_months_say(history, paid, turn):
    versions = ["1"] * turn + ["2"] * (12 - turn)
    spans, first_on = _spans(history, paid, MONTHS, versions, 40)
    assert [(span.facts, span.version) for span in spans for _ in range(span.months)] == month_by_month(
        history, paid, versions
    )
    insured = [(month, status) for month in MONTHS if (status := status_in(history, month))]
    expected = max(insured[0][0].first, insured[0][1].from_on) if insured else None
    assert first_on == expected


def test_somebody_for_whom_nothing_changes_has_one_run():
    history = [Status(date(2020, 1, 1), 1, "11")]
    spans, first_on = _spans(history, [(START + -1, 400_000)], MONTHS, ["1"] * 12, 40)
    assert [span.months for span in spans] == [12]
    assert first_on == START.first
