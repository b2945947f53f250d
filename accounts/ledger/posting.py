"""Posting one case: the only door through which a single payment, transfer or correction changes a balance."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, When

from accounts.codes import PotKind, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger import book_years
from accounts.ledger.errors import InsufficientFundsError, KeyReusedError, PostingError
from accounts.ledger.freezing import refuse_stopped
from accounts.ledger.pots import available_fen
from accounts.ledger.retry import retrying
from accounts.models import Pot, Transfer, Voucher
from yibao.lib import clock
from yibao.lib.periods import Period


@dataclass(frozen=True, slots=True)
class Move:
    """Fen from one pot to another; pots are given by id. `facts` says what the amount was computed from."""

    source: int
    target: int
    amount_fen: int
    facts: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where money was used: the kind of place, which a paying relative may see, and its name, which they may not."""

    kind: str = ""
    name: str = ""


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Locked:
    """What a decision may look at: the personal pots, locked and up to date, and the year that is being booked."""

    pots: Mapping[int, Pot]
    year: int
    year_closed: bool

    def available_fen(self, pot_id: int) -> int:
        """Return the fen that may be drawn from a pot (see pots.available_fen)."""
        return available_fen(self.pots[pot_id], self.year, year_closed=self.year_closed)


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
    subject_id: int | None = None,
    reason: str = "",
    place: Place = NOWHERE,
    policy_id: int | None = None,
    reverses_id: int | None = None,
    approval_id: int | None = None,
) -> Voucher:
    """Post one voucher and return it; the same key with the same payload returns the voucher of the first time.

    `on` is the day it belongs to, where that is not the day of the act: a bill has its own.
    1. share-lock the benefit year of `on` (or the next open one), so it cannot close under the posting;
    2. insert the voucher: its unique key makes a concurrent repeat wait here for the outcome;
    3. lock the personal `pots` in the one order there is, roll each 当年 over to the year;
    4. let `decide` read the locked pots and return the moves;
    5. write transfers with running balances, and the balances.
    `payload` must contain everything that makes two requests the same or different. Amounts are fen.
    Raises InsufficientFundsError, FrozenError, DeadError, KeyReusedError, or what `decide` raises;
    then nothing is written.
    """
    on = on or act.on
    digest = _digest(kind, region, on, payload)
    with transaction.atomic():
        year = book_years.year_of(region, on)
        booked = book_years.lock_open(region, year)
        voucher_id = _claim(
            {
                "kind": kind,
                "region": region,
                "occurred_on": on,
                "period": str(Period(booked)),
                "actor": str(act.actor),
                "reason": reason,
                "place_kind": place.kind,
                "place": place.name,
                "subject_id": subject_id,
                "key": key,
                "payload_hash": digest,
                "reverses_id": reverses_id,
                "policy_id": policy_id,
                "approval_id": approval_id,
            }
        )
        if voucher_id is None:
            return _stored(key, digest)
        voucher = Voucher.objects.get(pk=voucher_id)
        locked = lock_pots(pots)
        if booked == year:
            for pot in [pot for pot in locked.values() if pot.kind == PotKind.CURRENT]:
                roll_over_pot(act=act, pot=pot, locked=locked, region=region, year=year, on=on)
        moves = decide(Locked(locked, year, year_closed=booked != year))
        if kind.stops_when_frozen:
            sources = {move.source for move in moves} & set(locked)
            paying = [locked[source] for source in sorted(sources)]
            refuse_stopped(kind, paying, subject_id=subject_id, known_on=act.on, on=on)
        _write(voucher, moves, locked)
        return voucher


def _digest(kind: VoucherKind, region: str, on: date, payload: Mapping[str, Any]) -> str:
    text = json.dumps([kind, region, on.isoformat(), payload], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _claim(row: Mapping[str, Any]) -> int | None:
    """Insert the voucher unless its key exists; return its id or None.

    It is dated now that the locks are held, by the clock that imports and the closing of years are dated by.
    """
    row = {**row, "recorded_at": clock.now()}
    columns, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO accounts_voucher ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING id",
            list(row.values()),
        )
        found = cursor.fetchone()
        return found[0] if found else None


def _stored(key: str, digest: str) -> Voucher:
    stored = Voucher.objects.get(key=key)
    if stored.payload_hash != digest:
        raise KeyReusedError
    return stored


def lock_pots(pots: Iterable[int]) -> dict[int, Pot]:
    """Lock personal pots and return them as they stand now: 当年 before the others, by id among themselves.

    Everybody who locks several pots keeps to this order, so nobody waits in a circle. 当年 comes first because the
    year end takes all of a chunk's 当年 before it pays into their 历年. Raises PostingError for any other pot.
    """
    wanted = sorted(set(pots))
    rows = Pot.objects.select_for_update(of=("self",)).filter(pk__in=wanted, person__isnull=False)
    rows = rows.order_by(Case(When(kind=PotKind.CURRENT, then=0), default=1), "pk")
    locked = {pot.pk: pot for pot in rows}
    if missing := set(wanted) - set(locked):
        raise PostingError(f"不是个人资金账户：{sorted(missing)}")
    return locked


def roll_over_pot(*, act: Act, pot: Pot, locked: dict[int, Pot], region: str, year: int, on: date) -> None:
    """Roll one 当年 over before its first use in a new year, when the year-end job has not come to it yet."""
    if pot.year is None or pot.year >= year:
        return
    old, pot.year = pot.year, year
    if pot.balance_fen:
        carried = next(p for p in locked.values() if p.person_id == pot.person_id and p.kind == PotKind.CARRIED)
        voucher = Voucher.objects.create(
            kind=VoucherKind.ROLLOVER,
            region=region,
            occurred_on=on,
            period=str(Period(old)),
            actor=str(act.actor),
            key=f"rollover:{pot.pk}:{old}",
            payload_hash="",
        )
        _write(voucher, [Move(pot.pk, carried.pk, pot.balance_fen)], locked)
    pot.save(update_fields=["year"])


def _refuse_unlocked(moves: list[Move], locked: Mapping[int, Pot]) -> None:
    others = {pot for move in moves for pot in (move.source, move.target)} - set(locked)
    if Pot.objects.filter(pk__in=others, person__isnull=False).exists():
        raise PostingError("分录涉及没有锁定的个人资金账户")


def _write(voucher: Voucher, moves: list[Move], locked: Mapping[int, Pot]) -> None:
    _refuse_unlocked(moves, locked)
    rows, touched = [], set()
    for move in moves:
        if move.amount_fen <= 0:
            raise PostingError("金额必须大于零")
        for pot_id, change in ((move.source, -move.amount_fen), (move.target, move.amount_fen)):
            pot = locked.get(pot_id)
            if pot is None:
                continue
            assert pot.balance_fen is not None
            pot.balance_fen += change
            touched.add(pot_id)
            if pot.balance_fen < 0 and pot.kind != PotKind.RECEIVABLE:
                raise InsufficientFundsError(f"{pot.get_kind_display()}余额不足")
            if pot.balance_fen > 0 and pot.kind == PotKind.RECEIVABLE:
                raise PostingError("追回的金额超过了多划的金额")
        rows.append(
            Transfer(
                voucher=voucher,
                source_id=move.source,
                target_id=move.target,
                amount_fen=move.amount_fen,
                source_balance_fen=locked[move.source].balance_fen if move.source in locked else None,
                target_balance_fen=locked[move.target].balance_fen if move.target in locked else None,
                kind=voucher.kind,
                period=voucher.period,
                region=voucher.region,
                facts=move.facts,
            )
        )
    if not rows:
        raise PostingError("没有要记的账")
    Transfer.objects.bulk_create(rows)
    for pot_id in sorted(touched):
        Pot.objects.filter(pk=pot_id).update(balance_fen=locked[pot_id].balance_fen)
