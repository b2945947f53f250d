"""Whether there is anybody who may check a case: a region may have one reviewer, who worked on it themselves."""

from accounts.identity.actors import Act
from accounts.models import Case, Office, User
from accounts.operations.approval_kinds import kind_of
from accounts.operations.cases.access import is_by_family, why_not_on_case
from accounts.operations.cases.deciding import CASE
from accounts.operations.cases.handlers import handler_of
from accounts.queries.cases import workers_on
from accounts.queries.people import is_same_person

# Another reviewer is appointed like every account of the staff, by two people (decision 0030), and may then check it.
NOBODY = (
    "本统筹区现在没有能复核这件业务的人：没有复核岗，或都经手过、是家人。"
    "要等管理员另指定一人（账号和岗位的变更，两个人同意）才能通过，请不要答应申请人哪天办好"
)


def why_nobody_checks(act: Act, case: Case) -> str:
    """Return that nobody may check a case that waits, or would wait if whoever acts submitted it now; "" where somebody may.

    The roles are those of its approval; of a case without an approval kind of its own, offices of the region.
    """
    signed = handler_of(case.kind).signed
    code = case.approval.kind if case.approval else signed(case).kind if signed else CASE
    checkers = User.objects.filter(is_active=True, role__in=kind_of(code).checker_roles)
    if code == CASE:
        checkers = checkers.filter(office__in=Office.objects.filter(region=case.region).values("code"))
    makers = {act.actor.user_id} if case.is_in_work else set()
    workers = list(User.objects.filter(pk__in=[pk for pk in workers_on(case) | makers if pk]))
    return "" if any(_may_check(user, case, workers) for user in checkers.order_by("pk")) else NOBODY


def _may_check(user: User, case: Case, workers: list[User]) -> bool:
    has_worked = any(is_same_person(user, worker) for worker in workers)
    return not (has_worked or is_by_family(user, workers) or why_not_on_case(user, case))
