"""A limited sign-in: what opens it (a code to the roster's phone, a counter, time), and 「这不是我」 for the other side."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms.signin import CodeForm
from accounts.identity import access, codes, limits
from accounts.operations.limited import NoRosterPhoneError, open_by_code, send_code
from accounts.operations.taking_back import NotYoursError, others_of, take_back_by_phone
from yibao.lib import clock
from yibao.lib.clock import SHANGHAI

CODE = "identity_phone_code"  # in the session: which code was asked for
TAIL = 2  # digits of the roster's phone by which its owner knows it, and nobody else


@never_cache
@access.citizen_required
@require_GET
def limited(request: HttpRequest) -> HttpResponse:
    """Say that the account is found and not shown yet, and what opens it."""
    user = access.current_user(request)
    if user.person is None or not user.is_limited(clock.now()):
        return redirect("account")
    opens = user.opens_at()
    context = {
        "person": user.person,
        "tail": user.person.phone[-TAIL:],
        "opens_on": opens.astimezone(SHANGHAI).date() if opens else None,
        "back_url": "/",
    }
    return render(request, "accounts/identity_limited.html", context)


@access.citizen_required
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Send a code to the roster's phone."""
    user, now = access.current_user(request), clock.now()
    if not user.is_limited(now):
        return redirect("account")
    try:
        code_id = send_code(act=access.act_of(request), user=user, address=access.address_of(request))
    except NoRosterPhoneError:
        return redirect("identity_limited")
    except limits.TooOftenError as error:
        return render(request, "429.html", {"until": error.opens_at}, status=429)
    request.session[CODE] = str(code_id)
    return redirect("identity_phone")


@never_cache
@sensitive_post_parameters("code")
@access.citizen_required
@require_http_methods(["GET", "POST"])
def by_phone(request: HttpRequest) -> HttpResponse:
    """Take the digits that the roster's phone has got."""
    user, code_id = access.current_user(request), request.session.get(CODE)
    if user.person is None or not user.is_limited(clock.now()):
        return redirect("account")
    if code_id is None:
        return redirect("identity_limited")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            open_by_code(
                act=access.act_of(request),
                user=user,
                code_id=UUID(code_id),
                typed=form.cleaned_data["code"],
                address=access.address_of(request),
            )
        except (codes.WrongCodeError, codes.ExpiredCodeError) as error:
            form.add_error("code", error.message)
        except limits.TooOftenError as error:
            return render(request, "429.html", {"until": error.opens_at}, status=429)
        else:
            del request.session[CODE]
            return redirect("identity_result")
    context = {
        "form": form,
        "tail": user.person.phone[-TAIL:],
        "code_validity": codes.validity(),
        "code_pause": codes.pause(),
        "back_url": reverse("identity_limited"),
    }
    return render(request, "accounts/identity_phone.html", context, status=422 if form.errors else 200)


@never_cache
@access.citizen_required
@require_http_methods(["GET", "POST"])
def not_me(request: HttpRequest) -> HttpResponse:
    """「这不是我」: whoever holds the roster's phone ends the sign-ins of others, and everything done with them."""
    user = access.current_user(request)
    if request.method == "GET":
        context = {"has_others": any(others_of(user)), "back_url": reverse("settings")}
        return render(request, "accounts/identity_not_me.html", context)
    try:
        stopped = take_back_by_phone(act=access.act_of(request), user=user)
    except NotYoursError:
        return redirect("identity_not_me")
    context = {"count": len(stopped), "is_tied": user.person_id is not None}
    return render(request, "accounts/identity_taken_back.html", context)
