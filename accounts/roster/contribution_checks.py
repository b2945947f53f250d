"""What rows of contributions say that only all rows together show: people nobody knows, months not credited here."""

from datetime import date

from django.db import connection

from accounts.codes import HeldReason, InsuranceType
from accounts.jobs.monthly import window
from accounts.policies.terms.credit import YEARLY
from accounts.roster import waiting
from accounts.roster.contributions_sql import take_out
from accounts.roster.files import ROUNDED, File
from accounts.roster.problems import Problems
from yibao.lib.months import Month

_STRANGERS = """
    SELECT row, s.shown, f.region, f.person_id IS NOT NULL, s.certno_index
    FROM (SELECT * FROM contributions_found f
          WHERE NOT EXISTS (SELECT 1 FROM accounts_enrolment e WHERE e.person_id = f.person_id
                            AND e.region = f.region AND e.insurance = %s AND e.counts)) f
    JOIN contributions_staged s USING (row) ORDER BY row
"""
# Rows that are kept already were history when they came in, and may come again.
_BEFORE_GOLIVE = """
    SELECT f.row, s.shown, f.region, f.month FROM contributions_found f JOIN contributions_staged s USING (row)
    JOIN unnest(%s::text[], %s::date[], %s::date[]) AS b (region, month, until)
      ON (b.region, b.month) = (f.region, f.month) AND f.received_on < b.until
    WHERE f.kept_id IS NULL ORDER BY f.row
"""


def find(file: File, pairs: list[tuple[str, Month]]) -> None:
    """Note the rows and take them out. `pairs`: the regions and months of the file."""
    problems = file.problems
    if file.has_rounded_numbers:
        _note_rounded(problems)
    _find_strangers(problems)
    _find_before_golive(problems, pairs)
    take_out(problems.rows)


def _note_rounded(problems: Problems) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT row, shown FROM contributions_staged ORDER BY row")
        for row, shown in cursor.fetchall():
            problems.add_masked(row, "certno", shown, ROUNDED, HeldReason.ROUNDED_NUMBERS)
    take_out(problems.rows)


def _find_strangers(problems: Problems) -> None:
    """Note rows about people who are not on the roster, or in no 职工医保 of the region."""
    with connection.cursor() as cursor:
        cursor.execute(_STRANGERS, [InsuranceType.EMPLOYEE])
        strangers = cursor.fetchall()
    held = waiting.rows_by_certno() if any(not known for *_, known, _ in strangers) else {}
    for row, shown, region, is_known, index in strangers:
        reason = f"在 {region} 没有职工医保（310）参保记录" if is_known else "名册里没有这个人，请先导入参保名册"
        if not is_known and bytes(index) in held:
            reason = f"名册里这个人的行还留待处理（held_rows 编号 {held[bytes(index)]}），请先处理"
        problems.add_masked(row, "certno", shown, reason, HeldReason.CONTRADICTS_KNOWN)


def _find_before_golive(problems: Problems, pairs: list[tuple[str, Month]]) -> None:
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
            problems.add_masked(row, "accrym", shown, reason, HeldReason.CONTRADICTS_KNOWN)
