"""这不是我: what a sign-in that was not the person's own did with premiums is given back, and said in words.

Registered with accounts (accounts.operations.taking_back), before whatever locks people and bonds (docs/locking.md).
"""

from datetime import datetime

from accounts.identity.actors import Act
from accounts.models import Person
from accounts.operations.taking_back import on_taken_back
from payments.premiums.codes import PAID_STATES, ClaimState
from payments.premiums.models import PremiumOrder, RefundClaim
from payments.premiums.operations import claiming, progress

NOT_THEIRS = "不是本人办的"


def stop(act: Act, person: Person, sign_in: str, since: datetime) -> list[str]:
    """Give back what this sign-in paid since, unless the tax office has it, and refuse what it claimed; return what."""
    made = {"payer": person, "actor": sign_in, "created_at__gte": since}
    said = []
    for order in PremiumOrder.objects.filter(**made, state__in=PAID_STATES).order_by("pk"):
        is_back = progress.stop(act=act, order_id=order.pk, reason=NOT_THEIRS)
        said.append(f"退回代缴单 {order.no}" if is_back else f"代缴单 {order.no}（已交税务，没有退回）")
    for claim in RefundClaim.objects.filter(**made).exclude(state=ClaimState.REFUSED).order_by("pk"):
        is_back = claiming.stop(act=act, claim_id=claim.pk, reason=NOT_THEIRS)
        said.append(f"退回返还申请 {claim.no}" if is_back else f"返还申请 {claim.no}（已付款，没有退回）")
    return said


on_taken_back.insert(0, stop)
