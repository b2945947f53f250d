"""设置和隐私 (C26): devices, reminders, and who looked at my data."""

from allauth.usersessions.internal.flows.sessions import end_other_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.identity import access, audit
from accounts.models import AuditEvent
from accounts.operations.taking_back import others_of
from accounts.queries.people import lookups_of

LOOKUPS_A_PAGE = 20


@never_cache
@access.citizen_required
@require_GET
def settings(request: HttpRequest) -> HttpResponse:
    """Everything about this sign-in on one page."""
    user = access.current_user(request)
    devices = UserSession.objects.purge_and_list(user)
    person = access.person_or_none(request)
    lookups = Paginator(lookups_of(person) if person else AuditEvent.objects.none(), LOOKUPS_A_PAGE)
    context = {
        "devices": sorted(devices, key=lambda device: device.created_at, reverse=True),
        "person": person,
        "is_limited": person is None and user.person_id is not None,
        "has_others": any(others_of(user)),
        "page_obj": lookups.get_page(request.GET.get("page")),
    }
    return render(request, "accounts/settings.html", context)


@access.citizen_required
@require_POST
def sign_out_others(request: HttpRequest) -> HttpResponse:
    """Sign out every other device."""
    with transaction.atomic():
        end_other_sessions(request, access.current_user(request))
        _note(request, "sign_in.others_ended")
    messages.success(request, "其他设备都已退出。")
    return redirect("settings")


@access.citizen_required
@require_POST
def reminders(request: HttpRequest) -> HttpResponse:
    """Turn reminders by text message on or off. Codes and warnings about the sign-in itself always come."""
    words = ("短信提醒已打开。", "短信提醒已关闭。登录验证码和安全提醒照常发。")
    return _switch(request, "wants_sms", verbs=("reminders.on", "reminders.off"), words=words)


@access.citizen_required
@require_POST
def balance(request: HttpRequest) -> HttpResponse:
    """Fold the balance away, for whoever looks at it among people, or show it at once again."""
    words = ("余额会先收起来，点一下才显示。", "余额会直接显示。")
    return _switch(request, "folds_balance", verbs=("balance.folded", "balance.shown"), words=words)


def _switch(request: HttpRequest, field: str, *, verbs: tuple[str, str], words: tuple[str, str]) -> HttpResponse:
    """Turn a choice of one's own on or off, as the form says; verbs and words are those of on and of off."""
    wanted = request.POST.get(field) == "on"
    with transaction.atomic():
        user = access.current_user(request)
        setattr(user, field, wanted)
        user.save(update_fields=[field])
        _note(request, verbs[not wanted])
    messages.success(request, words[not wanted])
    return redirect("settings")


def _note(request: HttpRequest, verb: str) -> None:
    user = access.current_user(request)
    audit.record(act=access.act_of(request), verb=verb, subject=user.person_id)
