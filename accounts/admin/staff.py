"""Accounts of the staff: who there is, what they may do, and what an administrator hands to a second person about them."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts.admin.approvals import submit_page, waiting_link
from accounts.admin.jobs import ReadOnlyAdmin
from accounts.errors import AccountsError
from accounts.forms.staff import AccountChangeForm, NewAccountForm
from accounts.identity.access import act_of, current_user
from accounts.models import Office, User
from accounts.operations import approvals, second_factor, staff_accounts
from accounts.operations.approval_kinds import ADMINISTRATOR, role_of
from yibao.lib.days import span_words

TAKEN_AWAY = {"second_factor": staff_accounts.SECOND_FACTOR, "password": staff_accounts.PASSWORD}


@admin.register(User)
class StaffAccountAdmin(ReadOnlyAdmin):
    """Only accounts of the staff: a citizen's sign-in is shown to nobody here. Changes go to a second person."""

    list_display = ("username", "name", "post", "office_name", "can_sign_in", "has_password", "has_second_factor")
    list_filter = ("role", "is_active")
    search_fields = ("username",)
    ordering = ("username",)
    fields = (
        "username",
        "name",
        "post",
        "office_name",
        "can_sign_in",
        "is_registered",
        "has_password",
        "has_second_factor",
        "last_login",
        "waiting",
    )
    readonly_fields = fields
    change_form_template = "admin/accounts/user/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        own = Authenticator.objects.filter(user=OuterRef("pk"))
        return staff_accounts.staff_accounts().annotate(has_factor=Exists(own))

    @admin.display(description="岗位", ordering="role")
    def post(self, user: User) -> str:
        return "管理员" if role_of(user) == ADMINISTRATOR else user.get_role_display() or "还没有"

    @admin.display(description="网点", ordering="office")
    def office_name(self, user: User) -> str:
        office = Office.objects.filter(code=user.office).first()
        return f"{office.name}（{office.code}）" if office else user.office or "没有"

    @admin.display(description="可以登录", boolean=True, ordering="is_active")
    def can_sign_in(self, user: User) -> bool:
        return user.is_active

    @admin.display(description="登记了证件号码", boolean=True)
    def is_registered(self, user: User) -> bool:
        return bool(user.certno_index)

    @admin.display(description="有密码", boolean=True)
    def has_password(self, user: User) -> bool:
        return user.has_usable_password()

    @admin.display(description="有动态码或通行密钥", boolean=True)
    def has_second_factor(self, user: User) -> bool:
        return bool(getattr(user, "has_factor", False))

    @admin.display(description="等复核")
    def waiting(self, user: User) -> SafeString | str:
        kinds = (staff_accounts.ACCOUNT, *TAKEN_AWAY.values())
        links = [link for kind in kinds if (link := waiting_link(kind, staff_accounts.subject_of(user)))]
        return format_html_join("　", "{}", ((link,) for link in links)) or "没有"

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        role = role_of(current_user(request)) if request.user.is_authenticated else ""
        return role in (ADMINISTRATOR, *staff_accounts.CHECKERS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_authenticated) and role_of(current_user(request)) == ADMINISTRATOR

    def get_urls(self) -> list[Any]:
        deeds = (("propose", self.propose_change), ("take/<slug:what>", self.propose_taking), ("code", self.give_code))
        own = [
            path(f"<int:pk>/{at}/", self.admin_site.admin_view(view), name=f"accounts_user_{at.partition('/')[0]}")
            for at, view in deeds
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "工作人员账号", **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **options: Any) -> HttpResponse:
        user = self.get_object(request, object_id)
        has_all = user is not None and user.has_usable_password() and self.has_second_factor(user)
        options["extra_context"] = {
            "title": "工作人员账号",
            "may_propose": self.has_add_permission(request),
            "may_give_code": user is not None and user.is_active and user.is_official and not has_all,
        }
        return super().change_view(request, object_id, *args, **options)

    def add_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        self._require_administrator(request)
        form = NewAccountForm(request.POST or None)
        if form.is_valid():
            try:
                approval = staff_accounts.propose_account(act=act_of(request), **form.cleaned_data)
                return self._submitted(request, approval.pk)
            except AccountsError as error:
                form.add_error(None, error.message)
        return self._form(request, form, "新建工作人员账号")

    def propose_change(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for another role or office, for stopping the account or letting it in again."""
        self._require_administrator(request)
        user = self._account(request, pk)
        form = AccountChangeForm(request.POST or None, user=user)
        if form.is_valid():
            said = form.cleaned_data
            try:
                approval = approvals.submit(
                    act=act_of(request),
                    kind=staff_accounts.ACCOUNT,
                    subject=staff_accounts.subject_of(user),
                    asked=staff_accounts.asked_of(user, **form.changes),
                    reason=said["reason"],
                    document=said["document"],
                )
                return self._submitted(request, approval.pk)
            except AccountsError as error:
                form.add_error(None, error.message)
        return self._form(request, form, f"改岗位、网点，停用或恢复：{user.username}", user)

    def propose_taking(self, request: HttpRequest, pk: int, what: str) -> HttpResponse:
        """Ask that a lost second factor, or a forgotten password, is taken away."""
        self._require_administrator(request)
        if what not in TAKEN_AWAY:
            raise Http404
        user = self._account(request, pk)
        return submit_page(request, self, user, kind=TAKEN_AWAY[what], subject=staff_accounts.subject_of(user))

    @method_decorator(require_POST)
    def give_code(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show, once, the code with which somebody sets up what they lack."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        user = self._account(request, pk)
        try:
            code = second_factor.issue_setup_code(act=act_of(request), user=user)
        except AccountsError as error:
            self.message_user(request, error.message, messages.ERROR)
            return redirect("admin:accounts_user_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"设置码：{user.username}",
            "opts": self.opts,
            "original": user,
            "code": code,
            "valid": span_words(second_factor.SETUP_VALID),
        }
        return TemplateResponse(request, "admin/accounts/user/code.html", context)

    def _require_administrator(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _account(self, request: HttpRequest, pk: int) -> User:
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def _submitted(self, request: HttpRequest, approval_id: int) -> HttpResponse:
        self.message_user(request, f"已提交，等另一位同事复核（双人复核 {approval_id}）")
        return redirect("admin:accounts_approval_change", approval_id)

    def _form(self, request: HttpRequest, form: Any, title: str, user: User | None = None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "original": user,
            "form": form,
        }
        return TemplateResponse(
            request, "admin/accounts/user/propose.html", context, status=422 if form.errors else 200
        )
