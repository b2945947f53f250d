"""What the rules are told of people whose premium somebody wants to pay: collected at once, judged by `rules`."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from accounts.codes import EnrolmentStatus, Scope
from accounts.ledger.freezing import known_deaths
from accounts.models import Enrolment, Person
from accounts.policies import registry
from accounts.policies.terms.premium import PremiumTerms
from family.queries.bonds import Card, bonds_given
from family.queries.facts import Insured
from family.rules import use
from payments.premiums.codes import LIVE_CLAIMS, LIVE_STATES, OrderState, WhyNotCode
from payments.premiums.models import PremiumOrder, PremiumPaid, RefundClaim
from payments.premiums.rules import NOT_ASKED_OF_CLAIMS, Candidate, Claimed, Ordered, Paid, WhyNot, reasons
from yibao.lib.fen import grouped

OWN = "本人"


@dataclass(frozen=True, slots=True)
class Payable:
    """One person beside whose name stands whether their premium can be paid, and if not, every reason.

    `terms` are those in force in `region`, where the person is insured; `card` is the bond, None for one's own premium;
    `order` the live order, and `claim` the live claim, where whoever asks made it or it is for themselves.
    """

    person: Person
    kin: str
    region: str
    region_name: str
    terms: PremiumTerms | None
    card: Card | None
    order: PremiumOrder | None
    claim: RefundClaim | None
    reasons: tuple[WhyNot, ...]

    @property
    def can_pay(self) -> bool:
        return not self.reasons

    @property
    def pays_first(self) -> bool:
        """Whether the premium is paid in cash there and claimed afterwards."""
        return any(reason.code == WhyNotCode.PAY_FIRST for reason in self.reasons)

    @property
    def against_claim(self) -> tuple[WhyNot, ...]:
        """Every reason why what was paid for them may not be claimed."""
        return tuple(reason for reason in self.reasons if reason.code not in NOT_ASKED_OF_CLAIMS)

    @property
    def can_claim(self) -> bool:
        """Whether what was paid for them in cash may be claimed."""
        return self.pays_first and not self.against_claim

    def stands_for(self, claim: RefundClaim) -> bool:
        """Say whether a claim was for this premium."""
        year = self.terms.premium_year if self.terms else None
        return (claim.person_id, claim.premium_year) == (self.person.pk, year)

    @property
    def amount_fen(self) -> int:
        """What it costs, in fen; 0 where the region has no rules."""
        return self.terms.amount_fen if self.terms else 0

    @property
    def reserve_fen(self) -> int:
        """What has to stay in the payer's account when they pay for a relative (fen); 0 where nothing has to."""
        terms = self.card.bound.terms if self.card else None
        return (terms.reserve_fen or 0) if terms else 0

    @property
    def called(self) -> str:
        """陈伟（父亲）。"""
        return f"{self.person.name}（{self.kin}）"

    @property
    def status(self) -> str:
        """What stands beside the name: 可以代缴 400.00 元, or the first reason why not."""
        return self.reasons[0].why if self.reasons else f"可以代缴 {grouped(self.amount_fen)} 元"


def payables(payer: Person, on: date, people: Collection[Person] | None = None) -> list[Payable]:
    """Return the payer and those who may use their money, each with what is known on that day, oneself first.

    With `people` only these, in that order; whoever has no bond with the payer is told of with that reason alone.
    A fixed number of queries.
    """
    cards = {card.bond.user_id: card for card in bonds_given(payer, on)}
    wanted = [payer, *(card.other for card in cards.values())] if people is None else list(people)
    known = _Known(wanted, on)
    return [_payable(payer, person, cards.get(person.pk), known, on) for person in wanted]


def _payable(payer: Person, person: Person, card: Card | None, known: "_Known", on: date) -> Payable:
    enrolled = known.insured.as_user(person.pk)
    terms = registry.premium_or_none(enrolled.region, on) if enrolled.region else None
    is_self = person.pk == payer.pk
    has_bond = card is not None and Scope.PREMIUM in card.bond.scopes
    order, claim = known.order(person, terms), known.claim(person, terms)
    who = Candidate(
        born=person.birth_on,
        region_name=enrolled.region_name,
        is_insured=enrolled.is_insured,
        is_resident=enrolled.is_resident,
        identity_type=known.identity_type(person, enrolled.region, enrolled.insurance),
        insured_last_year=known.was_insured(person, terms, (EnrolmentStatus.NORMAL, EnrolmentStatus.SUSPENDED)),
        normal_last_year=known.was_insured(person, terms, (EnrolmentStatus.NORMAL,)),
        is_dead=person.pk in known.died,
        paid=known.paid(person, terms),
        ordered=Ordered(order.state == OrderState.CONFIRMED, _by(order, payer)) if order else None,
        claimed=Claimed(_by(claim, payer)) if claim else None,
        is_self=is_self,
        has_bond=has_bond,
        is_bonded=card is not None,
        may_agree=card is None or (card.bound.terms is not None and Scope.PREMIUM in card.bound.terms.scopes),
        blocked=use.blocked(card.bound, on=on, scope=Scope.PREMIUM, where=None) if card and has_bond else None,
        left_fen=card.left_fen if card else None,
    )
    return Payable(
        person=person,
        kin=OWN if is_self else card.kin if card else "",
        region=enrolled.region,
        region_name=enrolled.region_name,
        terms=terms,
        card=card,
        order=order if order and _is_told(order, payer) else None,
        claim=claim if claim and _is_told(claim, payer) else None,
        reasons=reasons(who, terms, on),
    )


def _is_told(made: PremiumOrder | RefundClaim, asking: Person) -> bool:
    """Say whether one may know who pays: the one who does and the one it is for, never another relative."""
    return asking.pk in (made.payer_id, made.person_id)


def _by(made: PremiumOrder | RefundClaim, asking: Person) -> str:
    if made.payer_id == asking.pk:
        return "您"
    return made.payer.name if _is_told(made, asking) else ""


class _Known:
    """Everything on record of several people, from one query each kind."""

    def __init__(self, people: Sequence[Person], on: date) -> None:
        ids = {person.pk for person in people}
        self._on = on
        self.insured = Insured(ids, on)
        self.died = known_deaths(ids)
        self._enrolments: dict[int, list[Enrolment]] = defaultdict(list)
        for row in Enrolment.objects.filter(person__in=ids).order_by("from_on", "seq"):
            self._enrolments[row.person_id].append(row)
        live = PremiumOrder.objects.filter(person__in=ids, state__in=LIVE_STATES).select_related("payer")
        self._orders = {(order.person_id, order.premium_year): order for order in live}
        self._paid: dict[tuple[int, int], list[Paid]] = defaultdict(list)
        for paid in PremiumPaid.objects.filter(person__in=ids).order_by("paid_on", "pk"):
            self._paid[paid.person_id, paid.premium_year].append(Paid(paid.paid_on, paid.channel))
        claims = RefundClaim.objects.filter(person__in=ids, state__in=LIVE_CLAIMS).select_related("payer")
        self._claims = {(claim.person_id, claim.premium_year): claim for claim in claims}

    def order(self, person: Person, terms: PremiumTerms | None) -> PremiumOrder | None:
        return self._orders.get((person.pk, terms.premium_year)) if terms else None

    def paid(self, person: Person, terms: PremiumTerms | None) -> tuple[Paid, ...]:
        return tuple(self._paid[person.pk, terms.premium_year]) if terms else ()

    def claim(self, person: Person, terms: PremiumTerms | None) -> RefundClaim | None:
        return self._claims.get((person.pk, terms.premium_year)) if terms else None

    def identity_type(self, person: Person, region: str, insurance: str) -> str:
        rows = self._rows(person, region, insurance)
        return next((row.identity_type for row in reversed(rows) if row.from_on <= self._on), "")

    def was_insured(self, person: Person, terms: PremiumTerms | None, states: Collection[EnrolmentStatus]) -> bool:
        """Say whether somebody was insured at some time of the year before the premium's, in one of these states."""
        if terms is None:
            return True
        first, last = date(terms.premium_year - 1, 1, 1), date(terms.premium_year - 1, 12, 31)
        groups = {(row.region, row.insurance) for row in self._enrolments[person.pk]}
        return any(_in_force(self._rows(person, *group), first, last, states) for group in groups)

    def _rows(self, person: Person, region: str, insurance: str) -> list[Enrolment]:
        return [row for row in self._enrolments[person.pk] if (row.region, row.insurance) == (region, insurance)]


def _in_force(rows: Iterable[Enrolment], first: date, last: date, states: Collection[EnrolmentStatus]) -> bool:
    """Say whether one of these rows, each in force until the next, was so in a state between two days."""
    before = None
    for row in rows:
        if row.from_on > last:
            break
        if row.from_on > first and row.status in states:
            return True
        before = row if row.from_on <= first else before
    return before is not None and before.status in states
