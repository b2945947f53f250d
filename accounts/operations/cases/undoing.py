"""撤销: what a case did is taken back, by whom and until when."""

from django.db import transaction

from accounts.codes import COUNTER_ROLES, CaseState, Role
from accounts.identity.actors import Act
from accounts.models import Case, User
from accounts.operations.cases import desk
from accounts.operations.cases.access import CaseError, is_by_family, on_case, refuse_own_case, staff_at_counter
from accounts.operations.cases.handlers import CaseHandler, handler_of
from accounts.policies import registry
from accounts.queries.cases import workers_on
from accounts.queries.people import is_same_person


@transaction.atomic
def undo(*, act: Act, number: str, note: str, proof: str = "") -> Case:
    """Take back what a case did: on its day whoever submitted it, later a reviewer of the region.

    What two people let happen, and what ended or narrowed somebody's use of money, is taken back by a reviewer with no
    hand in it; the latter on its day only: later the person comes again. proof is the number of the paper that the kind
    asks for (undo_proof), and is kept with the note. Raises CaseError for anybody else, for kinds that cannot be taken
    back, and without a note that says why or that number.
    """
    user, office = staff_at_counter(act, COUNTER_ROLES, lock=True)
    case = desk.locked(number, office)
    desk.lock_people(case)
    if why := why_not_undone(act, case, user):
        raise CaseError(why)
    refuse_own_case(user, case)
    act = on_case(act, case)
    handler = handler_of(case.kind)
    assert handler.undo
    case.note = _note(handler, note, proof)
    said = handler.undo(act, case)
    case.state, case.closed_by, case.closed_at, case.said = CaseState.UNDONE, user, act.at, said
    case.version += 1
    case.save(update_fields=["state", "closed_by", "closed_at", "said", "note", "version"])
    desk.record_for_both(act, case, "case.undone")
    return case


def _note(handler: CaseHandler, note: str, proof: str) -> str:
    """Return the note as it is kept, the number of the proof before it. Raises CaseError."""
    if not handler.undo_proof:
        return desk.note_of(note)
    if not proof.strip():
        raise CaseError(f"请填{handler.undo_proof}：没有凭据不能撤销")
    return desk.note_of(f"{handler.undo_proof} {proof.strip()}；{desk.note_of(note)}")


def why_not_undone(act: Act, case: Case, user: User) -> str:
    """Return why this member of staff cannot take the case back; "" where they can."""
    if case.state != CaseState.DONE or case.done_at is None:
        return "没有办结的业务不用撤销"
    handler = handler_of(case.kind)
    if handler.undo is None:
        return f"这类业务不能撤销。{handler.instead}"
    if handler.opposite and handler.opposite in registry.counter(case.region, act.on).reviewed:
        return f"这类业务不能撤销：请另办「{handler.opposite.label}」，由第二个人复核"
    is_same_day = Act(act.actor, case.done_at).on == act.on
    if handler.guards_money and not is_same_day:
        return "过了办结当天，不能撤销。要改回来的，请本人来重新办理"
    if case.approval or handler.guards_money:
        return _why_not_by(user, case)
    if user.role == Role.REVIEWER or (is_same_day and case.submitted_by_id == user.pk):
        return ""
    return "只有经办人当天能撤销；过了当天，或是别人办的，由复核岗撤销"


def _why_not_by(user: User, case: Case) -> str:
    """Return why this member of staff is not another one than those who let it happen; "" where they are."""
    checker = case.approval.checker_id if case.approval else None
    hands = User.objects.filter(pk__in=[pk for pk in (*workers_on(case), checker) if pk])
    if user.role == Role.REVIEWER and not any(is_same_person(user, one) for one in hands):
        return "这件业务是您的家人办的，不能由您撤销，请另一位同事办理" if is_by_family(user, hands) else ""
    return "这类业务一个人不能撤销，由没有办过、也没有复核过它的复核人员撤销；没有这样的人，请管理员另指定一人"
