"""政策和常见问题 (C25), 反馈和评价 (C27), 无障碍声明. Open to everybody."""

import re

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts import help as handbook
from accounts.forms.feedback import FeedbackForm
from accounts.forms.kept import told
from accounts.identity import codes, limits
from accounts.identity.access import act_of, address_of, person_or_none
from accounts.identity.actors import Act, Actor
from accounts.identity.drafts import Told, keeps
from accounts.models import Person
from accounts.operations.notices import AlreadyRatedError, give_feedback
from accounts.policies import registry
from accounts.policies.terms import KINDS
from accounts.queries.account import account_in, accounts_of
from accounts.queries.answers import QUESTIONS, answer
from accounts.queries.changes import is_so, rule_on
from accounts.queries.entries import entries_of
from accounts.queries.lines import lines_of
from accounts.queries.notices import was_rated
from accounts.queries.offices import regions_with_offices
from accounts.queries.statement import transfer_of
from accounts.views.citizen.account import facts_of
from accounts.views.citizen.current_account import my_account
from yibao.lib import clock
from yibao.lib.days import day_words

GIVEN = "feedback_number"
_ENTRY = re.compile(r"entry-([0-9]{1,18})")
_ACT = re.compile(r"[A-Z]{2}[A-Z0-9-]{1,22}")


@login_not_required
@never_cache
@require_GET
def help_index(request: HttpRequest) -> HttpResponse:
    """List the articles, or those that a submitted search finds. It never searches while somebody types."""
    typed = request.GET.get("q", "").strip()[:40]
    return render(request, "accounts/help.html", {"typed": typed, "articles": handbook.search(typed)})


@login_not_required
@never_cache
@require_GET
def help_article(request: HttpRequest, name: str) -> HttpResponse:
    """Show one article, the rules of one region it rests on, and the reader's own case for the four questions."""
    article = handbook.article(name)
    if article is None:
        raise Http404
    names = registry.region_names()
    today = clock.today()
    accounts, mine = my_account(request) if person_or_none(request) else (None, None)
    region = request.GET.get("region", "")
    if region and region not in names:
        raise Http404
    if not region:
        own = [mine.region] if mine else accounts.home_regions(today) if accounts else []
        region = next(iter([*(code for code in own if code in names), *regions_with_offices(), *names]), "")
    rules = [rule for kind in article.kinds if (rule := rule_on(region, KINDS[kind], today, article.shown_of(kind)))]
    context = {
        "article": article,
        "lines": [line.text for line in article.lines if is_so(region, today, line.where)],
        "region": region,
        "region_name": names.get(region, ""),
        "regions": list(names.items()),
        "rules": rules,
        "own": answer(name, facts_of(mine)) if mine and name in QUESTIONS else None,
    }
    return render(request, "accounts/help_article.html", context)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def feedback(request: HttpRequest) -> HttpResponse:
    """Hear what somebody has to say: about an entry of their own, about an act they finished, or anything."""
    about, about_text, asks_score = _about(request)
    person = person_or_none(request)
    form = FeedbackForm(request.POST if request.method == "POST" else None, asks_score=asks_score)
    status = 200
    if form.is_valid():
        act = act_of(request) if request.user.is_authenticated else Act(Actor.system("visitor"), clock.now())
        try:
            given = give_feedback(
                act=act,
                person=person,
                text=form.cleaned_data["text"],
                score=form.cleaned_data.get("score"),
                about=about,
                about_text=about_text,
                address=f"person {person.pk}" if person else address_of(request),
            )
        except AlreadyRatedError as refusal:
            form.add_error("score", refusal.message)
        except limits.TooOftenError as refusal:
            form.add_error(None, f"说得太勤了，{refusal.reopens(act.at)}以后可以再说")
            status = 429
        else:
            request.session[GIVEN] = given.number
            return redirect("feedback_result")
    context = {"form": form, "about": about, "about_text": about_text, "is_signed_in": person is not None}
    return render(request, "accounts/feedback.html", context, status=422 if form.errors and status == 200 else status)


@login_not_required
@never_cache
@require_GET
def feedback_result(request: HttpRequest) -> HttpResponse:
    number = request.session.get(GIVEN)
    if not number:
        return redirect("feedback")
    return render(
        request, "accounts/feedback_result.html", {"number": number, "is_signed_in": bool(person_or_none(request))}
    )


@login_not_required
@never_cache
@require_GET
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/accessibility.html", {"code_validity": codes.validity()})


def _about(request: HttpRequest) -> tuple[str, str, bool]:
    """Return what the feedback is about (code, words) and whether a rating is asked: only for an act not rated yet.

    An entry counts only if it is the reader's own; what is none of these is no subject at all.
    """
    asked = request.POST.get("about") or request.GET.get("about", "")
    person = person_or_none(request)
    if person and (match := _ENTRY.fullmatch(asked)):
        words = _entry_words(person, int(match[1]))
        return (asked, words, False) if words else ("", "", False)
    if _ACT.fullmatch(asked):
        return asked, f"编号 {asked}", not (person and was_rated(person, asked))
    return "", "", False


@keeps("feedback")
def _kept(request: HttpRequest, typed: QueryDict) -> Told:
    """Put what somebody was telling us into words."""
    return told("反馈", FeedbackForm(typed, asks_score="score" in typed))


def _entry_words(person: Person, entry_id: int) -> str:
    accounts = accounts_of(person)
    transfer = transfer_of(accounts.pots, entry_id)
    if transfer is None:
        return ""
    lines = lines_of(account_in(accounts, transfer.region, clock.today()), entries_of(person, [transfer]), url=_no_url)
    return f"{day_words(lines[0].day)}的一笔：{lines[0].title}"


def _no_url(entry_id: int) -> str:
    return reverse("entry", args=[entry_id])
