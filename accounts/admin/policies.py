"""Policy versions for policy staff: published ones to read, drafts to write and to hand over for publishing."""

from typing import Any

from celery import current_app
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from accounts.admin.approvals import submit_page, waiting_link
from accounts.codes import PolicyState, Role
from accounts.forms.policies import PolicyDraftForm
from accounts.identity.access import act_of
from accounts.models import PolicyVersion
from accounts.operations import policies, policy_effect
from accounts.operations.policy_effect import NoEffectError
from accounts.policies.publishing import save_draft, text_of
from accounts.policies.reading import origin_in_words, values_in_words
from accounts.policies.sources import assumed_keys, source_of
from yibao.lib import clock
from yibao.lib.values.numbers import whole_number

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

    @admin.display(description="影响")
    def effect_words(self, version: PolicyVersion) -> SafeString | str:
        """What a draft would change of what is posted; where that is not known, a button that has it computed."""
        if version.state != PolicyState.DRAFT:
            return self._lines(version.effect) if version.effect else "发布时没有已经记的账受影响"
        try:
            effect = policy_effect.shown_effect(version, clock.today())
        except NoEffectError as error:
            address = reverse("admin:accounts_policyversion_effect", args=[version.pk])
            return format_html(
                '{} <button type="submit" formaction="{}" formnovalidate>计算影响</button>', error.message, address
            )
        return self._lines(effect) if effect else "没有已经记的账受影响"

    def _lines(self, effect: dict[str, Any]) -> SafeString:
        return format_html_join("", "<div>{}：{}</div>", policy_effect.in_words(effect))

    def get_urls(self) -> list[Any]:
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"accounts_policyversion_{name}")
            for name, view in (("submit", self.submit), ("effect", self.compute_effect))
        ]
        return [*own, *super().get_urls()]

    @method_decorator(require_POST)
    def compute_effect(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have a worker compute what the draft as it was saved would change: a city takes minutes."""
        draft = get_object_or_404(PolicyVersion, pk=pk)
        if not self.has_change_permission(request, draft):
            raise PermissionDenied
        try:
            current_app.send_task(policy_effect.TASK, args=[draft.pk, str(act_of(request).actor)], retry=False)
            self.message_user(request, "开始计算了（按已保存的内容），算好后显示在这一页，人多的地区要几分钟")
        except OperationalError:
            self.message_user(request, "后台任务现在不能用，请稍后再试，或运行 manage.py policy_effect", messages.ERROR)
        return redirect("admin:accounts_policyversion_change", draft.pk)

    def submit(self, request: HttpRequest, pk: int) -> HttpResponse:
        draft = get_object_or_404(PolicyVersion.objects.select_related("region"), pk=pk)
        if not self.has_change_permission(request, draft):
            raise PermissionDenied
        subject = policies.subject_of(draft)
        return submit_page(request, self, draft, kind=policies.PUBLISH, subject=subject)

    def get_fields(self, request: HttpRequest, obj: PolicyVersion | None = None) -> tuple[str, ...]:
        if obj is not None and not self.has_change_permission(request, obj):
            return (*_PUBLISHED_FIELDS, "values_table", "effect_words", "publishing", "draft_link")
        return ("region", "kind", "body") if obj is None else ("region", "kind", "body", "effect_words", "publishing")

    def get_readonly_fields(self, request: HttpRequest, obj: PolicyVersion | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        if not self.has_change_permission(request, obj):
            return (*_PUBLISHED_FIELDS, "values_table", "effect_words", "publishing", "draft_link")
        return ("region", "kind", "effect_words", "publishing")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "body" in form.base_fields:
            form.base_fields["body"].initial = text_of(obj) if obj is not None else ""
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        model = PolicyVersion.objects.filter(pk=whole_number(request.GET.get("like", "")) or 0).first()
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
