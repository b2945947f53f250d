"""import_roster: who is insured where, as what, from which day on."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from django.db import connection

from accounts.enums import EnrolmentStatus, Gender, InsuranceType
from accounts.identity.actors import Actor
from accounts.identity.certificates import Certificate
from accounts.identity.sealed import Sealer
from accounts.ledger import pots
from accounts.models import Person
from accounts.operations import imports_cells as cells
from accounts.operations import imports_roster_sql as sql
from accounts.operations.imports import File, ImportResult, Progress, analyze_when_large, importing
from yibao.lib.masking import masked_certno

COLUMNS = (
    "certno",
    "psn_name",
    "gend",
    "brdy",
    "mob",
    "insuplc_admdvs",
    "insutype",
    "psn_type",
    "psn_insu_stas",
    "stas_date",
    "flex",
    "psn_idet_type",
    "street",
    "monthly_pension",
)
_NULL = "\\N"


def import_roster(*, actor: Actor, path: Path, today: date, progress: Progress | None = None) -> ImportResult:
    """Bring a roster file in, whole, and open the accounts of those new to 职工医保 in a region.

    A person is made or found by certificate number; name, gender and phone are those of the row with the newest
    stas_date. Each row becomes an enrolment from its stas_date unless it is there already. progress is told what is
    being done, how much of it is done, and how much there is. Raises ImportRefusedError, with every bad row, when
    anything is wrong, and then nothing is changed; rotation.RotationUnfinishedError while keys are being changed.
    """
    file = File(path, COLUMNS, progress)
    with importing(file, "roster", actor) as draft:
        if draft.known:
            return draft.result
        sql.create_staging()
        _stage(file, today)
        file.progress("写入名册", 0, 3)
        sql.find_duplicates(file.problems)
        sql.pick_people()
        sql.find_conflicts(file.problems)
        source = draft.accept()
        draft.count(people_added=sql.add_people(), people_changed=sql.update_people())
        file.progress("写入名册", 1, 3)
        added = sql.add_enrolments(source)
        draft.count(enrolments_added=added)
        analyze_when_large(added, "accounts_person", "accounts_enrolment")
        file.progress("写入名册", 2, 3)
        pots.open_missing(sql.regions_with_accounts())
        file.progress("写入名册", 3, 3)
    return draft.result


def _stage(file: File, today: date) -> None:
    reader = _Reader(file, today)
    with connection.cursor() as cursor, cursor.copy(sql.COPY) as copy:
        for line in reader.lines():
            copy.write(line)
    sql.prepare_staging()


class _Reader:
    """Checks the rows of a file one by one and turns the good ones into lines for COPY."""

    def __init__(self, file: File, today: date) -> None:
        self.file = file
        self.today = today
        self.latest_on = today + timedelta(days=366)
        self.certno = Sealer(Person._meta.get_field("certno").context)
        self.phone = Sealer(Person._meta.get_field("phone").context)
        # In the order of COLUMNS.
        self.readers = (
            cells.certificate,
            cells.name,
            cells.one_of({str(value): label for value, label in Gender.choices}),
            cells.day,
            cells.phone,
            cells.region_reader(),
            cells.one_of(dict(InsuranceType.choices)),
            cells.person_type,
            cells.one_of({str(value): label for value, label in EnrolmentStatus.choices}),
            cells.day,
            cells.one_of({"1": "灵活就业", "0": "不是", "": ""}),
            cells.code,
            cells.short_text,
            cells.yuan_or_nothing,
        )

    def lines(self) -> Iterator[str]:
        """Yield the good rows as lines of COPY text; note what is wrong with the others."""
        add = self.file.problems.add
        for number, row in self.file.read():
            values = []
            for column, read, cell in zip(COLUMNS, self.readers, row, strict=True):
                try:
                    values.append(read(cell))
                except ValueError as fault:
                    add(number, column, cell, str(fault))
            if len(values) == len(COLUMNS):
                faults = list(self._contradictions(*values))
                if not faults:
                    yield self._line(number, values)
                for column, reason in faults:
                    add(number, column, row[COLUMNS.index(column)], reason)

    def _contradictions(
        self, certificate: Certificate, name, gender, born, phone, region, insurance, kind, status, since, *rest
    ) -> Iterator[tuple[str, str]]:
        """Yield the columns of a row that contradict another column, and how."""
        if certificate.birth_on != born:
            yield "brdy", "与证件号码里的出生日期不一致"
        if born > self.today:
            yield "brdy", "出生日期在今天之后"
        if since < born:
            yield "stas_date", "早于出生日期"
        if since > self.latest_on:
            yield "stas_date", "在一年以后，请核对"
        if not cells.fits(insurance, kind):
            yield "psn_type", f"与险种 {insurance} 不符：310 应为 11 或 12 开头，390 应为 14、15 或 16 开头"

    def _line(self, number: int, values: list) -> str:
        (
            certificate,
            name,
            gender,
            born,
            phone,
            region,
            insurance,
            kind,
            status,
            since,
            flex,
            code,
            street,
            pension,
        ) = values
        certno = certificate.number
        phone_index = self.phone.index(phone)
        return (
            f"{number}\t{masked_certno(certno)}\t\\\\x{self.certno.seal(certno).hex()}\t"
            f"\\\\x{self.certno.index(certno).hex()}\t{name}\t{gender}\t{born}\t\\\\x{self.phone.seal(phone).hex()}\t"
            f"{'' if phone_index is None else phone_index.hex()}\t{region}\t{insurance}\t{kind}\t{status}\t{since}\t"
            f"{'t' if flex == '1' else 'f'}\t{code}\t{street}\t{_NULL if pension is None else pension}\n"
        )
