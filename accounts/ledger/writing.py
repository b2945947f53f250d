"""Writing what was decided: a voucher, its transfers with running balances, and the balances, in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.codes import PotKind
from accounts.ledger.errors import AlreadyPostedError, ControlTotalsError, InsufficientFundsError, PostingError
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
_COLUMNS = ", ".join(_VOUCHER)
# Without the voucher, whose key is taken, nothing else is written. A pot is locked by whoever posts; that it still holds
# what was read is asked again, because the running balances rest on it.
_WRITE = f"""
    WITH written AS (
        INSERT INTO accounts_voucher ({_COLUMNS})
        SELECT {_COLUMNS} FROM jsonb_populate_record(NULL::accounts_voucher, %s::jsonb)
        ON CONFLICT DO NOTHING RETURNING id, kind, period, region
    ), moved AS (
        INSERT INTO accounts_transfer (voucher_id, source_id, target_id, amount_fen, source_balance_fen,
                                       target_balance_fen, kind, period, region, facts)
        SELECT w.id, t.source_id, t.target_id, t.amount_fen, t.source_balance_fen, t.target_balance_fen,
               w.kind, w.period, w.region, t.facts
        FROM written w,
             jsonb_populate_recordset(NULL::accounts_transfer, %s::jsonb) WITH ORDINALITY AS t
        ORDER BY t.ordinality
    ), changed AS (
        UPDATE accounts_pot p SET balance_fen = c.balance_fen, year = c.year
        FROM written w, unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[])
                        AS c (id, before_fen, balance_fen, year)
        WHERE p.id = c.id AND p.balance_fen = c.before_fen
        RETURNING p.id
    )
    SELECT w.id, (SELECT count(*) FROM changed) FROM written w
"""


# The id of the voucher, for what is written along with it.
VOUCHER_ID = "currval('accounts_voucher_id_seq')"


def write(
    voucher: Mapping[str, Any],
    moves: Sequence[Move],
    locked: Mapping[int, Pot],
    along: Sequence[Insertion] = (),
) -> Voucher | None:
    """Write a voucher (column → value) with its moves, and the balances of the locked pots; None when its key is taken.

    It is dated now that the locks are held, by the clock that imports and the closing of years are dated by. `along` go
    in the same round trip. Raises InsufficientFundsError, PostingError; ControlTotalsError where a pot does not hold
    what was read of it; AlreadyPostedError where the key of what goes along is taken.
    """
    before = {pot_id: pot.balance_fen for pot_id, pot in locked.items()}
    transfers = list(_transfers(moves, locked))
    touched = {pot_id for move in moves for pot_id in (move.source, move.target)} & set(locked)
    values = dict.fromkeys(_VOUCHER) | {"reason": "", "place_kind": "", "place": ""} | dict(voucher)
    values["recorded_at"] = clock.now()
    pots = sorted(touched)
    balances = [
        pots,
        [before[pot] for pot in pots],
        [locked[pot].balance_fen for pot in pots],
        [locked[pot].year for pot in pots],
    ]
    writing = Statement(_WRITE, [as_json(values), as_json(transfers), *balances])
    found, *beside = pipeline.send(writing, *(one.statement for one in along))
    if along and not found:
        transaction.set_rollback(True)  # they name a voucher that is none
    if not found:
        return None
    if not all(one.take(ids) for one, ids in zip(along, beside, strict=True)):
        transaction.set_rollback(True)
        raise AlreadyPostedError
    ((voucher_id, changed),) = found
    if changed != len(pots):
        transaction.set_rollback(True)  # whatever the caller makes of the error
        raise ControlTotalsError(f"应改 {len(pots)} 个资金账户，实际改了 {changed} 个")
    return Voucher.from_db("default", ["id", *values], [voucher_id, *values.values()])


def _transfers(moves: Iterable[Move], locked: Mapping[int, Pot]) -> Iterable[Mapping[str, Any]]:
    """Yield the transfers with running balances, and carry the balances of the locked pots forward."""
    if not moves:
        raise PostingError("没有要记的账")
    for move in moves:
        if move.amount_fen <= 0:
            raise PostingError("金额必须大于零")
        yield {
            "source_id": move.source,
            "target_id": move.target,
            "amount_fen": move.amount_fen,
            "source_balance_fen": _carry(locked.get(move.source), -move.amount_fen),
            "target_balance_fen": _carry(locked.get(move.target), move.amount_fen),
            "facts": move.facts,
        }


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
