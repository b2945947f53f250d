"""死亡: every insurance ends, the card and all sharing stop at once, and what was credited for later is taken back."""

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction

from accounts.codes import EnrolmentEndReason, EnrolmentStatus, FactChangeKind, LifeEventKind
from accounts.identity import sms
from accounts.identity.actors import Act
from accounts.jobs.one_person import settle_person
from accounts.ledger.freezing import reported_deaths
from accounts.ledger.locking import lock_years_and_pots
from accounts.ledger.pots import regions_of
from accounts.ledger.retry import retrying
from accounts.models import Enrolment, FactChange, LifeEvent, Person, Pot, User
from accounts.operations.life_events import hooks
from accounts.operations.life_events.events import (
    LifeEventError,
    Paper,
    person_of,
    reason_of,
    record,
    require_staff,
)

REPORTED = sms.Template(
    "death_reported", "登记这个手机号的一位参保人登记了死亡，医保账户和家庭共济已停用。登记有误的，请马上打{help}。"
)


@retrying
@transaction.atomic
def report_death(*, act: Act, person: Person, on: date, paper: Paper, reason: str) -> LifeEvent:
    """Record a death; `on` is the day of it. Raises LifeEventError for a second report and a day that cannot be.

    The month of death still counts; what was credited for later months is taken back here and now, so that what heirs
    are paid is what is theirs. Bills of days before are still paid, and given back, as ever.
    """
    require_staff(act, person)
    if not person.birth_on <= on <= act.on:
        raise LifeEventError("死亡日期不能早于出生，也不能晚于今天")
    lock_years_and_pots(act=act, pots=Pot.objects.filter(person=person).values_list("pk", flat=True))
    person_of(person.pk)
    if reported_deaths([person.pk]):
        raise LifeEventError("这个人的死亡已经登记过")
    event = record(act=act, kind=LifeEventKind.DEATH, person=person, on=on, paper=paper, reason=reason_of(reason))
    _end_insurances(act, person, on, paper)
    for end in hooks.on_death:
        end(act, person)
    for region in regions_of(person.pk):
        settle_person(act=act, person_id=person.pk, region=region)
    _tell(act, person)
    return event


def _tell(act: Act, person: Person) -> None:
    """Tell the roster's phone and the sign-in's: somebody who lives hears of it at once, else nobody would."""
    user = User.objects.filter(person=person, is_active=True).first()
    for phone in {str(number) for number in (person.phone, user and user.phone) if number}:
        sms.queue(phone=phone, template=REPORTED, params={"help": settings.HELP_PHONE}, now=act.at)


def _end_insurances(act: Act, person: Person, on: date, paper: Paper) -> None:
    """Let every insurance end with the day of death, whatever had been recorded for days after it."""
    change = FactChange.objects.create(
        kind=FactChangeKind.DIED, reason=f"{on} 死亡（{paper.words}）", actor=str(act.actor), at=act.at
    )
    after = on + timedelta(days=1)
    rows = list(Enrolment.objects.filter(person=person).order_by("from_on", "seq"))
    for key in dict.fromkeys((row.region, row.insurance) for row in rows):
        own = [row for row in rows if (row.region, row.insurance) == key]
        before, later = [row for row in own if row.from_on <= on], [row for row in own if row.from_on > on]
        Enrolment.objects.filter(pk__in=[row.pk for row in later]).update(counts=False, changed_by=change)
        if before and before[-1].status != EnrolmentStatus.ENDED:
            last = before[-1]
            Enrolment.objects.create(
                person=person,
                region=last.region,
                insurance=last.insurance,
                person_type=last.person_type,
                status=EnrolmentStatus.ENDED,
                flex=last.flex,
                pension_fen=last.pension_fen,
                identity_type=last.identity_type,
                street=last.street,
                from_on=after,
                end_reason=EnrolmentEndReason.DIED,
                changed_by=change,
            )
