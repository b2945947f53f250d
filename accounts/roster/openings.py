"""import_balances: what people had in the old system when the region went live here (期初)."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.codes import ImportKind, PotKind
from accounts.identity.actors import Act
from accounts.jobs.runs import excluding_imports
from accounts.ledger import book_years
from accounts.ledger.opening import post_openings
from accounts.ledger.pots import open_missing, open_pools
from accounts.models import OpeningBalance, Region
from accounts.operations import going_live
from accounts.policies import registry
from accounts.policies.terms.sharing import POOL
from accounts.roster import balances
from accounts.roster.drafts import ImportResult, analyze_when_large, importing
from accounts.roster.files import File, Progress
from accounts.roster.problems import Problems
from yibao.lib.months import Month

_KNOWN = """
    SELECT s.row, s.shown FROM balances_staged s
    JOIN accounts_openingbalance o ON (o.person_id, o.region) = (s.person_id, s.region)
    WHERE (o.as_of, o.current_fen, o.carried_fen, o.pool_fen) <> (s.as_of, s.current_fen, s.carried_fen, s.pool_fen)
       OR o.last_year_carried_fen IS DISTINCT FROM s.last_year_fen ORDER BY s.row
"""
_LATER_YEAR = """
    SELECT s.row, s.shown, p.year FROM balances_staged s
    JOIN accounts_pot p ON (p.person_id, p.region, p.kind) = (s.person_id, s.region, %(current)s)
    WHERE s.region = %(region)s AND s.current_fen > 0 AND p.year > %(year)s ORDER BY s.row
"""
_FILLED = "SELECT row, shown FROM balances_staged WHERE region = %s AND {column} > 0 ORDER BY row"
_NEW = """
    s.region = %(region)s AND NOT EXISTS (SELECT 1 FROM accounts_openingbalance o
                                          WHERE (o.person_id, o.region) = (s.person_id, s.region))
"""
_POOLS = f"SELECT s.person_id FROM balances_staged s WHERE s.pool_fen > 0 AND {_NEW}"
_AMOUNTS = f"""
    SELECT p.id, CASE p.kind WHEN %(current)s THEN s.current_fen WHEN %(carried)s THEN s.carried_fen
                             ELSE s.pool_fen END AS fen
    FROM balances_staged s JOIN accounts_pot p ON (p.person_id, p.region) = (s.person_id, s.region)
    WHERE p.kind IN (%(current)s, %(carried)s, %(pool)s) AND {_NEW} ORDER BY p.id
"""
_ADD = f"""
    INSERT INTO accounts_openingbalance (person_id, region, as_of, current_fen, carried_fen, pool_fen,
                                         last_year_carried_fen, source_id)
    SELECT s.person_id, s.region, s.as_of, s.current_fen, s.carried_fen, s.pool_fen, s.last_year_fen, %(source)s
    FROM balances_staged s WHERE {_NEW} ORDER BY s.person_id
"""


def import_balances(
    *,
    act: Act,
    path: Path,
    hold: bool = False,
    expect_rows: int | None = None,
    expect_sum_fen: int | None = None,
    progress: Progress | None = None,
) -> ImportResult:
    """Bring opening balances in: one voucher per pot, dated `as_of`, once for ever.

    A region without a day of going live gets the one that follows `as_of` (going_live.live_after). Rows that are known
    already change nothing. Raises ImportRefusedError, with every bad row, when anything is wrong or the number of rows
    or the sum of all balances (fen) is not what was expected; then nothing is changed. With `hold` bad rows are laid
    aside; the sum is still that of the whole file, so that each of its amounts has to be read.
    """
    file = File(path, balances.COLUMNS, progress)
    return bring_in(act=act, file=file, hold=hold, expect_rows=expect_rows, expect_sum_fen=expect_sum_fen)


def bring_in(
    *, act: Act, file: File, hold: bool = False, expect_rows: int | None = None, expect_sum_fen: int | None = None
) -> ImportResult:
    """As import_balances, for rows from wherever."""
    with importing(file, ImportKind.BALANCES, act, hold=hold) as draft:
        if draft.known:
            return draft.result
        balances.stage(file, act.on)
        file.expect(rows=expect_rows, sum_fen=expect_sum_fen, of="余额")
        balances.note_duplicates(file.problems)
        balances.note_strangers(file.problems)
        _check_known(file.problems)
        days = balances.days()
        for region, as_of in days:
            _check_region(file.problems, act, region, as_of)
        if draft.settle():
            balances.take_out(file.problems.rows)
            days = balances.days()
        source = draft.accept()
        openings, total_fen = 0, 0
        for done, (region, as_of) in enumerate(days):
            file.progress("记期初余额", done, len(days))
            added, fen = _post(act, source, region, as_of)
            openings, total_fen = openings + added, total_fen + fen
        draft.count(openings_added=openings, opening_fen=total_fen)
        analyze_when_large(openings, "accounts_openingbalance", "accounts_voucher", "accounts_transfer", "accounts_pot")
    return draft.result


def _check_known(problems: Problems) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN)
        for row, shown in cursor:
            problems.add_masked(
                row, "certno", shown, "已经导入过期初余额，内容与这一行不同；期初只导入一次，有错请办人工调整"
            )


def _check_region(problems: Problems, act: Act, region: str, as_of: date) -> None:
    """Note what the region has no pot for, and days that do not fit its books; set its day of going live."""
    try:
        year = book_years.year_of(region, as_of)
    except registry.NoPolicyError as error:
        problems.add_masked(0, "as_of", str(as_of), error.message)
        return
    if not registry.has_buckets(region):
        _note_filled(problems, region, "current", "这个统筹区没有当年账户，余额请填在 carried（历年）里")
    elif book_years.year_of(region, as_of + timedelta(days=1)) != year:
        _note_filled(problems, region, "current", f"{as_of} 是年度的最后一天，当年余额请先在原系统结转到历年")
    sharing = registry.sharing_or_none(region, as_of)
    if sharing is None or sharing.model != POOL:
        _note_filled(problems, region, "pool", "这个统筹区没有共济账户")
    if book_years.is_closed(region, year):
        problems.add_masked(0, "as_of", str(as_of), f"统筹区 {region} 的 {year} 年度已经结账，不能再导入期初")
    with connection.cursor() as cursor:
        cursor.execute(_LATER_YEAR, {"current": PotKind.CURRENT, "region": region, "year": year})
        for row, shown, later in cursor:
            problems.add_masked(row, "current", shown, f"当年账户已经进入 {later} 年度，请把当年余额并入历年")
    _check_live(problems, act, region, as_of)


def _note_filled(problems: Problems, region: str, column: str, reason: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FILLED.format(column=f"{column}_fen"), [region])
        for row, shown in cursor:
            problems.add_masked(row, column, shown, reason)


def _check_live(problems: Problems, act: Act, region: str, as_of: date) -> None:
    live_on = Region.objects.values_list("live_on", flat=True).get(code=region)
    due = going_live.live_after(as_of)
    other = OpeningBalance.objects.filter(region=region).exclude(as_of=as_of).values_list("as_of", flat=True).first()
    if other is not None:
        problems.add_masked(0, "as_of", str(as_of), f"统筹区 {region} 的期初余额截至 {other}，应都是同一天")
    elif live_on is None:
        try:
            going_live.set_live_on(act=act, region=region, on=due)
        except going_live.GoLiveError as error:
            problems.add_masked(0, "as_of", str(as_of), error.message)
    elif Month.of(live_on) != Month.of(due):
        words = f"统筹区 {region} 的上线日是 {live_on}，余额应截至那个月的前一天（或当月1日）"
        problems.add_masked(0, "as_of", str(as_of), words)


def _post(act: Act, source: int, region: str, as_of: date) -> tuple[int, int]:
    """Post one region's new balances; return how many people they are of, and the fen."""
    about: dict[str, Any] = {
        "region": region,
        "source": source,
        "current": PotKind.CURRENT,
        "carried": PotKind.CARRIED,
        "pool": PotKind.POOL,
    }
    with excluding_imports(region), connection.cursor() as cursor:
        open_missing([region])
        cursor.execute(_POOLS, about)
        open_pools(region, [person for (person,) in cursor.fetchall()])
        cursor.execute(_AMOUNTS, about)
        amounts = {pot: fen for pot, fen in cursor.fetchall() if fen}
        cursor.execute(_ADD, about)
        added = cursor.rowcount
        if amounts:
            post_openings(act=act, region=region, on=as_of, amounts=amounts)
    return added, sum(amounts.values())
