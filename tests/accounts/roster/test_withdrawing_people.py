"""撤回导入 of a roster that changed name, gender or phone: what it took over of people goes back, what came later stays."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import FormerCertificate, Person, PersonChange
from accounts.roster import withdrawing
from accounts.roster.people_sql import TAKEN_OVER
from tests.accounts.roster.import_kit import TODAY, roster
from tests.factories.acts import act_on
from tests.factories.files import csv_file, roster_row
from tests.factories.people import phone

pytestmark = pytest.mark.usefixtures("policies_loaded")

# 证件号码 and what follows from it go back by their own way (test_withdrawing).
OF_THE_NUMBER = {"certno", "certno_index", "cert_type", "birth_on"}


@pytest.fixture(autouse=True)
def first(policies_loaded: None, tmp_path: Path) -> int:
    return brings(tmp_path, day=0)


def brings(tmp_path: Path, *, day: int, **changes: str) -> int:
    """Import a roster of one person so many days later; return the import's id."""
    path = csv_file(tmp_path / f"{day}.csv", [roster_row(2) | {"facts_date": "", **changes}])
    result = roster(path, on=TODAY + timedelta(days=day))
    assert result.import_id
    return result.import_id


def withdraw(import_id: int) -> withdrawing.Withdrawn:
    return withdrawing.withdraw(act=act_on(TODAY + timedelta(days=9)), import_id=import_id, reason="发错了文件")


def known() -> dict[str, Any]:
    """Return every column that is known of the person; the phone in plain text."""
    person = Person.objects.get()
    return {field.attname: getattr(person, field.attname) for field in Person._meta.concrete_fields} | {
        "phone": str(person.phone)
    }


def test_each_column_of_a_person_goes_back_with_the_import_or_with_the_number() -> None:
    columns = {field.attname for field in Person._meta.concrete_fields}
    assert columns == {"id", *OF_THE_NUMBER, *TAKEN_OVER}
    assert set(TAKEN_OVER) <= {field.attname for field in PersonChange._meta.concrete_fields}
    assert {*OF_THE_NUMBER} <= {field.attname for field in FormerCertificate._meta.concrete_fields}


def test_all_that_a_roster_took_over_goes_back(tmp_path: Path) -> None:
    before, columns = known(), set()
    wrong = [{"psn_name": "张误写"}, {"gend": "2"}, {"mob": phone(77)}, {"mob": ""}, {"facts_date": "2025-07-02"}]
    for day, changes in enumerate(wrong, 1):
        import_id = brings(tmp_path, day=day + 1, **changes)
        after = known()
        assert withdraw(import_id).people == 1
        assert known() == before, changes
        columns |= {column for column in before if before[column] != after[column]}
    assert columns == {*TAKEN_OVER}
    assert {row.changed_by.reason for row in PersonChange.all_rows.all() if row.changed_by} == {"发错了文件"}


def test_what_a_later_roster_said_stays(tmp_path: Path) -> None:
    wrong = brings(tmp_path, day=1, mob=phone(77))
    later = brings(tmp_path, day=2, mob=phone(78))
    stays = known()
    assert withdraw(wrong).people == 0
    assert known() == stays
    assert withdraw(later).people == 1
    assert known()["phone"] == phone(2)


def test_what_a_later_roster_said_again_stays(tmp_path: Path) -> None:
    wrong = brings(tmp_path, day=1, mob=phone(77))
    brings(tmp_path, day=2, mob=phone(77), street="城东街道")
    assert withdraw(wrong).people == 0
    assert known()["phone"] == phone(77)


def test_the_last_that_counts_comes_back(tmp_path: Path) -> None:
    brings(tmp_path, day=1, mob=phone(77))
    wrong = brings(tmp_path, day=2, mob=phone(78))
    withdraw(wrong)
    assert known()["phone"] == phone(77)


def test_what_was_before_is_never_rewritten(tmp_path: Path) -> None:
    brings(tmp_path, day=1, mob=phone(77))
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        PersonChange.objects.update(name="别人")
