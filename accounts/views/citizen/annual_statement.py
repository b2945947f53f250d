"""对账单: a year of one's account to print or keep, with a number; and the public page that knows these numbers."""

from datetime import date

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms.annual_statement import CheckForm, YearForm
from accounts.identity import limits
from accounts.identity.access import act_of, address_of, current_person, person_required
from accounts.identity.actors import Act, Actor
from accounts.models import AnnualStatement
from accounts.operations.annual_statement import NoStatementError, check_statement, issue_statement
from accounts.policies import formulas, registry
from accounts.queries.account import Account, account_in, accounts_of
from accounts.queries.annual_statement import Extent, content_of, issued_to
from accounts.queries.months import balance_name
from accounts.queries.statement import year_sums
from accounts.queries.years import years_of
from accounts.views.citizen.current_account import my_account, no_account
from yibao.lib import clock


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
def statements(request: HttpRequest) -> HttpResponse:
    """Show whose year may be had as a statement and what was issued before; with POST issue one."""
    accounts, mine = my_account(request)
    if mine is None:
        return no_account(request, accounts)
    years = [year.year for year in years_of(mine, year_sums(mine))][::-1]
    wanted = request.GET.get("year") or next((str(year) for year in years if year < mine.year), "")
    choices = [(year, _year_words(mine, year)) for year in years]
    data = request.POST if request.method == "POST" else None
    form = YearForm(data, initial={"year": wanted}, years=choices)
    if form.is_valid():
        try:
            issued = issue_statement(act=act_of(request), account=mine, year=int(form.cleaned_data["year"]))
        except NoStatementError as refusal:
            form.add_error("year", refusal.message)
        else:
            return redirect("statement", issued.pk)
    context = {
        "region_name": registry.region_name(mine.region),
        "years": years,
        "form": form,
        "issued": issued_to(mine.person, mine.region),
    }
    return render(request, "accounts/statements.html", context, status=422 if form.errors else 200)


@never_cache
@person_required
@require_GET
def statement(request: HttpRequest, statement_id: int) -> HttpResponse:
    """Show a statement that was issued, as it was then, and whether the books say something else now.

    Anybody else's is not found.
    """
    person = current_person(request)
    issued = get_object_or_404(AnnualStatement, pk=statement_id, person=person)
    mine = account_in(accounts_of(person), issued.region, clock.today())
    content = content_of(mine, Extent.of(issued), url=lambda _: "")
    now = content_of(mine, Extent(issued.year, issued.closes_on), url=lambda _: "")
    context = {
        "account": mine,
        "region_name": registry.region_name(issued.region),
        "issued": issued,
        "first": formulas.year_range(issued.year, mine.credit)[0],
        "content": content,
        "now": None if now.digest == issued.digest else now,
        "balance_name": balance_name(mine, mine.pots),
        "back_url": reverse("statements"),
        "back_text": "对账单",
    }
    return render(request, "accounts/statement_sheet.html", context)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Tell whoever holds a statement whether it is ours. What is typed goes with POST: nothing of it in an address."""
    form = CheckForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"form": form}
    status = 200
    if form.is_valid():
        act = Act(Actor.system("visitor"), clock.now())
        try:
            context["checked"] = check_statement(
                act=act,
                number=form.cleaned_data["number"],
                closing_fen=form.cleaned_data["closing"],
                address=address_of(request),
            )
        except limits.TooOftenError as refusal:
            form.add_error(None, f"查得太多了，{refusal.reopens(act.at)}以后可以再查")
            status = 429
        else:
            context["asked"] = True
    if checked := context.get("checked"):
        context["region_name"] = registry.region_name(checked.issued.region)  # type: ignore[attr-defined]
    return render(request, "accounts/verify.html", context, status=422 if form.errors and status == 200 else status)


def _year_words(mine: Account, year: int) -> str:
    first, until = formulas.year_range(year, mine.credit)
    words = f"{year}年" if first == date(year, 1, 1) else f"{year}年度（{first.year}年{first.month}月起）"
    return words if until <= mine.today else f"{words}，到今天为止"
