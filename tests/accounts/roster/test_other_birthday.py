"""Another birth day under a number that does not tell it: laid aside, believed by two, taken back with its import."""

from datetime import date
from pathlib import Path

import pytest

from accounts.codes import FactChangeKind, Role
from accounts.identity.access import actor_of
from accounts.models import FactChange, HeldRow, Person
from accounts.operations import approvals
from accounts.queries.people import find_by_certno
from accounts.roster import held as held_rows
from accounts.roster import withdrawing
from accounts.roster.drafts import ImportResult
from tests.accounts.roster.import_kit import TODAY, held, roster
from tests.factories.acts import act_on
from tests.factories.files import csv_file, roster_row
from tests.factories.people import certno
from tests.factories.users import official

pytestmark = pytest.mark.usefixtures("policies_loaded")

PERMIT = "H12345678"
OTHER_PERSON = [(2, "brdy", "other_person")]


def row(brdy: str, **changes: str) -> dict[str, str]:
    return roster_row(1, **{"certno": PERMIT, "psn_cert_type": "04", "brdy": brdy, "mob": "", **changes})


def brings(tmp_path: Path, *rows: dict[str, str]) -> ImportResult:
    return roster(csv_file(tmp_path / f"{len(list(tmp_path.iterdir()))}.csv", list(rows)))


def born(number: str = PERMIT) -> date:
    person = find_by_certno(number)
    assert person
    return person.birth_on


def believed_by_two() -> int:
    """Let two people confirm the row that waits; return the import it becomes."""
    waiting = HeldRow.objects.get()
    maker, checker = (
        official(role, name, certno=certno(serial))
        for role, name, serial in ((Role.CLERK, "maker", 901), (Role.REVIEWER, "checker", 902))
    )
    approval = approvals.submit(
        act=act_on(TODAY, actor_of(maker)),
        kind=held_rows.CONFIRM,
        subject=held_rows.subject_of([waiting.pk]),
        reason="看过证件",
        asked={"rows": [waiting.pk]},
    )
    approvals.approve(act=act_on(TODAY, actor_of(checker)), approval_id=approval.pk, digest=approval.digest)
    waiting.refresh_from_db()
    assert waiting.became_id
    return waiting.became_id


def test_it_is_laid_aside_and_not_believed(tmp_path: Path) -> None:
    brings(tmp_path, row("1975-03-04"))
    result = brings(tmp_path, row("1957-03-04", stas_date="2025-05-01"), roster_row(2, psn_cert_type=""))
    assert held(result) == OTHER_PERSON
    assert HeldRow.objects.get().reason == "出生日期与登记的不同，像是另一个人；请核实是不是本人"
    assert (born(), Person.objects.count()) == (date(1975, 3, 4), 2)


def test_of_somebody_new_the_newest_row_is_believed(tmp_path: Path) -> None:
    result = brings(tmp_path, row("1975-03-04"), row("1957-03-04", stas_date="2025-05-01"))
    assert held(result) == OTHER_PERSON
    assert "与第3行的不同" in HeldRow.objects.get().reason
    assert born() == date(1957, 3, 4)


def test_two_people_let_it_in_and_what_was_credited_by_age_is_looked_at_again(tmp_path: Path) -> None:
    brings(tmp_path, row("1975-03-04"))
    brings(tmp_path, row("1957-03-04"))
    assert not FactChange.objects.exists()
    became = believed_by_two()
    assert born() == date(1957, 3, 4)
    assert FactChange.objects.get().kind == FactChangeKind.CORRECTED
    assert FactChange.objects.get().source_id == became


def test_it_goes_back_with_its_import_though_an_earlier_one_was_taken_back_before(tmp_path: Path) -> None:
    brings(tmp_path, row("1975-03-04"))
    renamed = brings(tmp_path, row("1975-03-04", psn_name="张另名")).import_id
    assert renamed
    brings(tmp_path, row("1957-03-04", psn_name="张另名"))
    became = believed_by_two()
    for import_id in (renamed, became):
        withdrawing.withdraw(act=act_on(TODAY), import_id=import_id, reason="发错了文件")
    person = find_by_certno(PERMIT)
    assert person
    assert (person.birth_on, person.name) == (date(1975, 3, 4), row("1975-03-04")["psn_name"])


def test_a_new_number_that_tells_the_birth_day_is_no_other_person_and_goes_back_too(tmp_path: Path) -> None:
    brings(tmp_path, row("1975-03-04"))
    told = roster_row(1)
    renumbered = brings(tmp_path, told | {"old_certno": PERMIT, "mob": ""})
    assert not renumbered.held
    assert born(certno(1)).isoformat() == told["brdy"]
    assert renumbered.import_id
    withdrawing.withdraw(act=act_on(TODAY), import_id=renumbered.import_id, reason="发错了文件")
    assert born() == date(1975, 3, 4)
