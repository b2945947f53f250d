"""Paper of a case: counted, so that a second print is marked, and written down, because it shows numbers of people."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from accounts.codes import COUNTER_ROLES, CaseSheet, CaseState
from accounts.identity.actors import Act
from accounts.models import Case, User
from accounts.operations import lookups
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
    """打印：业务，这次打印的单据，其中哪些是补打。"""

    case: Case
    sheets: tuple[CaseSheet, ...]
    again: frozenset[CaseSheet]


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


def print_sheets(*, act: Act, number: str, sheets: Collection[str]) -> Printed:
    """Count one more print of each of these sheets and return which of them were printed before.

    What is signed has whole certificate numbers: printing it is a look-up, counted and on the people's record, but for who
    has looked them up for the case that day (lookups_of). Not inside a transaction. Raises CaseError for none, for a sheet
    that the case does not have now, for another region and one's own family; lookups.LookupRefusedError.
    """
    with transaction.atomic():
        user, case, wanted = _to_print(act, number, sheets)
    if lookups_of(act, user, case, wanted):
        lookups.count_printed(act=on_case(act, case), case=case)
    with transaction.atomic():
        _, case, wanted = _to_print(act, number, sheets)
        again = frozenset(sheet for sheet in wanted if case.prints.get(sheet))
        case.prints |= {sheet: case.prints.get(sheet, 0) + 1 for sheet in wanted}
        case.save(update_fields=["prints"])
        detail = {"sheets": list(wanted), "again": sorted(again)}
        desk.record_for_both(on_case(act, case), case, "case.printed", **detail)
    return Printed(case, wanted, again)


def lookups_of(act: Act, user: User, case: Case, sheets: Collection[str]) -> int:
    """Return how many look-ups it is to print these sheets: one for each person whose whole number is then seen.

    None for who submitted the case, or opened it while it is in work, on that day: they have looked them up.
    """
    if not set(sheets) & {CaseSheet.FORM, CaseSheet.UNDERTAKING}:
        return 0
    who, at = (case.opened_by_id, case.opened_at) if case.is_in_work else (case.submitted_by_id, case.submitted_at)
    has_looked = at is not None and Act(act.actor, at).on == act.on and who == user.pk
    return 0 if has_looked else len(case.people)


def _to_print(act: Act, number: str, sheets: Collection[str]) -> tuple[User, Case, tuple[CaseSheet, ...]]:
    user, office = staff_at_counter(act, COUNTER_ROLES)
    case = desk.locked(number, office)
    refuse_own_case(user, case)
    signers = [person for pair in handler_of(case.kind).undertakings_of(case) for person in pair]
    refuse_own_family(user, *signers)
    wanted = tuple(sheet for sheet in sheets_of(act, case) if sheet in sheets)
    if not wanted or len(wanted) != len(set(sheets)):
        raise CaseError(f"这件业务{CaseState(case.state).label}，没有要打印的单据")
    return user, case, wanted
