"""import_roster: who is insured where, as what, from which day on."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection

from accounts.codes import (
    CertificateType,
    EnrolmentEndReason,
    EnrolmentStatus,
    FactChangeKind,
    Gender,
    InsuranceType,
    OtherInsurance,
)
from accounts.identity.actors import Act
from accounts.identity.certificates import Certificate
from accounts.ledger import pots
from accounts.models import Person
from accounts.roster import cells, correcting, renumbering
from accounts.roster import people_checks as checks
from accounts.roster import people_sql as sql
from accounts.roster.drafts import Draft, ImportResult, analyze_staged, analyze_when_large, importing
from accounts.roster.files import File, Progress
from accounts.sealing.fields import Sealer, context_of
from yibao.lib.copying import copy_lines
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
OPTIONAL = ("psn_cert_type", "old_certno", "facts_date", "end_reason", "end_to")
_ALL = (*COLUMNS, *OPTIONAL)
_NULL = "\\N"
_INSURANCE, _TYPE, _CERT_TYPE = _ALL.index("insutype"), _ALL.index("psn_type"), _ALL.index("psn_cert_type")
_LEFT_OUT = frozenset(OtherInsurance)
_LEFT_OUT_TYPE = "13"  # 离休, whose scheme is another
# No district has this prefix. Who makes such numbers up does not always give them a gender.
_SYNTHETIC = "9999"
_GENDERS = {str(Gender.MALE): "02468", str(Gender.FEMALE): "13579"}  # 17th digits of the other one (GB 11643-1999)


def import_roster(
    *,
    act: Act,
    path: Path,
    hold: bool = False,
    expect_rows: int | None = None,
    progress: Progress | None = None,
) -> ImportResult:
    """Bring a roster file in, and open the accounts of those new to 职工医保 in a region.

    A person is made or found by certificate number, also a former one. Each row becomes an enrolment from its stas_date
    unless it is there already; name, phone, street and pension hold from facts_date, the day of the import where none
    is given. Rows that are hardly true are laid aside (ImportResult.held). progress is told what is being done, how much
    of it is done, and how much there is. Raises ImportRefusedError, with every bad row, when the file is damaged, has
    another number of rows than expected, or has a bad row, and then nothing is changed; with `hold` bad rows are laid
    aside too. Raises rotation.RotationUnfinishedError while keys are being changed.
    """
    file = File(path, COLUMNS, progress, optional=OPTIONAL)
    return bring_in(act=act, file=file, hold=hold, expect_rows=expect_rows)


def bring_in(*, act: Act, file: File, hold: bool = False, expect_rows: int | None = None) -> ImportResult:
    """As import_roster, for rows from wherever."""
    with importing(file, "roster", act, hold=hold) as draft:
        if draft.known:
            return draft.result
        reader = _stage(file, act.on)
        file.expect(rows=expect_rows)
        file.progress("写入名册", 0, 3)
        _write(file, draft, act, some_known=_check(reader, draft, act.on))
    return draft.result


def _check(reader: "_Reader", draft: Draft, today: date) -> bool:
    """Note what only all rows together show, take out what is laid aside; return whether anybody was known before."""
    problems = reader.file.problems
    renumbering.follow(problems, some_old=reader.has_old_numbers)
    correcting.follow()
    sql.take_out(problems.rows)
    some_known = _match(today)
    checks.find_implausible(reader, some_known=some_known)
    checks.find_contradictions(problems, today, some_known=some_known)
    renumbering.hold_with_pair(problems)
    if draft.settle():
        sql.take_out(problems.rows)
        some_known = _match(today)
    return some_known


def _match(today: date) -> bool:
    some_known = sql.pick_people(today)
    if some_known:
        sql.match_known(today)
    return some_known


def _write(file: File, draft: Draft, act: Act, *, some_known: bool) -> None:
    source = draft.accept()
    renumbered = renumbering.move(act, source)
    changed = sql.update_people(act, source) if some_known else 0
    if changed and sql.some_birthday_changed():
        draft.change(FactChangeKind.CORRECTED)  # ages are others, so what was credited by them is looked at again
    draft.count(people_changed=changed, people_added=sql.add_people(act.on))
    renumbering.keep_former(act, source)
    if renumbered:
        draft.count(numbers_changed=renumbered)
    file.progress("写入名册", 1, 3)
    if some_known and sql.some_overtaken():
        draft.count(corrected=sql.supersede_overtaken(draft.change(FactChangeKind.CORRECTED)))
    added = sql.add_enrolments(source)
    draft.count(enrolments_added=added)
    analyze_when_large(added, "accounts_person", "accounts_enrolment")
    file.progress("写入名册", 2, 3)
    pots.open_missing(sql.regions_with_accounts())
    file.progress("写入名册", 3, 3)


def _stage(file: File, today: date) -> "_Reader":
    """Copy the good rows; return their reader, who has seen them all."""
    sql.create_staging()
    reader = _Reader(file, today)
    with connection.cursor() as cursor:
        lines = reader.lines()
        first = next(lines, None)  # how wide the lines are shows with the first
        if first is not None:
            copy_lines(cursor, sql.COPY_ALL if reader.is_wide else sql.COPY, chain([first], lines))
    analyze_staged("roster_staged")
    file.explain_rounded()
    return reader


class _Row(NamedTuple):
    """The values of a row in the order of COLUMNS and OPTIONAL."""

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
    cert_type: str = CertificateType.IDENTITY_CARD
    old: Certificate | None = None
    facts_on: date | None = None
    end_reason: str = ""
    end_to: str = ""


class _Reader:
    """Checks the rows of a file one by one and turns the good ones into lines for COPY."""

    def __init__(self, file: File, today: date) -> None:
        self.file = file
        self.today = today
        self.latest_on = today + timedelta(days=366)
        self.certno = Sealer(context_of(Person, "certno"))
        self.phone = Sealer(context_of(Person, "phone"))
        self.is_wide = self.has_old_numbers = self.has_odd = self.has_untold = False
        self._synthetic = self._synthetic_odd = 0
        # In the order of COLUMNS and OPTIONAL.
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
            cells.certificate_type,
            cells.any_certificate_or_nothing,
            cells.day_or_nothing,
            cells.one_of({str(code): code.label for code in EnrolmentEndReason} | {"": ""}),
            cells.region_code,
        )

    @property
    def believes_gender(self) -> bool:
        """Say whether synthetic numbers of this file carry a gender, as real ones always do: most of them agree."""
        return 2 * self._synthetic_odd < self._synthetic

    def lines(self) -> Iterator[str]:
        """Yield the good rows as lines of COPY text; note what is wrong with the others."""
        for number, texts in self.file.read():
            if texts[_TYPE][:2] == _LEFT_OUT_TYPE or texts[_INSURANCE] in _LEFT_OUT:
                self.file.left_out += 1
                continue
            values = self.file.values(number, texts, _ALL, self._readers_of(texts))
            if values is None:
                continue
            row = _Row(*values)
            self.is_wide = len(texts) > len(COLUMNS)
            faults = list(self._contradictions(row))
            if not faults:
                yield self._line(number, row)
            for column, reason in faults:
                self.file.problems.add(number, column, texts[_ALL.index(column)], reason)

    def _readers_of(self, texts: tuple[str, ...]) -> tuple[Callable[[str], Any], ...]:
        """Return the readers of a row: its number is read as the kind of certificate that it is said to be."""
        kind = texts[_CERT_TYPE] if len(texts) > _CERT_TYPE else ""
        if kind in ("", CertificateType.IDENTITY_CARD):
            return self.readers
        return partial(cells.certificate_of, kind), *self.readers[1:]

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
        if self.is_wide:
            yield from self._optional_contradictions(row)

    def _optional_contradictions(self, row: _Row) -> Iterator[tuple[str, str]]:
        if row.old and row.old.number == row.certificate.number:
            yield "old_certno", "和证件号码一样；没有换号码的请空着"
        if row.facts_on and row.facts_on > self.today:
            yield "facts_date", f"在今天（{self.today}）之后"
        if row.end_reason and row.status != str(EnrolmentStatus.ENDED):
            yield "end_reason", f"只有参保状态为 {EnrolmentStatus.ENDED}（终止参保）时才写"
        if row.end_to and row.end_reason != str(EnrolmentEndReason.TRANSFERRED):
            yield "end_to", f"只有终止原因为 {EnrolmentEndReason.TRANSFERRED}（转出）时才写"

    def _line(self, number: int, row: _Row) -> str:
        certno = row.certificate.number
        phone_index = self.phone.index(row.phone) or b""
        line = (
            f"{number}\t{masked_certno(certno)}\t\\\\x{self.certno.seal(certno).hex()}\t"
            f"\\\\x{(self.certno.index(certno) or b'').hex()}\t{row.name}\t{row.gender}\t{row.born}\t"
            f"\\\\x{self.phone.seal(row.phone).hex()}\t{phone_index.hex()}\t{row.region}\t{row.insurance}\t{row.kind}\t"
            f"{row.status}\t{row.since}\t{'t' if row.flex == '1' else 'f'}\t{row.identity}\t{row.street}\t"
            f"{_NULL if row.pension_fen is None else row.pension_fen}\t{self._odd(row)}"
        )
        return f"{line}{self._wide(row)}\n" if self.is_wide else f"{line}\n"

    def _odd(self, row: _Row) -> str:
        """Return whether the number says another gender: r of a real, s of a synthetic one, else nothing."""
        number = row.certificate.number
        if row.certificate.birth_on is None:
            self.has_untold = True
            return _NULL
        is_odd = number[16] in _GENDERS[row.gender]
        self.has_odd = self.has_odd or is_odd
        if number.startswith(_SYNTHETIC):
            self._synthetic += 1
            self._synthetic_odd += is_odd
            return "s" if is_odd else _NULL
        return "r" if is_odd else _NULL

    def _wide(self, row: _Row) -> str:
        """Return what the optional columns add to a line."""
        old = f"{_NULL}\t{_NULL}"
        if row.old:
            self.has_old_numbers = True
            number = row.old.number
            old = f"\\\\x{self.certno.seal(number).hex()}\t\\\\x{(self.certno.index(number) or b'').hex()}"
        return f"\t{row.cert_type}\t{old}\t{row.facts_on or _NULL}\t{row.end_reason or _NULL}\t{row.end_to}"
