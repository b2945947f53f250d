"""Who may open a page, and whose data it shows: the person always comes from the session, never from the address."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from accounts.codes import Role
from accounts.errors import AccountsError
from accounts.identity import limits
from accounts.identity.actors import Act, Actor
from accounts.models import Person, User
from yibao.lib import clock

View = Callable[..., HttpResponse]

HEADQUARTERS = "central"  # where staff without a window work


class NotProvenError(AccountsError):
    """The signed-in user is not tied to an insured person yet."""

    message = "请先核实身份"


def current_user(request: HttpRequest) -> User:
    """Return who is signed in. Raises PermissionDenied for a stranger; behind the gate nobody is one."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def current_person(request: HttpRequest) -> Person:
    """Return the insured person whose own session this is.

    Raises NotProvenError while the user has not proven who they are, or not enough (User.is_limited); under
    @person_required it never does.
    """
    person = person_or_none(request)
    if person is None:
        raise NotProvenError
    return person


def person_or_none(request: HttpRequest) -> Person | None:
    """Return the insured person whose data this session may see; None for a stranger, and while it is limited."""
    user = request.user
    return user.person if isinstance(user, User) and not user.is_limited(clock.now()) else None


def actor_of(user: User, case: str = "") -> Actor:
    """Return the actor behind a signed-in user: a citizen, or a member of staff at their office."""
    return Actor.staff(user, user.office or HEADQUARTERS, case) if user.is_official else Actor.citizen(user)


def act_of(request: HttpRequest) -> Act:
    """Return whoever is signed in as acting now. Raises PermissionDenied for a stranger."""
    return Act(actor_of(current_user(request)), clock.now())


def address_of(request: HttpRequest) -> str:
    """Return the network address a request counts for. Believes as many proxies as YIBAO_PROXIES says, none else."""
    return limits.network(get_adapter().get_client_ip(request))


def safe_next(request: HttpRequest) -> str:
    """Return the page of ours that ?next= names, or ""."""
    return own_path(request.GET.get("next", ""))


def own_path(url: str) -> str:
    """Return the address where it is a path of this site, which a redirect cannot take for anything else; else ""."""
    is_path = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if is_path else ""


def is_official(user: User | AnonymousUser) -> bool:
    return getattr(user, "is_official", False)


def has_second_factor(request: HttpRequest) -> bool:
    """Return whether this session was opened with a second factor besides the password."""
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))


def citizen_required(view: View) -> View:
    """Let any citizen in, proven or not; staff have no account of their own here (403)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_official(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def person_required(view: View) -> View:
    """Let only a citizen in whose identity is proven; send the others to prove it, and staff away (403).

    A limited sign-in, whatever it asks for, gets the page that says what opens it.
    """

    @wraps(view)
    @citizen_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not current_user(request).person_id:
            return redirect(f"{reverse_lazy('identity')}?{urlencode({'next': request.get_full_path()})}")
        if current_user(request).is_limited(clock.now()):
            return redirect("identity_limited")
        return view(request, *args, **kwargs)

    return guarded


def role_required(*roles: str) -> Callable[[View], View]:
    """Let only staff of these roles in (403 otherwise), e.g. @role_required("clerk", "reviewer").

    Administrators are not exempt: who runs the system does not handle cases. The sign-in page is the staff's.
    """
    allowed: set[str] = {Role(role) for role in roles}

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if current_user(request).role not in allowed:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.login_url = reverse_lazy("account_login")
        return guarded

    return guard
