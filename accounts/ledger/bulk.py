"""Posting for everybody at once: the same ledger, by COPY and one UPDATE per chunk.

The caller is inside the transaction of its chunk. The unique indexes on (pot, kind, period) refuse a second
credit whatever the caller does; the control totals refuse a partial one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from accounts.codes import PotKind, VoucherKind
from accounts.ledger.errors import ControlTotalsError
from accounts.models import Run, Voucher
from yibao.lib.periods import Period

# source pot, target pot, fen, facts as compact JSON or None
Line = tuple[int, int, int, str | None]


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines that share a voucher: one kind, day, period and policy version.

    `source_personal` and `target_personal` say on which side people's pots stand; the other side is the region's.
    """

    kind: VoucherKind
    on: date
    period: Period
    policy_id: int | None
    lines: Sequence[Line]
    source_personal: bool = False
    target_personal: bool = True


NULL = r"\N"
PIECE = 1000  # lines

_COPY = """
    COPY accounts_transfer (voucher_id, source_id, target_id, amount_fen, source_balance_fen, target_balance_fen,
                            kind, period, region, facts) FROM STDIN
"""


def post_batches(*, run: Run, key: str, batches: Sequence[Batch], year: int | None = None) -> int:
    """Post the batches of one chunk and return their total in fen.

    `key` is unique to the chunk and execution. `year`, where given, is the benefit year that 当年 pots hold from now on.
    Raises ControlTotalsError; IntegrityError when a pot was credited before or would be overdrawn.
    """
    batches = [batch for batch in batches if batch.lines]
    if not batches:
        return 0
    vouchers = Voucher.objects.bulk_create(
        Voucher(
            kind=batch.kind,
            region=run.region,
            occurred_on=batch.on,
            period=str(batch.period),
            actor=run.actor,
            key=f"{key}:{number}",
            payload_hash="",
            policy_id=batch.policy_id,
            run=run,
        )
        for number, batch in enumerate(batches)
    )
    ids = [voucher.pk for voucher in vouchers]
    balances = _apply(_changes(batches), year)
    count, total = 0, 0
    with connection.cursor() as cursor:
        with cursor.copy(_COPY) as copy:
            for voucher_id, batch in zip(ids, batches, strict=True):
                for rows in _rows(voucher_id, batch, run.region, balances):
                    copy.write(rows)
                count += len(batch.lines)
                total += sum(line[2] for line in batch.lines)
        cursor.execute("SELECT count(*), sum(amount_fen) FROM accounts_transfer WHERE voucher_id = ANY(%s)", [ids])
        if cursor.fetchone() != (count, total):
            raise ControlTotalsError(f"应记 {count} 笔共 {total} 分，与账上不符")
    return total


def _changes(batches: Sequence[Batch]) -> dict[int, int]:
    changes: dict[int, int] = {}
    for batch in batches:
        if batch.source_personal:
            for source, _, amount, _ in batch.lines:
                changes[source] = changes.get(source, 0) - amount
        if batch.target_personal:
            for _, target, amount, _ in batch.lines:
                changes[target] = changes.get(target, 0) + amount
    return changes


def _apply(changes: dict[int, int], year: int | None) -> dict[int, int]:
    """Change the balances; return each pot's balance before, from which the running balances are told."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE accounts_pot p
            SET balance_fen = p.balance_fen + c.change,
                year = coalesce(CASE WHEN p.kind = %(current)s THEN %(year)s::smallint END, p.year)
            FROM unnest(%(pots)s::bigint[], %(changes)s::bigint[]) AS c (id, change)
            WHERE p.id = c.id AND p.person_id IS NOT NULL
              -- A 当年 that a payment has brought into a later year meanwhile is not this batch's any more.
              AND (p.kind <> %(current)s OR %(year)s::smallint IS NULL OR p.year <= %(year)s::smallint)
            RETURNING p.id, p.balance_fen - c.change
            """,
            {
                "current": PotKind.CURRENT,
                "year": year,
                "pots": _array(changes),
                "changes": _array(changes.values()),
            },
        )
        balances = dict(cursor.fetchall())
    if len(balances) != len(changes):
        raise ControlTotalsError(f"应改 {len(changes)} 个资金账户，实际改了 {len(balances)} 个")
    return balances


def _array(numbers: Iterable[int]) -> str:
    """Write an array of the database: the driver, which looks at each element, takes ten times as long."""
    return "{" + ",".join(map(str, numbers)) + "}"


def _rows(voucher_id: int, batch: Batch, region: str, balances: dict[int, int]) -> Iterator[str]:
    """Yield the COPY text of a batch, carrying `balances` forward from line to line.

    It comes in pieces: the database takes one in while we write the next.
    """
    tail = f"\t{batch.kind.value}\t{batch.period}\t{region}\t"
    rows = []
    for source, target, amount, facts in batch.lines:
        before: int | str = NULL
        after: int | str = NULL
        if batch.source_personal:
            before = balances[source] = balances[source] - amount
        if batch.target_personal:
            after = balances[target] = balances[target] + amount
        rows.append(f"{voucher_id}\t{source}\t{target}\t{amount}\t{before}\t{after}{tail}{facts or NULL}\n")
        if len(rows) == PIECE:
            yield "".join(rows)
            rows.clear()
    yield "".join(rows)
