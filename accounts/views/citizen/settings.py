"""设置和隐私 (C26): devices, reminders, and the way to who looked at my data."""

from allauth.usersessions.internal.flows.sessions import end_other_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import wording
from accounts.codes import NoticeKind
from accounts.identity import access, audit
from accounts.identity.drafts import Told, keeps
from accounts.operations.taking_back import others_of

_HINTS = {
    NoticeKind.CREDIT: "每次记入，多数地方一个月或一年一次",
    NoticeKind.ACCOUNT: "收回多记的钱、调账、冻结、转移",
    NoticeKind.USE: "看病买药用了多少、退了多少，大约一刻钟后发出，当天短信多的时候晚一些",
    NoticeKind.CHANGE: "停保、恢复、退休，缴费基数变了",
    NoticeKind.RELATIVE: "谁、哪天、用了多少",
    NoticeKind.FAMILY: "邀请、答复、改额度、停用和移除",
    NoticeKind.PREMIUM: "可以交了、交到哪一步、没交成",
    NoticeKind.CASE: "您反映的事有答复",
}


@never_cache
@access.citizen_required
@require_GET
def settings(request: HttpRequest) -> HttpResponse:
    """Everything about this sign-in on one page."""
    user = access.current_user(request)
    devices = UserSession.objects.purge_and_list(user)
    person = access.person_or_none(request)
    context = {
        "devices": sorted(devices, key=lambda device: device.created_at, reverse=True),
        "person": person,
        "reminders": [(kind, _HINTS.get(kind, ""), user.wants_sms_of(kind)) for kind in _kinds_to_choose()],
        "is_limited": person is None and user.person_id is not None,
        "has_others": any(others_of(user)),
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


@access.person_required
@require_POST
def reminders(request: HttpRequest) -> HttpResponse:
    """Choose which kinds of notices come by text message too. Codes and warnings about the sign-in always come.

    Not while the sign-in is limited: whoever has only name and number must not silence the owner's phone.
    """
    wanted = set(request.POST.getlist("kinds"))
    with transaction.atomic():
        user = access.current_user(request)
        user.sms_choices |= {str(kind): kind in wanted for kind in _kinds_to_choose()}
        user.save(update_fields=["sms_choices"])
        _note(request, "reminders.chosen")
    messages.success(request, "短信提醒已改好。登录验证码和安全提醒照常发。")
    return redirect("settings")


@keeps("settings_reminders")
def _kept(request: HttpRequest, typed: QueryDict) -> Told:
    """Put the chosen kinds into words."""
    wanted = [kind.label for kind in _kinds_to_choose() if kind in typed.getlist("kinds")]
    return Told("改短信提醒", [("发短信提醒的", "、".join(wanted) or "都不发")])


def _kinds_to_choose() -> list[NoticeKind]:
    """Return the kinds of which there are notices at all, without those that nobody may turn off."""
    return [kind for kind in NoticeKind if kind in wording.kinds() and kind != NoticeKind.SECURITY]


@access.citizen_required
@require_POST
def balance(request: HttpRequest) -> HttpResponse:
    """Fold the balance away, for whoever looks at it among people, or show it at once again."""
    folds = request.POST.get("folds_balance") == "on"
    with transaction.atomic():
        user = access.current_user(request)
        user.folds_balance = folds
        user.save(update_fields=["folds_balance"])
        _note(request, "balance.folded" if folds else "balance.shown")
    messages.success(request, "余额会先收起来，点一下才显示。" if folds else "余额会直接显示。")
    return redirect("settings")


def _note(request: HttpRequest, verb: str) -> None:
    user = access.current_user(request)
    audit.record(act=access.act_of(request), verb=verb, subject=user.person_id)
