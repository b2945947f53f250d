"""Posting one case: the only door through which a single payment, transfer or correction changes a balance."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict, Unpack

from django.db import transaction

from accounts.codes import VoucherKind
from accounts.identity.actors import Act
from accounts.ledger.errors import AlreadyPostedError, KeyReusedError, PostingError
from accounts.ledger.freezing import refuse_stopped
from accounts.ledger.locking import Locked, LockedPots, lock_years_and_pots
from accounts.ledger.retry import retrying
from accounts.ledger.writing import Move, write
from accounts.models import Pot, Voucher
from yibao.lib.periods import Period
from yibao.lib.pipeline import Insertion, Statement

__all__ = ["NOWHERE", "Locked", "Move", "Place", "post", "post_locked"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where money was used: the kind of place, which a paying relative may see, and its name, which they may not."""

    kind: str = ""
    name: str = ""


NOWHERE = Place()


class OnVoucher(TypedDict, total=False):
    """What else stands on a voucher. `subject_id` is whoever used the money."""

    subject_id: int | None
    reason: str
    place: Place
    policy_id: int | None
    reverses_id: int | None
    approval_id: int | None


@retrying
def post(
    *,
    act: Act,
    kind: VoucherKind,
    region: str,
    key: str,
    payload: Mapping[str, Any],
    pots: Iterable[int],
    decide: Callable[[Locked], list[Move]],
    on: date | None = None,
    **more: Unpack[OnVoucher],
) -> Voucher:
    """Post one voucher and return it; the same key with the same payload returns the voucher of the first time.

    `on` is the day it belongs to, where that is not the day of the act: a bill has its own.
    1. share-lock the benefit year of `on` (or the next open one), so it cannot close under the posting;
    2. lock the personal `pots` in the one order there is, roll each 当年 over to the year;
    3. look for the key: whoever asked for the same first has been waited for at the pots;
    4. let `decide` read the locked pots and return the moves;
    5. write the voucher, transfers with running balances, and the balances.
    `payload` must contain everything that makes two requests the same or different. Amounts are fen.
    Raises InsufficientFundsError, FrozenError, DeadError, KeyReusedError, or what `decide` raises;
    then nothing is written.
    """
    on = on or act.on
    posted = Voucher.objects.filter(key=key)
    try:
        with transaction.atomic():  # also within a caller's, who may go on after a refusal
            locked = lock_years_and_pots(act=act, pots=pots, regions=[region], on=on, subject_id=more.get("subject_id"))
            if (stored := posted.first()) is None:
                return post_locked(
                    act=act,
                    kind=kind,
                    region=region,
                    key=key,
                    payload=payload,
                    locked=locked,
                    moves=decide(locked.regions[region]),
                    on=on,
                    commit=True,
                    **more,
                )
    except AlreadyPostedError:  # with other pots, at which nobody had to wait
        stored = posted.get()
    if stored.payload_hash != _digest(kind, region, on, payload):
        raise KeyReusedError
    return stored


def post_locked(
    *,
    act: Act,
    kind: VoucherKind,
    region: str,
    key: str,
    payload: Mapping[str, Any],
    locked: LockedPots,
    moves: list[Move],
    on: date | None = None,
    along: Sequence[Insertion] = (),
    confirming: Sequence[Statement] = (),
    commit: bool = False,
    **more: Unpack[OnVoucher],
) -> Voucher:
    """Post one voucher of what was decided, in the transaction that holds the pots or is told how (one statement).

    As `post` does, of which it is the last step. `along` are rows of others that are written in the same round trip, and
    may name the voucher (writing.VOUCHER_ID); `confirming` lock what was only read (ledger.confirming), and go first;
    `commit` says that nothing follows in the transaction (pipeline.send). Raises StaleError where they find it changed.
    Raises AlreadyPostedError where the key is taken, of the voucher or of one of these; then nothing is written.
    """
    on, books = on or act.on, locked.regions[region]
    _refuse_unlocked(moves, books)
    place, subject = more.pop("place", NOWHERE), more.get("subject_id")
    if kind.stops_when_frozen:
        paying = [books.pots[source] for source in {move.source for move in moves} & set(books.pots)]
        refuse_stopped(kind, paying, locked.stopped, subject_id=subject, on=on)
    voucher = {
        "kind": kind,
        "region": region,
        "occurred_on": on,
        "period": str(Period(books.booked)),
        "actor": str(act.actor),
        "place_kind": place.kind,
        "place": place.name,
        "key": key,
        "payload_hash": _digest(kind, region, on, payload),
        **more,
    }
    return write(voucher, moves, books.pots, along, confirming=confirming, commit=commit)


_as_text = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str).encode


def _digest(kind: VoucherKind, region: str, on: date, payload: Mapping[str, Any]) -> str:
    return hashlib.sha256(_as_text([kind, region, on.isoformat(), payload]).encode()).hexdigest()


def _refuse_unlocked(moves: list[Move], books: Locked) -> None:
    others = (
        {pot for move in moves for pot in (move.source, move.target)} - set(books.pots) - set(books.system.values())
    )
    if others and Pot.objects.filter(pk__in=others, person__isnull=False).exists():
        raise PostingError("分录涉及没有锁定的个人资金账户")
