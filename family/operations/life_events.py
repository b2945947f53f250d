"""What happens in a life and ends sharing. The end of an insurance is found in the roster (family.upkeep)."""

from accounts.codes import PotKind
from accounts.identity.actors import Act
from accounts.models import Person, Pot
from family.codes import ACTIVE_STATES, EndReason
from family.models import Bond
from family.operations.closing import close_by_itself
from family.operations.ending import end_by_itself


def report_death(*, act: Act, person: Person) -> int:
    """End everything a dead person gave and used; return how many bonds. Pool money is theirs again, for the heirs."""
    given = Bond.objects.filter(payer=person, state__in=ACTIVE_STATES)
    pools = Pot.objects.filter(person=person, kind=PotKind.POOL)
    regions = {*given.values_list("region", flat=True), *pools.values_list("region", flat=True)}
    count = given.count()
    for region in sorted(regions):
        close_by_itself(act=act, payer=person, region=region, reason=EndReason.PAYER_DIED)
    used = Bond.objects.filter(user=person, state__in=ACTIVE_STATES).order_by("pk").values_list("pk", flat=True)
    for bond_id in list(used):
        count += end_by_itself(act=act, bond_id=bond_id, reason=EndReason.USER_DIED)
    return count
