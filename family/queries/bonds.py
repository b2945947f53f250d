"""Bonds as each side sees them: who uses my money, whose money I use, how much is left, where it works, what happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from accounts.codes import Relation, Scope
from accounts.ledger import book_years
from accounts.ledger.freezing import stopped
from accounts.models import Person
from accounts.policies import registry
from accounts.policies.terms.spending import BY_USER
from family.codes import ACTIVE_STATES, BondState, Consent, EventKind
from family.models import Bond, Event
from family.queries.facts import Insured, bound_of, used_fen
from family.queries.invitations import Mark, is_silent
from family.rules import use
from family.rules.use import Blocked, Bound, PlaceRule
from yibao.lib.days import day_words
from yibao.lib.fen import grouped


@dataclass(frozen=True, slots=True)
class Card:
    """One bond for one side's page. Amounts in fen, of the benefit year of `on` in the payer's region."""

    bond: Bond
    other: Person
    kin: str
    used_fen: int
    bound: Bound
    why_blocked: Blocked | None
    on: date

    @property
    def limit_fen(self) -> int | None:
        """What may be used in a year: as agreed on, or less while the relation is only said."""
        return self.bound.most_fen

    @property
    def declared_fen(self) -> int | None:
        """What may be used in a year until the relation is shown at a counter; None where it was, or no rule asks."""
        return self.bound.declared_fen

    @property
    def left_fen(self) -> int | None:
        return self.bound.left_fen

    @property
    def left_label(self) -> str:
        """What pages call `left_fen`: of somebody who may use nothing now it is no money they can use."""
        return "今年还能用" if self.is_usable or self.is_used_up else "恢复后今年还能用"

    @property
    def called(self) -> str:
        """陈伟（父亲）。"""
        return f"{self.other.name}（{self.kin}）"

    @property
    def blocked(self) -> str:
        """Why nothing can be used today, in words; empty when it can."""
        if self.is_used_up:
            return used_up_words(self.bond, self.on)
        if self.why_blocked is None:
            return ""
        is_payers = self.other.pk == self.bond.user_id  # who looks is the other of the two
        return self.why_blocked.to_payer if is_payers else self.why_blocked.to_user

    @property
    def is_used_up(self) -> bool:
        """Whether nothing but the limit of the year stands in the way."""
        return self.why_blocked == Blocked.LIMIT

    @property
    def is_usable(self) -> bool:
        return self.bond.state == BondState.ACTIVE and self.why_blocked is None

    @property
    def tone(self) -> str:
        return "ok" if self.is_usable else "warn"

    @property
    def tag(self) -> str:
        """Where it stands, for the payer: 使用中, 停用 or 暂时不能用."""
        if self.bond.state == BondState.SUSPENDED:
            return "停用"
        return "使用中" if self.is_usable else "暂时不能用"

    @property
    def element(self) -> str:
        """The id of its card on the payer's page."""
        return f"member-{self.bond.pk}"

    @property
    def usable_at(self) -> list[PlaceRule]:
        """能在哪用: every kind of place, by the user's insurance and region."""
        return where_usable(self.bound)


def where_usable(bound: Bound) -> list[PlaceRule]:
    """Return every kind of place and whether the money works there; nothing where the user's region has no rules."""
    if bound.user_terms is None or Scope.MEDICAL not in bound.scopes:
        return []
    return use.places(bound.user.insurance, bound.user_terms)


def active_bond(payer: Person, user: Person) -> Bond | None:
    """Return the bond by which one uses the other's money now, with both people; None where there is none."""
    return Bond.objects.filter(payer=payer, user=user, state__in=ACTIVE_STATES).select_related("payer", "user").first()


def bonds_given(person: Person, on: date, region: str | None = None) -> list[Card]:
    """Return who may use this person's money now, the oldest bond first."""
    rows = Bond.objects.filter(payer=person, state__in=ACTIVE_STATES).order_by("from_on", "pk")
    return cards(rows if region is None else rows.filter(region=region), person, on)


def bonds_received(person: Person, on: date) -> list[Card]:
    """Return whose money this person may use now, in the order in which it is used."""
    rows = Bond.objects.filter(user=person, state__in=ACTIVE_STATES)
    return cards(in_use_order(list(rows), person, on), person, on)


def in_use_order(bonds: list[Bond], user: Person, on: date, insured: Insured | None = None) -> list[Bond]:
    """Return a user's bonds in the order of use: their own, or that of binding where their region says so."""
    if len(bonds) < 2:
        return bonds  # most bills: nothing to ask the database about
    spending = registry.spending_or_none((insured or Insured([user.pk], on)).as_user(user.pk).region, on)
    by_user = spending is None or spending.payer_order == BY_USER
    return sorted(bonds, key=lambda bond: (bond.place if by_user else 0, bond.pk))


def may_reorder(user: Person, on: date) -> bool:
    """Return whether the user's region lets them choose the order."""
    spending = registry.spending_or_none(Insured([user.pk], on).as_user(user.pk).region, on)
    return spending is not None and spending.payer_order == BY_USER


def card_given(person: Person, bond_id: int, on: date) -> Card:
    """Return one bond as its payer sees it, ended or not. Raises Bond.DoesNotExist for anybody else's."""
    return cards([_with_people().get(pk=bond_id, payer=person)], person, on)[0]


def card_received(person: Person, bond_id: int, on: date) -> Card:
    """Return one bond as its user sees it, ended or not. Raises Bond.DoesNotExist for anybody else's."""
    return cards([_with_people().get(pk=bond_id, user=person)], person, on)[0]


def cards(bonds: Iterable[Bond], person: Person, on: date) -> list[Card]:
    """Return bonds as cards for one of their two sides (four queries, however many bonds)."""
    found = bonds if isinstance(bonds, list) else list(bonds.select_related("payer", "user"))  # type: ignore[attr-defined]
    years = {bond.pk: year_of(bond, on) for bond in found}
    used = used_fen(found, years)
    insured = Insured({person_id for bond in found for person_id in (bond.payer_id, bond.user_id)}, on)
    frozen = stopped({bond.payer_id for bond in found}, on).frozen if found else frozenset()
    bounds = [
        bound_of(
            bond,
            on=on,
            insured=insured,
            used=used.get(bond.pk, 0),
            frozen=(bond.payer_id, bond.region) in frozen,
        )
        for bond in found
    ]
    return [_card(bond, bound, person, on) for bond, bound in zip(found, bounds, strict=True)]


def _card(bond: Bond, bound: Bound, person: Person, on: date) -> Card:
    is_payer = person.pk == bond.payer_id
    other = bond.user if is_payer else bond.payer
    scope = bond.scopes[0]
    return Card(
        bond=bond,
        other=other,
        kin=kin_of(bond, person),
        used_fen=bound.used_fen,
        bound=bound,
        why_blocked=use.blocked(bound, on=on, scope=scope, where=None),
        on=on,
    )


def kin_of(bond: Bond, person: Person) -> str:
    """Return what the other one is to this person, the right way round: 父亲."""
    if person.pk == bond.payer_id:
        return Relation(bond.relation).word(bond.user.gender)
    return Relation(bond.relation).inverse.word(bond.payer.gender)


def year_of(bond: Bond, on: date) -> int:
    """Return the benefit year of a day in the payer's region; limits count by it."""
    try:
        return book_years.year_of(bond.region, on)
    except registry.NoPolicyError:
        return on.year


def used_up_words(bond: Bond, on: date) -> str:
    """Return that the limit of the year is used up, and from when it counts anew where the bond lasts that long."""
    try:
        renews_on = book_years.next_year_on(bond.region, on)
    except registry.NoPolicyError:
        renews_on = date(on.year + 1, 1, 1)  # as year_of counts
    is_over = bond.until_on is not None and bond.until_on < renews_on
    return Blocked.LIMIT.label if is_over else f"{Blocked.LIMIT.label}，{day_words(renews_on)}起重新算"


def _with_people():
    return Bond.objects.select_related("payer", "user")


def history(bond: Bond, *, for_payer: bool) -> list[Mark]:
    """Return everything that happened to a bond and its invitation, oldest first, in words both sides may read.

    The payer reads neither how the user orders those who pay, nor that they had first said they do not know the sender.
    """
    mine = Q(bond=bond) | Q(invitation=bond.invitation_id) if bond.invitation_id else Q(bond=bond)
    rows = Event.objects.filter(mine).select_related("undoes").order_by("pk")
    return [
        Mark(EventKind(event.kind), words_of(event, bond), event.at, event)
        for event in rows
        if not (for_payer and (event.kind == EventKind.ORDER or is_silent(event)))
    ]


def words_of(event: Event, bond: Bond) -> str:
    """Return one event in words: who did what."""
    who = {bond.payer_id: bond.payer.name, bond.user_id: bond.user.name}.get(event.by_id or 0, "")
    kind = EventKind(event.kind)
    if kind == EventKind.LIMIT:
        return f"{who}把每年额度改为{_money(event.detail['now'])}（原来{_money(event.detail['was'])}）"
    if kind == EventKind.END_DAY:
        return f"{who}把结束日期改为{_day(event.detail['now'])}（原来{_day(event.detail['was'])}）"
    if kind == EventKind.SEEN:
        return f"{who}看到了邀请"
    if kind == EventKind.ENDED:
        return f"自动结束：{bond.get_end_reason_display()}"
    if kind == EventKind.ACCEPTED and event.detail.get("consent") == Consent.PARENT:
        return f"父母代{bond.user.name}同意"
    if kind == EventKind.UNDONE and event.undoes is not None:
        return f"{who}撤回了：{EventKind(event.undoes.kind).label}"
    return f"{who}{kind.label}"


def _money(fen: int | None) -> str:
    return "不限" if fen is None else f" {grouped(fen)} 元"


def _day(iso: str | None) -> str:
    return "没有" if iso is None else day_words(date.fromisoformat(iso))
