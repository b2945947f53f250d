"""The people of the tests' stories, how money comes to them, and what can be asked about it afterwards."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.codes import PotKind, VoucherKind
from accounts.jobs.worker import Report, run_job
from accounts.ledger import posting, reversing
from accounts.ledger.errors import InsufficientFundsError
from accounts.ledger.posting import Locked, Move
from accounts.ledger.pots import open_missing, system_pot
from accounts.models import Contribution, Enrolment, Person, Pot, Transfer, Voucher
from payments.models import Institution
from tests.factories.acts import ACTOR, act_on
from tests.factories.people import ContributionFactory, EnrolmentFactory, PersonFactory
from yibao.lib import clock
from yibao.lib.fen import parse_yuan
from yibao.lib.months import Month, month_range
from yibao.lib.periods import Period

ZHOUSHAN, QUANZHOU, HUNAN, BEIJING, SHANGHAI = "330900", "350500", "430000", "110000", "310000"


@dataclass(frozen=True, slots=True)
class Balances:
    """What somebody has in a region (fen). A debt is negative; None: no such pot."""

    current: int | None = None
    carried: int | None = None
    receivable: int | None = None

    @property
    def total(self) -> int:
        return sum(fen or 0 for fen in (self.current, self.carried, self.receivable))


def fen(yuan: str) -> int:
    """Return the fen of a plainly written amount; may be negative, as on a statement."""
    return -parse_yuan(yuan[1:]) if yuan.startswith("-") else parse_yuan(yuan)


def insured(region: str = ZHOUSHAN, *, since: date = date(2020, 1, 1), **enrolment: Any) -> Person:
    """Return somebody in 职工医保 of the region with empty pots."""
    person = PersonFactory()
    EnrolmentFactory(person=person, region=region, from_on=since, **enrolment)
    open_missing([region])
    return person


def changed(person: Person, on: date, **changes: Any) -> Enrolment:
    """Record that somebody's enrolment is different from that day on; what is not named stays as it was."""
    last = Enrolment.objects.filter(person=person).order_by("from_on", "id").last()
    kept = {"region": last.region, "person_type": last.person_type, "status": last.status, "flex": last.flex}
    return EnrolmentFactory(person=person, from_on=on, **{**kept, **changes})


def paid_for(person: Person, month: date, base: str, *, received: date | None = None, late: bool = False) -> None:
    """Record that a month was paid for on a base (yuan)."""
    ContributionFactory(
        person=person,
        region=_region_of(person),
        month=month,
        base_fen=fen(base),
        received_on=received or month,
        late=late,
    )


def pays(person: Person, base: str, *, since: date, until: date) -> None:
    """Record that every month from `since` up to, not including, the one `until` lies in was paid for."""
    months = [month.first for month in month_range(Month.of(since), Month.of(until))]
    facts = {"person": person, "region": _region_of(person), "base_fen": fen(base)}
    Contribution.objects.bulk_create(ContributionFactory.build(month=m, received_on=m, **facts) for m in months)


def _region_of(person: Person) -> str:
    return Enrolment.objects.filter(person=person).order_by("-from_on", "-id").values_list("region", flat=True)[0]


def run(kind: str, period: str, *, on: date, region: str = ZHOUSHAN, dry: bool = False) -> list[Report]:
    return run_job(actor=ACTOR, kind=kind, region=region, period=Period.parse(period), on=on, clock=clock.now, dry=dry)


def pot(person: Person, kind: str, region: str = ZHOUSHAN) -> Pot:
    return Pot.objects.get(person=person, region=region, kind=kind)


def balances(person: Person, region: str = ZHOUSHAN) -> Balances:
    return Balances(**dict(Pot.objects.filter(person=person, region=region).values_list("kind", "balance_fen")))


def give(
    person: Person, amount_fen: int, *, on: date, key: str, into: str = PotKind.CARRIED, region: str = ZHOUSHAN
) -> Voucher:
    """Put money into a pot by an ordinary voucher."""
    target = pot(person, into, region).pk
    return posting.post(
        act=act_on(on),
        kind=VoucherKind.TRANSFER_IN,
        region=region,
        key=key,
        payload={"into": target, "amount_fen": amount_fen},
        pots=[target] + [p.pk for p in Pot.objects.filter(person=person, region=region, kind=PotKind.CARRIED)],
        decide=lambda locked: [Move(system_pot(region, PotKind.OUTWARD), target, amount_fen)],
    )


def spend(person: Person, amount_fen: int, *, on: date, key: str, region: str = ZHOUSHAN, **more: Any) -> Voucher:
    """Use money: 当年 first, then 历年, all of it or none."""

    def own_pots(locked: Locked) -> list[Move]:
        rest, moves = amount_fen, []
        for source in sorted(locked.pots.values(), key=lambda pot: pot.kind != PotKind.CURRENT):
            if part := min(rest, locked.available_fen(source.pk)):
                moves.append(Move(source.pk, institutions, part))
                rest -= part
        if rest:
            raise InsufficientFundsError("余额不足")
        return moves

    institutions = system_pot(region, PotKind.INSTITUTIONS)
    return posting.post(
        act=act_on(on),
        kind=VoucherKind.SPENDING,
        region=region,
        key=key,
        payload={"person": person.pk, "amount_fen": amount_fen},
        pots=Pot.objects.filter(person=person, region=region, kind__in=["current", "carried"]).values_list(
            "pk", flat=True
        ),
        decide=own_pots,
        **{"subject_id": person.pk, **more},
    )


def reverse(voucher: Voucher, *, on: date, key: str, amount_fen: int | None = None) -> Voucher:
    return reversing.reverse(act=act_on(on), voucher_id=voucher.pk, key=key, reason="退费", amount_fen=amount_fen)


def movements(person: Person) -> list[tuple[str, str, str, int]]:
    """Return every movement of the person's pots: kind, period, pot, fen (negative going out), in booking order."""
    rows = Transfer.objects.select_related("source", "target").order_by("id")
    sides = []
    for row in rows.filter(source__person=person) | rows.filter(target__person=person):
        if row.source.person_id == person.pk:
            sides.append((row.kind, row.period, row.source.kind, -row.amount_fen))
        if row.target.person_id == person.pk:
            sides.append((row.kind, row.period, row.target.kind, row.amount_fen))
    return sides


def clinic(region: str = ZHOUSHAN, code: str = "H001", kind: str = "hospital", level: int = 1) -> Institution:
    return Institution.objects.create(code=code, name="定海社区卫生院", kind=kind, level=level, region=region)
