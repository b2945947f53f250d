"""Why somebody cannot be paid for: every reason with what was found, what to do, and the page where one goes on."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from payments.premiums.candidates import Payable
from payments.premiums.codes import WhyNotCode
from payments.premiums.queries import PremiumPlan
from payments.premiums.rules import CHANGE_BOND, WhyNot

_COUNTER = ("去窗口办", "offices")
_FAMILY = ("去家庭共济", "family")

# Where the way out begins: what the link says, and the name of its address. Where nothing is to be done there is none.
ONWARD: dict[WhyNotCode, tuple[str, str]] = {
    WhyNotCode.NO_BOND: _FAMILY,
    WhyNotCode.BOND: _FAMILY,
    WhyNotCode.LIMIT: _FAMILY,
    WhyNotCode.PAY_FIRST: ("凭税票申请返还", "premium_claim"),
    WhyNotCode.CLOSED: _COUNTER,
    WhyNotCode.NOT_INSURED: _COUNTER,
    WhyNotCode.NEWBORN: _COUNTER,
    WhyNotCode.PARTIAL_RELIEF: _COUNTER,
    WhyNotCode.SPECIAL: _COUNTER,
    WhyNotCode.FIRST_TIME: _COUNTER,
    WhyNotCode.PRIOR_YEAR: _COUNTER,
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with the link that leads on (empty where there is none)."""

    why: str
    found: str
    remedy: str
    link: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody who cannot be paid for; `url` is of the order or claim that stands for them, where one may see it."""

    called: str
    tag: str
    tone: str
    reasons: tuple[Reason, ...]
    url: str = ""


def refused(people: Iterable[Payable]) -> list[Refused]:
    """Return these people with every reason."""
    return [_refused(one, one.reasons) for one in people]


def refused_of(plan: PremiumPlan, *, everybody: bool = False) -> list[Refused]:
    """Return whom a plan cannot pay for; with `everybody` also whom it can by now, without a reason."""
    return [_refused(one.who, one.reasons) for one in plan.people if one.reasons or everybody]


def _refused(who: Payable, reasons: Iterable[WhyNot]) -> Refused:
    # Paying first is a way only for whom a claim may be made afterwards.
    reasons = tuple(reason for reason in reasons if reason.code != WhyNotCode.PAY_FIRST or not who.against_claim)
    codes = {reason.code for reason in reasons}
    tag, tone = "不能代缴", "warn"
    if WhyNotCode.IN_ORDER in codes:
        tag, tone = "正在交", "pend"
    if WhyNotCode.CLAIMED in codes:
        tag, tone = "已申请", "pend"
    elif codes & {WhyNotCode.PAID, WhyNotCode.PAID_BY_ACCOUNT}:
        tag, tone = "已经交过", "ok"
    elif WhyNotCode.PAY_FIRST in codes:
        tag, tone = "先缴费", ""
    if WhyNotCode.NOT_RESIDENT in codes or WhyNotCode.BUDGET_PAID in codes:
        tag, tone = "不用交", ""
    return Refused(who.called, tag, tone, tuple(_reason(reason) for reason in reasons), _url(who))


def _url(who: Payable) -> str:
    if who.order is not None:
        return reverse("premium_order", args=[who.order.no])
    return reverse("premium_claim_result", args=[who.claim.no]) if who.claim is not None else ""


def _reason(reason: WhyNot) -> Reason:
    link, name = ONWARD.get(reason.code, ("", ""))
    if reason.code == WhyNotCode.BOND and reason.remedy != CHANGE_BOND:
        link, name = "", ""  # what stops it cannot be changed there
    return Reason(reason.why, reason.found, reason.remedy, link, reverse(name) if name else "")
