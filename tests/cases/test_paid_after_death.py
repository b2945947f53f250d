"""Somebody's insurance has ended and the employer goes on paying: nothing is credited, and staff are told why."""

from datetime import date
from pathlib import Path

import pytest

from accounts.models import Contribution, Skip, Transfer
from accounts.queries.fact_checks import lists_of
from accounts.queries.people import find_by_certno
from tests.accounts.roster.import_kit import contributions, roster
from tests.personas import QUANZHOU, run
from yibao.lib.periods import Period

pytestmark = pytest.mark.usefixtures("policies_loaded")

CASES = Path(__file__).parent
CERTNO = "999902195001053262"
ENDED = "医保关系终止以后的月份，不划入；请核对参保状态，或由单位申请退费"
DIED = "去世以后的月份，不划入；多缴的由单位申请退费"


@pytest.fixture
def june(tmp_path: Path):
    """Return how the case is played: with a reason why the insurance ended, or none."""

    def played(end_reason: str) -> None:
        roster(CASES / "00-people.csv")
        header, row = (CASES / "24-died-roster.csv").read_text().split()
        ended = tmp_path / "ended.csv"
        ended.write_text(f"{header},end_reason\n{row},{end_reason}\n")
        roster(ended)
        assert contributions(CASES / "24-paid-after-death.csv").contributions_added == 1
        (report,) = run("accrual", "2025-06", on=date(2025, 6, 30), region=QUANZHOU)
        assert report.state == "incomplete"

    return played


@pytest.mark.parametrize(
    ("end_reason", "code", "said"), [("", "paid_after_end", ENDED), ("1", "paid_after_death", DIED)]
)
def test_the_month_is_not_credited_and_the_list_for_staff_says_why(june, end_reason: str, code: str, said: str) -> None:
    june(end_reason)
    person = find_by_certno(CERTNO)
    assert not Transfer.objects.exists()
    assert Contribution.objects.get().person == person
    assert list(Skip.objects.values_list("person", "period", "reason", "detail")) == [
        (person.pk, "2025-06", code, said)
    ]
    (row,) = lists_of(QUANZHOU, Period.parse("2025-06"), date(2025, 6, 30))["paid_not_credited"]
    assert (row.person, row.periods, row.note) == (person.pk, ("2025-06",), said)
