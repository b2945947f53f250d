"""Making sure under the locks of what was read and decided before them: the same would be decided now.

A posting that uses somebody else's money reads and decides first, so that whoever wants the same money waits for its one
round trip of writing only, and not for what is decided. Each of these statements stops the server where something is not
as it was read: what stands behind it, the COMMIT too, has then not run (writing.write, StaleError).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NamedTuple

from accounts.ledger.locking import IN_ORDER
from yibao.lib.pipeline import Statement


class Span(NamedTuple):
    """What a pot may hold (fen) so that the same is decided; `most_fen` is None where more makes no difference."""

    pot: int
    year: int | None
    least_fen: int
    most_fen: int | None


def within(spans: Sequence[Span]) -> Statement:
    """Return what locks these pots, in the one order there is, and stops where one holds something else."""
    return Statement(_within(len(spans)), [[span.pot for span in spans], *(value for span in spans for value in span)])


@cache
def _within(count: int) -> str:
    span = "(%s::bigint, %s::smallint, %s::bigint, %s::bigint)"
    return f"""
        SELECT 1 / (count(*) = {count})::int FROM (
            SELECT p.id, p.balance_fen, p.year FROM accounts_pot p WHERE p.id = ANY(ARRAY(SELECT unnest(%s::bigint[])))
            {IN_ORDER} FOR UPDATE
        ) p JOIN (VALUES {", ".join([span] * count)}) s (id, year, least_fen, most_fen) ON s.id = p.id
        WHERE p.balance_fen >= s.least_fen AND p.balance_fen <= coalesce(s.most_fen, p.balance_fen)
          AND p.year IS NOT DISTINCT FROM s.year
    """


@dataclass(frozen=True, slots=True)
class Reading:
    """A query and what it had to say: of each row two columns that change whenever the row does."""

    query: Statement
    columns: str
    rows: Collection[tuple[int | date, int | date]]


def unchanged(*readings: Reading) -> Statement:
    """Return what stops the server where one of these queries has other rows by now, more or fewer.

    What was read a minute ago is not believed at all: whoever had to wait so long for a lock reads anew, and what they
    write is dated when they got it.
    """
    parameters = [value for one in readings for value in (len(one.rows), _texts(one), *one.query.parameters)]
    return Statement(_unchanged(tuple((one.query.text, one.columns) for one in readings)), parameters)


@cache
def _unchanged(readings: tuple[tuple[str, str], ...]) -> str:
    same = "count(*) = %s AND coalesce(bool_and(({})::text = ANY(ARRAY(SELECT unnest(%s::text[])))), true)"
    each = " AND ".join(f"(SELECT {same.format(columns)} FROM ({query}) r)" for query, columns in readings)
    return f"SELECT 1 / ({each} AND clock_timestamp() - transaction_timestamp() < interval '1 minute')::int"


def _texts(reading: Reading) -> list[str]:
    return [f"({one},{other})" for one, other in reading.rows]
