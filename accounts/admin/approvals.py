"""双人复核: what waits for a second person, exactly what would happen, and the two buttons."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts.admin.jobs import ReadOnlyAdmin
from accounts.codes import ApprovalState
from accounts.errors import AccountsError
from accounts.forms.approvals import ProposalForm
from accounts.identity.access import act_of, current_user
from accounts.models import Approval, User
from accounts.operations import approvals
from accounts.operations.approval_kinds import kind_of, title_of, titles


class StateFilter(admin.SimpleListFilter):
    """What waits, unless another state is asked for."""

    title = "状态"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*ApprovalState.choices, ("all", "全部")]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        chosen = self.value() or ApprovalState.WAITING
        for code, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: code})
            yield {"selected": chosen == code, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Approval]) -> QuerySet[Approval]:
        chosen = self.value() or ApprovalState.WAITING
        return queryset if chosen == "all" else queryset.filter(state=chosen)


class KindFilter(admin.SimpleListFilter):
    title = "事项"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return titles()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Approval]) -> QuerySet[Approval]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    """Everybody in the admin sees the queue; who may check what is the kind's to say, and the operation's to enforce."""

    list_display = ("numbered", "about", "state", "made_by", "made_at", "document")
    list_filter = (StateFilter, KindFilter)
    list_select_related = ("maker", "checker")
    list_per_page = 50
    proposed = ("title", "description", "reason", "document", "made_by", "made_at", "digest", "state")
    decided = ("checked_by", "decided_at", "note")
    readonly_fields = (*proposed, *decided)
    change_form_template = "admin/accounts/approval/change_form.html"

    @admin.display(description="事项（编号）", ordering="id")
    def numbered(self, approval: Approval) -> str:
        return f"{title_of(approval.kind)}（{approval.pk}）"

    @admin.display(description="事项")
    def title(self, approval: Approval) -> str:
        return title_of(approval.kind)

    @admin.display(description="对象")
    def about(self, approval: Approval) -> str:
        return approval.words[0][1]

    @admin.display(description="通过后会这样")
    def description(self, approval: Approval) -> SafeString:
        return format_html(
            '<table class="approval"><tbody>{}</tbody></table>',
            format_html_join("", '<tr><th scope="row">{}</th><td>{}</td></tr>', approval.words),
        )

    @admin.display(description="提交人")
    def made_by(self, approval: Approval) -> str:
        return _named(approval.maker)

    @admin.display(description="复核人")
    def checked_by(self, approval: Approval) -> str:
        return _named(approval.checker) if approval.checker else "无"

    def has_view_permission(self, request: HttpRequest, obj: Approval | None = None) -> bool:
        return bool(request.user.is_staff)

    def get_fields(self, request: HttpRequest, obj: Approval | None = None) -> tuple[str, ...]:
        waits = obj is not None and obj.state == ApprovalState.WAITING
        return self.proposed if waits else (*self.proposed, *self.decided)

    def get_urls(self) -> list[Any]:
        deeds = (("approve", self.approve), ("reject", self.reject), ("withdraw", self.withdraw))
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"accounts_approval_{name}")
            for name, view in deeds
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "双人复核", **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **options: Any) -> HttpResponse:
        approval = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": f"双人复核 {object_id}", "subtitle": None}
        if approval is not None and approval.state == ApprovalState.WAITING:
            is_maker = current_user(request).pk == approval.maker_id
            context |= {
                "is_maker": is_maker,
                "why_not": "" if is_maker else approvals.why_not(act=act_of(request), approval=approval),
            }
        options["extra_context"] = context
        return super().change_view(request, object_id, *args, **options)

    @method_decorator(require_POST)
    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        digest = request.POST.get("digest", "")
        return self._decide(request, pk, lambda: approvals.approve(act=act_of(request), approval_id=pk, digest=digest))

    @method_decorator(require_POST)
    def reject(self, request: HttpRequest, pk: int) -> HttpResponse:
        def rejected() -> str:
            approvals.reject(act=act_of(request), approval_id=pk, note=request.POST.get("note", ""))
            return f"双人复核 {pk} 已退回"

        return self._decide(request, pk, rejected)

    @method_decorator(require_POST)
    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        approvals_of_mine = Approval.objects.filter(maker=current_user(request).pk)
        get_object_or_404(approvals_of_mine, pk=pk)
        try:
            approvals.withdraw(act=act_of(request), approval_id=pk)
        except AccountsError as error:
            return self._back(request, pk, error.message)
        self.message_user(request, f"双人复核 {pk} 已撤回")
        return redirect("admin:accounts_approval_changelist")

    def _decide(self, request: HttpRequest, pk: int, deed: Callable[[], str]) -> HttpResponse:
        approval = get_object_or_404(Approval, pk=pk)
        if current_user(request).role not in kind_of(approval.kind).checker_roles:
            raise PermissionDenied
        try:
            self.message_user(request, deed())
        except AccountsError as error:
            return self._back(request, pk, error.message)
        return redirect("admin:accounts_approval_changelist")

    def _back(self, request: HttpRequest, pk: int, message: str) -> HttpResponse:
        self.message_user(request, message, messages.ERROR)
        return redirect(reverse("admin:accounts_approval_change", args=[pk]))


def submit_page(
    request: HttpRequest,
    owner: admin.ModelAdmin,
    original: Model,
    *,
    kind: str,
    subject: str,
    asked: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Show what would be handed to a second person, and hand it over: for the admin of whatever it is about."""
    act, form = act_of(request), ProposalForm(request.POST or None)
    try:
        words = approvals.preview(act=act, kind=kind, subject=subject, asked=asked)
        if form.is_valid():
            approval = approvals.submit(act=act, kind=kind, subject=subject, asked=asked, **form.cleaned_data)
            owner.message_user(request, f"已提交，等另一位同事复核（双人复核 {approval.pk}）")
            return redirect("admin:accounts_approval_change", approval.pk)
    except AccountsError as error:
        owner.message_user(request, error.message, messages.ERROR)
        return redirect(f"admin:{original._meta.app_label}_{original._meta.model_name}_change", original.pk)
    context = {
        **owner.admin_site.each_context(request),
        "title": f"提交复核：{original}",
        "opts": original._meta,
        "original": original,
        "words": words,
        "form": form,
    }
    return TemplateResponse(request, "admin/accounts/approval/submit.html", context)


def waiting_link(kind: str, subject: str) -> SafeString | str:
    """Return a link to what waits for a second person; empty where nothing does."""
    waiting = Approval.objects.filter(kind=kind, subject=subject, state=ApprovalState.WAITING).first()
    if waiting is None:
        return ""
    address = reverse("admin:accounts_approval_change", args=[waiting.pk])
    return format_html('<a href="{}">正在等复核（双人复核 {}）</a>', address, waiting.pk)


def _named(user: User) -> str:
    return f"{user.name}（{user.username}）" if user.name else user.username
