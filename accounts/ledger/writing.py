"""Writing what was decided: a voucher, its transfers with running balances, and the balances, in one statement."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import DataError
from psycopg.errors import DivisionByZero

from accounts.codes import PotKind
from accounts.ledger.errors import ControlTotalsError, InsufficientFundsError, PostingError, refusing_taken_keys
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

    A pot is locked by whoever posts; that it still holds what was read is asked again, because the running balances rest
    on it. Where one does not, the server itself has to stop: a COMMIT may stand behind this.
    """
    move = "(%s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::jsonb)"
    pot = "(%s::bigint, %s::bigint, %s::bigint, %s::smallint)"
    changed = f"""
        , changed AS (
            UPDATE accounts_pot p SET balance_fen = c.balance_fen, year = c.year
            FROM (VALUES {", ".join([pot] * pots)}) AS c (id, before_fen, balance_fen, year)
            WHERE p.id = c.id AND p.balance_fen = c.before_fen RETURNING p.id
        )
        SELECT w.id, 1 / ((SELECT count(*) FROM changed) = {pots})::int FROM written w
    """
    return f"""
        WITH written AS (
            INSERT INTO accounts_voucher ({", ".join(_VOUCHER)}) VALUES ({", ".join(["%s"] * len(_VOUCHER))})
            RETURNING id, kind, period, region
        ), moved AS (
            INSERT INTO accounts_transfer (voucher_id, kind, period, region, {", ".join(_TRANSFER)})
            SELECT w.id, w.kind, w.period, w.region, t.*
            FROM written w, (VALUES {", ".join([move] * moves)}) AS t ({", ".join(_TRANSFER)})
        ) {changed if pots else "SELECT w.id FROM written w"}
    """


# The id of the voucher, for what is written along with it.
VOUCHER_ID = "currval('accounts_voucher_id_seq')"


def write(
    voucher: Mapping[str, Any],
    moves: Sequence[Move],
    locked: Mapping[int, Pot],
    along: Sequence[Insertion] = (),
    *,
    commit: bool = False,
) -> Voucher:
    """Write a voucher (column → value) with its moves, and the balances of the locked pots, and return it.

    It is dated now that the locks are held, by the clock that imports and the closing of years are dated by. `along` go
    in the same round trip, and with `commit` the end of the transaction too (pipeline.send). Raises
    InsufficientFundsError, PostingError; ControlTotalsError where a pot does not hold what was read of it;
    AlreadyPostedError where the key is taken, of the voucher or of what goes along. Then the transaction is broken.
    """
    before = {pot_id: pot.balance_fen for pot_id, pot in locked.items()}
    parameters = [value for move in _transfers(moves, locked) for value in move]
    pots = sorted({pot_id for move in moves for pot_id in (move.source, move.target)} & set(locked))
    for pot in pots:
        parameters += (pot, before[pot], locked[pot].balance_fen, locked[pot].year)
    values = {**_NOTHING, **voucher, "recorded_at": clock.now()}
    writing = Statement(_write(len(moves), len(pots)), [*values.values(), *parameters])
    try:
        with refusing_taken_keys():
            found, *beside = pipeline.send(writing, *(one.statement for one in along), commit=commit)
    except DataError as error:
        if not isinstance(error.__cause__, DivisionByZero):
            raise
        raise ControlTotalsError(f"{len(pots)} 个资金账户里有的已不是读到的余额") from error
    for one, ids in zip(along, beside, strict=True):
        one.take(ids)
    return Voucher.from_db("default", ["id", *values], [found[0][0], *values.values()])


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
