"""邀请家人 (C09): what they are to me, who they are, check and send. Each step is kept on the server."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.codes import Relation
from accounts.forms.kept import told
from accounts.identity.access import person_required
from accounts.identity.drafts import Told, keeps
from family.forms.inviting import OTHER, AgreeForm, PersonForm, RelationForm, TermsForm
from family.forms.limits import limit_initial
from family.models import Invitation
from family.operations import drafts, invitations
from family.queries.eligibility import relations_offered, to_invite
from family.queries.invitations import draft_of
from family.rules import IncompleteDraftError, ReasonCode
from family.views.citizen import share_sheet
from family.views.citizen.current_account import Giving, OwnAct, giving_of, own_act
from family.views.citizen.labels import gender_in, pronoun, scope_words
from family.views.citizen.refusals import answering, refused
from yibao.lib.days import day_words
from yibao.lib.values.numbers import whole_number


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
def relation(request: HttpRequest) -> HttpResponse:
    """Step 1. Whoever cannot invite anybody learns it here, before giving any data."""
    giving, act = giving_of(request), own_act(request)
    if giving is None:
        return redirect("family_from_others")
    if reasons := to_invite(payer=act.person, region=giving.region, on=act.on):
        return refused(request, reasons, status=200 if request.method == "GET" else 422)
    draft = draft_of(act.person, giving.region)
    form = RelationForm(
        _posted(request),
        offered=relations_offered(giving.region, act.on),
        initial={"relation": draft.relation if draft else ""},
    )
    if not form.is_valid():
        context = {"form": form, "giving": giving, "back_url": reverse("family")}
        return render(request, "family/invite_relation.html", context, status=422 if form.errors else 200)
    if form.cleaned_data["relation"] == OTHER:
        return redirect("family_invite_others")
    scopes = {} if draft and draft.scopes else {"scopes": giving.terms.scopes}
    _keep(giving, act, relation=form.cleaned_data["relation"], **scopes)
    return redirect(_next_of(request, "family_invite_person"))


@never_cache
@person_required
@require_GET
def others(request: HttpRequest) -> HttpResponse:
    """「不在这些里面」: who can be invited here, who cannot, and what they can do instead."""
    giving, act = giving_of(request), own_act(request)
    if giving is None:
        return redirect("family_from_others")
    context = {
        "giving": giving,
        "relations": [label for _, label in relations_offered(giving.region, act.on)],
        "back_url": reverse("family_invite_relation"),
    }
    return render(request, "family/invite_others.html", context)


@never_cache
@sensitive_post_parameters("name", "certno", "phone")
@person_required
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest) -> HttpResponse:
    """Step 2, with the yearly limit. Only the shape of what is typed is checked: nobody is looked up."""
    giving, act, draft = _under_way(request)
    if giving is None or draft is None or not draft.relation:
        return redirect("family_invite_relation")
    initial = {"name": draft.invitee_name, "certno": draft.invitee_certno, "phone": draft.invitee_phone}
    initial["no_phone"] = bool(draft.invitee_certno) and not draft.invitee_phone
    if draft.invitee_certno:
        initial |= limit_initial(draft.limit_fen)
    form = PersonForm(_posted(request), initial=initial)
    if not form.is_valid():
        context = {"form": form, "giving": giving, "back_url": reverse("family_invite_relation")}
        return render(request, "family/invite_person.html", context, status=422 if form.errors else 200)
    given = form.cleaned_data
    _keep(giving, act, name=given["name"], certno=given["certno"], phone=given["phone"], limit_fen=given["limit_fen"])
    return redirect("family_invite_check")


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
def terms(request: HttpRequest) -> HttpResponse:
    """Change how much, until when and what for, before sending."""
    giving, act, draft = _under_way(request)
    if giving is None or draft is None or not draft.relation:
        return redirect("family_invite_relation")
    initial = {
        **limit_initial(draft.limit_fen),
        "until": day_words(draft.until_on) if draft.until_on else "",
        "scopes": draft.scopes,
    }
    form = TermsForm(_posted(request), scopes=giving.terms.scopes, today=act.on, initial=initial)
    if form.is_valid():
        _not_allowed(form, giving, act)
    if not form.is_bound or form.errors:
        context = {"form": form, "giving": giving, "back_url": reverse("family_invite_check")}
        return render(request, "family/invite_terms.html", context, status=422 if form.errors else 200)
    given = form.cleaned_data
    _keep(giving, act, limit_fen=given["limit_fen"], until_on=given["until"], scopes=tuple(given["scopes"]))
    return redirect("family_invite_check")


def _not_allowed(form: TermsForm, giving: Giving, act: OwnAct) -> None:
    """Put what the rules say against this day at its field: it was typed here."""
    found = to_invite(payer=act.person, region=giving.region, on=act.on, until_on=form.cleaned_data["until"])
    for reason in found:
        if reason.code == ReasonCode.END_DAY:
            form.add_error("until", f"{reason.why}，{reason.remedy}")


@never_cache
@sensitive_post_parameters()
@person_required
@require_http_methods(["GET", "POST"])
@answering
def check(request: HttpRequest) -> HttpResponse:
    """Step 3: everything once more, the checkbox, and the button that counts. A second click finds what the first sent."""
    giving, act, draft = _under_way(request)
    form = AgreeForm(_posted(request))
    if giving is not None and form.is_bound and (earlier := _sent_already(request, act)):
        return redirect("family_invite_sent", earlier.number)
    if giving is None or draft is None:
        return redirect("family_invite_relation")
    if step := _missing_step(draft):
        return redirect(step)
    if not form.is_valid() or form.cleaned_data["draft"] != draft.pk:
        return _check_page(request, form, giving, act, draft)
    try:
        sent = invitations.send(act=act, payer=act.person, region=giving.region)
    except IncompleteDraftError:
        return redirect("family_invite_relation")
    share_sheet.keep(request, sent)
    return redirect("family_invite_sent", sent.invitation.number)


def _check_page(request: HttpRequest, form: AgreeForm, giving: Giving, act: OwnAct, draft: Invitation) -> HttpResponse:
    reasons = to_invite(
        payer=act.person, region=giving.region, on=act.on, relation=draft.relation, certno=draft.invitee_certno,
        scopes=tuple(draft.scopes), limit_fen=draft.limit_fen, until_on=draft.until_on,
    )  # fmt: skip
    if reasons:
        return refused(request, reasons, status=200 if request.method == "GET" else 422)
    gender = gender_in(draft.invitee_certno)
    context = {
        "form": form,
        "giving": giving,
        "draft": draft,
        "kin": Relation(draft.relation).word(gender),
        "they": pronoun(gender),
        "scopes": scope_words(draft.scopes),
        "days": giving.terms.invitation_days,
        "back_url": reverse("family_invite_person"),
    }
    return render(request, "family/invite_check.html", context, status=422 if form.errors else 200)


def _sent_already(request: HttpRequest, act: OwnAct) -> Invitation | None:
    """Return the invitation that this very page has sent before: its draft is the one-time token of the form."""
    key = whole_number(request.POST.get("draft", ""))
    return Invitation.objects.filter(payer=act.person, number__isnull=False, pk=key).first()


def _missing_step(draft: Invitation) -> str:
    if not draft.relation:
        return "family_invite_relation"
    if not (draft.invitee_name and draft.invitee_certno):
        return "family_invite_person"
    return "" if draft.scopes else "family_invite_terms"


@person_required
@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    """「先不发」: throw away what was filled in."""
    giving, act = giving_of(request), own_act(request)
    if giving is not None:
        drafts.discard(act=act, payer=act.person, region=giving.region)
    return redirect("family")


def _giving(request: HttpRequest) -> Giving:
    giving = giving_of(request)
    if giving is None:
        raise Http404
    return giving


@keeps("family_invite_relation")
def _relation_kept(request: HttpRequest, typed: QueryDict) -> Told:
    giving = _giving(request)
    offered = relations_offered(giving.region, own_act(request).on)
    return told("邀请家人：选这位家人是您的什么人", RelationForm(typed, offered=offered))


@keeps("family_invite_person")
def _person_kept(request: HttpRequest, typed: QueryDict) -> Told:
    return told("邀请家人：填写家人信息", PersonForm(typed))


@keeps("family_invite_terms")
def _terms_kept(request: HttpRequest, typed: QueryDict) -> Told:
    giving = _giving(request)
    return told("邀请家人：改用多少、用到哪天", TermsForm(typed, scopes=giving.terms.scopes, today=own_act(request).on))


def _under_way(request: HttpRequest) -> tuple[Giving | None, OwnAct, Invitation | None]:
    giving, act = giving_of(request), own_act(request)
    return giving, act, draft_of(act.person, giving.region) if giving is not None and giving.terms else None


def _keep(giving: Giving, act: OwnAct, **given: Any) -> None:
    drafts.draft(act=act, payer=act.person, region=giving.region, **given)


def _next_of(request: HttpRequest, name: str) -> str:
    """Return the next step, or the check page where somebody came from it to change one thing."""
    return reverse("family_invite_check") if request.POST.get("back") == "check" else reverse(name)


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None
