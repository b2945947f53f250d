"""撤回来改: whoever submitted a case takes it back while it waits for a second person, and goes on with it."""

from django.db import transaction

from accounts.codes import CaseState
from accounts.identity.actors import Act
from accounts.models import Case, User
from accounts.operations import approvals
from accounts.operations.cases import desk
from accounts.operations.cases.access import CaseError, on_case, refuse_own_case, staff_at_counter
from accounts.queries.cases import case_at


@transaction.atomic
def withdraw(*, act: Act, number: str) -> Case:
    """Take a case back that waits for a second person, to go on with it. Raises CaseError, and ApprovalError once decided."""
    user, office = staff_at_counter(act)
    case = case_at(office, number)  # not locked: approvals are locked before their cases
    if case is None:
        raise CaseError("本统筹区没有这件业务，请检查业务编号")
    if why := why_not_withdrawn(case, user):
        raise CaseError(why)
    refuse_own_case(user, case)
    note = case.note
    approvals.withdraw(act=on_case(act, case), approval_id=case.approval_id or 0)
    case = desk.resume(act=act, number=number)
    case.note = note  # what a reviewer said in an earlier round, if any; this time nobody sent it back
    case.save(update_fields=["note"])
    return case


def why_not_withdrawn(case: Case, user: User) -> str:
    """Return why this member of staff cannot take the case back before it is checked; "" where they can."""
    if case.state != CaseState.WAITING:
        return f"这件业务{CaseState(case.state).label}，不用撤回来改"
    return "" if case.submitted_by_id == user.pk else "只有提交的人自己能撤回来改；复核人员请用退回"
