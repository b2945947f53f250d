"""The secret of a sent invitation between sending and printing: sealed in the session, for the printed sheet only."""

import qrcode
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.sealing import fields
from family.operations.invitations import Sent

TOKENS = "family_papers"  # in the session: number → sealed secret, hex
TEXTED = "family_texted"  # in the session: number → whether a text message went out
OPENED = "family_token"  # in the session: the sealed secret that somebody came with
CONTEXT = "invitation:token"
MOST = 5


def keep(request: HttpRequest, sent: Sent) -> None:
    """Keep the secret of an invitation just sent, so that its sheet can be printed in this session."""
    _keep(request, TOKENS, sent, fields.seal(sent.token, CONTEXT).hex())
    _keep(request, TEXTED, sent, sent.is_texted)


def _keep(request: HttpRequest, name: str, sent: Sent, value: object) -> None:
    kept = request.session.get(name, {}) | {sent.invitation.number: value}
    request.session[name] = dict(list(kept.items())[-MOST:])


def was_texted(request: HttpRequest, number: str) -> bool | None:
    """Say whether a message went out with an invitation; None where this session has not sent it."""
    return request.session.get(TEXTED, {}).get(number)


def landing_of(request: HttpRequest, number: str) -> str:
    """Return the address that the sheet's code leads to, or "" where this session has not sent the invitation."""
    kept = request.session.get(TOKENS, {}).get(number)
    if kept is None:
        return ""
    token = fields.unseal(bytes.fromhex(kept), CONTEXT)
    return request.build_absolute_uri(reverse("family_land", args=[token]))


def take(request: HttpRequest, token: str) -> None:
    """Keep the secret that somebody came with until they are signed in."""
    request.session[OPENED] = fields.seal(token, CONTEXT).hex()


def taken(request: HttpRequest) -> str:
    """Return the secret that somebody came with, once."""
    kept = request.session.pop(OPENED, "")
    return fields.unseal(bytes.fromhex(kept), CONTEXT) if kept else ""


def picture(address: str) -> SafeString:
    """Return a QR code as one path without inline styles, which our pages forbid."""
    code = qrcode.QRCode(border=4)
    code.add_data(address)
    rows = code.get_matrix()
    dots = "".join(f"M{x},{y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return format_html(
        '<svg class="qr" viewBox="0 0 {0} {0}" role="img" aria-label="二维码：打开这个邀请"><rect width="{0}"'
        ' height="{0}" fill="#fff"/><path d="{1}" fill="#000"/></svg>',
        len(rows),
        dots,
    )
