"""通行密钥: which ones a member of staff has, and adding one with a fresh code of the authenticator."""

import json
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from accounts.errors import AccountsError
from accounts.forms.signin import NewPasskeyForm
from accounts.identity import access
from accounts.identity.second_factor import vouch_for
from accounts.operations import second_factor


@method_decorator(never_cache, name="dispatch")
class PasskeysView(FormView):
    """The browser makes the passkey (static/js/passkey.js); what was made for another page or person is refused."""

    form_class = NewPasskeyForm
    template_name = "mfa/passkeys.html"
    login_url = reverse_lazy("account_login")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not access.is_official(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user, "initial": {"name": ""}}

    def form_valid(self, form: Form) -> HttpResponse:
        user, given = access.current_user(self.request), form.cleaned_data
        try:
            with second_factor.adding_passkey(act=access.act_of(self.request), user=user, code=given["code"]):
                passkey = auth.WebAuthn.add(user, given["name"], given["credential"]).instance
                vouch_for(passkey)
        except AccountsError as error:
            form.add_error("code", error.message)
            return self.form_invalid(form)
        messages.success(self.request, "通行密钥已加上，下次登录可以用它代替动态码")
        return redirect("passkeys")

    def form_invalid(self, form: Form) -> HttpResponse:
        """Show the page again without the digits that were typed and with a challenge of its own."""
        form.data = {name: value for name, value in form.data.items() if name not in ("code", "credential")}
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        user = access.current_user(self.request)
        own = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).order_by("created_at")
        asked = json.dumps(auth.begin_registration(user, passwordless=False), cls=DjangoJSONEncoder)
        return super().get_context_data(**options, passkey_options=asked, passkeys=own)
