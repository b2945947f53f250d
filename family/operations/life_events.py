"""What happens in a life and ends sharing: a death, the end of an insurance, a move away."""

from accounts.codes import PotKind
from accounts.identity.actors import Act
from accounts.models import Person, Pot
from family.codes import ACTIVE_STATES, EndReason
from family.models import Bond
from family.operations.closing import close_by_itself
from family.operations.ending import end_by_itself


def report_death(*, act: Act, person: Person) -> int:
    """End everything a dead person gave and used; return how many bonds. Pool money is theirs again, for the heirs."""
    return _end_all(act, person, EndReason.PAYER_DIED, EndReason.USER_DIED)


def leave_everything(*, act: Act, person: Person) -> int:
    """End everything somebody gives and uses before their insurance moves elsewhere (seed S1); return how many bonds."""
    return _end_all(act, person, EndReason.PAYER_LEFT, EndReason.USER_LEFT)


def _end_all(act: Act, person: Person, as_payer: EndReason, as_user: EndReason) -> int:
    given = Bond.objects.filter(payer=person, state__in=ACTIVE_STATES)
    pools = Pot.objects.filter(person=person, kind=PotKind.POOL)
    regions = {*given.values_list("region", flat=True), *pools.values_list("region", flat=True)}
    count = given.count()
    for region in sorted(regions):
        close_by_itself(act=act, payer=person, region=region, reason=as_payer)
    used = Bond.objects.filter(user=person, state__in=ACTIVE_STATES).order_by("pk").values_list("pk", flat=True)
    return count + sum(end_by_itself(act=act, bond_id=bond_id, reason=as_user) for bond_id in list(used))
