"""Taking back what was just done: for ten minutes (a term of the region), once, and only while nothing built on it."""

from collections.abc import Callable
from datetime import date, datetime

from django.db import IntegrityError, transaction

from accounts.codes import USE_KINDS
from accounts.identity.actors import Actor
from accounts.ledger import posting
from accounts.ledger.locking import lock_years_and_pots
from accounts.ledger.retry import retrying
from accounts.models import Person, Transfer
from family.codes import ACTIVE_STATES, OPEN, BondState, EndReason, InvitationState, StepKind
from family.models import Bond, Draw, Invitation, Step
from family.operations import history, locks, notifications
from family.queries import eligibility
from family.rules import CannotUndo, ReasonCode

TOO_LATE = "已经过了可以撤回的时间。"
DONE = "这件事已经撤回过了。"
USED = "这期间已经用过钱，不能撤回。"
MOVED_ON = "之后又有了新的变化，不能撤回这一步。"


@retrying
def undo(*, actor: Actor, person: Person, step_id: int, on: date, at: datetime) -> Step:
    """Take back a step of one's own and tell the other side.

    Raises Step.DoesNotExist for anybody else's step; CannotUndo when it is too late, was undone, was used meanwhile,
    or something later builds on it.
    """
    step = _own(person, step_id)
    if step.undo_until is None or at >= step.undo_until:
        raise CannotUndo(TOO_LATE)
    with transaction.atomic():
        _lock(actor, step, on)
        step = _own(person, step_id)  # as it is now, when nobody else can change it any more
        if Step.objects.filter(undoes=step).exists():
            raise CannotUndo(DONE)
        if _since(step, StepKind.CLOSED):  # whoever closed the family took it for closed
            raise CannotUndo(MOVED_ON)
        _BACK[StepKind(step.kind)](actor, step, on, at)
        try:
            with transaction.atomic():
                return history.write(
                    actor=actor,
                    kind=StepKind.UNDONE,
                    by=person,
                    payer_id=step.payer_id,
                    region=step.region,
                    on=on,
                    at=at,
                    invitation=step.invitation,
                    bond=step.bond,
                    undoes=step,
                )
        except IntegrityError:
            raise CannotUndo(DONE) from None


def _own(person: Person, step_id: int) -> Step:
    return Step.objects.select_related("bond", "invitation", "voucher").get(pk=step_id, by=person)


def _since(step: Step, *kinds: StepKind) -> bool:
    """Whether the family has taken a step of these kinds after this one, and not taken it back."""
    later = Step.objects.filter(payer_id=step.payer_id, region=step.region, pk__gt=step.pk, undone_by=None)
    return later.filter(kind__in=kinds).exists()


def _lock(actor: Actor, step: Step, on: date) -> None:
    """Lock what the step is about, in the order of docs/locking.md: pots first where money has to go back."""
    if step.voucher_id is not None:
        rows = Transfer.objects.filter(voucher=step.voucher_id).values_list("source_id", "target_id")
        lock_years_and_pots(actor=actor, on=on, pots={pot for row in rows for pot in row})
    bonds = {step.bond_id} if step.bond_id else set()
    invitations = {step.invitation_id} if step.invitation_id else set()
    for part in step.parts.all():
        bonds |= {part.bond_id} if part.bond_id else set()
        invitations |= {part.invitation_id} if part.invitation_id else set()
    users = Bond.objects.filter(pk__in=bonds).values_list("user_id", flat=True)
    locks.lock_people({step.payer_id, *users})
    list(Invitation.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=invitations).order_by("pk"))
    locks.lock_bonds(bonds)


def _bond(step: Step) -> Bond:
    """Return the locked bond of a step if nothing was drawn or changed since. Raises CannotUndo."""
    assert step.bond_id is not None
    bond = Bond.objects.select_related("payer", "user").get(pk=step.bond_id)
    if Draw.objects.filter(bond=bond, pk__gt=step.detail.get("last_draw", 0)).exists():
        raise CannotUndo(USED)
    later = Step.objects.filter(bond=bond, pk__gt=step.pk, undone_by=None)
    later = later.exclude(kind__in=(StepKind.ORDER, StepKind.UNDONE)).exclude(part_of=step)
    if later.exclude(part_of__undone_by__isnull=False).exists():  # a closing is undone as a whole
        raise CannotUndo(MOVED_ON)
    return bond


def _stand_again(bond: Bond, step: Step, on: date, at: datetime, actor: Actor) -> None:
    """Let an ended bond stand again as it did, if both sides still have room for it."""
    if bond.state != BondState.ENDED:
        raise CannotUndo(MOVED_ON)
    against = eligibility.to_bind(
        payer=bond.payer,
        user=bond.user,
        region=bond.region,
        relation=bond.relation,
        scopes=tuple(bond.scopes),
        on=on,
        identity_checked=not bond.temporary,
    )
    taken = {ReasonCode.ALREADY_BOUND, ReasonCode.MAX_USERS, ReasonCode.MAX_AUTHORISERS}
    if taken & {reason.code for reason in against}:
        raise CannotUndo(MOVED_ON)
    bond.state, bond.end_reason = step.detail["was"], ""
    bond.state_at = datetime.fromisoformat(step.detail["state_at"])
    bond.save(update_fields=["state", "end_reason", "state_at"])
    for person, other in ((bond.payer, notifications.kin_to_payer(bond)), (bond.user, notifications.kin_to_user(bond))):
        text = "刚才的操作撤回了，和以前一样可以使用。"
        notifications.tell(actor=actor, person=person, title=f"和{other}的家庭共济恢复了", text=text, at=at)


def _ended(actor: Actor, step: Step, on: date, at: datetime) -> None:
    _stand_again(_bond(step), step, on, at, actor)


def _accepted(actor: Actor, step: Step, on: date, at: datetime) -> None:
    bond = _bond(step)
    if bond.state not in ACTIVE_STATES:
        raise CannotUndo(MOVED_ON)
    bond.state, bond.state_at, bond.end_reason = BondState.ENDED, at, EndReason.UNDONE
    bond.save(update_fields=["state", "state_at", "end_reason"])
    if invitation := step.invitation:
        invitation.state, invitation.closed_at = step.detail["was"], None
        invitation.user, invitation.consent = None, ""
        _reopen(invitation)
    notifications.ended(actor=actor, bond=bond, at=at, to=(bond.payer, bond.user))


def _declined(actor: Actor, step: Step, on: date, at: datetime) -> None:
    invitation = step.invitation
    assert invitation is not None
    silent = step.detail["disowned"]
    if not silent and invitation.state != InvitationState.DECLINED or silent and invitation.state not in OPEN:
        raise CannotUndo(MOVED_ON)
    invitation.disowned, invitation.answer = False, ""
    invitation.state, invitation.closed_at = step.detail["was"], None
    _reopen(invitation)
    if not silent:
        text = "对方撤回了刚才的答复，邀请又在等对方同意。"
        notifications.to_payer(actor=actor, invitation=invitation, title="您的邀请又在等答复", text=text, at=at)


def _reopen(invitation: Invitation) -> None:
    """Save an invitation that is open again. Raises CannotUndo when the payer has sent another one meanwhile."""
    try:
        with transaction.atomic():
            invitation.save()
    except IntegrityError:
        raise CannotUndo(MOVED_ON) from None


def _limit(actor: Actor, step: Step, on: date, at: datetime) -> None:
    bond = _bond(step)
    bond.limit_fen = step.detail["was"]
    _restored(actor, bond, ["limit_fen"], at)


def _end_day(actor: Actor, step: Step, on: date, at: datetime) -> None:
    bond = _bond(step)
    was = step.detail["was"]
    bond.until_on = was and date.fromisoformat(was)
    _restored(actor, bond, ["until_on"], at)


def _switched(actor: Actor, step: Step, on: date, at: datetime) -> None:
    bond = _bond(step)
    bond.state, bond.state_at = step.detail["was"], datetime.fromisoformat(step.detail["state_at"])
    _restored(actor, bond, ["state", "state_at"], at)


def _restored(actor: Actor, bond: Bond, fields: list[str], at: datetime) -> None:
    if bond.state == BondState.ENDED:
        raise CannotUndo(MOVED_ON)
    bond.save(update_fields=fields)
    title = f"{notifications.kin_to_user(bond)}撤回了刚才的修改"
    notifications.to_user(actor=actor, bond=bond, title=title, text="家庭共济的约定和修改以前一样。", at=at)


def _money(actor: Actor, step: Step, on: date, at: datetime) -> None:
    """Move pool money back the way it came. A use of the pool since then stands in the way.

    What would go back into the pool must not have been used by its owner meanwhile, nor have been moved in again: else
    the account would be left with less than the region wants kept in it.
    """
    voucher = step.voucher
    if step.kind != StepKind.MOVED_IN and _since(step, StepKind.MOVED_IN):
        raise CannotUndo(MOVED_ON)
    assert voucher is not None
    moved = list(voucher.transfers.order_by("pk"))
    came_to = {transfer.target_id for transfer in moved}
    pools = came_to if step.kind == StepKind.MOVED_IN else came_to | {transfer.source_id for transfer in moved}
    uses = Transfer.objects.filter(source__in=pools, pk__gt=moved[-1].pk, kind__in=USE_KINDS)
    if uses.exists():
        raise CannotUndo(USED)
    try:
        posting.reverse(actor=actor, voucher_id=voucher.pk, on=on, key=f"undo:{step.pk}", reason="撤回刚才的转账")
    except posting.AlreadyReversed:
        raise CannotUndo(DONE) from None
    except posting.NotEnough:
        raise CannotUndo(USED) from None


def _closed(actor: Actor, step: Step, on: date, at: datetime) -> None:
    if step.voucher_id is not None:
        _money(actor, step, on, at)
    for part in step.parts.select_related("invitation").order_by("pk"):
        if part.bond_id is not None:
            _stand_again(_bond(part), part, on, at, actor)
        elif (invitation := part.invitation) and invitation.state == InvitationState.WITHDRAWN:
            invitation.state, invitation.closed_at = part.detail["was"], None
            _reopen(invitation)


_BACK: dict[StepKind, Callable[[Actor, Step, date, datetime], None]] = {
    StepKind.ACCEPTED: _accepted,
    StepKind.BOUND: _accepted,
    StepKind.DECLINED: _declined,
    StepKind.LIMIT: _limit,
    StepKind.END_DAY: _end_day,
    StepKind.SUSPENDED: _switched,
    StepKind.RESUMED: _switched,
    StepKind.REMOVED: _ended,
    StepKind.LEFT: _ended,
    StepKind.MOVED_IN: _money,
    StepKind.MOVED_BACK: _money,
    StepKind.CLOSED: _closed,
}
