"""Writing what was decided: a voucher, its transfers with running balances, and the balances, in one statement."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import DataError
from psycopg.errors import DivisionByZero

from accounts.codes import PotKind
from accounts.ledger.errors import (
    ControlTotalsError,
    InsufficientFundsError,
    PostingError,
    StaleError,
    refusing_taken_keys,
)
from accounts.models import Pot, Voucher
from yibao.lib import clock, pipeline
from yibao.lib.pipeline import Insertion, Statement, as_json


@dataclass(frozen=True, slots=True)
class Move:
    """Fen from one pot to another; pots are given by id. `facts` says what the amount was computed from."""

    source: int
    target: int
    amount_fen: int
    facts: Mapping[str, Any] | None = None


_VOUCHER = [field.attname for field in Voucher._meta.concrete_fields if not field.primary_key]
_NOTHING = dict.fromkeys(_VOUCHER) | {"reason": "", "place_kind": "", "place": ""}
_TRANSFER = ("source_id", "target_id", "amount_fen", "source_balance_fen", "target_balance_fen", "facts")


@cache
def _write(moves: int, pots: int) -> str:
    """Return the statement for so many moves that change so many personal pots.

    A pot is locked by whoever posts; that it still holds what was read is asked again, where that was under the lock.
    Where it does not, the server itself has to stop: a COMMIT may stand behind this. A running balance is what the pot
    holds in the end, less what is still to come: the balances of a move say how much that is.
    """
    move = "(%s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::jsonb)"
    pot = "(%s::bigint, %s::bigint, %s::bigint, %s::smallint)"
    changed = f"""
        changed AS (
            UPDATE accounts_pot p SET balance_fen = p.balance_fen + c.change_fen, year = c.year
            FROM (VALUES {", ".join([pot] * pots)}) AS c (id, before_fen, change_fen, year)
            WHERE p.id = c.id AND p.balance_fen = coalesce(c.before_fen, p.balance_fen) RETURNING p.id, p.balance_fen
        )
    """
    nothing = "changed AS (SELECT NULL::bigint AS id, NULL::bigint AS balance_fen WHERE false)"
    return f"""
        WITH written AS (
            INSERT INTO accounts_voucher ({", ".join(_VOUCHER)}) VALUES ({", ".join(["%s"] * len(_VOUCHER))})
            RETURNING id, kind, period, region
        ), {changed if pots else nothing}, moved AS (
            INSERT INTO accounts_transfer (voucher_id, kind, period, region, {", ".join(_TRANSFER)})
            SELECT w.id, w.kind, w.period, w.region, t.source_id, t.target_id, t.amount_fen,
                   (SELECT c.balance_fen - t.source_balance_fen FROM changed c WHERE c.id = t.source_id),
                   (SELECT c.balance_fen - t.target_balance_fen FROM changed c WHERE c.id = t.target_id), t.facts
            FROM written w, (VALUES {", ".join([move] * moves)}) AS t ({", ".join(_TRANSFER)})
        )
        SELECT w.id, 1 / ((SELECT count(*) FROM changed) = {pots})::int FROM written w
    """


# The id of the voucher, for what is written along with it.
VOUCHER_ID = "currval('accounts_voucher_id_seq')"


def write(
    voucher: Mapping[str, Any],
    moves: Sequence[Move],
    locked: Mapping[int, Pot],
    along: Sequence[Insertion] = (),
    *,
    confirming: Sequence[Statement] = (),
    commit: bool = False,
) -> Voucher:
    """Write a voucher (column → value) with its moves, and the balances of the locked pots, and return it.

    It is dated now that the year is locked, by the clock that imports and the closing of years are dated by. `along` go
    in the same round trip, and with `commit` the end of the transaction too (pipeline.send). Where the pots were read
    before they are locked, `confirming` go first: they lock them, and stop the server where what they hold would have
    decided otherwise. Raises InsufficientFundsError, PostingError; StaleError where they do; ControlTotalsError where a
    pot does not hold what was read of it; AlreadyPostedError where the key is taken, of the voucher or of what goes
    along. Then the transaction is broken.
    """
    before = {pot_id: pot.balance_fen or 0 for pot_id, pot in locked.items()}
    transfers = list(_transfers(moves, locked))
    parameters: list[Any] = []
    pots = sorted({pot_id for move in moves for pot_id in (move.source, move.target)} & set(locked))
    for pot in pots:
        change_fen = (locked[pot].balance_fen or 0) - before[pot]
        parameters += pot, None if confirming else before[pot], change_fen, locked[pot].year
    for transfer in _with_rests(transfers, locked):
        parameters += transfer
    values = {**_NOTHING, **voucher, "recorded_at": clock.now()}
    writing = Statement(_write(len(moves), len(pots)), [*values.values(), *parameters])
    try:
        with refusing_taken_keys():
            answers = pipeline.send(*confirming, writing, *(one.statement for one in along), commit=commit)
    except DataError as error:
        if not isinstance(error.__cause__, DivisionByZero):
            raise
        if confirming:
            raise StaleError from error
        raise ControlTotalsError(f"{len(pots)} 个资金账户里有的已不是读到的余额") from error
    found, *beside = answers[len(confirming) :]
    for one, ids in zip(along, beside, strict=True):
        one.take(ids)
    return Voucher.from_db("default", ["id", *values], [found[0][0], *values.values()])


def _with_rests(transfers: Iterable[tuple[Any, ...]], locked: Mapping[int, Pot]) -> Iterator[tuple[Any, ...]]:
    """Yield transfers with what their pots still give or get after each, in place of the running balances."""
    for source, target, amount_fen, source_fen, target_fen, facts in transfers:
        rests = [
            None if fen is None else (locked[pot].balance_fen or 0) - fen
            for pot, fen in ((source, source_fen), (target, target_fen))
        ]
        yield source, target, amount_fen, *rests, facts


def _transfers(moves: Sequence[Move], locked: Mapping[int, Pot]) -> Iterator[tuple[Any, ...]]:
    """Yield the transfers with running balances (_TRANSFER), and carry the balances of the locked pots forward."""
    if not moves:
        raise PostingError("没有要记的账")
    for move in moves:
        if move.amount_fen <= 0:
            raise PostingError("金额必须大于零")
        yield (
            move.source,
            move.target,
            move.amount_fen,
            _carry(locked.get(move.source), -move.amount_fen),
            _carry(locked.get(move.target), move.amount_fen),
            None if move.facts is None else as_json(move.facts),
        )


def _carry(pot: Pot | None, change: int) -> int | None:
    """Change the balance of a locked pot and return it (fen); a region's own pot keeps none."""
    if pot is None or pot.balance_fen is None:
        return None
    pot.balance_fen += change
    if pot.balance_fen < 0 and pot.kind != PotKind.RECEIVABLE:
        raise InsufficientFundsError(f"{pot.get_kind_display()}余额不足")
    if pot.balance_fen > 0 and pot.kind == PotKind.RECEIVABLE:
        raise PostingError("追回的金额超过了多划的金额")
    return pot.balance_fen
