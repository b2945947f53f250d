"""What the rules are told about people: how they are insured, what they have, how many bonds they have."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import NamedTuple, Self

from django.db.models import F, Q, Sum

from accounts.codes import ACCOUNT_POTS, EnrolmentStatus, InsuranceType, PotKind
from accounts.ledger.freezing import stopped
from accounts.models import OpeningBalance, Person, Pot, User
from accounts.policies import registry
from accounts.policies.formulas import age_on
from accounts.policies.terms.sharing import POOL
from accounts.queries.account import account_in, accounts_of
from accounts.queries.statement import stretches, year_sums
from family.codes import ACTIVE_STATES, BondState, EventKind
from family.models import Bond, Draw, Event
from family.queries.draws import RETURNED
from family.rules import eligibility, facts
from family.rules.facts import EnrolmentFacts
from family.rules.use import Bound
from yibao.lib import pipeline
from yibao.lib.clock import SHANGHAI
from yibao.lib.months import Month
from yibao.lib.pipeline import Row, Statement

_NOBODY = EnrolmentFacts(status=EnrolmentStatus.ENDED)
CHANGES = (EventKind.ACCEPTED, EventKind.BOUND, EventKind.REMOVED)


class _Stretch(NamedTuple):
    """How somebody is insured from a day on."""

    person_id: int
    region: str
    insurance: str
    status: int
    from_on: date
    id: int
    xmin: int  # the server's own number of what the row says


_STRETCHES = """
    SELECT person_id, region, insurance, status, from_on, id, xmin FROM accounts_enrolment
    WHERE person_id = ANY(ARRAY(SELECT unnest(%s::bigint[]))) AND counts ORDER BY from_on, seq
"""


def enrolments_of(people: Iterable[int]) -> Statement:
    """Return what reads how people are insured, for Insured.read."""
    return Statement(_STRETCHES, [sorted(set(people))])


class Insured:
    """How several people are insured on a day, from one query; nobody costs none."""

    def __init__(self, people: Collection[int], on: date) -> None:
        (rows,) = pipeline.send(enrolments_of(people)) if people else [[]]
        self._take(rows, on)

    @classmethod
    def read(cls, rows: Iterable[Row], on: date) -> Self:
        """Return the same from the rows of `enrolments_of`."""
        insured = cls.__new__(cls)
        insured._take(rows, on)
        return insured

    @property
    def versions(self) -> list[tuple[int, int]]:
        """Id and version of every row that was read."""
        return [(row.id, row.xmin) for rows in self._rows.values() for row in rows]

    def _take(self, rows: Iterable[Row], on: date) -> None:
        self._on = on
        self._rows: dict[int, list[_Stretch]] = defaultdict(list)
        for row in map(_Stretch._make, rows):
            self._rows[row.person_id].append(row)

    def as_payer(self, person_id: int, region: str) -> EnrolmentFacts:
        """Return how somebody is enrolled in 职工医保 of the region whose account pays."""
        rows = [r for r in self._rows[person_id] if (r.region, r.insurance) == (region, InsuranceType.EMPLOYEE)]
        return self._facts_of(rows)

    def as_user(self, person_id: int) -> EnrolmentFacts:
        """Return how somebody is insured anywhere: normally before suspended, 职工 before 居民, the latest first."""
        groups: dict[tuple[str, str], list[_Stretch]] = defaultdict(list)
        for row in self._rows[person_id]:
            groups[row.region, row.insurance].append(row)
        found = [(self._facts_of(rows), rows[-1].from_on) for rows in groups.values()]
        found.sort(key=lambda one: (one[0].status, one[0].insurance, -one[1].toordinal()))
        return found[0][0] if found else _NOBODY

    def _facts_of(self, rows: list[_Stretch]) -> EnrolmentFacts:
        past = [row for row in rows if row.from_on <= self._on]
        if not past:
            return _NOBODY
        now = past[-1]
        leaving = [r.from_on for r in rows if r.from_on > self._on and r.status == EnrolmentStatus.ENDED]
        return EnrolmentFacts(
            status=EnrolmentStatus(now.status),
            region=now.region,
            region_name=registry.region_name(now.region),
            insurance=now.insurance,
            leaving_on=min(leaving, default=None),
        )


def payer_facts(payer: Person, region: str, on: date) -> facts.Payer:
    """Return what the rules ask about the one who pays (a fixed number of queries)."""
    terms = registry.sharing_or_none(region, on)
    return facts.Payer(
        region_name=registry.region_name(region),
        has_account=Pot.objects.filter(person=payer, region=region, kind=PotKind.CARRIED).exists(),
        enrolment=Insured([payer.pk], on).as_payer(payer.pk, region),
        age=age_on(payer.birth_on, on),
        last_year_fen=last_year_fen(payer, region, on) if terms and terms.gate_fen is not None else 0,
        users=Bond.objects.filter(payer=payer, region=region, state__in=ACTIVE_STATES).count(),
        changes_this_month=changes_in_month(payer, region, on),
        is_frozen=(payer.pk, region) in stopped([payer.pk], on).frozen,
        phone_free_on=_phone_free_on(payer, on),
    )


def user_facts(user: Person, on: date, *, identity_checked: bool = True) -> facts.User:
    """Return what the rules ask about the one who uses."""
    enrolment = Insured([user.pk], on).as_user(user.pk)
    return facts.User(
        enrolment=enrolment,
        authorisers=Bond.objects.filter(user=user, state__in=ACTIVE_STATES).count(),
        terms=registry.sharing_or_none(enrolment.region, on) if enrolment.is_insured else None,
        identity_checked=identity_checked,
    )


def funds_name(region: str, on: date) -> str:
    """Return what pages call the money that relatives may use: 共济账户, 历年结余, or 个人账户 where years are not kept apart."""
    if is_pool(region, on):
        return "共济账户"
    try:
        return "历年结余" if registry.has_buckets(region) else "个人账户"
    except registry.NoPolicyError:
        return "个人账户"


def is_pool(region: str, on: date) -> bool:
    """Return whether the region shares through a 共济账户."""
    terms = registry.sharing_or_none(region, on)
    return terms is not None and terms.model == POOL


def last_year_fen(payer: Person, region: str, on: date) -> int:
    """Return what the account held when the last benefit year ended (fen): what a gate looks at.

    In the year of going live that is what the old system says it was (期初余额).
    """
    account = account_in(accounts_of(payer), region, on)
    begins, _ = account.year_range
    told = OpeningBalance.objects.filter(person=payer, region=region, as_of__gte=begins)
    if (fen := told.values_list("last_year_carried_fen", flat=True).first()) is not None:
        return fen
    before = [one for one in stretches(year_sums(account), ACCOUNT_POTS) if one.start < begins]
    return before[-1].closing_fen if before else 0


def changes_in_month(payer: Person, region: str, on: date) -> int:
    """Return how many bonds the payer has made or ended in the calendar month, those undone not counted."""
    month = Month.of(on)
    events = Event.objects.filter(payer=payer, region=region, kind__in=CHANGES, undone_by=None)
    events = events.exclude(part_of__undone_by__isnull=False)  # a closing is undone as a whole
    return events.filter(on__gte=month.first, on__lt=month.next_first).count()


def _phone_free_on(payer: Person, on: date) -> date | None:
    changed = User.objects.filter(person=payer).values_list("phone_changed_at", flat=True).first()
    if changed is None:
        return None
    # The day after the last hour: what is promised is a day, and it must not be a minute short.
    free_on = (changed.astimezone(SHANGHAI) + eligibility.PHONE_COOL_OFF).date() + timedelta(days=1)
    return free_on if on < free_on else None


def used_fen(bonds: Iterable[Bond], years: dict[int, int]) -> dict[int, int]:
    """Return bond id → fen used in that bond's year (bond id → year), what was given back not counted (one query).

    What the two had used under an earlier bond of the year counts: a limit does not start anew by binding again.
    """
    bonds = list(bonds)
    if not bonds:
        return {}
    wanted = Q(pk__in=[])
    for bond in bonds:
        pair = Q(bond__payer=bond.payer_id, bond__user=bond.user_id, bond__region=bond.region)
        wanted |= pair & Q(year=years[bond.pk])
    rows = Draw.objects.filter(wanted).annotate(kept_fen=F("amount_fen") - RETURNED)
    sums = rows.values_list("bond__payer", "bond__user", "bond__region", "year").annotate(fen=Sum("kept_fen"))
    used = {(payer, user, region, year): int(fen) for payer, user, region, year, fen in sums}
    return {b.pk: used.get((b.payer_id, b.user_id, b.region, years[b.pk]), 0) for b in bonds}


def declared_fen(bond: Bond, on: date) -> int | None:
    """Return what may be used in a year (fen) while the relation is only said; None once shown, or without such a rule."""
    terms = registry.sharing_or_none(bond.region, on) if bond.declared else None
    return terms.declared_limit_fen if terms else None


def bound_of(bond: Bond, *, on: date, insured: Insured, used: int, frozen: bool = False) -> Bound:
    """Return a bond as the rules see it on a day; `frozen`: the account that pays is."""
    user = insured.as_user(bond.user_id)
    return Bound(
        active=bond.state == BondState.ACTIVE,
        from_on=bond.from_on,
        until_on=bond.until_on,
        relation=bond.relation,
        scopes=tuple(bond.scopes),
        limit_fen=bond.limit_fen,
        used_fen=used,
        payer=insured.as_payer(bond.payer_id, bond.region),
        user=user,
        terms=registry.sharing_or_none(bond.region, on),
        user_terms=registry.sharing_or_none(user.region, on) if user.region else None,
        frozen=frozen,
        declared=bond.declared,
    )
