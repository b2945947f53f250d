"""Addresses of people, their accounts and the rules of their region."""

from allauth.account.views import account_inactive
from allauth.socialaccount.views import login_cancelled, login_error
from django.urls import include, path

from accounts.views import outbox, staff
from accounts.views.citizen import drafts, identity, settings, signin
from accounts.views.components import components
from accounts.views.display import display, stay

urlpatterns = [
    path("components/", components, name="components"),
    path("display/", display, name="display"),
    path("display/stay/", stay, name="stay"),
]

# Signing in, proving who one is, settings. allauth's own pages are routed one by one: only those we use exist.
urlpatterns += [
    path("login/", signin.sign_in, name="sign_in"),
    path("login/code/", signin.sign_in_code, name="sign_in_code"),
    path("login/code/resend/", signin.resend, name="sign_in_resend"),
    path("login/inactive/", account_inactive, name="account_inactive"),
    path("login/staff/", staff.StaffSignInView.as_view(), name="account_login"),
    path("login/staff/code/", staff.SecondFactorView.as_view(), name="mfa_authenticate"),
    path("login/staff/setup/", staff.NewSecondFactorView.as_view(), name="second_factor"),
    path("logout/", staff.SignOutView.as_view(), name="account_logout"),
    path("", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("oidc/cancelled/", login_cancelled, name="socialaccount_login_cancelled"),
    path("oidc/error/", login_error, name="socialaccount_login_error"),
    path("continue/", drafts.continue_form, name="continue_form"),
    path("continue/drop/", drafts.drop_form, name="drop_form"),
    path("identity/", identity.identity, name="identity"),
    path("identity/record/", identity.by_record, name="identity_record"),
    path("identity/code/", identity.by_code, name="identity_code"),
    path("identity/done/", identity.done, name="identity_done"),
    path("settings/", settings.settings, name="settings"),
    path("settings/devices/", settings.sign_out_others, name="settings_sign_out_others"),
    path("settings/reminders/", settings.reminders, name="settings_reminders"),
    path("dev/outbox/", outbox.outbox, name="outbox"),
]
