"""Pay first, be refunded afterwards (河南): a claim waits until the tax office's file shows its receipt, then it is paid.

The money leaves the accounts that would have paid directly, for the bank card that the claim names. A claim is locked
before anything that moves money (docs/locking.md).
"""

from dataclasses import replace
from datetime import date

from django.db import transaction

from accounts.codes import PotKind
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.ledger.freezing import known_deaths
from accounts.ledger.retry import retrying
from accounts.models import Person
from accounts.operations.notices import tell
from accounts.policies import registry
from accounts.policies.terms.premium import REFUND
from payments.premiums import sources
from payments.premiums.candidates import Payable, payables
from payments.premiums.codes import LIVE_CLAIMS, OPEN_CLAIMS, ClaimState, WhyNotCode
from payments.premiums.models import PremiumPaid, PremiumVoucher, RefundClaim
from payments.premiums.notice_words import claimed
from payments.premiums.operations.debiting import debit, give_back
from payments.premiums.operations.numbers import order_number
from payments.premiums.queries import short_of
from payments.premiums.receipts import RECEIPT_USED, read_bank_card, read_receipt_no
from payments.premiums.rules import PremiumError, PremiumRefusedError
from yibao.lib.clock import SHANGHAI
from yibao.lib.fen import grouped

# What stands in the way when a claim is paid, because the accounts of whoever claims it may not pay any more.
_STOPS = {WhyNotCode.NO_BOND, WhyNotCode.BOND, WhyNotCode.DEAD}


@retrying
def claim(*, act: Act, payer: Person, person: Person, receipt_no: str, bank_card: str) -> RefundClaim:
    """Claim what was paid for one person's premium by a tax receipt; return the claim, also when it is made again.

    Raises PremiumRefusedError with every reason; PremiumError for a receipt or card that cannot be one, a receipt that
    was used, and a premium that somebody has claimed.
    """
    receipt_no, bank_card = read_receipt_no(receipt_no), read_bank_card(bank_card)
    with transaction.atomic():
        (who,) = payables(payer, act.on, [person])
        earlier = _live_claim(receipt_no)
        if earlier is not None:
            return _same(earlier, payer, person, bank_card)
        _refuse_if_not_allowed(act, who)
        assert who.terms is not None
        wanted = RefundClaim(
            no=order_number("FH", act.on),
            payer=payer,
            person=person,
            region=who.region,
            premium_year=who.terms.premium_year,
            receipt_no=receipt_no,
            amount_fen=who.amount_fen,
            bank_card=bank_card,
            actor=str(act.actor),
            created_at=act.at,
        )
        RefundClaim.objects.bulk_create([wanted], ignore_conflicts=True)
        stored = _live_claim(receipt_no)
        if stored is None:
            raise PremiumError(f"{wanted.premium_year}年度已经有人申请返还，不能再申请")
        if stored.no == wanted.no:
            audit.record(act=act, verb="premium_claim.made", subject=payer, detail={"claim": stored.pk})
        return _same(stored, payer, person, bank_card)


def _live_claim(receipt_no: str) -> RefundClaim | None:
    return RefundClaim.objects.filter(receipt_no=receipt_no, state__in=LIVE_CLAIMS).first()


def _same(earlier: RefundClaim, payer: Person, person: Person, bank_card: str) -> RefundClaim:
    if (earlier.payer_id, earlier.person_id) != (payer.pk, person.pk):
        raise PremiumError(RECEIPT_USED)
    if (kept := str(earlier.bank_card)) != bank_card:  # else the money would go to the first card, unseen
        first = f"这张税票已经申请返还到尾号 {kept[-4:]} 的银行卡，这次填的卡号没有采用"
        raise PremiumError(f"{first}。那张卡不对的，请尽快带身份证到窗口办")
    return earlier


def _refuse_if_not_allowed(act: Act, who: Payable) -> None:
    if who.terms is not None and who.terms.model != REFUND:
        raise PremiumError(f"{who.region_name}可以直接用账户交，不用先缴费再申请")
    if who.against_claim:
        raise PremiumRefusedError(who.against_claim)
    every, _ = sources.Unlocked([who], act.on).sources(who)
    if not sources.takes(who, every):
        raise PremiumRefusedError((short_of(who, every, act.on),))


@retrying
def settle(*, act: Act, claim_id: int) -> RefundClaim:
    """Pay a claim whose receipt the tax office has named for the same person, year and amount; refuse it for another.

    One of somebody who has died is refused: heirs are paid what the account holds (继承), the tax office gives back what
    was paid for the dead. Without a receipt a claim goes on waiting. Proven, but with accounts that cannot pay now, it stays proven and says
    why: asked again, it is paid as soon as they can.
    """
    with transaction.atomic():
        found = _locked(claim_id)
        if found.state not in OPEN_CLAIMS:
            return found
        if why := _died(found):
            return _refused(act, found, why)
        shown = PremiumPaid.objects.filter(receipt_no=found.receipt_no).first()
        if shown is None:
            return found
        if why := _contradiction(found, shown):
            return _refused(act, found, why)
        if found.state == ClaimState.WAITING:
            _set(act, found, ClaimState.PROVEN)
        try:
            with transaction.atomic():
                _pay(act, found)
        except PremiumRefusedError as error:
            RefundClaim.objects.filter(pk=found.pk).update(reason=error.message[:200])
            found.refresh_from_db()
        return found


@retrying
def take_back(*, act: Act, claim_id: int, reason: str) -> RefundClaim:
    """Say that the bank has returned what was paid: it goes back to the very pots, and the claim may be made anew.

    The same again changes nothing. Raises PremiumError for a claim that was not paid.
    """
    with transaction.atomic():
        found = _locked(claim_id)
        if found.state == ClaimState.REFUSED and found.vouchers:
            return found
        if found.state != ClaimState.PAID:
            raise PremiumError(f"这份返还申请{found.get_state_display()}，没有付过款")
        give_back(act=act, vouchers=found.vouchers, reason=f"银行退回：{reason}")
        return _refused(act, found, reason)


def refuse(*, act: Act, claim_id: int, reason: str) -> RefundClaim:
    """Refuse a claim that was not paid. Raises PremiumError once it was."""
    with transaction.atomic():
        found = _locked(claim_id)
        if found.state == ClaimState.PAID:
            raise PremiumError("这份返还申请已经付款，不能再退回")
        return found if found.state == ClaimState.REFUSED else _refused(act, found, reason)


def stop(*, act: Act, claim_id: int, reason: str) -> bool:
    """Refuse a claim unless it was decided already; return whether it was refused here and now."""
    with transaction.atomic():
        found = _locked(claim_id)
        if is_open := found.state in OPEN_CLAIMS:
            _refused(act, found, reason)
        return is_open


def _locked(claim_id: int) -> RefundClaim:
    return RefundClaim.objects.select_for_update(of=("self",), no_key=True).get(pk=claim_id)


def _died(claim: RefundClaim) -> str:
    died = known_deaths([claim.payer_id, claim.person_id])
    if claim.payer_id in died:
        return "申请人已登记去世，账户里的钱由继承人到窗口办继承"
    return "参保人已登记去世，交过的钱请向税务申请退" if claim.person_id in died else ""


def _contradiction(claim: RefundClaim, paid: PremiumPaid) -> str:
    if (paid.person_id, paid.premium_year) != (claim.person_id, claim.premium_year):
        return "税票不是这个人这一年度的"
    if paid.region != claim.region:
        return f"税票不是在参保地{registry.region_name(claim.region)}缴的"
    if paid.amount_fen != claim.amount_fen:
        return f"税票上是 {grouped(paid.amount_fen)} 元，缴费标准是 {grouped(claim.amount_fen)} 元，不一样"
    return ""


def _pay(act: Act, claim: RefundClaim) -> None:
    who = _as_claimed(claim, act.on)
    if stops := tuple(reason for reason in who.reasons if reason.code in _STOPS):
        raise PremiumRefusedError(stops)
    vouchers = debit(
        act=act, who=who, target=PotKind.OUTWARD, key=f"premium-claim:{claim.pk}", payload={"claim": claim.pk}
    )
    PremiumVoucher.objects.bulk_create(PremiumVoucher(claim=claim, voucher=voucher) for voucher in vouchers)
    _set(act, claim, ClaimState.PAID)


def _as_claimed(claim: RefundClaim, on: date) -> Payable:
    """Return the person as things stand, with the place, the year and the amount that were claimed.

    A claim may wait until the next year's rules hold, or until the person has moved or left.
    """
    (who,) = payables(claim.payer, on, [claim.person])
    terms = registry.premium_or_none(claim.region, claim.created_at.astimezone(SHANGHAI).date())
    if terms is None:
        raise PremiumError(f"{registry.region_name(claim.region)}申请那天的代缴规定没有了，请核对后再办")
    as_claimed = replace(terms, premium_year=claim.premium_year, amount_fen=claim.amount_fen)
    return replace(who, region=claim.region, region_name=registry.region_name(claim.region), terms=as_claimed)


def _refused(act: Act, claim: RefundClaim, reason: str) -> RefundClaim:
    _set(act, claim, ClaimState.REFUSED, reason)
    return claim


def _set(act: Act, claim: RefundClaim, state: ClaimState, reason: str = "") -> None:
    claim.state, claim.reason = state, reason
    if state in (ClaimState.PAID, ClaimState.REFUSED):
        claim.decided_at = act.at
        facts = {"claim": claim.pk, "state": state, "reason": reason}
        tell(act=act, person=claim.payer, template=claimed, facts=facts, about=f"premium_claim:{claim.no}")
    claim.save(update_fields=["state", "reason", "decided_at"])
    audit.record(act=act, verb=f"premium_claim.{state}", subject=claim.payer, detail={"claim": claim.pk})
