"""What is left in an account that is given up: who may take it, and how much it is once debts are paid.

Somebody moves away (转出), leaves for good (清退) or has died (继承). First what the facts of today make due or too much
is settled, as the daily run would; then a debt is paid from the money, and the rest goes. What the money does not
cover stays a debt.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction

from accounts.codes import MONEY_POTS, EnrolmentStatus, InsuranceType, LifeEventKind, PotKind
from accounts.identity.actors import Act, Actor
from accounts.jobs.one_person import settle_person
from accounts.ledger import book_years
from accounts.ledger.freezing import reported_deaths, stopped
from accounts.ledger.locking import lock_pots
from accounts.ledger.posting import Locked, Move
from accounts.models import Enrolment, Person, Pot
from accounts.operations.life_events import hooks
from accounts.operations.life_events.events import LifeEventError, person_of, region_name
from yibao.lib.clock import SHANGHAI


@dataclass(frozen=True, slots=True)
class Left:
    """What is left (fen): in the account, owed, and so what goes out."""

    has_fen: int
    owed_fen: int

    @property
    def out_fen(self) -> int:
        return max(self.has_fen - self.owed_fen, 0)


def lock_accounts(people_and_regions: Collection[tuple[int, str]], on: date) -> list[Pot]:
    """Lock every pot of these accounts, after the years of their regions, and return them."""
    for region in sorted({region for _, region in people_and_regions}):
        book_years.lock_open(region, book_years.year_of(region, on))
    rows = Pot.objects.filter(person__in={person for person, _ in people_and_regions})
    ids = [pot.pk for pot in rows if (pot.person_id, pot.region) in people_and_regions]
    return list(lock_pots(ids).values())


def left_in(person: Person, region: str, on: date) -> Left:
    """Return what is left once everything due today is settled; nothing is written. The pots are locked."""
    act = Act(Actor.system("preview"), datetime.combine(on, time(), SHANGHAI))
    with transaction.atomic():
        settle_person(act=act, person_id=person.pk, region=region)
        balances = dict(Pot.objects.filter(person=person, region=region).values_list("kind", "balance_fen"))
        transaction.set_rollback(True)
    return Left(sum(balances.get(kind) or 0 for kind in MONEY_POTS), -(balances.get(PotKind.RECEIVABLE) or 0))


def refuse_unfit(person: Person, region: str, why: LifeEventKind, on: date) -> None:
    """Raise LifeEventError unless somebody's account may be given up for this reason. Locks the person."""
    name = region_name(region)
    person_of(person.pk)
    died = person.pk in reported_deaths([person.pk])
    if why == LifeEventKind.INHERITANCE and not died:
        raise LifeEventError("没有登记过这个人的死亡，不能办继承，请先登记")
    if why != LifeEventKind.INHERITANCE and died:
        raise LifeEventError("这个人已经去世，余额按继承办")
    if (person.pk, region) in stopped([person.pk], on).frozen:
        raise LifeEventError(f"在{name}的账户已冻结，解除冻结以后再办")
    if not died and not _has_ended(person, region, on):
        raise LifeEventError(f"在{name}的职工医保还没有终止，终止以后再办")
    if shared := hooks.still_shared(person, region):
        raise LifeEventError(shared)


def _has_ended(person: Person, region: str, on: date) -> bool:
    rows = Enrolment.objects.filter(person=person, region=region, insurance=InsuranceType.EMPLOYEE, from_on__lte=on)
    last = rows.order_by("from_on", "seq").last()
    return last is None or last.status == EnrolmentStatus.ENDED


def empty(locked: Locked, own: Iterable[Pot], to: int, out_fen: int) -> list[Move]:
    """Return the moves that pay the debt from the money and send `out_fen` of the rest to a pot."""
    now = [locked.pots[pot.pk] for pot in own]
    debt = next((pot for pot in now if pot.kind == PotKind.RECEIVABLE), None)
    owed_fen = -(debt.balance_fen or 0) if debt else 0
    moves = []
    for pot in sorted((pot for pot in now if pot.kind in MONEY_POTS), key=lambda pot: MONEY_POTS.index(pot.kind)):
        fen = pot.balance_fen or 0
        part = min(fen, owed_fen)
        if debt and part:
            moves.append(Move(pot.pk, debt.pk, part))
            owed_fen -= part
        if rest := min(fen - part, out_fen):
            moves.append(Move(pot.pk, to, rest))
            out_fen -= rest
    return moves


def take_in(locked: Locked, own: Iterable[Pot], source: int, fen: int) -> list[Move]:
    """Return the moves that bring fen into an account: a debt there is paid first, the rest goes to 历年."""
    now = {pot.kind: locked.pots[pot.pk] for pot in own}
    debt = now.get(PotKind.RECEIVABLE)
    part = min(fen, -(debt.balance_fen or 0)) if debt else 0
    moves = [Move(source, debt.pk, part)] if debt and part else []
    return [*moves, Move(source, now[PotKind.CARRIED].pk, fen - part)] if fen > part else moves
