"""Proving who one is (C03): with what stands on the card, or with a code from a counter."""

from collections.abc import Callable

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms.identity import BY_CODE, BY_RECORD, CounterCodeForm, RecordForm, WayForm
from accounts.identity import access, limits
from accounts.models import Person
from accounts.operations.identity import CODE_VALID, NoMatchError, prove_by_code, prove_by_record
from accounts.operations.proving import CODE_LENGTH
from accounts.operations.taking_back import others_of
from accounts.policies.registry import region_names
from yibao.lib import clock
from yibao.lib.days import span_words

HINTS = {BY_RECORD: "和参保记录核对，马上就好", BY_CODE: f"窗口核对过证件后给您的{CODE_LENGTH}位码"}


@never_cache
@access.citizen_required
@require_http_methods(["GET", "POST"])
def identity(request: HttpRequest) -> HttpResponse:
    """Ask which of the two ways."""
    user = access.current_user(request)
    if user.person_id:
        return redirect("identity_limited") if user.is_limited(clock.now()) else _onward(request)
    form = WayForm(_posted(request))
    if form.is_valid():
        way = "identity_code" if form.cleaned_data["way"] == BY_CODE else "identity_record"
        return redirect(_with_next(request, way))
    context = {"form": form, "back_url": "/", "hints": HINTS, "has_others": any(others_of(user))}
    return render(request, "accounts/identity.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("name", "certno")
@access.citizen_required
@require_http_methods(["GET", "POST"])
def by_record(request: HttpRequest) -> HttpResponse:
    """Name, certificate number and region, matched with the roster."""

    def prove(form: forms.Form) -> Person:
        return prove_by_record(**_who(request), **form.cleaned_data)

    if access.current_user(request).is_limited(clock.now()):
        return redirect("identity_limited")
    form = RecordForm(_posted(request), regions=list(region_names().items()))
    return _proven_with(request, form, prove, "accounts/identity_record.html")


@never_cache
@sensitive_post_parameters("code")
@access.citizen_required
@require_http_methods(["GET", "POST"])
def by_code(request: HttpRequest) -> HttpResponse:
    """The characters from a counter."""

    def prove(form: forms.Form) -> Person:
        return prove_by_code(**_who(request), typed=form.cleaned_data["code"])

    return _proven_with(request, CounterCodeForm(_posted(request)), prove, "accounts/identity_code.html")


def _proven_with(
    request: HttpRequest, form: forms.Form, prove: Callable[[forms.Form], Person], template: str
) -> HttpResponse:
    user = access.current_user(request)
    if user.person_id and not user.is_limited(clock.now()):
        return _onward(request)
    again = _with_next(request, "identity")
    if not form.is_valid():
        context = {"form": form, "back_url": again, "code_validity": span_words(CODE_VALID)}
        return render(request, template, context, status=422 if form.errors else 200)
    try:
        prove(form)
    except NoMatchError:
        return render(request, "accounts/identity_no_match.html", {"back_url": again}, status=422)
    except limits.TooOftenError as error:
        return render(request, "429.html", {"until": error.opens_at}, status=429)
    return redirect(_with_next(request, "identity_result"))


@never_cache
@access.person_required
@require_http_methods(["GET"])
def result(request: HttpRequest) -> HttpResponse:
    """Say that it worked and for whom."""
    context = {"person": access.current_person(request), "onward": access.safe_next(request) or "/account/"}
    return render(request, "accounts/identity_result.html", context)


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _who(request: HttpRequest) -> dict:
    return {
        "act": access.act_of(request),
        "user": access.current_user(request),
        "address": access.address_of(request),
    }


def _with_next(request: HttpRequest, name: str) -> str:
    onward = access.safe_next(request)
    return reverse(name) + (f"?{urlencode({'next': onward})}" if onward else "")


def _onward(request: HttpRequest) -> HttpResponse:
    return redirect(access.safe_next(request) or "/account/")
