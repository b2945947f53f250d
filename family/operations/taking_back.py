"""这不是我: what a sign-in did that was not the person's own is stopped, and said in words.

Registered with accounts (accounts.operations.taking_back). Nothing is deleted: bonds are suspended, and the payer lets
them go on when they have looked; open invitations are withdrawn.
"""

from datetime import datetime

from django.db.models import Q

from accounts.identity.actors import Act
from accounts.models import Person
from accounts.operations.notices import tell
from accounts.operations.taking_back import on_taken_back
from family.codes import OPEN, BondState, EventKind, InvitationState
from family.models import Bond, Event, Invitation
from family.operations import history, locks, notifications
from family.operations.invitations import close
from family.queries import notice_words

_STOPPED = (EventKind.ACCEPTED, EventKind.LIMIT, EventKind.END_DAY, EventKind.RESUMED)
_ONLY_TOLD = (EventKind.REMOVED, EventKind.LEFT, EventKind.MOVED_IN, EventKind.CLOSED)


def stop(act: Act, person: Person, sign_in: str, since: datetime) -> list[str]:
    """Suspend the bonds and withdraw the invitations that this sign-in made or changed since; return what that was."""
    events = Event.objects.filter(at__gte=since).filter(
        Q(actor=sign_in) | Q(payer=person, kind=EventKind.ACCEPTED, invitation__events__actor=sign_in)
    )
    done = list(events.select_related("bond__payer", "bond__user").order_by("pk").distinct())
    invitations = Invitation.objects.filter(payer=person, state__in=OPEN, events__actor=sign_in, events__at__gte=since)
    bond_ids = {event.bond_id for event in done if event.bond_id and event.kind in _STOPPED}
    waiting = sorted(set(invitations.values_list("pk", flat=True)))
    bonds = Bond.objects.filter(pk__in=bond_ids).values_list("payer_id", "user_id")
    locks.lock_people({person.pk, *(one for pair in bonds for one in pair)})
    said = [_withdraw(act, invitation_id) for invitation_id in waiting]
    said += [_suspend(act, person, bond) for bond in locks.lock_bonds(bond_ids)]
    only_told = [event.kind for event in done if event.kind in _ONLY_TOLD]
    said += [f"{EventKind(kind).label}（没有退回）" for kind in only_told]
    Invitation.objects.filter(payer=person, state=InvitationState.DRAFTED, drafted_at__gte=since).delete()
    if said := list(filter(None, said)):
        facts = {"bonds": sorted(bond_ids), "invitations": waiting, "only_told": only_told}
        tell(act=act, person=person, template=notice_words.stopped, facts=facts)
    return said


def _withdraw(act: Act, invitation_id: int) -> str:
    invitation = locks.lock_invitation(invitation_id)
    if not invitation.is_open:
        return ""
    close(invitation, InvitationState.WITHDRAWN, act.at)
    history.write(
        act=act,
        kind=EventKind.WITHDRAWN,
        by=None,
        payer_id=invitation.payer_id,
        region=invitation.region,
        invitation=invitation,
    )
    return f"撤回邀请 {invitation.number}"


def _suspend(act: Act, person: Person, bond: Bond) -> str:
    if bond.state != BondState.ACTIVE:
        return ""
    detail = {"was": str(bond.state), "state_at": bond.state_at.isoformat()}
    bond.state, bond.state_at = BondState.SUSPENDED, act.at
    bond.save(update_fields=["state", "state_at"])
    history.write(
        act=act,
        kind=EventKind.SUSPENDED,
        by=None,
        payer_id=bond.payer_id,
        region=bond.region,
        bond=bond,
        detail=detail,
    )
    other = bond.user if bond.payer_id == person.pk else bond.payer
    notifications.notify(act=act, person=other, template=notice_words.owner_checks, matter=bond)
    return f"停用{notice_words.kin_of(bond, person.pk)}"


on_taken_back.append(stop)
