"""Paper of a case: counted, so that a second print is marked, and written down, because it shows whole numbers."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from accounts.codes import CaseKind, CaseSheet, CaseState, Role
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import Case
from accounts.operations.cases import desk
from accounts.operations.cases.access import CaseError, on_case, refuse_own_family, staff_at_counter

# Where two people say how they are related, they promise what seed S3 asks: one the relation, the other the use.
PROMISED = (CaseKind.BIND, CaseKind.ACCEPT, CaseKind.SHOW)


@dataclass(frozen=True, slots=True)
class Printed:
    """打印：业务，这次打印的单据，其中哪些是补打。"""

    case: Case
    sheets: tuple[CaseSheet, ...]
    again: frozenset[CaseSheet]


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
    refuse_own_family(user, case.subject, case.other)
    wanted = tuple(sheet for sheet in sheets_of(case) if sheet in sheets)
    if not wanted or len(wanted) != len(set(sheets)):
        raise CaseError(f"这件业务{CaseState(case.state).label}，没有要打印的单据")
    again = frozenset(sheet for sheet in wanted if case.prints.get(sheet))
    case.prints |= {sheet: case.prints.get(sheet, 0) + 1 for sheet in wanted}
    case.save(update_fields=["prints"])
    detail = {"kind": case.kind, "sheets": list(wanted), "again": sorted(again)}
    audit.record(act=on_case(act, case), verb="case.printed", subject=case.subject_id, detail=detail)
    return Printed(case, wanted, again)
