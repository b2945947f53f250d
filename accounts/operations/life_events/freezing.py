"""冻结与解除冻结: from a day on nothing is used or moved from an account; credits still come in."""

from datetime import date

from django.db import transaction

from accounts.codes import LifeEventKind, PotKind
from accounts.identity.actors import Act
from accounts.ledger.freezing import stopped
from accounts.ledger.locking import lock_years_and_pots
from accounts.ledger.retry import retrying
from accounts.models import LifeEvent, Person, Pot
from accounts.operations.life_events.events import (
    LifeEventError,
    Paper,
    person_of,
    reason_of,
    record,
    region_name,
    require_staff,
)
from accounts.operations.notices import tell
from accounts.queries import notice_words


@retrying
def freeze(*, act: Act, person: Person, region: str, on: date, paper: Paper, reason: str) -> LifeEvent:
    """Freeze somebody's account in a region from a day on, today or later. Raises LifeEventError.

    Once this has returned, nothing that was not paid before is paid from it.
    """
    return _switch(act, LifeEventKind.FREEZE, person, region, on, paper, reason)


@retrying
def release(*, act: Act, person: Person, region: str, on: date, paper: Paper, reason: str) -> LifeEvent:
    """Release a frozen account from a day on, today or later. Raises LifeEventError."""
    return _switch(act, LifeEventKind.RELEASE, person, region, on, paper, reason)


@transaction.atomic
def _switch(
    act: Act, kind: LifeEventKind, person: Person, region: str, on: date, paper: Paper, reason: str
) -> LifeEvent:
    require_staff(act, person, region)
    name = region_name(region)
    if on < act.on:
        raise LifeEventError(f"{kind.label}的日期不能早于今天：以前已经用掉的钱追不回来")
    pots = Pot.objects.filter(person=person, region=region).exclude(kind=PotKind.RECEIVABLE)
    ids = list(pots.values_list("pk", flat=True))
    if not ids:
        raise LifeEventError(f"这个人在{name}没有个人账户")
    lock_years_and_pots(act=act, pots=ids)
    person_of(person.pk)
    _refuse_if_it_stands(kind, person, region, on)
    event = record(act=act, kind=kind, person=person, region=region, on=on, paper=paper, reason=reason_of(reason))
    tell(act=act, person=person, template=notice_words.frozen, facts={"event": event.pk, "region": region})
    return event


def _refuse_if_it_stands(kind: LifeEventKind, person: Person, region: str, on: date) -> None:
    switches = LifeEvent.objects.filter(
        person=person, region=region, kind__in=(LifeEventKind.FREEZE, LifeEventKind.RELEASE)
    )
    if switches.filter(on__gt=on).exists():
        raise LifeEventError(f"{on} 以后已有一次冻结或解除冻结，请在那天以后再办")
    is_frozen = (person.pk, region) in stopped([person.pk], on).frozen
    if is_frozen == (kind == LifeEventKind.FREEZE):
        raise LifeEventError(f"账户在 {on} {'已经冻结' if is_frozen else '没有冻结'}，不用再办")
