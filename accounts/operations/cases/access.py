"""Who may work at a counter, on which case, and on whom: asked of the account as it is at that moment.

A page may ask too, to offer nothing that will be refused; what decides is here.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from accounts.codes import Role
from accounts.errors import AccountsError
from accounts.identity.actors import Act
from accounts.identity.certificates import normalise
from accounts.models import Case, Office, Person, User
from accounts.queries.people import find_by_certno, person_of_staff
from accounts.queries.trace import kept_record

# (person, other): whether the two are family, as far as the app knows. Family sharing registers bonds and invitations.
IsFamily = Callable[[Person, Person], bool]
is_family: list[IsFamily] = []


class CaseError(AccountsError):
    """The case cannot be worked on, submitted or decided, by this person, here, or at all. Nothing has happened."""


class CaseMovedError(CaseError):
    """Somebody has worked on the case, or what it relies on has changed, since it was shown."""

    message = "这件业务在您打开以后有了变化，没有保存。请重新打开，核对后再办"


def staff_at_counter(act: Act, roles: Collection[str] = (Role.CLERK,), *, lock: bool = False) -> tuple[User, Office]:
    """Return who acts and their office, by their account as it is now.

    lock: until the transaction ends the account stays as it is, and does one thing at a time: no role is taken away
    between the look at it and the deed, and no day is closed between. Raises CaseError for another role, and for an
    account without an office or with one that is not on file.
    """
    users = User.objects.select_for_update(of=("self",), no_key=True) if lock else User.objects.all()
    user = users.filter(pk=act.actor.user_id or 0, is_active=True).first()
    if act.actor.kind != "staff" or user is None or user.role not in roles:
        allowed = "、".join(Role(role).label for role in roles)
        raise CaseError(f"窗口业务由{allowed}岗用自己的账号办理")
    office = Office.objects.filter(code=user.office).first()
    if office is None:
        raise CaseError("您的账号没有分到网点，或网点已撤销，不能办窗口业务。请联系管理员")
    return user, office


def require_region(office: Office, region: str) -> None:
    """Raise CaseError for an account that is not in the region of the office."""
    if office.region != region:
        raise CaseError("这不是本统筹区的业务，请到参保地的窗口办")


def refuse_own_family(user: User, *people: Person | None) -> None:
    """Raise CaseError where a member of staff would act on, or look at, themselves or their own family."""
    if why := why_not_on(user, *people):
        raise CaseError(why)


def why_not_on(user: User, *people: Person | None) -> str:
    """Return why this member of staff may not act on these people; "" where they may.

    Without their own number on file nobody can tell who they are, so they act on nobody.
    """
    if not user.certno:
        return "您的账号没有登记本人的证件号码，分不清是不是本人和家人，不能查也不能办。请管理员登记"
    myself = person_of_staff(user)
    if myself is None:
        return ""
    for person in map(kept_record, filter(None, people)):
        if person.pk == myself.pk:
            return "不能办自己的业务，请另一位同事办理"
        if any(ask(myself, person) for ask in is_family):
            return "不能办自己家人的业务，请另一位同事办理"
    return ""


def is_by_family(user: User, workers: Iterable[User]) -> bool:
    """Say whether any of these members of staff is this one's family, or this one under another number."""
    insured = filter(None, map(person_of_staff, workers))
    return any(why_not_on(user, person) for person in insured)


def refuse_own_case(user: User, case: Case) -> None:
    """Raise CaseError where a member of staff would work on a case that why_not_on_case keeps from them."""
    if why := why_not_on_case(user, case):
        raise CaseError(why)


def why_not_on_case(user: User, case: Case) -> str:
    """Return why this member of staff may not work on a case or check it, for whom it is or who brings it; else ""."""
    if why := why_not_on(user, case.subject, case.other):
        return why
    came = (("代办人", case.agent_certno), ("来人", case.came_certno), ("收款人", case.payee_certno))
    return next((why for who, certno in came if certno and (why := _why_not_from(user, who, certno))), "")


def _why_not_from(user: User, who: str, certno: str) -> str:
    if normalise(user.certno) == normalise(certno):
        return f"{who}是您自己，请另一位同事办理"
    if why_not_on(user, find_by_certno(certno)):
        return f"{who}是您自己或您的家人，请另一位同事办理"
    return ""


def why_not_in(user: User, regions: Collection[str]) -> str:
    """Return why this member of staff may not act on accounts of these regions; "" where they may.

    An account without an office, or with one that is not on file, belongs to no region; windows ask for more.
    """
    office = Office.objects.filter(code=user.office).first()
    if office and regions and office.region not in regions:
        return "这不是您所在统筹区的业务，请由参保地的同事办理"
    return ""


def on_case(act: Act, case: Case) -> Act:
    """Return the act as done on a case: what it writes is found under the case's number."""
    return replace(act, actor=replace(act.actor, case=case.number))
