"""Balances of the old system by file: for opening balances, and for comparing with them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection

from accounts.codes import InsuranceType
from accounts.models import Person
from accounts.roster import cells
from accounts.roster.files import File
from accounts.roster.problems import Problems
from accounts.sealing.fields import Sealer, context_of
from yibao.lib.copying import copy_lines
from yibao.lib.fen import grouped
from yibao.lib.masking import masked_certno
from yibao.lib.values.amounts import read_yuan

COLUMNS = ("certno", "insuplc_admdvs", "as_of", "current", "carried", "pool", "last_year_carried")
_AMOUNTS = slice(COLUMNS.index("current"), COLUMNS.index("pool") + 1)
_NULL = "\\N"
MOST_FEN = 1_000_000_000  # ten million yuan: what is more is a slip of the comma

_CREATE = """
    DROP TABLE IF EXISTS pg_temp.balances_staged;
    CREATE TEMP TABLE balances_staged (
        row integer, shown text, certno_index bytea, region text, as_of date,
        current_fen bigint, carried_fen bigint, pool_fen bigint, last_year_fen bigint, person_id bigint
    ) ON COMMIT DROP
"""
_COPY = """
    COPY balances_staged (row, shown, certno_index, region, as_of, current_fen, carried_fen, pool_fen, last_year_fen)
    FROM STDIN
"""
# A number somebody was known under before leads to them too.
_FIND = """
    UPDATE balances_staged s SET person_id = p.id FROM accounts_person p WHERE p.certno_index = s.certno_index;
    UPDATE balances_staged s SET person_id = f.person_id FROM accounts_formercertificate f
    WHERE s.person_id IS NULL AND f.certno_index = s.certno_index AND f.counts;
    ANALYZE pg_temp.balances_staged
"""
_DUPLICATES = """
    SELECT s.row, s.shown, d.first FROM balances_staged s JOIN (
        SELECT coalesce(person_id::text, certno_index::text) AS who, region, min(row) AS first
        FROM balances_staged GROUP BY 1, 2 HAVING count(*) > 1
    ) d ON (coalesce(s.person_id::text, s.certno_index::text), s.region) = (d.who, d.region)
    WHERE s.row > d.first ORDER BY s.row
"""
_STRANGERS = """
    SELECT s.row, s.shown, s.region, s.person_id IS NOT NULL FROM balances_staged s
    WHERE NOT EXISTS (SELECT 1 FROM accounts_enrolment e WHERE e.person_id = s.person_id AND e.region = s.region
                        AND e.insurance = %s AND e.counts) ORDER BY s.row
"""


@lru_cache(maxsize=65_536)
def amount(text: str) -> int:
    """A balance in yuan as fen: not negative, nothing where the cell is empty."""
    if not text:
        return 0
    fen = read_yuan(text)
    if fen > MOST_FEN:
        raise ValueError(f"余额超过 {grouped(MOST_FEN)} 元，请核对小数点")
    return fen


def required_amount(text: str) -> int:
    """A balance that must be filled in, also where it is 0."""
    if not text:
        raise ValueError("没有填写余额；没有钱请填 0")
    return amount(text)


def stage(file: File, today: date) -> None:
    """Read the file into the temporary table `balances_staged`, and find who the people are."""
    readers = (
        cells.any_certificate,
        cells.region_reader(),
        cells.day,
        required_amount,
        required_amount,
        amount,
        _or_nothing,
    )
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        copy_lines(cursor, _COPY, _lines(file, readers, today))
        cursor.execute(_FIND)


def note_duplicates(problems: Problems) -> None:
    """Note whoever stands in the file twice."""
    with connection.cursor() as cursor:
        cursor.execute(_DUPLICATES)
        for row, shown, first in cursor:
            problems.add_masked(row, "certno", shown, f"与第{first}行重复：同一个人、同一个统筹区")


def note_strangers(problems: Problems) -> None:
    """Note whoever is not insured as an employee in the region."""
    with connection.cursor() as cursor:
        cursor.execute(_STRANGERS, [InsuranceType.EMPLOYEE])
        for row, shown, region, is_known in cursor:
            reason = f"在 {region} 没有职工医保（310）参保记录" if is_known else "名册里没有这个人，请先导入参保名册"
            problems.add_masked(row, "certno", shown, reason)


def take_out(rows: Sequence[int]) -> None:
    """Remove the rows that are laid aside."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM balances_staged WHERE row = ANY(%s)", [list(rows)])


def days() -> list[tuple[str, date]]:
    """Return the regions of the file with the days of their balances, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT region, as_of FROM balances_staged ORDER BY region, as_of")
        return cursor.fetchall()


def _or_nothing(text: str) -> int | str:
    """An amount, or what COPY takes for NULL."""
    return amount(text) if text else _NULL


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
            file.add_unread(*row[_AMOUNTS])
            continue
        certificate, region, as_of, current, carried, pool, last_year = values
        file.add(current + carried + pool)
        if as_of > today:
            file.problems.add(number, "as_of", row[2], f"余额日期在今天（{today}）之后")
            continue
        certno = certificate.number
        yield (
            f"{number}\t{masked_certno(certno)}\t\\\\x{(index(certno) or b'').hex()}\t{region}\t{as_of}\t"
            f"{current}\t{carried}\t{pool}\t{last_year}\n"
        )
