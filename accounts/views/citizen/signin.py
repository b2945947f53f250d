"""Signing in with a phone: number, code, done. The same pages and words whether or not anybody knows the number."""

from datetime import datetime
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms.signin import CodeForm, PhoneForm
from accounts.identity import access, codes, known, limits
from accounts.identity.actors import Act, Actor
from accounts.models import PhoneCode
from accounts.operations.identity import welcome
from accounts.operations.notices import warn_of_new_device
from yibao.lib import clock

PENDING = "sign_in_code"  # in the session: which code was asked for, and where to go afterwards
NEXT = "sign_in_next"


@login_not_required
@never_cache
@sensitive_post_parameters("phone")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for the number (C02) and send a code to it."""
    if request.user.is_authenticated:
        return redirect(access.safe_next(request) or get_adapter().get_login_redirect_url(request))
    if request.method == "GET":
        return _phone_page(request, PhoneForm())
    form = PhoneForm(request.POST)
    if not form.is_valid():
        return _phone_page(request, form, status=422)
    phone, now = form.cleaned_data["phone"], clock.now()
    under_way = _pending(request)
    if under_way and under_way.phone == phone:  # back button, double click: the code is on its way already
        return redirect("sign_in_code")
    request.session[NEXT] = access.safe_next(request)
    try:
        _send(request, phone)
    except limits.TooOftenError as error:
        form.add_error("phone", _wait(request, phone, error, now))
        return _phone_page(request, form, status=429)
    return redirect("sign_in_code")


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Ask for the six digits and sign in."""
    if request.user.is_authenticated:
        return redirect(get_adapter().get_login_redirect_url(request))
    code_id = _pending_id(request)
    if code_id is None:
        return redirect("sign_in")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _code_page(request, form)
    if not form.is_valid():
        return _code_page(request, form, status=422)
    now, asked = clock.now(), _asked(request)
    try:
        proven = codes.check(
            code_id=code_id,
            purpose=_purpose(request, asked.phone if asked else ""),
            typed=form.cleaned_data["code"],
            address=access.address_of(request),
            now=now,
        )
    except (codes.WrongCodeError, codes.ExpiredCodeError) as error:
        form.add_error("code", error.message)
    except limits.TooOftenError as error:
        form.add_error("code", f"试的次数太多了，{error.reopens(now)}以后才能再试")
        return _code_page(request, form, status=429)
    else:
        return _enter(request, proven)
    return _code_page(request, form, status=422)


@login_not_required
@never_cache
@require_POST
def resend(request: HttpRequest) -> HttpResponse:
    """Send another code to the same number; earlier ones stop working in this browser."""
    old = _asked(request)
    if request.user.is_authenticated or old is None:
        return redirect("sign_in")
    now = clock.now()
    try:
        _send(request, old.phone)
        note, status = "已经再发了一次，请看最新的短信。", 200
    except limits.TooOftenError as error:
        note, status = _wait(request, old.phone, error, now), 200 if request.htmx else 429
    if request.htmx:
        return render(request, "accounts/_resend.html", {"note": note, "code_pause": codes.pause()})
    return _code_page(request, CodeForm(), status=status, note=note)


def _send(request: HttpRequest, phone: str) -> None:
    row = codes.issue(
        purpose=_purpose(request, phone), phone=phone, address=access.address_of(request), now=clock.now()
    )
    request.session[PENDING] = str(row.id)


def _purpose(request: HttpRequest, phone: str) -> codes.Purpose:
    """Return what the code is asked for by: anybody, or a browser that has signed in with this number before."""
    return codes.SIGN_IN_AGAIN if known.knows(request, phone) else codes.SIGN_IN


def _enter(request: HttpRequest, proven: PhoneCode) -> HttpResponse:
    """Open the session of whoever holds this number, through allauth: stages, audit, list of devices."""
    user = welcome(act=Act(Actor.system("sign-in"), clock.now()), phone=proven.phone)
    back = request.session.pop(NEXT, "")
    request.session.pop(PENDING, None)
    is_new_device = user.last_login is not None and not known.knows(request, proven.phone)
    record_authentication(request, user, method="code")
    response = perform_login(request, Login(user=user, redirect_url=back or None))
    known.remember(request, response, proven.phone)
    if is_new_device and user.person is not None:
        warn_of_new_device(act=Act(access.actor_of(user), clock.now()), person=user.person)
    return response


def _pending_id(request: HttpRequest) -> UUID | None:
    stored = request.session.get(PENDING)
    return UUID(stored) if stored else None


def _asked(request: HttpRequest) -> PhoneCode | None:
    """Return the code this browser asked for last, also when it cannot be used any more."""
    code_id = _pending_id(request)
    return PhoneCode.objects.filter(id=code_id).first() if code_id else None


def _pending(request: HttpRequest) -> PhoneCode | None:
    return codes.pending(_pending_id(request), codes.SIGN_IN, clock.now())


def _wait(request: HttpRequest, phone: str, error: limits.TooOftenError, now: datetime) -> str:
    just_sent = codes.was_just_sent(_purpose(request, phone), phone, now)
    why = "刚发过一条，请先看短信" if just_sent else "要验证码的次数太多了"
    return f"{why}；{error.reopens(now)}以后可以再要一次"


def _phone_page(request: HttpRequest, form: PhoneForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "back_url": "/", "has_pending": _pending(request) is not None}
    return render(request, "accounts/sign_in.html", context, status=status)


def _code_page(request: HttpRequest, form: CodeForm, status: int = 200, note: str = "") -> HttpResponse:
    row = _asked(request)
    if row is None:
        return redirect("sign_in")
    context = {
        "form": form,
        "note": note,
        "phone": row.phone,
        "code_validity": codes.validity(),
        "code_pause": codes.pause(),
        "back_url": f"{reverse('sign_in')}?{urlencode({'next': request.session.get(NEXT, '')})}",
        "back_text": "换个手机号",
    }
    return render(request, "accounts/sign_in_code.html", context, status=status)
