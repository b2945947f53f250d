"""去窗口办 (C24): the right counter and the right papers, once; the application form to print. Open to everybody."""

from datetime import date

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.codes import Situation
from accounts.forms.offices import OfficeForm, PapersForm
from accounts.identity.access import person_or_none
from accounts.models import Duty, Office
from accounts.policies import registry
from accounts.queries.account import accounts_of
from accounts.queries.offices import checklists_on, duty_on, first_day, regions_with_offices, streets_of
from yibao.lib import clock


@login_not_required
@never_cache
@require_GET
def offices(request: HttpRequest) -> HttpResponse:
    """Find the counter for a street, a group and a day. With HTMX the search and its result only."""
    today = clock.today()
    region = _region(request)
    form = OfficeForm(request.GET if "street" in request.GET else None, streets=streets_of(region), today=today)
    context = {
        "region": region,
        "region_name": registry.region_name(region),
        "regions": _regions(),
        "form": form,
        "offices": Office.objects.filter(region=region).order_by("code"),
        **_found(form, region, today),
    }
    template = "accounts/_offices.html" if request.htmx else "accounts/offices.html"  # type: ignore[attr-defined]
    return render(request, template, context, status=422 if form.errors else 200)


def _found(form: OfficeForm, region: str, today: date) -> dict[str, object]:
    """Return the office, the day asked for and the papers; before anybody asks, the papers of today only."""
    on, duty = today, None
    if form.is_valid():
        on = form.cleaned_data["on"]
        duty = duty_on(region, form.cleaned_data["street"], form.cleaned_data["group"], on)
    return {
        "today": today,
        "on": on,
        "duty": duty,
        "asked": form.is_valid(),
        "opens_on": first_day(region),
        "checklists": checklists_on(region, on),
        "form_url": _form_url(duty) if duty else reverse("office_form"),
    }


def _form_url(duty: Duty) -> str:
    return f"{reverse('office_form')}?office={duty.office.code}"


@login_not_required
@never_cache
@require_GET
def office_form(request: HttpRequest) -> HttpResponse:
    """Show the application form as a sheet to print, with the office to go to and the name of whoever may see theirs."""
    office = Office.objects.filter(code=request.GET.get("office", "")).first()
    region = office.region if office else _region(request)
    person = person_or_none(request)
    context = {
        "office": office,
        "person": person,
        "region_name": registry.region_name(region),
        "printed_at": clock.now(),
        "relations": _relations(region),
        "rows": range(3),
        "back_url": reverse("offices"),
        "back_text": "去窗口办",
    }
    return render(request, "accounts/office_form.html", context)


@login_not_required
@never_cache
@require_GET
def no_phone(request: HttpRequest) -> HttpResponse:
    """我不方便用手机: whom to call, and on a sheet to print which counter and which papers. Open to everybody."""
    today, region = clock.today(), _region(request)
    checklists = {one.situation: one for one in checklists_on(region, today)}
    asked = request.GET if "street" in request.GET else None
    form = PapersForm(asked, streets=streets_of(region), today=today, situations=checklists)
    context = {
        "region": region,
        "region_name": registry.region_name(region),
        "regions": _regions(),
        "form": form,
        "checklists": checklists.values(),
    }
    if not form.is_valid():
        return render(request, "accounts/no_phone.html", context, status=422 if form.errors else 200)
    chosen = form.cleaned_data
    duty = duty_on(region, chosen["street"], chosen["group"], chosen["on"])
    checklist = checklists[Situation(chosen["situation"])]
    context |= {
        "duty": duty,
        "checklist": checklist,
        "sources": dict.fromkeys([checklist.source, *([duty.source] if duty else [])]),
        "printed_at": clock.now(),
        "back_url": f"{reverse('no_phone')}?region={region}",
        "back_text": "我不方便用手机",
    }
    return render(request, "accounts/papers_sheet.html", context)


def _regions() -> list[tuple[str, str]]:
    """Return (code, name) of the regions one may choose from."""
    return sorted((registry.region_names() | _named(regions_with_offices())).items())


def _relations(region: str) -> tuple[str, ...]:
    """Return the relatives who may be entered on the form today; none where no rules are on file."""
    terms = registry.sharing_or_none(region, clock.today())
    return terms.relations if terms else ()


def _region(request: HttpRequest) -> str:
    """Return the region that was asked for, else one's own, else the first one whose counters are on file.

    Raises Http404 for one that nobody offered: another region's counters would be a wrong answer.
    """
    known, on_file = registry.region_names(), regions_with_offices()
    if asked := request.GET.get("region", ""):
        if asked not in known and asked not in on_file:
            raise Http404
        return asked
    person = person_or_none(request)
    own = accounts_of(person).home_regions(clock.today()) if person else []
    return next(iter([*own, *on_file, *known]), "")


def _named(regions: list[str]) -> dict[str, str]:
    return {region: registry.region_name(region) for region in regions}
