"""Paper of a case: counted, so that a second print is marked, and written down, because it shows numbers of people."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from accounts.codes import COUNTER_ROLES, CaseSheet, CaseState
from accounts.identity.actors import Act
from accounts.models import Case, User
from accounts.operations.cases import desk
from accounts.operations.cases.access import (
    CaseError,
    on_case,
    refuse_own_case,
    refuse_own_family,
    staff_at_counter,
)
from accounts.operations.cases.deciding import assess
from accounts.operations.cases.handlers import handler_of


@dataclass(frozen=True, slots=True)
class Printed:
    """打印：业务，这次打印的单据，其中哪些是补打，证件号码是不是全的。"""

    case: Case
    sheets: tuple[CaseSheet, ...]
    again: frozenset[CaseSheet]
    has_whole_numbers: bool


def sheets_of(act: Act, case: Case) -> list[CaseSheet]:
    """Return what can be printed of a case now.

    That is what is missing while it is in work, and the others once it is submitted; what is signed comes already while
    the case is worked on and only documents and papers are still to be seen.
    """
    if case.state == CaseState.OPEN:
        return [*(to_sign(case) if assess(act, case).words else []), CaseSheet.MISSING]
    if case.is_in_work:
        return [CaseSheet.MISSING]
    return [] if case.state == CaseState.DROPPED else [*to_sign(case), CaseSheet.RECEIPT]


def to_sign(case: Case) -> list[CaseSheet]:
    """Return what is signed at the counter: the form, and where people are bound, the undertaking."""
    return [CaseSheet.FORM, *([CaseSheet.UNDERTAKING] if handler_of(case.kind).undertakings_of(case) else [])]


@transaction.atomic
def print_sheets(*, act: Act, number: str, sheets: Collection[str]) -> Printed:
    """Count one more print of each of these sheets and return which of them were printed before.

    Raises CaseError for none, for a sheet that the case does not have now, for another region and one's own family.
    """
    user, office = staff_at_counter(act, COUNTER_ROLES)
    case = desk.locked(number, office)
    refuse_own_case(user, case)
    signers = [person for pair in handler_of(case.kind).undertakings_of(case) for person in pair]
    refuse_own_family(user, *signers)
    wanted = tuple(sheet for sheet in sheets_of(act, case) if sheet in sheets)
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
    """Say whether what is printed has whole certificate numbers: for who submitted it, or opened it, on that day.

    To others a print would be a look-up that nothing counts.
    """
    who, at = (case.opened_by_id, case.opened_at) if case.is_in_work else (case.submitted_by_id, case.submitted_at)
    return at is not None and Act(act.actor, at).on == act.on and who == user.pk
