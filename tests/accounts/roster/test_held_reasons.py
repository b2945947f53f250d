"""One row of every reason: with --hold each waits by its code, and every other row of the file comes in."""

from pathlib import Path

import pytest

from accounts.codes import HeldReason
from accounts.models import HeldRow
from tests.accounts.roster.import_kit import contributions, held, refusal, roster
from tests.factories.files import contribution_row, csv_file, roster_row
from tests.factories.people import birth_on, certno

pytestmark = pytest.mark.usefixtures("policies_loaded")

CASES = Path(__file__).parents[2] / "cases"


def man(serial: int, **changes: str) -> dict[str, str]:
    """Return a row whose gender is the one that the number says."""
    return roster_row(serial, **{"gend": str(2 - serial % 2), **changes})


def test_each_waits_by_its_code_and_the_others_come_in(tmp_path: Path) -> None:
    roster(csv_file(tmp_path / "known.csv", [man(n) for n in range(1, 6)]))
    like = {"certno": certno(101, birth_on(1)), "psn_name": man(1)["psn_name"], "brdy": str(birth_on(1)), "mob": ""}
    people = [
        man(2),
        man(1, psn_name="李强", mob="19900077777", stas_date="2025-01-01"),
        man(3, gend="2", stas_date="2025-01-01"),
        man(1, **like),
        man(6, stas_date="x"),
        man(4, psn_insu_stas="2"),
        man(7),
    ]
    result = roster(csv_file(tmp_path / "r.csv", people), hold=True)
    assert (held(result), result.people_added) == (
        [
            (3, "psn_name", HeldReason.OTHER_PERSON),
            (4, "gend", HeldReason.GENDER_CONTRADICTS_NUMBER),
            (5, "certno", HeldReason.SAME_PERSON_OTHER_NUMBER),
            (6, "stas_date", HeldReason.UNREADABLE),
            (7, "psn_insu_stas", HeldReason.CONTRADICTS_KNOWN),
        ],
        1,
    )
    contributions(csv_file(tmp_path / "paid.csv", [contribution_row(1, base="5000")]))
    payments = [
        contribution_row(1, base="15000.01", accrym="2025-02"),
        contribution_row(2, base="446200"),
        contribution_row(3, base="5000"),
        contribution_row(99),
    ]
    result = contributions(csv_file(tmp_path / "c.csv", payments), hold=True)
    assert (held(result), result.contributions_added) == (
        [
            (2, "base", HeldReason.BASE_JUMP),
            (3, "base", HeldReason.BASE_ABOVE_BOUND),
            (5, "certno", HeldReason.CONTRADICTS_KNOWN),
        ],
        1,
    )
    rounded = roster(CASES / "01-rounded-certno.csv", hold=True)
    assert {row.reason_code for row in rounded.held} == {HeldReason.ROUNDED_NUMBERS}
    of_tax_files = {HeldReason.UNKNOWN_ORDER, HeldReason.CONTRADICTS_ORDER, HeldReason.PAID_TWICE}
    assert set(HeldRow.objects.values_list("reason_code", flat=True)) == set(HeldReason) - of_tax_files


def test_without_hold_only_what_is_hardly_true_stops_nobody(tmp_path: Path) -> None:
    roster(csv_file(tmp_path / "known.csv", [man(n) for n in range(1, 6)]))
    rows = [man(1, gend="2"), man(6, stas_date="x"), man(7)]
    assert [problem[:2] for problem in refusal(roster, csv_file(tmp_path / "a.csv", rows))] == [(3, "stas_date")]
    result = roster(csv_file(tmp_path / "b.csv", [rows[0], rows[2]]))
    assert (held(result), result.people_added) == ([(2, "gend", HeldReason.GENDER_CONTRADICTS_NUMBER)], 1)
