"""What allauth is told about our users: staff sign in with password and TOTP, citizens may come from a portal.

Citizens' phone codes are our own (accounts.identity.codes): allauth keeps code, number and guesses in the session,
where parallel guesses are not counted. From "this is the user" on, everybody goes through allauth's pipeline.
"""

from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from accounts.codes import Role
from accounts.identity import access, audit, drafts, limits
from accounts.identity.actors import Act
from accounts.models import Office, User
from accounts.sealing import fields
from yibao.lib import clock
from yibao.lib.days import span_words

TOTP_CONTEXT = "authenticator:secret"


def _closed_for() -> str:
    """Return how long an account stays closed after too many wrong passwords: 15分钟, from 5/15m/key."""
    rates = [rate.rpartition("/")[0] for rate in settings.ACCOUNT_RATE_LIMITS["login_failed"].split(",")]
    return span_words(max(limit.within for limit in limits.limits(" ".join(rates))))


WORDS = {
    "username_password_mismatch": "账号或密码不对",
    "too_many_login_attempts": f"试得太多了，请{_closed_for()}后再试，或请管理员帮忙",
    "account_inactive": "这个账号已停用，请找管理员",
}


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in and sign-out of everybody."""

    error_messages = {**DefaultAccountAdapter.error_messages, **WORDS}

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address a request came from; of IPv4 also behind a listener for both kinds."""
        return limits.plain(super().get_client_ip(request))

    def is_safe_url(self, url: str) -> bool:
        """Say whether somebody may be sent there after signing in."""
        return bool(url and access.own_path(url))

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *args: Any, **options: Any) -> None:
        """Say nothing: our pages tell what happened, and allauth's messages would name the user."""

    def login(self, request: HttpRequest, user: User) -> None:
        with transaction.atomic():
            super().login(request, user)
            drafts.drop_ended_session(request)
            act = Act(access.actor_of(user), clock.now())
            audit.record(act=act, verb="sign_in.done", subject=user.person_id)

    def post_login(self, request: HttpRequest, user: User, **details: Any) -> HttpResponse:
        if drafts.of(user, clock.now()):
            details["redirect_url"] = reverse("continue_form")
        return super().post_login(request, user, **details)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        user = access.current_user(request)
        if user.is_official and not access.has_second_factor(request):
            return reverse("second_factor")
        return home_of(user)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return home_of(access.current_user(request))

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_login") if access.is_official(request.user) else settings.ACCOUNT_LOGOUT_REDIRECT_URL


def home_of(user: User) -> str:
    """Return the page where somebody starts after signing in."""
    if user.role == Role.CLERK or (user.role == Role.REVIEWER and Office.objects.filter(code=user.office).exists()):
        return reverse("counter")
    if user.is_staff:
        return reverse("admin:index")
    return "/account/" if user.person_id else reverse("identity")


class SecondFactorAdapter(DefaultMFAAdapter):
    """TOTP and passkeys of the staff. Secrets are encrypted like certificate numbers."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": f"动态码不对，请看清手机上现在的{app_settings.TOTP_DIGITS}位数字",
    }

    def encrypt(self, text: str) -> str:
        return fields.seal(text, TOTP_CONTEXT).hex()

    def decrypt(self, encrypted_text: str) -> str:
        return str(fields.unseal(bytes.fromhex(encrypted_text), TOTP_CONTEXT))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return whose passkeys they are: the portal, under the name of the host."""
        return {**super().get_public_key_credential_rp_entity(), "name": settings.MFA_TOTP_ISSUER}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        """Return what a device shows of the account: its user name, and nobody's name."""
        return {**super().get_public_key_credential_user_entity(user), "display_name": user.username}

    def build_totp_svg(self, url: str) -> str:
        """Return the QR code as one path: the stock picture carries inline styles, which our pages forbid."""
        code = qrcode.QRCode(border=4)
        code.add_data(url)
        rows = code.get_matrix()
        dots = "".join(f"M{x},{y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
        return format_html(
            '<svg class="qr" viewBox="0 0 {0} {0}" role="img" aria-label="二维码"><rect width="{0}" height="{0}"'
            ' fill="#fff"/><path d="{1}" fill="#000"/></svg>',
            len(rows),
            dots,
        )


class ProviderAdapter(DefaultSocialAccountAdapter):
    """Citizens who come from the configured identity provider. Nothing of what it says about them is kept."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return True

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        """Leave the new user a nobody: who they are is proven on the identity page, like everybody's."""
        user: User = sociallogin.user
        user.username = User.objects.opaque_username()
        sociallogin.account.extra_data = {}
        sociallogin.email_addresses = []
        return user
