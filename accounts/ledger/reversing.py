"""Giving back what a voucher moved, whole or in part, by a new voucher: each fen once, the last paid first."""

from collections.abc import Iterator, Sequence
from datetime import date

from django.db.models import Sum

from accounts.codes import PotKind, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger import book_years, posting
from accounts.ledger.errors import AlreadyReversedError, PostingError
from accounts.ledger.posting import Locked, Move, Place
from accounts.ledger.retry import retrying
from accounts.models import Pot, Transfer, Voucher
from yibao.lib.fen import yuan


@retrying
def reverse(
    *, act: Act, voucher_id: int, key: str, reason: str, amount_fen: int | None = None, on: date | None = None
) -> Voucher:
    """Give back fen of a voucher by a new one: its transfers the other way round, the last one first.

    `amount_fen` is a part of it; all that is left where it is None. Each fen goes back once, whatever the parts.
    Money that came from 当年 of a year that has been rolled over since goes back to 历年 (domain 3.4, 7).
    Raises AlreadyReversedError where less is left; PostingError when the voucher is itself a reversal.
    """
    original = Voucher.objects.get(pk=voucher_id)
    if original.kind == VoucherKind.REVERSAL:
        raise PostingError("冲正凭证不能再冲正")
    rows = list(Transfer.objects.filter(voucher=original).select_related("source", "target").order_by("-id"))
    siblings = _carried_of(rows)
    year = book_years.year_of(original.region, original.occurred_on)

    def opposite(locked: Locked) -> list[Move]:
        def back(pot: Pot) -> int:
            if pot.kind == PotKind.CURRENT and locked.pots[pot.id].year != year:
                return siblings[pot.person_id]
            return pot.id

        parts = last_first(rows, given_back_fen=reversed_fen(voucher_id), amount_fen=amount_fen)
        return [Move(back(row.target), back(row.source), fen, row.facts) for row, fen in parts]

    return posting.post(
        act=act,
        kind=VoucherKind.REVERSAL,
        region=original.region,
        on=on,
        key=key,
        payload={"reverses": voucher_id} | ({} if amount_fen is None else {"amount_fen": amount_fen}),
        pots={pot.id for row in rows for pot in (row.source, row.target) if pot.person_id} | set(siblings.values()),
        decide=opposite,
        subject_id=original.subject_id,
        reason=reason,
        place=Place(original.place_kind, original.place),
        policy_id=original.policy_id,
        reverses_id=voucher_id,
    )


def reversed_fen(voucher_id: int) -> int:
    """Return the fen of a voucher that were given back. Certain only under the lock of the voucher's pots."""
    rows = Transfer.objects.filter(voucher__reverses=voucher_id)
    return int(rows.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def last_first(
    rows: Sequence[Transfer], *, given_back_fen: int, amount_fen: int | None
) -> Iterator[tuple[Transfer, int]]:
    """Yield which transfers, the last one first, give back how many fen, passing over what was given back before.

    Raises AlreadyReversedError where less than `amount_fen` is left of them.
    """
    left = sum(row.amount_fen for row in rows) - given_back_fen
    rest = left if amount_fen is None else amount_fen
    if left == 0:
        raise AlreadyReversedError
    if rest > left:
        raise AlreadyReversedError(f"这张凭证还没有退回的只剩 {yuan(left)} 元，退不了 {yuan(rest)} 元")
    if rest <= 0:
        raise PostingError("金额必须大于零")
    passed = given_back_fen
    for row in rows:
        here = row.amount_fen - min(passed, row.amount_fen)
        passed -= row.amount_fen - here
        part = min(rest, here)
        rest -= part
        if part:
            yield row, part


def _carried_of(rows: list[Transfer]) -> dict[int | None, int]:
    owners = {pot.person_id for row in rows for pot in (row.source, row.target) if pot.kind == PotKind.CURRENT}
    region = rows[0].region
    carried = Pot.objects.filter(person__in=owners, region=region, kind=PotKind.CARRIED)
    return dict(carried.values_list("person_id", "id"))
