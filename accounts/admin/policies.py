"""Policy versions for policy staff: published ones to read, drafts to write, publishing by the approver."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.codes import PolicyState, Role
from accounts.forms.policies import PolicyDraftForm
from accounts.identity.access import act_of
from accounts.models import PolicyVersion
from accounts.policies.publishing import CannotPublish, publish, save_draft, text_of
from accounts.policies.sources import assumed_keys, source_of
from accounts.policies.terms import KINDS, PolicyError, parameters, parse_terms

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
    actions = ("publish_drafts",)

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
            (_row(version, key, label, shown) for key, label, shown in _shown(version)),
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

    @admin.action(description="发布所选草稿", permissions=["publish"])
    def publish_drafts(self, request: HttpRequest, queryset: QuerySet[PolicyVersion]) -> None:
        for draft in queryset:
            try:
                published = publish(act=act_of(request), draft_id=draft.pk)
            except (CannotPublish, PolicyError) as refusal:
                self.message_user(request, refusal.message, messages.ERROR)
            else:
                self.message_user(request, f"已发布：{published}。从 {published.effective_from} 起按它办。")

    def get_fields(self, request: HttpRequest, obj: PolicyVersion | None = None) -> tuple[str, ...]:
        if obj is not None and not self.has_change_permission(request, obj):
            return (*_PUBLISHED_FIELDS, "values_table", "draft_link")
        return ("region", "kind", "body")

    def get_readonly_fields(self, request: HttpRequest, obj: PolicyVersion | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        if not self.has_change_permission(request, obj):
            return (*_PUBLISHED_FIELDS, "values_table", "draft_link")
        return ("region", "kind")

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

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return _role(request) == Role.APPROVER


def _role(request: HttpRequest) -> str:
    return getattr(request.user, "role", "")


def _shown(version: PolicyVersion) -> list[tuple[str, str, str]]:
    """Return (key, label, value for people) of the parameters that are set."""
    terms = parse_terms(version.kind, version.terms)
    shown = []
    for key, field, parameter in parameters(KINDS[version.kind]):
        value = getattr(terms, field.name)
        if value is not None:
            shown.append((key, parameter.label, parameter.show(value)))
    return shown


def _row(version: PolicyVersion, key: str, label: str, shown: str) -> tuple[str, str, str]:
    source = version.sources.get(key, {})
    where = "推定" if source.get("assumed") else source.get("source", "")
    return label, shown, where + (f"：{source['note']}" if source.get("note") else "")
