"""Paper of a case: counted, so that a second print is marked, and written down, because it shows numbers of people."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from accounts.codes import CaseKind, CaseSheet, CaseState, Role
from accounts.identity.actors import Act
from accounts.models import Case, User
from accounts.operations.cases import desk
from accounts.operations.cases.access import CaseError, on_case, refuse_own_case, staff_at_counter

# Where two people say how they are related, they promise what seed S3 asks: one the relation, the other the use.
PROMISED = (CaseKind.BIND, CaseKind.ACCEPT, CaseKind.SHOW)


@dataclass(frozen=True, slots=True)
class Printed:
    """打印：业务，这次打印的单据，其中哪些是补打，证件号码是不是全的。"""

    case: Case
    sheets: tuple[CaseSheet, ...]
    again: frozenset[CaseSheet]
    has_whole_numbers: bool


def sheets_of(case: Case) -> list[CaseSheet]:
    """Return what can be printed of a case now: what is missing while it is in work, the others once submitted."""
    if case.is_in_work:
        return [CaseSheet.MISSING]
    if case.state == CaseState.DROPPED:
        return []
    promised = [CaseSheet.UNDERTAKING] if case.kind in PROMISED and case.other_id else []
    return [CaseSheet.FORM, *promised, CaseSheet.RECEIPT]


@transaction.atomic
def print_sheets(*, act: Act, number: str, sheets: Collection[str]) -> Printed:
    """Count one more print of each of these sheets and return which of them were printed before.

    Raises CaseError for none, for a sheet that the case does not have now, for another region and one's own family.
    """
    user, office = staff_at_counter(act, (Role.CLERK, Role.REVIEWER))
    case = desk.locked(number, office)
    refuse_own_case(user, case)
    wanted = tuple(sheet for sheet in sheets_of(case) if sheet in sheets)
    if not wanted or len(wanted) != len(set(sheets)):
        raise CaseError(f"这件业务{CaseState(case.state).label}，没有要打印的单据")
    again = frozenset(sheet for sheet in wanted if case.prints.get(sheet))
    case.prints |= {sheet: case.prints.get(sheet, 0) + 1 for sheet in wanted}
    case.save(update_fields=["prints"])
    whole = _has_whole_numbers(act, user, case)
    detail = {"sheets": list(wanted), "again": sorted(again), "whole_numbers": whole}
    desk.record_for_both(on_case(act, case), case, "case.printed", **detail)
    return Printed(case, wanted, again, whole)


def _has_whole_numbers(act: Act, user: User, case: Case) -> bool:
    """Say whether what is printed has whole certificate numbers: for who submitted it, on that day.

    To others a print would be a look-up that nothing counts.
    """
    is_same_day = case.submitted_at is not None and Act(act.actor, case.submitted_at).on == act.on
    return is_same_day and case.submitted_by_id == user.pk
