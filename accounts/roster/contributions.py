"""import_contributions: for whom a month was paid, on which base, and when the money came in."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.codes import ImportKind, InsuranceType, JobKind
from accounts.identity.actors import Act
from accounts.jobs.monthly import window
from accounts.ledger import book_years
from accounts.models import Person, Run
from accounts.policies import registry
from accounts.policies.terms.credit import MONTHLY, YEARLY
from accounts.roster import cells as cells
from accounts.roster.files import File, ImportResult, Problems, Progress, analyze_when_large, importing
from accounts.sealing.fields import Sealer, context_of
from yibao.lib.masking import masked_certno
from yibao.lib.months import Month
from yibao.lib.periods import Period

COLUMNS = ("certno", "insuplc_admdvs", "accrym", "base", "received_on")
EARLIEST = Month(1994, 1)  # the first pilot cities of 职工医保, 镇江 and 九江
MONTHS_AHEAD = 12  # flexible workers may pay a year in advance

_CREATE = """
    DROP TABLE IF EXISTS pg_temp.contributions_staged;
    CREATE TEMP TABLE contributions_staged (
        row integer, shown text, certno_index bytea, region text, month date, base_fen bigint, received_on date
    ) ON COMMIT DROP
"""
_COPY = "COPY contributions_staged (row, shown, certno_index, region, month, base_fen, received_on) FROM STDIN"
_DUPLICATES = """
    SELECT s.row, s.shown, d.first FROM contributions_staged s JOIN (
        SELECT certno_index, region, month, min(row) AS first FROM contributions_staged
        GROUP BY certno_index, region, month HAVING count(*) > 1
    ) d USING (certno_index, region, month) WHERE s.row > d.first ORDER BY s.row
"""
_STRANGERS = """
    SELECT s.row, s.shown, s.region, p.id IS NOT NULL FROM contributions_staged s
    LEFT JOIN accounts_person p ON p.certno_index = s.certno_index
    WHERE NOT EXISTS (SELECT 1 FROM accounts_enrolment e
                      WHERE e.person_id = p.id AND e.region = s.region AND e.insurance = %s AND e.counts) ORDER BY s.row
"""
_CONFLICTS = """
    SELECT s.row, s.shown, s.month, k.base_fen <> s.base_fen FROM contributions_staged s
    JOIN accounts_person p ON p.certno_index = s.certno_index
    JOIN accounts_contribution k ON (k.region, k.month, k.person_id) = (s.region, s.month, p.id) AND k.counts
    WHERE (k.base_fen, k.received_on) <> (s.base_fen, s.received_on) ORDER BY s.row
"""
# Rows that are kept already were history when they came in, and may come again.
_BEFORE_GOLIVE = """
    SELECT s.row, s.shown, s.region, s.month FROM contributions_staged s
    JOIN unnest(%s::text[], %s::date[], %s::date[]) AS b (region, month, until)
      ON (b.region, b.month) = (s.region, s.month) AND s.received_on < b.until
    LEFT JOIN accounts_person p ON p.certno_index = s.certno_index
    WHERE NOT EXISTS (SELECT 1 FROM accounts_contribution k
                      WHERE (k.region, k.month, k.person_id) = (s.region, s.month, p.id) AND k.counts) ORDER BY s.row
"""
_ADD = """
    INSERT INTO accounts_contribution (person_id, region, month, base_fen, received_on, late, source_id)
    SELECT p.id, s.region, s.month, s.base_fen, s.received_on,
           (s.region, s.month) IN (SELECT * FROM unnest(%s::text[], %s::date[])), %s
    FROM contributions_staged s JOIN accounts_person p ON p.certno_index = s.certno_index
    WHERE NOT EXISTS (SELECT 1 FROM accounts_contribution k
                      WHERE (k.region, k.month, k.person_id) = (s.region, s.month, p.id) AND k.counts)
    ORDER BY s.region, s.month, p.id
"""
_COUNT_LATE = "SELECT count(*) FROM accounts_contribution WHERE source_id = %s AND late"


def import_contributions(*, act: Act, path: Path, progress: Progress | None = None) -> ImportResult:
    """Bring a file of contributions in, whole.

    Base in yuan; a row is late when the run crediting its month, or that of a later month, was opened before.
    progress is told what is being done, how much of it is done, and how much there is.
    Raises ImportRefusedError, with every bad row, when anything is wrong, and then nothing is changed;
    rotation.RotationUnfinishedError while keys are being changed.
    """
    file = File(path, COLUMNS, progress)
    with importing(file, ImportKind.CONTRIBUTIONS, act) as draft:
        if draft.known:
            return draft.result
        _stage(file, act.on)
        file.progress("写入缴费记录", 0, 2)
        pairs = _lock_regions()
        _check(file.problems)
        _check_golive(file.problems, pairs)
        file.progress("写入缴费记录", 1, 2)
        regions, months = _late_months(pairs)
        source = draft.accept()
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [regions, months, source])
            added = cursor.rowcount
            draft.count(contributions_added=added)
            if months:
                cursor.execute(_COUNT_LATE, [source])
                draft.count(late=cursor.fetchone()[0])
        analyze_when_large(added, "accounts_contribution")
        file.progress("写入缴费记录", 2, 2)
    return draft.result


def _stage(file: File, today: date) -> None:
    readers = (cells.any_certificate, cells.region_reader(), cells.month, cells.base, cells.day)
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        with cursor.copy(_COPY) as copy:
            for line in _lines(file, readers, today):
                copy.write(line)
        cursor.execute("ANALYZE pg_temp.contributions_staged")


def _lines(file: File, readers: Sequence[Callable[[str], Any]], today: date) -> Iterator[str]:
    """Yield the good rows as lines of COPY text; note what is wrong with the others."""
    index = Sealer(context_of(Person, "certno")).index
    for number, row in file.read():
        values = []
        for column, read, cell in zip(COLUMNS, readers, row, strict=True):
            try:
                values.append(read(cell))
            except ValueError as fault:
                file.problems.add(number, column, cell, str(fault))
        if len(values) < len(COLUMNS):
            continue
        certificate, region, month, base_fen, received_on = values
        faults = list(_contradictions(month, received_on, certificate.birth_on, today))
        for column, reason in faults:
            file.problems.add(number, column, row[COLUMNS.index(column)], reason)
        if not faults:
            certno = certificate.number
            yield (
                f"{number}\t{masked_certno(certno)}\t\\\\x{(index(certno) or b'').hex()}\t{region}\t{month.first}\t"
                f"{base_fen}\t{received_on}\n"
            )


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


def _check(problems: Problems) -> None:
    """Note what only all rows together show: duplicates, people not on the roster, conflicts with what is kept."""
    with connection.cursor() as cursor:
        cursor.execute(_DUPLICATES)
        for row, shown, first in cursor:
            problems.add_masked(row, "certno", shown, f"与第{first}行重复：同一个人、统筹区和月份")
        cursor.execute(_STRANGERS, [InsuranceType.EMPLOYEE])
        for row, shown, region, on_roster in cursor:
            reason = f"在 {region} 没有职工医保（310）参保记录" if on_roster else "名册里没有这个人，请先导入参保名册"
            problems.add_masked(row, "certno", shown, reason)
        cursor.execute(_CONFLICTS)
        for row, shown, month, other_base in cursor:
            column = "base" if other_base else "received_on"
            problems.add_masked(row, column, shown, f"与已导入的 {month:%Y-%m} 的记录不一致；已导入的不改")


def _lock_regions() -> list[tuple[str, Month]]:
    """Exclude the opening of runs in the regions of the file; return its (region, month) pairs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT region, month FROM contributions_staged ORDER BY region, month")
        pairs = [(region, Month.of(month)) for region, month in cursor.fetchall()]
        for region in dict.fromkeys(region for region, _ in pairs):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"contributions:{region}"])
    return pairs


def _check_golive(problems: Problems, pairs: list[tuple[str, Month]]) -> None:
    """Note months before the first one credited here that no run would take, so that none vanishes in silence.

    Money that has come in since is credited here whatever its month; what came in before was the old system's.
    """
    lives = {region: window.live_since(region) for region in {region for region, _ in pairs}}
    found: list[tuple[str, date, date]] = []
    for region, month in pairs:
        live, accrual = lives[region], window.accrual_in(region, month)
        if live is not None and month < live and accrual != YEARLY:
            found.append((region, month.first, live.first if accrual else date.max))
    if not found:
        return
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE_GOLIVE, [list(column) for column in zip(*found, strict=True)])
        for row, shown, region, month in cursor:
            reason = f"{region} 从 {lives[region]} 起在这里划入；更早的月份，那时以前到账的由原系统划入，不能再导入"
            if window.accrual_in(region, Month.of(month)) is None:
                reason = f"{region} 没有 {month:%Y-%m} 的划入规则，这个月不能划入"
            problems.add_masked(row, "accrym", shown, reason)


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
