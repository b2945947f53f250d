"""导入: handing a file in, and taking one back. By reviewers; approvers see what came in."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts.admin.approvals import submit_page, waiting_link
from accounts.admin.jobs import ReadOnlyAdmin
from accounts.codes import FactChangeKind, HeldState, Role
from accounts.errors import AccountsError
from accounts.forms.imports import UploadForm
from accounts.identity.access import act_of, current_user
from accounts.models import FactChange, HeldRow, Import
from accounts.roster import uploads, withdrawing
from accounts.roster.answers import grouped, in_words
from accounts.roster.drafts import ImportResult
from accounts.roster.problems import ImportRefusedError
from accounts.roster.uploads import Upload

_READERS = (Role.REVIEWER, Role.APPROVER)


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "rows", "at", "actor", "waiting", "withdrawn")
    list_filter = ("kind",)
    list_per_page = 50
    ordering = ("-id",)
    fields = readonly_fields = ("kind", "rows", "at", "actor", "waiting", "withdrawn", "proposal")
    change_form_template = "admin/accounts/import/change_form.html"

    @admin.display(description="留待处理")
    def waiting(self, source: Import) -> SafeString | str:
        count = HeldRow.objects.filter(source=source, state=HeldState.WAITING).count()
        address = f"{reverse('admin:accounts_heldrow_changelist')}?source__id__exact={source.pk}"
        return format_html('<a href="{}">{} 行</a>', address, count) if count else "无"

    @admin.display(description="撤回")
    def withdrawn(self, source: Import) -> str:
        change = FactChange.objects.filter(kind=FactChangeKind.WITHDRAWN, source=source).first()
        return f"已撤回：{change.reason}" if change else "没有"

    @admin.display(description="复核")
    def proposal(self, source: Import) -> SafeString | str:
        return waiting_link(withdrawing.WITHDRAW, withdrawing.subject_of(source.pk)) or "没有等复核的"

    def has_view_permission(self, request: HttpRequest, obj: Import | None = None) -> bool:
        return getattr(request.user, "role", "") in _READERS

    def has_add_permission(self, request: HttpRequest) -> bool:
        return getattr(request.user, "role", "") == Role.REVIEWER

    def get_urls(self) -> list[Any]:
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(getattr(self, name)), name=f"accounts_import_{name}")
            for name in ("withdraw", "submit")
        ]
        return [*own, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **options: Any) -> HttpResponse:
        source = self.get_object(request, object_id)
        may_withdraw = source is not None and source.kind in uploads.KINDS and self.has_add_permission(request)
        is_over = FactChange.objects.filter(kind=FactChangeKind.WITHDRAWN, source=source).exists()
        options["extra_context"] = {
            "title": f"导入 {object_id}",
            "subtitle": None,
            "may_withdraw": may_withdraw and not is_over,
        }
        return super().change_view(request, object_id, *args, **options)

    def add_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Hand a file in; where rows of it are bad, again to take the good ones in first."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if word := request.POST.get("kept", ""):
            return self._import_good_rows(request, word)
        form = UploadForm(request.POST or None, request.FILES or None)
        context: dict[str, Any] = {}
        if form.is_valid():
            upload = form.upload
            try:
                return self._came_in(request, upload, uploads.bring_in(act=act_of(request), upload=upload))
            except ImportRefusedError as refusal:
                context = {"refusal": "没有导入任何内容，请看下面的每一处", "lines": list(grouped(refusal.problems))}
                context |= self._offer(request, upload)
            except AccountsError as error:
                context = {"refusal": error.message}
        return self._page(request, form, **context)

    @method_decorator(require_POST)
    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        get_object_or_404(Import, pk=pk)
        try:
            if withdrawing.needs_two(pk):
                return redirect("admin:accounts_import_submit", pk)
            reason = request.POST.get("reason", "")
            done = withdrawing.withdraw(act=act_of(request), import_id=pk, reason=reason)
            self.message_user(request, withdrawing.in_words(done))
        except AccountsError as error:
            self.message_user(request, error.message, messages.ERROR)
        return redirect("admin:accounts_import_change", pk)

    def submit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hand the withdrawal of an import on which money hangs to a second person."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        source, subject = get_object_or_404(Import, pk=pk), withdrawing.subject_of(pk)
        return submit_page(request, self, source, kind=withdrawing.WITHDRAW, subject=subject)

    def _offer(self, request: HttpRequest, upload: Upload) -> dict[str, Any]:
        """Return how many rows could come in and how many would wait; nothing where the file itself is damaged."""
        try:
            tried = uploads.try_out(act=act_of(request), upload=upload)
        except AccountsError:
            return {}
        good = tried.rows - len(tried.held)
        kept = uploads.keep(upload, current_user(request).pk) if good else ""
        return {"good": good, "bad": len(tried.held), "kept": kept}

    def _import_good_rows(self, request: HttpRequest, word: str) -> HttpResponse:
        user = current_user(request).pk
        upload = uploads.kept(word, user)
        if upload is None:
            self.message_user(request, "刚才的文件已经不在了，请重新选择文件", messages.ERROR)
            return redirect("admin:accounts_import_add")
        try:
            result = uploads.bring_in(act=act_of(request), upload=upload, hold=True)
        except AccountsError as error:
            self.message_user(request, error.message, messages.ERROR)
            return redirect("admin:accounts_import_add")
        uploads.drop(word, user)
        return self._came_in(request, upload, result)

    def _came_in(self, request: HttpRequest, upload: Upload, result: ImportResult) -> HttpResponse:
        self.message_user(request, f"{upload.name}：{in_words(result)}")
        for remark in result.remarks:
            self.message_user(request, f"注意：{remark}", messages.WARNING)
        return redirect("admin:accounts_import_change", result.import_id)

    def _page(self, request: HttpRequest, form: UploadForm, **context: Any) -> HttpResponse:
        page = {
            **self.admin_site.each_context(request),
            "title": "导入文件",
            "opts": self.opts,
            "form": form,
            **context,
        }
        status = 422 if context else 200
        return TemplateResponse(request, "admin/accounts/import/upload.html", page, status=status)
