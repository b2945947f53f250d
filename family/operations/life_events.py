"""What happens in a life and ends sharing: a death, the end of an insurance, a move away."""

from datetime import date, datetime

from accounts.codes import PotKind
from accounts.identity.actors import Actor
from accounts.models import Person, Pot
from family.codes import ACTIVE_STATES, EndReason
from family.models import Bond
from family.operations.closing import close_by_itself
from family.operations.ending import end_by_itself


def report_death(*, actor: Actor, person: Person, on: date, at: datetime) -> int:
    """End everything a dead person gave and used; return how many bonds. Pool money is theirs again, for the heirs."""
    return _end_all(actor, person, EndReason.PAYER_DIED, EndReason.USER_DIED, on, at)


def leave_everything(*, actor: Actor, person: Person, on: date, at: datetime) -> int:
    """End everything somebody gives and uses before their insurance moves elsewhere (seed S1); return how many bonds."""
    return _end_all(actor, person, EndReason.PAYER_LEFT, EndReason.USER_LEFT, on, at)


def _end_all(actor: Actor, person: Person, as_payer: EndReason, as_user: EndReason, on: date, at: datetime) -> int:
    given = Bond.objects.filter(payer=person, state__in=ACTIVE_STATES)
    pools = Pot.objects.filter(person=person, kind=PotKind.POOL)
    regions = {*given.values_list("region", flat=True), *pools.values_list("region", flat=True)}
    count = given.count()
    for region in sorted(regions):
        close_by_itself(actor=actor, payer=person, region=region, reason=as_payer, on=on, at=at)
    used = Bond.objects.filter(user=person, state__in=ACTIVE_STATES).order_by("pk").values_list("pk", flat=True)
    return count + sum(
        end_by_itself(actor=actor, bond_id=bond_id, reason=as_user, on=on, at=at) for bond_id in list(used)
    )
