"""May these two share? Every reason against it at once, for pages, operations and the counter alike."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from accounts.codes import PotKind, Relation, VoucherKind
from accounts.identity import certificates
from accounts.models import Person, Pot, Transfer
from accounts.policies import registry
from accounts.policies.formulas import age_on
from accounts.policies.terms.sharing import POOL
from accounts.sealing import fields
from family.codes import ACTIVE_STATES, OPEN
from family.models import Bond, Invitation
from family.queries.facts import payer_facts, user_facts
from family.queries.kin import has_spouse, kin_in, kin_of, mirrored
from family.rules import Reason, ReasonCode, eligibility
from family.rules.eligibility import Pair
from yibao.lib.clock import SHANGHAI
from yibao.lib.fen import grouped
from yibao.lib.months import Month

MOST_OPEN_PER_INVITEE = 3
_TOO_MANY = Reason(
    ReasonCode.TOO_MANY_OPEN,
    "这个证件号码收到的邀请太多了",
    f"一个人最多有{MOST_OPEN_PER_INVITEE}份没有答复的邀请",
    "请过几天再试，或带证件一起到窗口办",
)

_CONSENT_NEEDED = Reason(
    ReasonCode.CONSENT_NEEDED,
    "当地要用钱的人本人同意",
    "用钱的人没有到场",
    "请本人（未成年的由父母）到窗口，或登录后同意邀请",
)


def relations_offered(region: str, on: date) -> list[tuple[str, str]]:
    """Return (national code, label) of the relations a region allows on a day; none where nothing is shared."""
    terms = registry.sharing_or_none(region, on)
    return [(code.value, names) for code, names in terms.relation_choices.items()] if terms else []


def indexes_of(certno: str) -> list[bytes]:
    """Return the blind indexes under which invitations of this certificate number may stand."""
    return fields.indexes(certificates.normalise(certno), "invitation:invitee_certno")


def to_invite(
    *,
    payer: Person,
    region: str,
    on: date,
    relation: str = "",
    certno: str = "",
    scopes: tuple[str, ...] = (),
    limit_fen: int | None = None,
    until_on: date | None = None,
) -> tuple[Reason, ...]:
    """Return everything on the payer's side against inviting: account, gate, relation, what is there already.

    Says nothing of whoever holds the certificate number: whether they exist or are insured is theirs to tell.
    """
    terms = registry.sharing_or_none(region, on)
    certno = certificates.normalise(certno)
    pair = Pair(
        relation=relation,
        payer=kin_of(payer),
        user=kin_in(certno),
        payer_has_spouse=relation == Relation.SPOUSE and has_spouse(payer, besides=certno),
        scopes=scopes,
        is_self=bool(certno) and payer.certno == certno,
        is_bound=_is_bound(payer, certno),
        open_number=_open_number(payer, certno),
        limit_fen=limit_fen,
        until_on=until_on,
        on=on,
    )
    found = eligibility.reasons(payer_facts(payer, region, on), pair, None, terms)
    if certno and _open_from_others(payer, certno, on) >= MOST_OPEN_PER_INVITEE:
        found += (_TOO_MANY,)
    return found


def to_bind(
    *,
    payer: Person,
    user: Person,
    region: str,
    relation: str,
    scopes: tuple[str, ...],
    on: date,
    limit_fen: int | None = None,
    until_on: date | None = None,
    identity_checked: bool = True,
    shown: bool = False,
) -> tuple[Reason, ...]:
    """Return everything against this bond, both sides judged. Not for the inviter's eyes before acceptance.

    `shown`: a clerk has seen papers that show the relation, which birth days alone would not support (step-parents).
    For the invited person's page put it through family.rules.reasons.for_user.
    """
    is_spouse = relation == Relation.SPOUSE
    pair = Pair(
        relation=relation,
        payer=kin_of(payer),
        user=kin_of(user),
        payer_has_spouse=is_spouse and has_spouse(payer, besides=user.certno),
        user_has_spouse=is_spouse and has_spouse(user, besides=payer.certno),
        shown=shown,
        mirrored=mirrored(payer, user),
        scopes=scopes,
        is_self=payer.pk == user.pk,
        is_bound=Bond.objects.filter(payer=payer, user=user, state__in=ACTIVE_STATES).exists(),
        limit_fen=limit_fen,
        until_on=until_on,
        on=on,
    )
    facts = user_facts(user, on, identity_checked=identity_checked)
    return eligibility.reasons(payer_facts(payer, region, on), pair, facts, registry.sharing_or_none(region, on))


def to_bind_at_counter(
    *, payer: Person, user: Person, region: str, on: date, user_present: bool, **asked: Any
) -> tuple[Reason, ...]:
    """Return everything against a bond that a clerk would make, who has seen both documents; asked as for `to_bind`.

    Where the region asks for the user's consent, they (a child's parent) have to be there. That the payer's sign-in was
    changed lately is nothing against it: whoever stands at the counter has shown who they are.
    """
    found = to_bind(payer=payer, user=user, region=region, on=on, **asked)
    found = tuple(reason for reason in found if reason.code != ReasonCode.PHONE_CHANGED)
    terms = registry.sharing_or_none(region, on)
    return (*found, _CONSENT_NEEDED) if terms and terms.accept_required and not user_present else found


def of_age(invitation: Invitation, on: date) -> tuple[Reason, ...]:
    """Return that no parent may agree, where whoever was invited is of age by the number that the inviter typed.

    Nobody is looked up for it: an inviter who calls an adult stranger their child reads this and nothing else.
    """
    terms, born = registry.sharing_or_none(invitation.region, on), kin_in(invitation.invitee_certno).born
    if terms is None or born is None:
        return ()
    return tuple(eligibility.of_age_reasons(age_on(born, on), terms))


def _is_bound(payer: Person, certno: str) -> bool:
    if not certno:
        return False
    indexes = fields.indexes(certno, "person:certno")
    return Bond.objects.filter(payer=payer, state__in=ACTIVE_STATES, user__certno_index__in=indexes).exists()


def _open_number(payer: Person, certno: str) -> str:
    if not certno:
        return ""
    rows = Invitation.objects.filter(payer=payer, state__in=OPEN, invitee_index__in=indexes_of(certno))
    return rows.values_list("number", flat=True).first() or ""


def _open_from_others(payer: Person, certno: str, on: date) -> int:
    """Return how many others wait for an answer; what expired on an earlier day is over, also before the job settles it.

    Whoever sends has locked the certificate number (`locks.lock_invitee`).
    """
    begins = datetime.combine(on, time(), SHANGHAI)
    rows = Invitation.objects.filter(state__in=OPEN, invitee_index__in=indexes_of(certno), expires_at__gt=begins)
    return rows.exclude(payer=payer).count()


@dataclass(frozen=True, slots=True)
class Movable:
    """What may be moved into the pool now (fen), what has to stay, and why not, if not."""

    balance_fen: int
    reserve_fen: int
    movable_fen: int
    pool_fen: int
    reasons: tuple[Reason, ...]


def to_move_in(*, payer: Person, region: str, on: date) -> Movable:
    """Return how much the payer may move into the pool today, with every reason where it is nothing."""
    terms = registry.sharing_or_none(region, on)
    pots = {p.kind: p.balance_fen or 0 for p in Pot.objects.filter(person=payer, region=region)}
    balance, pool = pots.get(PotKind.CARRIED, 0), pots.get(PotKind.POOL, 0)
    if terms is None or terms.model != POOL:
        facts = payer_facts(payer, region, on)
        return Movable(balance, 0, 0, pool, eligibility.reasons(facts, Pair(), None, None))
    found = [r for r in eligibility.payer_reasons(payer_facts(payer, region, on), terms) if r.code in _FOR_MOVING]
    movable = eligibility.movable_fen(balance, terms)
    reserve = terms.reserve_fen or 0
    if movable == 0:
        found.append(
            Reason(
                ReasonCode.RESERVE,
                f"账户里要留 {grouped(reserve)} 元，超过的部分才能转入",
                f"现在有 {grouped(balance)} 元",
                "余额超过这个数以后再转",
                balance,
                reserve,
            )
        )
    done = transfers_in_month(payer, region, on)
    if terms.monthly_transfers is not None and done >= terms.monthly_transfers:
        found.append(
            Reason(
                ReasonCode.MONTHLY_TRANSFERS,
                f"一个月最多转入{terms.monthly_transfers}次",
                f"这个月已经转了{done}次",
                "下个月1日起可以再转",
            )
        )
    return Movable(balance, reserve, movable, pool, tuple(found))


_FOR_MOVING = {
    ReasonCode.NO_ACCOUNT,
    ReasonCode.PAYER_FROZEN,
    ReasonCode.PAYER_SUSPENDED,
    ReasonCode.PAYER_ENDED,
    ReasonCode.PAYER_LEAVING,
    ReasonCode.PHONE_CHANGED,
}


def transfers_in_month(payer: Person, region: str, on: date) -> int:
    """Return how often the payer has moved money into the pool in the calendar month, those undone not counted."""
    month = Month.of(on)
    # Transfers, not vouchers: the one that is being posted, which asks this too, has a voucher but moved nothing yet.
    moved = Transfer.objects.filter(
        kind=VoucherKind.TRANSFER_IN,
        voucher__region=region,
        voucher__subject=payer,
        voucher__reversals=None,
        voucher__occurred_on__gte=month.first,
        voucher__occurred_on__lt=month.next_first,
    )
    return moved.count()
