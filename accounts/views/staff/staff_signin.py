"""Sign-in pages of the staff: password, then the second factor, which the first sign-in sets up."""

import json
from typing import Any

from allauth.account.views import LoginView, LogoutView
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import flows
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from accounts.forms.signin import NewPasswordForm
from accounts.identity import access
from accounts.identity.adapter import home_of
from accounts.identity.limits import TooOftenError
from accounts.operations import second_factor
from yibao.lib import clock


class StaffSignInView(LoginView):
    template_name = "account/login.html"


class SecondFactorView(AuthenticateView):
    template_name = "mfa/authenticate.html"

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        """Offer a passkey to whoever has one."""
        context = super().get_context_data(**options)
        owner = self.stage.login.user
        if Authenticator.objects.filter(user=owner, type=Authenticator.Type.WEBAUTHN).exists():
            context["passkey_options"] = json.dumps(context["js_data"]["request_options"], cls=DjangoJSONEncoder)
        return context

    def form_invalid(self, form: Form) -> HttpResponse:
        """Show the page again without the digits that were typed: they may still work, for who looks on."""
        form.data = {name: value for name, value in form.data.items() if name != "code"}
        return super().form_invalid(form)


@method_decorator([login_not_required, never_cache], name="dispatch")
class NewPasswordView(FormView):
    """Choose a password, where the account has none yet or none any more, with the code that somebody handed over."""

    form_class = NewPasswordForm
    template_name = "account/new_password.html"

    def form_valid(self, form: Form) -> HttpResponse:
        given = form.cleaned_data
        try:
            second_factor.set_password(
                at=clock.now(), username=given["login"], typed=given["setup_code"], password=given["password"]
            )
        except second_factor.WeakPasswordError as error:
            form.add_error("password", error.message)
            return self.form_invalid(form)
        except (second_factor.WrongSetupCodeError, TooOftenError) as error:
            form.add_error("setup_code", error.message)
            return self.form_invalid(form)
        messages.success(self.request, "密码设好了，请登录")
        return redirect("account_login")


@method_decorator(never_cache, name="dispatch")
class NewSecondFactorView(ActivateTOTPView):
    """Set up the authenticator; only for staff who have none, right after their password, with a colleague's code."""

    template_name = "mfa/totp/activate_form.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not access.is_official(request.user):
            raise PermissionDenied
        if is_mfa_enabled(request.user):
            if access.has_second_factor(request):
                return redirect(home_of(access.current_user(request)))
            logout(request)  # opened without the factor that exists: begin again, this time with it
            return redirect("account_login")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Form) -> HttpResponse:
        user = access.current_user(self.request)
        typed = form.cleaned_data["setup_code"]
        try:
            with second_factor.setting_up(act=access.act_of(self.request), user=user, typed=typed):
                authenticator, _ = flows.activate_totp(self.request, form)
        except (second_factor.WrongSetupCodeError, TooOftenError) as error:
            form.add_error("setup_code", error.message)
            return self.form_invalid(form)
        post_authentication(self.request, authenticator)
        return redirect(home_of(user))


@method_decorator(login_not_required, name="dispatch")
class SignOutView(LogoutView):
    """GET asks, POST signs out; the middleware tells the browser to forget what it saw."""

    template_name = "account/logout.html"
