"""Residents' premiums as pages show them: whom one may pay for, which pots would pay, and what became of each order."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Q, QuerySet

from accounts.codes import PotKind
from accounts.models import Person
from family.queries.plan import why_stopped
from family.rules import Source, Take
from payments.premiums import sources
from payments.premiums.candidates import Payable, payables
from payments.premiums.codes import LIVE_CLAIMS
from payments.premiums.models import PremiumOrder, RefundClaim
from payments.premiums.rules import WhyNot, no_money


def people_to_pay_for(payer: Person, on: date) -> list[Payable]:
    """Return oneself and everybody who may use one's money, each with what is known of their premium on that day.

    Where the money does not reach for a premium, were it the only one, that is a reason too. Whose money one uses is not
    among them: nothing is told of people who have not agreed.
    """
    found = payables(payer, on)
    unlocked = sources.Unlocked([who for who in found if who.can_pay or who.can_claim], on)
    return [_if_it_reaches(who, unlocked, on) if who.can_pay or who.can_claim else who for who in found]


def _if_it_reaches(who: Payable, unlocked: sources.Unlocked, on: date) -> Payable:
    every, _ = unlocked.sources(who)
    return who if sources.takes(who, every) else replace(who, reasons=(*who.reasons, short_of(who, every, on)))


@dataclass(frozen=True, slots=True)
class PremiumLine:
    """What one pot would pay (fen). `called` is empty for the payer's own money."""

    pot: PotKind
    region: str
    amount_fen: int
    called: str = ""


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """One person of the plan: which pots pay in which order, or why nothing does."""

    who: Payable
    lines: tuple[PremiumLine, ...]
    reasons: tuple[WhyNot, ...]

    @property
    def amount_fen(self) -> int:
        """What is debited for this person (fen); 0 where it cannot be paid."""
        return sum(line.amount_fen for line in self.lines)


@dataclass(frozen=True, slots=True)
class PotAfter:
    """One of the payer's own pots before and after (fen)."""

    pot: PotKind
    region: str
    before_fen: int
    after_fen: int


@dataclass(frozen=True, slots=True)
class PremiumPlan:
    """Everybody that was chosen, in order, and what is left in the payer's own pots."""

    people: tuple[PersonPlan, ...]
    pots: tuple[PotAfter, ...]

    @property
    def total_fen(self) -> int:
        return sum(one.amount_fen for one in self.people)

    @property
    def can_pay_all(self) -> bool:
        return bool(self.people) and not any(one.reasons for one in self.people)


def people_to_claim_for(payer: Person, on: date) -> list[Payable]:
    """Return those whose premium is paid in cash first, where nothing speaks against claiming it from one's money."""
    return [one for one in people_to_pay_for(payer, on) if one.can_claim]


def plan_for(payer: Person, people: Collection[Person], on: date, *, claimed: bool = False) -> PremiumPlan:
    """Return which pots would pay the premiums of these people, one after another, as paying now would take them.

    `claimed`: they were paid in cash, and it is the claims that are paid. A fixed number of queries.
    """
    taken: Counter[int] = Counter()
    own: dict[int, PotAfter] = {}
    found = []
    chosen = [(who, who.against_claim if claimed else who.reasons) for who in payables(payer, on, people)]
    unlocked = sources.Unlocked([who for who, against in chosen if not against], on)
    for who, against in chosen:
        if against:
            found.append(PersonPlan(who, (), against))
            continue
        left, pots = unlocked.sources(who, taken)
        for pot in pots.values():
            if pot.person_id == payer.pk and pot.pk in {source.pot for source in left}:
                own.setdefault(pot.pk, PotAfter(PotKind(pot.kind), pot.region, pot.balance_fen or 0, 0))
        takes = sources.takes(who, left)
        is_first = not taken
        for take in takes:
            taken[take.source.pot] += take.amount_fen
        reasons = () if takes else (short_of(who, left, on, is_first=is_first),)
        found.append(PersonPlan(who, _lines(payer, takes), reasons))
    after = [PotAfter(one.pot, one.region, one.before_fen, one.before_fen - taken[pk]) for pk, one in own.items()]
    return PremiumPlan(tuple(found), tuple(after))


def _lines(payer: Person, takes: Collection[Take]) -> tuple[PremiumLine, ...]:
    names = _names(payer, {take.source.owner for take in takes})
    return tuple(
        PremiumLine(PotKind(take.source.kind), take.source.region, take.amount_fen, names.get(take.source.owner, ""))
        for take in takes
    )


def short_of(who: Payable, left: Collection[Source], on: date, *, is_first: bool = True) -> WhyNot:
    """Return that the money does not reach, with why one's own account is stopped where it is.

    Where somebody before in the list has taken of it (not `is_first`), that is said. How much there is is said only of
    one's own: with relatives' in it, the sum would tell what they have.
    """
    stopped = why_stopped(who.person, who.region, on) if who.card is None else ""
    is_own = who.card is not None or all(source.bond is None for source in left)
    there = sum(source.available_fen for source in left) if is_own else None
    return no_money(who.amount_fen, there, stopped, who.reserve_fen, claimed=who.pays_first, is_first=is_first)


def _names(payer: Person, owners: Collection[int]) -> dict[int, str]:
    others = {owner for owner in owners if owner != payer.pk}
    return dict(Person.objects.filter(pk__in=others).values_list("pk", "name")) if others else {}


def orders_of(payer: Person) -> QuerySet[PremiumOrder]:
    """Return every order that this person paid or that was for them, the latest first."""
    rows = PremiumOrder.objects.filter(Q(payer=payer) | Q(person=payer)).select_related("payer", "person")
    return rows.order_by("-created_at", "-pk")


def order_of(person: Person, no: str) -> PremiumOrder:
    """Return one order to the one who paid it or whom it was for. Raises PremiumOrder.DoesNotExist for anybody else."""
    return orders_of(person).get(no=no)


def is_claimed_by(receipt_no: str) -> bool:
    """Say whether somebody has claimed by this receipt; by one of a claim that was refused it may be claimed again."""
    return RefundClaim.objects.filter(receipt_no=receipt_no, state__in=LIVE_CLAIMS).exists()


def claims_of(person: Person) -> QuerySet[RefundClaim]:
    """Return every claim that this person made or that was for them, the latest first."""
    rows = RefundClaim.objects.filter(Q(payer=person) | Q(person=person)).select_related("payer", "person")
    return rows.order_by("-created_at", "-pk")
