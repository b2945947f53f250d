"""Addresses of people, their accounts and the rules of their region."""

from allauth.account.views import account_inactive
from allauth.socialaccount.views import login_cancelled
from django.urls import path

from accounts.views import outbox
from accounts.views.citizen import (
    account,
    annual_statement,
    cases,
    drafts,
    entries,
    entries_file,
    entry,
    help,
    home,
    identity,
    limited,
    messages,
    offices,
    oidc,
    settings,
    signin,
    trace,
    years,
)
from accounts.views.counter import case, case_end, case_sheets, find, objections, queue, review, scans, today, workbench
from accounts.views.display import display, stay
from accounts.views.staff.components import components
from accounts.views.staff.lock_screen import lock_screen
from accounts.views.staff.passkeys import PasskeysView
from accounts.views.staff.staff_signin import (
    NewPasswordView,
    NewSecondFactorView,
    SecondFactorView,
    SignOutView,
    StaffSignInView,
)

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
    path("login/staff/", StaffSignInView.as_view(), name="account_login"),
    path("login/staff/code/", SecondFactorView.as_view(), name="mfa_authenticate"),
    path("login/staff/password/", NewPasswordView.as_view(), name="new_password"),
    path("login/staff/setup/", NewSecondFactorView.as_view(), name="second_factor"),
    path("login/staff/passkeys/", PasskeysView.as_view(), name="passkeys"),
    path("counter/lock/", lock_screen, name="lock_screen"),
    path("logout/", SignOutView.as_view(), name="account_logout"),
    path("oidc/cancelled/", login_cancelled, name="socialaccount_login_cancelled"),
    path("oidc/<slug:provider_id>/login/", oidc.leave, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", oidc.come_back, name="openid_connect_callback"),
    path("continue/", drafts.continue_form, name="continue_form"),
    path("continue/drop/", drafts.drop_form, name="drop_form"),
    path("identity/", identity.identity, name="identity"),
    path("identity/record/", identity.by_record, name="identity_record"),
    path("identity/code/", identity.by_code, name="identity_code"),
    path("identity/limited/", limited.limited, name="identity_limited"),
    path("identity/phone/", limited.by_phone, name="identity_phone"),
    path("identity/phone/send/", limited.send, name="identity_phone_send"),
    path("identity/not-me/", limited.not_me, name="identity_not_me"),
    path("identity/done/", identity.result, name="identity_result"),
    path("settings/", settings.settings, name="settings"),
    path("settings/devices/", settings.sign_out_others, name="settings_sign_out_others"),
    path("settings/balance/", settings.balance, name="settings_balance"),
    path("settings/reminders/", settings.reminders, name="settings_reminders"),
    path("settings/trace/", trace.trace, name="trace"),
    path("settings/trace/<int:event_id>/", trace.objection, name="objection"),
    path("dev/outbox/", outbox.outbox, name="outbox"),
]

# The counter: cases.
urlpatterns += [
    path("counter/today/", today.today, name="counter_today"),
    path("counter/today/close/", today.close, name="counter_day_close"),
    path("counter/today/sheet/", today.day_sheet, name="counter_day_sheet"),
    path("counter/cases/", case_end.cases, name="counter_cases"),
    path("counter/cases/new/", case.new, name="counter_case_new"),
    path("counter/cases/<slug:number>/", case.case, name="counter_case"),
    path("counter/cases/<slug:number>/submit/", case_end.submit, name="counter_case_submit"),
    path("counter/cases/<slug:number>/park/", case_end.park, name="counter_case_park"),
    path("counter/cases/<slug:number>/resume/", case_end.resume, name="counter_case_resume"),
    path("counter/cases/<slug:number>/drop/", case_end.drop, name="counter_case_drop"),
    path("counter/cases/<slug:number>/withdraw/", case_end.withdraw, name="counter_case_withdraw"),
    path("counter/cases/<slug:number>/print/", case_sheets.sheets, name="counter_case_print"),
    path("counter/cases/<slug:number>/undo/", case_end.undo, name="counter_case_undo"),
    path("counter/cases/<slug:number>/scans/<int:scan_id>/", scans.scan, name="counter_case_scan"),
    path("counter/objections/", objections.objections, name="counter_objections"),
    path("counter/objections/<slug:number>/", objections.objection, name="counter_objection"),
    path("counter/review/", review.review, name="counter_review"),
    path("counter/review/<slug:number>/", review.check, name="counter_check"),
    path("counter/review/<slug:number>/back/", review.send_back, name="counter_check_back"),
]

# The counter: who comes, in which order, and who they are.
urlpatterns += [
    path("counter/", workbench.counter, name="counter"),
    path("counter/keys/", workbench.keys, name="counter_keys"),
    path("counter/lookups/", workbench.look_ups, name="counter_lookups"),
    path("counter/lookups/grant/", workbench.grant, name="counter_lookups_grant"),
    path("counter/find/", find.find, name="counter_find"),
    path("counter/person/<uuid:token>/", find.person, name="counter_person"),
    path("counter/person/<uuid:token>/numbers/", find.unmask, name="counter_person_unmask"),
    path("counter/person/<uuid:token>/objection/", objections.take, name="counter_person_objection"),
    path("counter/person/<uuid:token>/begin/", find.begin, name="counter_person_begin"),
    path("counter/queue/", queue.queue, name="counter_queue"),
    path("counter/queue/waiting/", queue.waiting, name="counter_queue_waiting"),
    path("counter/queue/take/", queue.take, name="counter_queue_take"),
    path("counter/queue/<int:pk>/", queue.ticket, name="counter_ticket"),
    path("counter/queue/window/", queue.window, name="counter_window"),
    path("counter/queue/call/", queue.call, name="counter_call"),
    path("counter/queue/again/", queue.call_again, name="counter_call_again"),
    path("counter/queue/close/", queue.close, name="counter_close_ticket"),
    path("counter/queue/display/", queue.display, name="counter_displays"),
    path("counter/queue/display/<slug:code>/", queue.display, name="counter_display"),
]

# The citizen's pages: account, entries, years, progress, notices; and what is open to everybody.
urlpatterns += [
    path("", home.home, name="home"),
    path("account/", account.account, name="account"),
    path("account/region/", account.choose_region, name="account_region"),
    path("account/entries/", entries.entries, name="entries"),
    path("account/entries/file/", entries_file.entries_file, name="entries_file"),
    path("account/entries/print/", entries.entries_sheet, name="entries_sheet"),
    path("account/entries/<int:entry_id>/", entry.entry, name="entry"),
    path("account/years/", years.years, name="years"),
    path("account/statements/", annual_statement.statements, name="statements"),
    path("account/statements/<int:statement_id>/", annual_statement.statement, name="statement"),
    path("verify/", annual_statement.verify, name="verify"),
    path("cases/", cases.cases, name="cases"),
    path("messages/", messages.messages, name="messages"),
    path("messages/read/", messages.read, name="messages_read"),
    path("offices/", offices.offices, name="offices"),
    path("offices/no-phone/", offices.no_phone, name="no_phone"),
    path("offices/form/", offices.office_form, name="office_form"),
    path("help/", help.help_index, name="help"),
    path("help/<slug:name>/", help.help_article, name="help_article"),
    path("feedback/", help.feedback, name="feedback"),
    path("feedback/done/", help.feedback_result, name="feedback_result"),
    path("accessibility/", help.accessibility, name="accessibility"),
]
