"""What happens in a life and ends sharing. The end of an insurance is found in the roster (family.upkeep).

Registered with accounts, which reports a death and asks before an account is moved (accounts.operations.life_events).
"""

from accounts.codes import PotKind
from accounts.identity.actors import Act
from accounts.models import Person, Pot
from accounts.operations.life_events import hooks
from family.codes import ACTIVE_STATES, OPEN, EndReason, EventKind, InvitationState
from family.models import Bond, Invitation
from family.operations import history, locks, notifications
from family.operations.closing import close_by_itself
from family.operations.ending import end_by_itself
from family.operations.invitations import close
from family.operations.restoring import restore
from family.queries import notice_words
from family.queries.invitations import own_indexes


def report_death(*, act: Act, person: Person) -> int:
    """End everything a dead person gave and used; return how many bonds. Pool money is theirs again, for the heirs.

    What they had been invited to is over too: whoever invited them is told that it expired, and no more.
    """
    given = Bond.objects.filter(payer=person, state__in=ACTIVE_STATES)
    pools = Pot.objects.filter(person=person, kind=PotKind.POOL)
    waiting = Invitation.objects.filter(payer=person, state__in=OPEN)
    regions = {code for rows in (given, pools, waiting) for code in rows.values_list("region", flat=True)}
    count = given.count()
    for region in sorted(regions):
        close_by_itself(act=act, payer=person, region=region, reason=EndReason.PAYER_DIED)
    used = Bond.objects.filter(user=person, state__in=ACTIVE_STATES).order_by("pk").values_list("pk", flat=True)
    for bond_id in list(used):
        count += end_by_itself(act=act, bond_id=bond_id, reason=EndReason.USER_DIED)
    _expire_invitations(act, person)
    return count


def _expire_invitations(act: Act, person: Person) -> None:
    received = Invitation.objects.filter(invitee_index__in=own_indexes(person), state__in=OPEN)
    for invitation_id in list(received.order_by("pk").values_list("pk", flat=True)):
        invitation = locks.lock_invitation(invitation_id)
        if invitation.is_open:
            close(invitation, InvitationState.EXPIRED, act.at)
            history.write(
                act=act,
                kind=EventKind.EXPIRED,
                by=None,
                payer_id=invitation.payer_id,
                region=invitation.region,
                invitation=invitation,
            )
            notifications.notify(act=act, person=invitation.payer, template=notice_words.expired, matter=invitation)


def why_not_moved(person: Person, region: str) -> str:
    """Return why the account cannot be moved yet: others may use it, or were asked to. "" when nothing stands in the way.

    Whoever moves their insurance has to close their family first (seed S1).
    """
    users = Bond.objects.filter(payer=person, region=region, state__in=ACTIVE_STATES).count()
    if users:
        return f"这个账户还在给{users}位家人用，本人关闭家庭共济以后再办"
    if Invitation.objects.filter(payer=person, region=region, state__in=OPEN).exists():
        return "本人还有家庭共济邀请在等答复，撤回或关闭家庭共济以后再办"
    return ""


def _on_death(act: Act, person: Person) -> None:
    report_death(act=act, person=person)


def _on_alive(act: Act, person: Person) -> None:
    """Let the bonds stand again that a death reported by mistake had ended, where there is room for them."""
    ended = Bond.objects.filter(payer=person, end_reason=EndReason.PAYER_DIED) | Bond.objects.filter(
        user=person, end_reason=EndReason.USER_DIED
    )
    for bond_id in list(ended.order_by("pk").values_list("pk", flat=True)):
        restore(act=act, bond_id=bond_id, template=notice_words.death_corrected)


hooks.on_death.append(_on_death)
hooks.on_alive.append(_on_alive)
hooks.why_not_moved.append(why_not_moved)
