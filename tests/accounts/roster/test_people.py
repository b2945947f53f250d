"""import_roster: what a roster brings, what changes nothing, and what is history."""

import tracemalloc
from datetime import date
from pathlib import Path

import pytest

from accounts.codes import PotKind
from accounts.models import AuditEvent, Enrolment, Import, Person, Pot
from accounts.queries.people import find_by_certno, regions_of
from accounts.roster.people import import_roster
from tests.accounts.roster.import_kit import TODAY, kept, refusal, roster
from tests.factories.acts import act_on
from tests.factories.files import ROSTER_COLUMNS, csv_file, roster_row, xlsx_file
from tests.factories.people import certno, phone
from yibao.lib import tables

pytestmark = pytest.mark.usefixtures("policies_loaded")

CONFLICT = "与已登记的 2020-01-01 的内容不一致；有变化请写新的 stas_date，历史不改"


def test_a_roster_brings_people_their_enrolments_and_their_accounts(tmp_path: Path) -> None:
    rows = [
        roster_row(1, mob=""),
        roster_row(2, flex="1", psn_idet_type="2301"),
        roster_row(3, psn_type="12", monthly_pension="3210.55", insuplc_admdvs="350500"),
        roster_row(4, insutype="390", psn_type="15"),
    ]
    result = roster(csv_file(tmp_path / "r.csv", rows))
    assert (result.rows, result.people_added, result.enrolments_added) == (4, 4, 4)
    first, flexible, retiree, resident = (find_by_certno(certno(serial)) for serial in (1, 2, 3, 4))
    assert (first.name, first.gender, first.birth_on, first.phone) == ("林晓明", 2, date(1950, 1, 2), "")
    row = flexible.enrolments.get()
    assert (row.person_type, row.status, row.flex, row.identity_type, row.street) == ("11", 1, True, "2301", "昌国街道")
    assert retiree.enrolments.get(region="350500").pension_fen == 321_055
    assert {pot.kind for pot in first.pots.all()} == {PotKind.CURRENT, PotKind.CARRIED}
    assert {pot.kind for pot in retiree.pots.all()} == {PotKind.CARRIED}
    assert not resident.pots.exists()
    assert regions_of(retiree) == ["350500"]
    assert regions_of(resident) == []


def test_an_import_is_written_down_with_its_actor(tmp_path: Path) -> None:
    result = roster(csv_file(tmp_path / "r.csv", [roster_row(1)]))
    stored = Import.objects.get(pk=result.import_id)
    event = AuditEvent.objects.get(verb="roster.imported")
    assert (stored.kind, stored.rows, stored.actor, len(stored.digest)) == ("roster", 1, "system:test", 64)
    assert (event.actor, event.at) == ("system:test", act_on(TODAY).at)
    assert event.detail == {
        "import": stored.pk,
        "rows": 1,
        "people_added": 1,
        "people_changed": 0,
        "enrolments_added": 1,
    }
    assert Enrolment.objects.get().source == stored


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "r.csv", [roster_row(n) for n in range(5)])
    roster(path)
    before = kept()
    again = roster(path)
    assert again.known_file
    assert again.changed_nothing
    assert kept() == before


def test_the_same_rows_in_another_file_change_nothing_but_the_list_of_imports(tmp_path: Path) -> None:
    rows = [roster_row(n) for n in range(5)]
    roster(csv_file(tmp_path / "a.csv", rows))
    before = kept()
    again = roster(xlsx_file(tmp_path / "b.xlsx", rows[::-1], columns=ROSTER_COLUMNS[::-1]))
    assert not again.known_file
    assert again.changed_nothing
    changed = {table for table, digest in kept().items() if digest != before[table]}
    assert changed == {"import", "auditevent"}


def test_a_newer_stas_date_records_a_change_and_keeps_the_history(tmp_path: Path) -> None:
    roster(csv_file(tmp_path / "a.csv", [roster_row(1), roster_row(2)]))
    later = [
        roster_row(1, psn_insu_stas="2", stas_date="2024-07-01"),
        roster_row(1, stas_date="2024-09-01", psn_type="12", monthly_pension="3000", psn_name="林大明"),
    ]
    result = roster(csv_file(tmp_path / "b.csv", later))
    assert (result.people_added, result.people_changed, result.enrolments_added) == (0, 1, 2)
    person = find_by_certno(certno(1))
    assert (person.name, person.phone) == ("林大明", phone(1))
    rows = person.enrolments.order_by("from_on")
    assert [(str(row.from_on), row.status, row.person_type) for row in rows] == [
        ("2020-01-01", 1, "11"),
        ("2024-07-01", 2, "11"),
        ("2024-09-01", 1, "12"),
    ]


def test_an_older_row_that_comes_later_is_history_and_does_not_bring_old_facts_back(tmp_path: Path) -> None:
    roster(csv_file(tmp_path / "a.csv", [roster_row(1, stas_date="2024-01-01", mob="19900011111")]))
    result = roster(csv_file(tmp_path / "b.csv", [roster_row(1, stas_date="2022-01-01", mob="19900022222")]))
    assert (result.people_changed, result.enrolments_added) == (0, 1)
    assert find_by_certno(certno(1)).phone == "19900011111"


def test_someone_insured_in_two_places_is_one_person_with_accounts_in_both(tmp_path: Path) -> None:
    rows = [
        roster_row(1, psn_insu_stas="4", stas_date="2023-01-01"),
        roster_row(1, insuplc_admdvs="350500", stas_date="2023-02-01"),
        roster_row(1, insuplc_admdvs="350500", insutype="390", psn_type="15", stas_date="2019-01-01"),
    ]
    roster(csv_file(tmp_path / "r.csv", rows))
    person = Person.objects.get()
    assert regions_of(person) == ["350500", "330900"]
    assert person.enrolments.count() == 3
    assert sorted(Pot.objects.filter(person=person).values_list("region", "kind")) == [
        ("330900", "carried"),
        ("330900", "current"),
        ("350500", "carried"),
    ]


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"psn_type": "12"}, "psn_type"),
        ({"psn_insu_stas": "2"}, "psn_insu_stas"),
        ({"flex": "1"}, "flex"),
        ({"psn_idet_type": "2301"}, "psn_idet_type"),
    ],
)
def test_another_status_for_the_same_day_is_refused_naming_row_and_column(
    tmp_path: Path, changes: dict[str, str], column: str
) -> None:
    roster(csv_file(tmp_path / "a.csv", [roster_row(1)]))
    path = csv_file(tmp_path / "b.csv", [roster_row(2), roster_row(1, **changes)])
    assert refusal(roster, path) == [(3, column, CONFLICT)]


def test_rows_that_contradict_each_other_in_one_file_are_refused(tmp_path: Path) -> None:
    rows = [
        roster_row(1),
        roster_row(2),
        roster_row(1),
        roster_row(1, street="临城街道"),
        roster_row(2, insuplc_admdvs="350500", psn_name="黄大明"),
        roster_row(2, insuplc_admdvs="110000", mob="19900054321"),
    ]
    assert refusal(roster, csv_file(tmp_path / "r.csv", rows)) == [
        (4, "certno", "与第2行重复：同一个人、统筹区、险种和 stas_date"),
        (5, "certno", "与第2行重复：同一个人、统筹区、险种和 stas_date"),
        (6, "psn_name", "与第3行不一致：同一个证件号码、同一个 stas_date"),
        (7, "mob", "与第3行不一致：同一个证件号码、同一个 stas_date"),
    ]


def test_csv_in_every_encoding_and_xlsx_bring_the_same(tmp_path: Path) -> None:
    rows = [
        roster_row(n, psn_name=name) for n, name in enumerate(["陈晓明", "阿依古丽·买买提", "𠮷野家", "O'Brien John"])
    ]
    paths = [
        csv_file(tmp_path / f"{encoding}.csv", rows, encoding=encoding)
        for encoding in ("utf-8", "utf-8-sig", "gb18030")
    ]
    paths.append(xlsx_file(tmp_path / "r.xlsx", rows))
    roster(paths[0])
    assert [result.changed_nothing for result in map(roster, paths[1:])] == [True] * 3
    assert [person.name for person in Person.objects.order_by("id")] == [row["psn_name"] for row in rows]


def test_people_get_their_numbers_in_the_order_of_the_file(tmp_path: Path) -> None:
    roster(csv_file(tmp_path / "r.csv", [roster_row(n) for n in range(50)]))
    assert [person.certno for person in Person.objects.order_by("id")] == [certno(n) for n in range(50)]


def test_progress_goes_from_reading_to_the_last_step(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    path = csv_file(tmp_path / "r.csv", [roster_row(n) for n in range(2500)])
    import_roster(act=act_on(date(2025, 6, 30)), path=path, progress=lambda *step: seen.append(step))
    assert seen[0][0] == "读取并核对"
    assert seen[-1] == ("写入名册", 3, 3)
    read = [done for what, done, _ in seen if what == "读取并核对"]
    assert read == sorted(read)


def test_memory_stays_the_same_for_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_PIECE", 1 << 16)

    def peak(first: int, count: int) -> int:
        path = csv_file(tmp_path / f"{first}.csv", [roster_row(n) for n in range(first, first + count)])
        tracemalloc.start()
        assert roster(path).people_added == count
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(0, 300)  # caches and prepared statements
    assert peak(10_000, 2_000) < peak(1_000, 500) + (1 << 20)
