"""A bureau goes live in July: what people have comes in by file, and nothing of the months before is credited here."""

from datetime import date

import pytest

from accounts.ledger.verify import findings
from accounts.models import Contribution, OpeningBalance, Person, Region
from accounts.queries import explanations
from accounts.queries.people import find_by_certno
from family.queries.facts import last_year_fen
from tests.cases.play import Played, play, run

pytestmark = pytest.mark.usefixtures("policies_loaded")

FOLDER = "golive"
BALANCES = "import_balances balances.csv --expect-rows 4 --expect-sum 10271.74"
EMPLOYEE, SECOND, MONTHLY, EMPTY = (
    "999902198001019316",
    "999902198001019324",
    "999902198001019359",
    "999902198001019367",
)


def person(certno: str) -> Person:
    found = find_by_certno(certno)
    assert found is not None
    return found


def entries(played: Played, certno: str) -> list[tuple[str, str, str, str]]:
    return [(e["on"], e["kind"], e["pot"], e["amount"]) for e in played.statement(certno)["entries"]]


@pytest.fixture
def went_live() -> Played:
    """The roster, the balances, and then the case as it was written down."""
    played = Played()
    run(played, FOLDER, "import_roster 01_roster.csv")
    run(played, FOLDER, BALANCES)
    run(played, FOLDER, "due_jobs --on 2026-06-30 --run")
    assert played.refused == []
    for line in (
        "import_contributions 02_contributions.csv",
        "due_jobs --run --on 2026-07-21",
        f"statement {EMPLOYEE} --json",
        f"statement {MONTHLY} --json",
        f"statement {EMPTY} --json",
    ):
        run(played, FOLDER, line)
    return played


def test_everybody_begins_with_what_they_had(went_live):
    assert entries(went_live, EMPLOYEE)[:2] == [
        ("2026-06-30", "opening", "carried", "2150.25"),
        ("2026-06-30", "opening", "current", "321.50"),
    ]
    assert entries(went_live, MONTHLY)[:2] == [
        ("2026-06-30", "opening", "carried", "5000.00"),
        ("2026-06-30", "opening", "pool", "800.00"),
    ]
    assert entries(went_live, EMPTY) == []


def test_of_a_pre_credited_year_only_the_months_from_going_live_are_credited(went_live):
    """5,000.00 × 2% × 6 months, July to December."""
    assert entries(went_live, EMPLOYEE)[2:] == [("2026-07-01", "precredit", "current", "600.00")]


def test_where_months_are_credited_july_is_the_first(went_live):
    assert entries(went_live, MONTHLY)[2:] == [("2026-07-21", "accrual", "carried", "100.00")]


def test_months_the_old_system_credited_are_refused_with_the_reason(went_live):
    before = Contribution.objects.count()
    run(went_live, FOLDER, "import_contributions 03_contributions.csv")
    assert "6行有问题" in went_live.refused[-1]
    assert "350500 从 2026-07 起在这里划入" in went_live.printed[-1]
    assert Contribution.objects.count() == before


def test_they_are_refused_before_anything_was_credited_here_too():
    played = play(FOLDER, until="import_contributions", extra=())
    run(played, FOLDER, BALANCES)
    run(played, FOLDER, "import_contributions 03_contributions.csv")
    assert "6行有问题" in played.refused[-1]


def test_the_month_before_is_not_run_here(went_live):
    run(went_live, FOLDER, "run_job accrual --region 350500 --period 2026-06 --on 2026-07-22")
    assert "350500 从 2026-07 起在这里划入，更早的月份由原系统划入" in went_live.refused[-1]
    run(went_live, FOLDER, "run_job accrual --region 330381 --period 2025 --on 2026-07-22")
    assert "更早的月份由原系统划入" in went_live.refused[-1]


def test_the_books_are_right_to_the_year_end_and_after(went_live):
    for day in ("2026-08-21", "2026-12-21", "2027-01-21"):
        run(went_live, FOLDER, f"due_jobs --run --on {day}")
    assert list(findings()) == []
    assert list(explanations.differences()) == []


def test_the_gate_looks_at_last_years_balance_of_the_old_system(went_live):
    day = date(2026, 9, 1)
    assert last_year_fen(person(EMPLOYEE), "330381", day) == 240_000
    assert last_year_fen(person(SECOND), "330381", day) == 180_000


def test_the_day_of_going_live_follows_the_balances(went_live):
    assert Region.objects.get(code="330381").live_on == date(2026, 7, 1)
    assert OpeningBalance.objects.count() == 4


def test_going_live_in_july_once_credits_have_begun_in_january_is_too_late():
    played = play(FOLDER, until="due_jobs")
    run(played, FOLDER, "run_job accrual --region 330381 --period 2026 --on 2026-07-21")
    run(played, FOLDER, BALANCES)
    assert "从 2026-01 起已在这里划入，上线日不能改到 2026-07" in played.printed[-1] + played.refused[-1]
    assert OpeningBalance.objects.count() == 0
