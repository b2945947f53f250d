"""Why a bond is over by what the roster says, and whether what ended one turned out to be a mistake."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from accounts.codes import EnrolmentEndReason, EnrolmentStatus, InsuranceType
from accounts.models import Enrolment
from accounts.policies import registry
from family.codes import EndReason
from family.models import Bond
from family.queries.facts import Insured
from family.rules.eligibility import covers

# An insurance that goes on so soon after its end had not ended: 终止 by mistake, or between two employers.
PUT_RIGHT_WITHIN = timedelta(days=3)


def why_over(bond: Bond, insured: Insured, on: date) -> EndReason | None:
    """Return why a bond has come to its end by that day; None while it may stand."""
    user, terms = insured.as_user(bond.user_id), registry.sharing_or_none(bond.region, on)
    if bond.until_on is not None and bond.until_on < on:
        return EndReason.PERIOD_OVER
    if not insured.as_payer(bond.payer_id, bond.region).is_insured:
        return EndReason.PAYER_LEFT
    if not user.is_insured:
        return EndReason.USER_LEFT
    if terms is not None and not covers(terms, bond.region, user.region):
        return EndReason.USER_OUTSIDE
    return None


def ended_by_mistake(bond: Bond, ended_on: date) -> bool:
    """Say whether the insurance whose end ended this bond on a day turns out never to have ended (one query).

    Its end no longer counts (withdrawn or corrected), it went on within days, or the roster calls it 录入错误.
    """
    if bond.end_reason == EndReason.PAYER_LEFT:
        rows = Enrolment.objects.filter(person=bond.payer_id, region=bond.region, insurance=InsuranceType.EMPLOYEE)
    elif bond.end_reason == EndReason.USER_LEFT:
        rows = Enrolment.objects.filter(person=bond.user_id)
    else:
        return False
    histories: dict[tuple[str, str], list[Enrolment]] = defaultdict(list)
    for row in rows.order_by("from_on", "seq"):
        histories[row.region, row.insurance].append(row)
    return any(_never_ended(history, ended_on) for history in histories.values())


def _never_ended(history: Sequence[Enrolment], on: date) -> bool:
    before = [row for row in history if row.from_on <= on]
    if not before:
        return False
    last = before[-1]
    if last.status != EnrolmentStatus.ENDED:
        return True
    again = next((row for row in history if row.from_on > on and row.status != EnrolmentStatus.ENDED), None)
    if again is None:
        return False
    return last.end_reason == EnrolmentEndReason.MISTAKE or again.from_on - last.from_on <= PUT_RIGHT_WITHIN
