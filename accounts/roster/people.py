"""import_roster: who is insured where, as what, from which day on."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection

from accounts.codes import EnrolmentStatus, Gender, ImportKind, InsuranceType
from accounts.identity.actors import Act
from accounts.identity.certificates import Certificate
from accounts.ledger import pots
from accounts.models import Person
from accounts.roster import cells as cells
from accounts.roster import people_sql as sql
from accounts.roster.files import File, ImportResult, Progress, analyze_when_large, importing
from accounts.sealing.fields import Sealer, context_of
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


def import_roster(*, act: Act, path: Path, progress: Progress | None = None) -> ImportResult:
    """Bring a roster file in, whole, and open the accounts of those new to 职工医保 in a region.

    A person is made or found by certificate number; name, gender and phone are those of the row with the newest
    stas_date. Each row becomes an enrolment from its stas_date unless it is there already. progress is told what is
    being done, how much of it is done, and how much there is. Raises ImportRefusedError, with every bad row, when
    anything is wrong, and then nothing is changed; rotation.RotationUnfinishedError while keys are being changed.
    """
    file = File(path, COLUMNS, progress)
    with importing(file, ImportKind.ROSTER, act) as draft:
        if draft.known:
            return draft.result
        sql.create_staging()
        _stage(file, act.on)
        file.progress("写入名册", 0, 3)
        sql.find_duplicates(file.problems)
        some_known = sql.pick_people()
        if some_known:
            sql.find_conflicts(file.problems)
        source = draft.accept()
        draft.count(people_changed=sql.update_people() if some_known else 0, people_added=sql.add_people())
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


class _Row(NamedTuple):
    """The values of a row in the order of COLUMNS."""

    certificate: Certificate
    name: str
    gender: str
    born: date
    phone: str
    region: str
    insurance: str
    kind: str
    status: str
    since: date
    flex: str
    identity: str
    street: str
    pension_fen: int | None


class _Reader:
    """Checks the rows of a file one by one and turns the good ones into lines for COPY."""

    def __init__(self, file: File, today: date) -> None:
        self.file = file
        self.today = today
        self.latest_on = today + timedelta(days=366)
        self.certno = Sealer(context_of(Person, "certno"))
        self.phone = Sealer(context_of(Person, "phone"))
        # In the order of COLUMNS.
        self.readers: tuple[Callable[[str], Any], ...] = (
            cells.certificate,
            cells.name,
            cells.one_of({str(code): code.label for code in Gender}),
            cells.day,
            cells.phone,
            cells.region_reader(),
            cells.one_of(dict(InsuranceType.choices)),
            cells.person_type,
            cells.one_of({str(code): code.label for code in EnrolmentStatus}),
            cells.day,
            cells.one_of({"1": "灵活就业", "0": "不是", "": ""}),
            cells.code,
            cells.short_text,
            cells.yuan_or_nothing,
        )

    def lines(self) -> Iterator[str]:
        """Yield the good rows as lines of COPY text; note what is wrong with the others."""
        add = self.file.problems.add
        for number, texts in self.file.read():
            values = []
            for column, read, text in zip(COLUMNS, self.readers, texts, strict=True):
                try:
                    values.append(read(text))
                except ValueError as fault:
                    add(number, column, text, str(fault))
            if len(values) == len(COLUMNS):
                row = _Row(*values)
                faults = list(self._contradictions(row))
                if not faults:
                    yield self._line(number, row)
                for column, reason in faults:
                    add(number, column, texts[COLUMNS.index(column)], reason)

    def _contradictions(self, row: _Row) -> Iterator[tuple[str, str]]:
        """Yield the columns of a row that contradict another column, and how."""
        if not row.certificate.allows_birth(row.born):
            yield "brdy", "与证件号码里的出生日期不一致"
        if row.born > self.today:
            yield "brdy", "出生日期在今天之后"
        if row.since < row.born:
            yield "stas_date", "早于出生日期"
        if row.since > self.latest_on:
            yield "stas_date", "在一年以后，请核对"
        if not cells.fits(row.insurance, row.kind):
            yield "psn_type", f"与险种 {row.insurance} 不符：{cells.fitting_words()}"

    def _line(self, number: int, row: _Row) -> str:
        certno = row.certificate.number
        phone_index = self.phone.index(row.phone) or b""
        return (
            f"{number}\t{masked_certno(certno)}\t\\\\x{self.certno.seal(certno).hex()}\t"
            f"\\\\x{(self.certno.index(certno) or b'').hex()}\t{row.name}\t{row.gender}\t{row.born}\t"
            f"\\\\x{self.phone.seal(row.phone).hex()}\t{phone_index.hex()}\t{row.region}\t{row.insurance}\t{row.kind}\t"
            f"{row.status}\t{row.since}\t{'t' if row.flex == '1' else 'f'}\t{row.identity}\t{row.street}\t"
            f"{_NULL if row.pension_fen is None else row.pension_fen}\n"
        )
