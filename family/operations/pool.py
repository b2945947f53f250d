"""共济账户 of a pool region: moving one's own money in above the reserve, and back."""

from collections.abc import Callable
from datetime import date

from django.db import transaction

from accounts.codes import PotKind, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger import posting
from accounts.ledger.errors import InsufficientFundsError
from accounts.ledger.posting import Locked, Move
from accounts.ledger.pots import pool_pot
from accounts.ledger.retry import retrying
from accounts.models import Person, Pot, Voucher
from family.codes import EventKind
from family.models import Event
from family.operations import history
from family.queries.eligibility import to_move_in
from family.queries.facts import is_pool
from family.rules import RefusedError


@retrying
def move_in(*, act: Act, payer: Person, region: str, amount_fen: int, key: str) -> Event:
    """Move fen from the account into the pool (划拨); what is left in the account is never less than the reserve.

    `key` is the form's own: sent twice, the money moves once. Can be undone for some minutes while it is unused.
    Raises RefusedError with every reason, InsufficientFundsError for more than may be moved, PostingError for an amount of zero,
    KeyReusedError for another amount under the same key.
    """
    carried, pool = _pots(payer, region, act.on)

    def decide(locked: Locked) -> list[Move]:
        now = to_move_in(payer=payer, region=region, on=act.on)  # once more, under the lock of both pots
        if now.reasons:
            raise RefusedError(now.reasons)
        if amount_fen > now.movable_fen:
            raise InsufficientFundsError("超过了现在能转入的金额")
        return [Move(carried, pool, amount_fen)]

    return _move(
        act, VoucherKind.TRANSFER_IN, EventKind.MOVED_IN, payer, region, (carried, pool), decide, amount_fen, key
    )


@retrying
def move_back(*, act: Act, payer: Person, region: str, amount_fen: int, key: str) -> Event:
    """Move fen from the pool back to the account it came from. Like `move_in`, but always possible.

    Raises InsufficientFundsError for more than the pool holds, PostingError for an amount of zero.
    """
    carried, pool = _pots(payer, region, act.on)

    def decide(locked: Locked) -> list[Move]:
        return [Move(pool, carried, amount_fen)]

    return _move(
        act, VoucherKind.TRANSFER_BACK, EventKind.MOVED_BACK, payer, region, (carried, pool), decide, amount_fen, key
    )


def empty(*, act: Act, payer: Person, region: str, key: str) -> Voucher | None:
    """Move everything in the pool back to its owner, in the caller's transaction; None when it holds nothing.

    The caller has locked the pots.
    """
    pots = {pot.kind: pot for pot in Pot.objects.filter(person=payer, region=region)}
    pool = pots.get(PotKind.POOL)
    if pool is None or not pool.balance_fen:
        return None
    carried = pots[PotKind.CARRIED].pk
    return posting.post(
        act=act,
        kind=VoucherKind.TRANSFER_BACK,
        region=region,
        key=key,
        payload={"payer": payer.pk, "all": True},
        pots=[pool.pk, carried],
        decide=lambda locked: [Move(pool.pk, carried, locked.available_fen(pool.pk))],
        subject_id=payer.pk,
    )


def _pots(payer: Person, region: str, on: date) -> tuple[int, int]:
    """Return the account and the pool, opening the pool at its first use. Raises RefusedError where there cannot be one."""
    carried = Pot.objects.filter(person=payer, region=region, kind=PotKind.CARRIED).values_list("pk", flat=True).first()
    if carried is None or not is_pool(region, on):
        raise RefusedError(to_move_in(payer=payer, region=region, on=on).reasons)
    return carried, pool_pot(region, payer.pk)


def _key(payer: Person, key: str) -> str:
    return f"pool:{payer.pk}:{key}"


def _move(
    act: Act,
    kind: VoucherKind,
    event: EventKind,
    payer: Person,
    region: str,
    pots: tuple[int, int],
    decide: Callable[[Locked], list[Move]],
    amount_fen: int,
    key: str,
) -> Event:
    with transaction.atomic():
        voucher = posting.post(
            act=act,
            kind=kind,
            region=region,
            key=_key(payer, key),
            payload={"payer": payer.pk, "amount_fen": amount_fen},
            pots=pots,
            decide=decide,
            subject_id=payer.pk,
        )
        earlier = Event.objects.filter(voucher=voucher).first()
        return earlier or history.write(
            act=act, kind=event, by=payer, payer_id=payer.pk, region=region, voucher=voucher, can_undo=True
        )
