"""Policy versions for policy staff: published ones to read, drafts to write and to hand over for publishing."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.admin.approvals import submit_page, waiting_link
from accounts.codes import PolicyState, Role
from accounts.forms.policies import PolicyDraftForm
from accounts.identity.access import act_of
from accounts.models import PolicyVersion
from accounts.operations import policies
from accounts.policies.publishing import save_draft, text_of
from accounts.policies.reading import origin_in_words, values_in_words
from accounts.policies.sources import assumed_keys, source_of

_READERS = (Role.POLICY, Role.APPROVER)
_PUBLISHED_FIELDS = ("region", "kind", "effective_from", "state", "published_at", "published_by", "note")


@admin.register(PolicyVersion)
class PolicyVersionAdmin(admin.ModelAdmin):
    """政策版本：已发布的只能看；规定变了，照着起草一个新版本，由另一位同事发布。"""

    form = PolicyDraftForm
    list_display = ("__str__", "state", "documents", "assumed_count", "published_at")
    list_filter = ("state", "kind", "region")
    list_select_related = ("region",)
    ordering = ("region", "kind", "-effective_from")

    @admin.display(description="出处")
    def documents(self, version: PolicyVersion) -> str:
        return source_of(version)

    @admin.display(description="推定的参数")
    def assumed_count(self, version: PolicyVersion) -> str:
        count = len(assumed_keys(version))
        return f"{count} 项" if count else "无"

    @admin.display(description="参数")
    def values_table(self, version: PolicyVersion) -> SafeString:
        rows = format_html_join(
            "",
            '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>',
            (
                (label, value, origin_in_words(version.sources, key))
                for key, (label, value) in values_in_words(version.kind, version.terms).items()
            ),
        )
        return format_html(
            "<table><caption>{}</caption><thead><tr>"
            '<th scope="col">参数</th><th scope="col">值</th><th scope="col">出处</th>'
            "</tr></thead><tbody>{}</tbody></table>",
            str(version),
            rows,
        )

    @admin.display(description="新版本")
    def draft_link(self, version: PolicyVersion) -> SafeString:
        address = reverse("admin:accounts_policyversion_add")
        return format_html('<a href="{}?like={}">照这个版本起草新版本</a>', address, version.pk)

    @admin.display(description="发布")
    def publishing(self, version: PolicyVersion) -> SafeString | str:
        """Whether a draft waits for a second person already; else where it is handed over."""
        if version.state != PolicyState.DRAFT:
            return "已发布"
        address = reverse("admin:accounts_policyversion_submit", args=[version.pk])
        submit = format_html('<a href="{}">提交复核：先保存，再交审批岗的同事发布</a>', address)
        return waiting_link(policies.PUBLISH, policies.subject_of(version)) or submit

    def get_urls(self) -> list[Any]:
        submit = self.admin_site.admin_view(self.submit)
        return [path("<int:pk>/submit/", submit, name="accounts_policyversion_submit"), *super().get_urls()]

    def submit(self, request: HttpRequest, pk: int) -> HttpResponse:
        draft = get_object_or_404(PolicyVersion.objects.select_related("region"), pk=pk)
        if not self.has_change_permission(request, draft):
            raise PermissionDenied
        subject = policies.subject_of(draft)
        return submit_page(request, self, draft, kind=policies.PUBLISH, subject=subject)

    def get_fields(self, request: HttpRequest, obj: PolicyVersion | None = None) -> tuple[str, ...]:
        if obj is not None and not self.has_change_permission(request, obj):
            return (*_PUBLISHED_FIELDS, "values_table", "publishing", "draft_link")
        return ("region", "kind", "body") if obj is None else ("region", "kind", "body", "publishing")

    def get_readonly_fields(self, request: HttpRequest, obj: PolicyVersion | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        if not self.has_change_permission(request, obj):
            return (*_PUBLISHED_FIELDS, "values_table", "publishing", "draft_link")
        return ("region", "kind", "publishing")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "body" in form.base_fields:
            form.base_fields["body"].initial = text_of(obj) if obj is not None else ""
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        like = request.GET.get("like", "")
        model = PolicyVersion.objects.filter(pk=like).first() if like.isascii() and like.isdigit() else None
        if model is None:
            return {}
        return {"region": model.region_id, "kind": model.kind, "body": text_of(model)}

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: PolicyDraftForm, change: bool) -> None:
        save_draft(act=act_of(request), draft=obj, version=form.version)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _role(request) in _READERS

    def has_view_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        return _role(request) in _READERS

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _role(request) == Role.POLICY

    def has_change_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        return _role(request) == Role.POLICY and obj is not None and obj.state == PolicyState.DRAFT

    def has_delete_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        return self.has_change_permission(request, obj)


def _role(request: HttpRequest) -> str:
    return getattr(request.user, "role", "")
