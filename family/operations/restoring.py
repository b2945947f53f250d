"""An ended bond stands again: taken back by whoever ended it (undoing), or because what ended it was a mistake."""

from datetime import datetime

from django.db import transaction

from accounts.identity.actors import Act
from accounts.ledger.retry import retrying
from accounts.wording import Template
from family.codes import BondState, EventKind
from family.models import Bond, Event
from family.operations import history, locks, notifications
from family.queries import eligibility, notice_words
from family.rules import ReasonCode

_NO_ROOM = {ReasonCode.ALREADY_BOUND, ReasonCode.MAX_USERS, ReasonCode.MAX_AUTHORISERS}
# What never ends a bond that stands, so that it keeps none from standing again.
_ENDS_NOTHING = {
    *(ReasonCode.PHONE_CHANGED, ReasonCode.GATE, ReasonCode.MONTHLY_CHANGES, ReasonCode.COOLDOWN),
    *(ReasonCode.OPEN_INVITATION, ReasonCode.LIMIT, ReasonCode.END_DAY),
}


def stand_again(act: Act, bond: Bond, event: Event, *, at_counter: bool = False) -> bool:
    """Let an ended bond, locked by the caller, stand as it did before the event; False when there is no room for it.

    at_counter: neither of the two does it, so that all that speaks against the two today counts: a death, a new spouse.
    """
    if bond.state != BondState.ENDED:
        return False
    against = eligibility.to_bind(
        payer=bond.payer,
        user=bond.user,
        region=bond.region,
        relation=bond.relation,
        scopes=tuple(bond.scopes),
        on=act.on,
        identity_checked=not bond.temporary,
        shown=not bond.declared,
    )
    found = {reason.code for reason in against}
    if found - _ENDS_NOTHING if at_counter else found & _NO_ROOM:
        return False
    bond.state, bond.end_reason = event.detail["was"], ""
    bond.state_at = datetime.fromisoformat(event.detail["state_at"])
    bond.save(update_fields=["state", "end_reason", "state_at"])
    return True


@retrying
def restore(*, act: Act, bond_id: int, template: Template = notice_words.end_corrected) -> bool:
    """Let a bond stand again that ended by itself; tell both. False when it ended otherwise, or there is no room now.

    That what ended it was a mistake, the caller has found (queries.endings). Pool money that went back to its owner
    then stays there: moving it in is theirs to decide.
    """
    with transaction.atomic():
        payer_id, user_id = Bond.objects.values_list("payer_id", "user_id").get(pk=bond_id)
        locks.lock_people((payer_id, user_id))
        bond = locks.lock_bonds([bond_id])[0]
        event = Event.objects.filter(bond=bond).exclude(kind=EventKind.ORDER).order_by("pk").last()
        if event is None or event.kind != EventKind.ENDED or not stand_again(act, bond, event):
            return False
        history.write(act=act, kind=EventKind.RESTORED, by=None, payer_id=payer_id, region=bond.region, bond=bond)
        notifications.notify_both(act=act, bond=bond, template=template)
    return True
