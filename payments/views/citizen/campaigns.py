"""Which year is being collected, how much and until when; and what to say where nobody is to be paid for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from payments.premiums.candidates import Payable
from payments.premiums.codes import WhyNotCode

PAID = {WhyNotCode.PAID, WhyNotCode.PAID_BY_ACCOUNT}
# Nothing is left to do about whoever has no other reason than these.
SETTLED = PAID | {
    WhyNotCode.IN_ORDER,
    WhyNotCode.CLAIMED,
    WhyNotCode.NOT_RESIDENT,
    WhyNotCode.BUDGET_PAID,
    WhyNotCode.DEAD,
}


@dataclass(frozen=True, slots=True)
class Campaign:
    """What one region collects for a year from one person (fen), from the first day to the last."""

    region_name: str
    premium_year: int
    amount_fen: int
    opens_on: date
    last_on: date


def campaigns_of(people: Iterable[Payable]) -> list[Campaign]:
    """Return what is collected where these people are insured as residents, each once."""
    found = [
        Campaign(one.region_name, one.terms.premium_year, one.terms.amount_fen, one.terms.opens_on, one.terms.last_on)
        for one in people
        if one.terms is not None and WhyNotCode.NOT_RESIDENT not in _codes(one)
    ]
    return list(dict.fromkeys(found))


def nothing_to_pay(people: Sequence[Payable]) -> str:
    """Return why nobody is to be paid for, in a word for the page; "" where somebody is.

    The words: nobody, paid, settled, pay_first, closed, other.
    """
    if any(one.can_pay for one in people):
        return ""
    concerned = [one for one in people if WhyNotCode.NOT_RESIDENT not in _codes(one)]
    if not concerned:
        return "nobody"
    if any(one.can_claim for one in concerned):
        return "pay_first"
    if all(PAID & _codes(one) for one in concerned):
        return "paid"
    if all(SETTLED & _codes(one) for one in concerned):
        return "settled"
    if all({WhyNotCode.NOT_OPEN, WhyNotCode.CLOSED} & _codes(one) for one in concerned):
        return "closed"
    return "other"


def _codes(one: Payable) -> set[WhyNotCode]:
    return {reason.code for reason in one.reasons}
