"""演示用: the text messages that would have been sent, and the staff's authenticator codes. Not there elsewhere."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.codes import MessageState
from accounts.identity import sms
from accounts.models import OutboxMessage
from yibao.lib import clock

SHOWN = 50
TOTP_SECONDS = 30


def totp_now(authenticator: Authenticator, at: float) -> str:
    """Return the six digits this authenticator shows at an instant (seconds since 1970)."""
    secret = decrypt(authenticator.data["secret"])
    return format_hotp_value(hotp_value(secret, int(at) // TOTP_SECONDS))


@login_not_required
@never_cache
@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """List the latest messages and the codes of the moment. 404 unless this is the demo."""
    if not settings.DEMO:
        raise Http404
    totp = Authenticator.objects.filter(type=Authenticator.Type.TOTP).select_related("user").order_by("user__username")
    now = clock.now()
    sent = OutboxMessage.objects.filter(state__in=(MessageState.SENT, MessageState.WAITING, MessageState.FAILED))
    latest = sent.select_related("notice").order_by("-queued_at")[:SHOWN]
    context = {
        "messages_sent": [(one, sms.number_of(one, now), sms.text_of(one)) for one in latest],
        "codes": [(one.user, totp_now(one, time.time())) for one in totp],
        "now": now,
    }
    return render(request, "accounts/outbox.html", context)
