"""Taking one premium from accounts, all of it or nothing, and giving it back: for orders, and for claims."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from accounts.codes import PotKind, Scope, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger import reversing
from accounts.ledger.locking import lock_to_reverse
from accounts.models import Voucher
from family.operations import draws
from family.rules import Source
from payments.premiums import sources
from payments.premiums.candidates import Payable, payables
from payments.premiums.codes import WhyNotCode
from payments.premiums.queries import short_of
from payments.premiums.rules import PremiumRefusedError, WhyNot


def debit(*, act: Act, who: Payable, target: PotKind, key: str, payload: Mapping[str, Any]) -> list[Voucher]:
    """Post somebody's premium in the caller's transaction and return the vouchers, one per region that paid.

    What pays is locked first and decided then. Raises PremiumRefusedError when it does not hold all of the premium.
    """
    assert who.terms is not None
    if who.card is None:
        locked = draws.lock_sources(act=act, person=who.person, region=who.region, on=act.on, scope=Scope.PREMIUM)
    else:
        locked = draws.lock_payers_sources(act=act, bond=who.card.bond, on=act.on)
    takes = sources.takes(who, locked.sources)
    if not takes:
        raise PremiumRefusedError(_why_not(who, locked.sources, act.on))
    return draws.post(
        act=act,
        kind=VoucherKind.PREMIUM,
        person=who.person,
        region=who.region,
        locked=locked,
        takes=takes,
        target=target,
        on=act.on,
        key=key,
        payload={**payload, "amount_fen": who.amount_fen},
        reason=f"{who.terms.premium_year}年度居民医保",
        payer_acts=who.card is not None,
    )


def _why_not(who: Payable, left: Collection[Source], on: date) -> tuple[WhyNot, ...]:
    """Return why nothing pays: the bond that stood when this began may have ended while the locks were waited for."""
    (now,) = payables(who.card.bond.payer, on, [who.person]) if who.card else (who,)
    ended = tuple(reason for reason in now.reasons if reason.code in (WhyNotCode.NO_BOND, WhyNotCode.BOND))
    return ended or (short_of(who, left, on),)


def give_back(*, act: Act, vouchers: Collection[Voucher], reason: str) -> None:
    """Reverse what a premium was paid by, once and whole, to the very pots, in the caller's transaction."""
    lock_to_reverse(act=act, vouchers=vouchers)
    for voucher in vouchers:
        reversing.reverse(act=act, voucher_id=voucher.pk, key=f"premium-back:{voucher.pk}", reason=reason)
