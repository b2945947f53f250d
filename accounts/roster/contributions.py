"""import_contributions: for whom a month was paid, on which base, by whom, and when the money came in."""

from collections.abc import Callable, Collection, Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.codes import JobKind
from accounts.identity.actors import Act
from accounts.jobs.monthly import window
from accounts.ledger import book_years
from accounts.models import Person, Run
from accounts.policies import registry
from accounts.policies.terms.credit import MONTHLY
from accounts.roster import base_checks, cells, contribution_checks
from accounts.roster import contributions_sql as sql
from accounts.roster.deciding import Decided, decide
from accounts.roster.drafts import Draft, ImportResult, analyze_staged, analyze_when_large, importing
from accounts.roster.files import File, Progress
from accounts.sealing.fields import Sealer, context_of
from yibao.lib.copying import copy_lines
from yibao.lib.masking import masked_certno
from yibao.lib.months import Month
from yibao.lib.periods import Period

COLUMNS = ("certno", "insuplc_admdvs", "accrym", "base", "received_on")
OPTIONAL = ("clct_type", "payer", "paid")
_ALL = (*COLUMNS, *OPTIONAL)
_BASE = _ALL.index("base")
EARLIEST = Month(1994, 1)  # the first pilot cities of 职工医保, 镇江 and 九江
MONTHS_AHEAD = 12  # flexible workers may pay a year in advance
_NULL = "\\N"


def import_contributions(
    *,
    act: Act,
    path: Path,
    hold: bool = False,
    expect_rows: int | None = None,
    expect_sum_fen: int | None = None,
    progress: Progress | None = None,
) -> ImportResult:
    """Bring a file of contributions in.

    Base in yuan; a row is late when the run crediting its month, or that of a later month, was opened before. 更正 and
    补差 take the place of what is kept, a 退费 ends it, a second payer's payment waits to be refunded (payments.py).
    Rows that are hardly true are laid aside (ImportResult.held). progress is told what is being done, how much of it is
    done, and how much there is. Raises ImportRefusedError, with every bad row, when the file is damaged, has another
    number of rows or sum of bases than expected, or has a bad row, and then nothing is changed; with `hold` bad rows
    are laid aside too. Raises rotation.RotationUnfinishedError while keys are being changed.
    """
    file = File(path, COLUMNS, progress, optional=OPTIONAL)
    return bring_in(act=act, file=file, hold=hold, expect_rows=expect_rows, expect_sum_fen=expect_sum_fen)


def bring_in(
    *,
    act: Act,
    file: File,
    hold: bool = False,
    expect_rows: int | None = None,
    expect_sum_fen: int | None = None,
    believed: Collection[int] = (),
) -> ImportResult:
    """As import_contributions, for rows from wherever; `believed` rows correct what they contradict."""
    with importing(file, "contributions", act, hold=hold) as draft:
        if draft.known:
            return draft.result
        _stage(file, act.on)
        file.expect(rows=expect_rows, sum_fen=expect_sum_fen, of="基数")
        file.progress("写入缴费记录", 0, 2)
        pairs = _lock_regions()
        decided = _check(file, draft, pairs, believed)
        file.progress("写入缴费记录", 1, 2)
        _write(draft, pairs, decided)
        file.progress("写入缴费记录", 2, 2)
    return draft.result


def _stage(file: File, today: date) -> None:
    """Copy the good rows, and let the file add up the bases of all."""
    sql.create_staging()
    reader = _Reader(file, today)
    with connection.cursor() as cursor:
        lines = reader.lines()
        first = next(lines, None)  # how wide the lines are shows with the first
        if first is not None:
            copy_lines(cursor, sql.COPY_ALL if reader.is_wide else sql.COPY, chain([first], lines))
    analyze_staged("contributions_staged")
    file.explain_rounded()


class _Reader:
    """Checks the rows of a file one by one and turns the good ones into lines for COPY."""

    def __init__(self, file: File, today: date) -> None:
        self.file = file
        self.today = today
        self.index = Sealer(context_of(Person, "certno")).index
        self.is_wide = False
        # In the order of COLUMNS and OPTIONAL.
        self.readers: tuple[Callable[[str], Any], ...] = (
            cells.any_certificate,
            cells.region_reader(),
            cells.month,
            cells.base,
            cells.day,
            cells.payment_type,
            cells.payer,
            cells.yuan_or_nothing,
        )

    def lines(self) -> Iterator[str]:
        """Yield the good rows as lines of COPY text; note what is wrong with the others."""
        for number, row in self.file.read():
            values = self.file.values(number, row, _ALL, self.readers)
            if values is None:
                self.file.add_unread(row[_BASE])
                continue
            self.is_wide = len(row) > len(COLUMNS)
            certificate, region, month, base_fen, received_on, *more = values
            self.file.add(base_fen)
            faults = list(_contradictions(month, received_on, certificate.birth_on, self.today))
            for column, reason in faults:
                self.file.problems.add(number, column, row[COLUMNS.index(column)], reason)
            if not faults:
                certno = certificate.number
                yield (
                    f"{number}\t{masked_certno(certno)}\t\\\\x{(self.index(certno) or b'').hex()}\t{region}\t"
                    f"{month.first}\t{base_fen}\t{received_on}{_wide(*more) if more else ''}\n"
                )


def _wide(clct_type: int, payer: str, paid_fen: int | None) -> str:
    """Return what the optional columns add to a line."""
    return f"\t{clct_type:d}\t{payer}\t{_NULL if paid_fen is None else paid_fen}"


def _check(file: File, draft: Draft, pairs: list[tuple[str, Month]], believed: Collection[int]) -> Decided:
    """Note what only all rows together show and take out what is laid aside; return what was decided of the others.

    Taking a row out may change what is decided of its month, so that is done again until nothing new is found.
    """
    problems = file.problems
    sql.find_kept()
    contribution_checks.find(file, pairs)
    while True:
        seen = len(problems.found)
        decided = decide(problems, believed)
        if pairs:
            base_checks.find_implausible(problems, pairs)
        if len(problems.found) == seen:
            break
        sql.take_out(problems.rows)
    draft.settle()
    return decided


def _write(draft: Draft, pairs: list[tuple[str, Month]], decided: Decided) -> None:
    source = draft.accept()
    regions, months = _late_months(pairs)
    added = sql.add_plain(source, regions, months)
    if decided.kinds:
        changes = {kind: draft.change(kind) for kind in sorted(decided.kinds)}
        draft.count(corrected=decided.corrected, refunded=decided.refunds, second_payers=decided.second_payers)
        sql.add_decided(source, regions, months, changes)
    elif decided.counting:
        sql.add_decided(source, regions, months, {})
    draft.count(contributions_added=added + decided.counting)
    if months:
        draft.count(late=sql.count_late(source))
    analyze_when_large(added, "accounts_contribution")


def _contradictions(month: Month, received_on: date, birth_on: date | None, today: date) -> Iterator[tuple[str, str]]:
    """Yield the columns of a row that cannot be true, and why."""
    if received_on > today:
        yield "received_on", f"到账日期在今天（{today}）之后"
    if month - Month.of(received_on) > MONTHS_AHEAD:
        yield "accrym", f"所属月份比到账日期晚了{MONTHS_AHEAD}个月以上"
    if month < EARLIEST:
        yield "accrym", f"早于{EARLIEST}，那时还没有职工医保"
    elif birth_on and month.first < birth_on:
        yield "accrym", "早于出生日期"


def _lock_regions() -> list[tuple[str, Month]]:
    """Exclude the opening of runs in the regions of the file; return its (region, month) pairs."""
    with connection.cursor() as cursor:
        pairs = [(region, Month.of(month)) for region, month in sql.pairs()]
        for region in dict.fromkeys(region for region, _ in pairs):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"contributions:{region}"])
    return pairs


def _late_months(pairs: list[tuple[str, Month]]) -> tuple[list[str], list[date]]:
    """Return regions and first days of the months whose run, or a later month's, has been opened, as two columns."""
    opened = set(Run.objects.filter(kind=JobKind.ACCRUAL).values_list("region", "period"))
    latest = {region: window.latest_month(region) for region in {region for region, _ in pairs}}
    late = [
        (region, month)
        for region, month in pairs
        if any((region, str(period)) in opened for period in _periods(region, month))
        or _is_passed(region, month, latest[region])
    ]
    return [region for region, _ in late], [month.first for _, month in late]


def _is_passed(region: str, month: Month, latest: Month | None) -> bool:
    """Say whether the monthly credit has gone on to a later month."""
    return latest is not None and month < latest and window.accrual_in(region, month) == MONTHLY


def _periods(region: str, month: Month) -> Iterator[Period]:
    """Yield the names a run crediting this month may have: the month, or the benefit year it lies in."""
    yield Period.of(month)
    try:
        yield Period(book_years.year_of(region, month.first))
    except registry.NoPolicyError:
        return
