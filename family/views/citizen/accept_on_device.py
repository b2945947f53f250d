"""在邀请人的手机上同意 (C11, second way), and a parent who agrees for a child (third way)."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.codes import Relation
from accounts.identity import codes, limits
from accounts.identity.access import address_of, person_required
from accounts.policies import registry
from family.forms.answering import ChildForm, CodeAcceptForm, DeclareForm, NumberForm
from family.models import Invitation
from family.operations import accepting
from family.queries.eligibility import indexes_of, of_age
from family.queries.invitations import invitation_sent
from family.rules import MismatchError
from family.rules.reasons import refuse
from family.views.citizen.answering import first_event, meaning
from family.views.citizen.current_account import OwnAct, own_act
from family.views.citizen.labels import Asked, minor_words
from family.views.citizen.refusals import answering, changed
from yibao.lib import clock

CODE = "family_code"  # in the session: which code was asked for, by invitation number
NO_CHILD = "对不上。请核对邀请编号、孩子的姓名和证件号码；要由孩子的父亲或母亲本人来办"
CHILD_LOOKS = limits.limits("20/1d")


@never_cache
@sensitive_post_parameters("name", "last_four", "code")
@person_required
@require_http_methods(["GET", "POST"])
@answering
def accept(request: HttpRequest, number: str) -> HttpResponse:
    """Hand the phone over: the invited person reads what it means and agrees with a code sent to their own number."""
    act = own_act(request)
    found = invitation_sent(act.person, number)
    if not Asked(found, act.at).is_waiting:
        return changed(request, back_url=reverse("family_invitation", args=[number]))
    code_id = request.session.get(CODE, {}).get(number)
    form = CodeAcceptForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            bond = accepting.accept_with_code(
                act=act,
                payer=act.person,
                number=number,
                code_id=UUID(code_id) if code_id else None,
                typed=form.cleaned_data["code"],
                name=form.cleaned_data["name"],
                last_four=form.cleaned_data["last_four"],
                address=address_of(request),
            )
            return redirect("family_result", first_event(bond_id=bond.pk).pk)
        except MismatchError:
            form.add_error(None, _no_match())
    return _page(request, act, found, form, has_code=bool(code_id))


def _no_match() -> str:
    return f"对不上。请核对姓名、证件号码最后4位和验证码；验证码{codes.validity()}内有效，只能用一次"


def _page(
    request: HttpRequest, act: OwnAct, found: Invitation, form: CodeAcceptForm, *, has_code: bool, note: str = ""
) -> HttpResponse:
    context = {
        **meaning(found, act),
        "form": form,
        "has_code": has_code,
        "note": note,
        "code_validity": codes.validity(),
        "code_pause": codes.pause(),
        "asked": Asked(found, act.at, registry.sharing_or_none(found.region, act.on)),
        "back_url": reverse("family_invitation", args=[found.number]),
    }
    return render(request, "family/accept_on_device.html", context, status=422 if form.errors else 200)


@never_cache
@person_required
@require_POST
@answering
def send_code(request: HttpRequest, number: str) -> HttpResponse:
    """Send the invited person a code, to their own number. The page says the same whether anybody got one."""
    act = own_act(request)
    code_id = accepting.send_code(act=act, payer=act.person, number=number, address=address_of(request))
    request.session[CODE] = {number: str(code_id)}
    if request.htmx:
        context = {
            "number": number,
            "has_code": True,
            "note": "登记了手机的，请看最新的短信。",
            "code_validity": codes.validity(),
            "code_pause": codes.pause(),
        }
        return render(request, "family/_code_sent.html", context)
    return redirect("family_accept_on_device", number)


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
def child(request: HttpRequest) -> HttpResponse:
    """Ask a parent which invitation. Whether there is one is not said here."""
    form = NumberForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return redirect("family_child_answer", form.cleaned_data["number"])
    context = {"form": form, "back_url": reverse("family"), "minor": minor_words(clock.today())}
    return render(request, "family/child.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("name", "certno")
@person_required
@require_http_methods(["GET", "POST"])
@answering
def child_answer(request: HttpRequest, number: str) -> HttpResponse:
    """Let a parent agree for a child: who the child is, what it means, the declaration. An inviter has named it before."""
    act = own_act(request)
    if own := _own_child(act, number):
        data = {"name": own.invitee_name, "certno": own.invitee_certno}
        return _agree_for_child(request, act, own, data, DeclareForm(_posted(request)))
    who = ChildForm(_posted(request))
    if not who.is_valid():
        return _who_page(request, who)
    if (found := _invitation_of(act, number, who.cleaned_data["certno"])) is None:
        who.add_error(None, NO_CHILD)
        return _who_page(request, who)
    declare = DeclareForm(request.POST if "answer" in request.POST else None)
    return _agree_for_child(request, act, found, who.cleaned_data, declare)


def _agree_for_child(
    request: HttpRequest, act: OwnAct, found: Invitation, child_data: dict[str, str], form: DeclareForm
) -> HttpResponse:
    """Show what it means and take the declaration. Nothing typed before has to be typed again.

    RefusedError with OF_AGE, before anybody is looked up, where the number typed is that of somebody of age.
    """
    refuse(of_age(found, act.on))
    if form.is_valid():
        try:
            bond = accepting.accept_for_child(
                act=act, parent=act.person, number=found.number, name=child_data["name"],
                certno=child_data["certno"], declared=form.cleaned_data["declared"],
            )  # fmt: skip
            return redirect("family_result", first_event(bond_id=bond.pk).pk)
        except MismatchError:
            form.add_error(None, NO_CHILD)
    is_mine = found.payer_id == act.person.pk
    context = {
        **meaning(found, act),
        "form": form,
        "child": child_data,
        "is_mine": is_mine,
        "asked": Asked(found, act.at, registry.sharing_or_none(found.region, act.on)),
        "back_url": reverse("family_invitation", args=[found.number]) if is_mine else reverse("family_child"),
    }
    return render(request, "family/child_answer.html", context, status=422 if form.errors else 200)


def _who_page(request: HttpRequest, form: ChildForm) -> HttpResponse:
    context = {"form": form, "back_url": reverse("family_child")}
    return render(request, "family/child_who.html", context, status=422 if form.errors else 200)


def _own_child(act: OwnAct, number: str) -> Invitation | None:
    """Return the invitation if this parent sent it to their own child."""
    rows = Invitation.objects.select_related("payer").filter(number=number, payer=act.person)
    found = rows.filter(relation=Relation.CHILD).first()
    return found if found is not None and Asked(found, act.at).is_waiting else None


def _invitation_of(act: OwnAct, number: str, certno: str) -> Invitation | None:
    """Return the open invitation of this number for the child of this certificate number, for who knows both.

    One whose sender was reported unknown looks open here as well, or the page would say that somebody has looked.
    Raises limits.TooOftenError after twenty tries a day.
    """
    limits.use("family child look", str(act.person.pk), CHILD_LOOKS, act.at)
    rows = Invitation.objects.select_related("payer").filter(number=number, invitee_index__in=indexes_of(certno))
    found = rows.first()
    return found if found is not None and Asked(found, act.at).is_waiting else None


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None
