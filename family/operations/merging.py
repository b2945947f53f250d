"""Two records of one person become one: whose money they use, and who uses theirs, follows.

What happened before stays written under the record that goes: events are never rewritten.
"""

from collections.abc import Iterator

from django.db.models import Q

from accounts.identity.actors import Act
from accounts.models import Person
from accounts.operations.life_events import hooks
from family.codes import ACTIVE_STATES, OPEN, EventKind, InvitationState
from family.models import Bond, Invitation
from family.operations import history, locks
from family.queries.invitations import own_indexes


def why_not_merged(gone: Person, kept: Person) -> Iterator[str]:
    """Yield what of sharing contradicts a merge, or has to be answered first."""
    active = Bond.objects.filter(state__in=ACTIVE_STATES)
    if active.filter(Q(payer=gone, user=kept) | Q(payer=kept, user=gone)).exists():
        yield "两份登记之间有家庭共济，请先结束"
    for one, other, words in (("payer", "user", "都给同一位家人用"), ("user", "payer", "都在用同一位家人的钱")):
        sides = [set(active.filter(**{one: person}).values_list(other, flat=True)) for person in (gone, kept)]
        if sides[0] & sides[1]:
            yield f"两份登记{words}，请先结束一个"
    waiting = Q(payer=gone) | Q(invitee_index__in=own_indexes(gone))
    if Invitation.objects.filter(waiting, state__in=OPEN).exists():
        yield "要并入的登记还有家庭共济邀请在等答复，请先答复或撤回"


def follow(act: Act, gone: Person, kept: Person) -> None:
    """Let bonds and invitations of the record that goes be the other one's, in the caller's transaction."""
    own = Bond.objects.filter(Q(payer=gone) | Q(user=gone)).exclude(payer=kept).exclude(user=kept)
    ids = list(own.values_list("pk", flat=True))
    sides = Bond.objects.filter(pk__in=ids).values_list("payer_id", "user_id")
    locks.lock_people({gone.pk, kept.pk, *(person for pair in sides for person in pair)})
    for bond in locks.lock_bonds(ids):
        side = "payer" if bond.payer_id == gone.pk else "user"
        setattr(bond, side, kept)
        bond.save(update_fields=[side])
        if bond.state in ACTIVE_STATES:
            detail = {"gone": gone.pk, "kept": kept.pk}
            history.write(
                act=act,
                kind=EventKind.MERGED,
                by=None,
                payer_id=bond.payer_id,
                region=bond.region,
                bond=bond,
                detail=detail,
            )
    Invitation.objects.filter(payer=gone, state=InvitationState.DRAFTED).delete()
    Invitation.objects.filter(payer=gone).update(payer=kept)
    Invitation.objects.filter(user=gone).update(user=kept)


hooks.why_not_merged.append(why_not_merged)
hooks.on_merge.append(follow)
