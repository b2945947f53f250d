"""还不能办 (C09a): every reason on one page, each with what was found, what to do and where to go on."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.identity import limits
from accounts.identity.access import current_person
from accounts.ledger.errors import PostingError
from family.errors import FamilyError
from family.models import Bond, Event, Invitation
from family.models.invitations import NUMBER
from family.rules import ChangedError, Reason, ReasonCode, RefusedError

_NUMBER = re.compile(NUMBER)
View = Callable[..., HttpResponse]

# Where the way out begins: what the link says, and the name of its address.
ONWARD: dict[ReasonCode, tuple[str, str]] = {
    ReasonCode.NO_SHARING: ("去窗口办", "offices"),
    ReasonCode.NO_ACCOUNT: ("看我能用谁的钱", "family_from_others"),
    ReasonCode.PAYER_FROZEN: ("去窗口办", "offices"),
    ReasonCode.PAYER_SUSPENDED: ("看我的账户", "account"),
    ReasonCode.PAYER_ENDED: ("看我的账户", "account"),
    ReasonCode.PAYER_LEAVING: ("看我的账户", "account"),
    ReasonCode.PAYER_NOT_READY: ("回到家庭共济", "family"),
    ReasonCode.PAYER_MINOR: ("看我能用谁的钱", "family_from_others"),
    ReasonCode.PHONE_CHANGED: ("去窗口办", "offices"),
    ReasonCode.GATE: ("看每年的结余", "years"),
    ReasonCode.RESERVE: ("看我的账户", "account"),
    ReasonCode.MAX_USERS: ("看现在有谁在用", "family"),
    ReasonCode.MONTHLY_CHANGES: ("看现在有谁在用", "family"),
    ReasonCode.MONTHLY_TRANSFERS: ("回到家庭共济", "family"),
    ReasonCode.COOLDOWN: ("看现在有谁在用", "family"),
    ReasonCode.RELATION: ("重新选关系", "family_invite_relation"),
    ReasonCode.KINSHIP: ("重新选关系", "family_invite_relation"),
    ReasonCode.PAYER_HAS_SPOUSE: ("看现在有谁在用", "family"),
    ReasonCode.SCOPE: ("改用来做什么", "family_invite_terms"),
    ReasonCode.SELF: ("改家人的信息", "family_invite_person"),
    ReasonCode.ALREADY_BOUND: ("看现在有谁在用", "family"),
    ReasonCode.OPEN_INVITATION: ("看等对方同意的邀请", "family"),
    ReasonCode.TOO_MANY_OPEN: ("去窗口办", "offices"),
    ReasonCode.USER_NOT_INSURED: ("去窗口办", "offices"),
    ReasonCode.USER_SUSPENDED: ("看我的账户", "account"),
    ReasonCode.USER_LEAVING: ("看我的账户", "account"),
    ReasonCode.USER_OUTSIDE: ("谁能用谁的钱", "help"),
    ReasonCode.USER_INSURANCE: ("谁能用谁的钱", "help"),
    ReasonCode.MAX_AUTHORISERS: ("看我能用谁的钱", "family_from_others"),
    ReasonCode.IDENTITY: ("去窗口办", "offices"),
    ReasonCode.MINOR_NEEDS_PARENT: ("父母替孩子同意", "family_child"),
    ReasonCode.OF_AGE: ("回到家庭共济", "family"),
    ReasonCode.NOT_DONE: ("去窗口办", "offices"),
    ReasonCode.CONSENT_NEEDED: ("回到家庭共济", "family"),
    ReasonCode.LIMIT: ("回到家庭共济", "family"),
    ReasonCode.END_DAY: ("回到家庭共济", "family"),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason with the link that leads on."""

    reason: Reason
    link: str
    url: str


def refused(
    request: HttpRequest,
    reasons: Iterable[Reason],
    *,
    title: str = "现在还不能开通",
    back_url: str = "",
    status: int = 422,
) -> HttpResponse:
    """Answer with the page of reasons. It is a page, never a red field: nobody typed anything wrong."""
    context = {
        "title": title,
        "refusals": refusals_of(request, reasons),
        "back_url": back_url or reverse("family"),
    }
    if request.htmx:  # the button of a card: its message stays inside the card
        response = render(request, "family/_refused.html", context, status=422)
        response["HX-Reswap"] = "beforeend"
        return response
    return render(request, "family/reasons.html", context, status=status)


def refusals_of(request: HttpRequest, reasons: Iterable[Reason]) -> list[Refusal]:
    """Return the reasons, each with the link that leads on."""
    return [_with_link(request, reason) for reason in reasons]


def _with_link(request: HttpRequest, reason: Reason) -> Refusal:
    text, name = ONWARD[reason.code]
    url = reverse(name)
    if reason.code == ReasonCode.OPEN_INVITATION and (number := _open_number(request, reason)):
        text, url = "看这个邀请", reverse("family_invitation", args=[number])
    return Refusal(reason, text, url)


def _open_number(request: HttpRequest, reason: Reason) -> str:
    """Return which of the person's own invitations the reason names."""
    named = _NUMBER.search(reason.found)
    sent = Invitation.objects.filter(payer=current_person(request), number=named[0] if named else "")
    return sent.values_list("number", flat=True).first() or ""


def changed(request: HttpRequest, *, back_url: str = "", text: str = "") -> HttpResponse:
    """Answer that somebody was first (409)."""
    context = {"back_url": back_url or reverse("family"), "text": text}
    return render(request, "409.html", context, status=409)


def too_often(request: HttpRequest, error: limits.TooOftenError) -> HttpResponse:
    return render(request, "429.html", {"until": error.opens_at}, status=429)


def answering(view: View) -> View:
    """Turn what an operation may raise into its page: reasons, changed meanwhile, too often, anything else, not there."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except RefusedError as error:
            return refused(request, error.reasons)
        except ChangedError:
            return changed(request)
        except limits.TooOftenError as error:
            return too_often(request, error)
        except (FamilyError, PostingError) as error:
            return changed(request, text=f"{error.message}。")
        except (Bond.DoesNotExist, Invitation.DoesNotExist, Event.DoesNotExist):
            raise Http404 from None

    return answered
