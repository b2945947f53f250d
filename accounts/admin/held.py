"""待处理的行: what imports laid aside, for reviewers to mend, confirm or drop; the cells are shown masked only."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from accounts.admin.approvals import submit_page, waiting_link
from accounts.admin.jobs import ReadOnlyAdmin
from accounts.codes import HeldState, Role
from accounts.errors import AccountsError
from accounts.identity.access import act_of
from accounts.models import HeldRow
from accounts.roster import held
from yibao.lib.values.numbers import whole_number

_READERS = (Role.REVIEWER, Role.APPROVER)
EMPTY = "空"  # what is typed where a cell is to say nothing


class WaitingFilter(admin.SimpleListFilter):
    """What waits, unless another state is asked for."""

    title = "状态"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*HeldState.choices, ("all", "全部")]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        chosen = self.value() or HeldState.WAITING
        for code, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: code})
            yield {"selected": chosen == code, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[HeldRow]) -> QuerySet[HeldRow]:
        chosen = self.value() or HeldState.WAITING
        return queryset if chosen == "all" else queryset.filter(state=chosen)


@admin.register(HeldRow)
class HeldRowAdmin(ReadOnlyAdmin):
    """Reviewers and approvers see the rows; reviewers work them off, and a colleague checks what takes two people."""

    list_display = ("id", "kind", "source_id", "row", "column", "value", "reason_code", "reason", "state", "at")
    list_filter = (WaitingFilter, "kind", "reason_code")
    list_per_page = 100
    ordering = ("id",)
    actions = ("confirm_rows", "drop_rows")
    fields = readonly_fields = (
        "kind", "source_id", "row", "at", "column", "value", "reason_code", "reason", "state", "proposal", "decided_by",
        "decided_at", "became_id",
    )  # fmt: skip
    change_form_template = "admin/accounts/heldrow/change_form.html"

    @admin.display(description="复核")
    def proposal(self, row: HeldRow) -> str:
        return waiting_link(held.CONFIRM, held.subject_of([row.pk])) or "没有等复核的"

    def has_view_permission(self, request: HttpRequest, obj: HeldRow | None = None) -> bool:
        return getattr(request.user, "role", "") in _READERS

    def has_work_permission(self, request: HttpRequest) -> bool:
        return getattr(request.user, "role", "") == Role.REVIEWER

    def get_queryset(self, request: HttpRequest) -> QuerySet[HeldRow]:
        return super().get_queryset(request).defer("cells")

    def get_urls(self) -> list[Any]:
        deeds = (("<int:pk>/mend/", "mend"), ("<int:pk>/confirm/", "confirm"), ("<int:pk>/drop/", "drop"))
        own = [
            path(address, self.admin_site.admin_view(getattr(self, name)), name=f"accounts_heldrow_{name}")
            for address, name in (*deeds, ("submit/", "submit"))
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "待处理的行", **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **options: Any) -> HttpResponse:
        row = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": f"待处理的行 {object_id}", "subtitle": None}
        if row is not None and self.has_view_permission(request):
            waits = row.state == HeldState.WAITING and self.has_work_permission(request)
            context |= {"cells": list(held.all_shown(row)), "may_work": waits, "empty": EMPTY}
        options["extra_context"] = context
        return super().change_view(request, object_id, *args, **options)

    @admin.action(description="确认所选的行", permissions=["work"])
    def confirm_rows(self, request: HttpRequest, queryset: QuerySet[HeldRow]) -> HttpResponse | None:
        return self._confirm(request, list(queryset.values_list("pk", flat=True)))

    @admin.action(description="放弃所选的行", permissions=["work"])
    def drop_rows(self, request: HttpRequest, queryset: QuerySet[HeldRow]) -> HttpResponse | None:
        return self._drop(request, list(queryset.values_list("pk", flat=True)))

    @method_decorator(require_POST)
    def mend(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._row(request, pk)
        typed = {column: request.POST.get(f"cell-{column}", "").strip() for column, _ in held.all_shown(row)}
        cells = {column: "" if text == EMPTY else text for column, text in typed.items() if text}
        if not cells:
            self.message_user(request, "没有要改的内容：请在要改的那一格写上新的内容", messages.WARNING)
        elif self._done(request, lambda: held.mend(act=act_of(request), row_id=pk, cells=cells)):
            self.message_user(request, f"待处理的行 {pk} 已改正")
        return redirect("admin:accounts_heldrow_change", pk)

    @method_decorator(require_POST)
    def confirm(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._row(request, pk)
        return self._confirm(request, [pk]) or redirect("admin:accounts_heldrow_change", pk)

    @method_decorator(require_POST)
    def drop(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._row(request, pk)
        return self._drop(request, [pk]) or redirect("admin:accounts_heldrow_change", pk)

    def submit(self, request: HttpRequest) -> HttpResponse:
        """Hand rows that are hardly true to a second person: ?ids=12+13."""
        typed = map(whole_number, request.GET.get("ids", "").split())
        ids = sorted({number for number in typed if number is not None})
        row = self._row(request, ids[0] if ids else 0)
        asked = {"rows": ids}
        return submit_page(request, self, row, kind=held.CONFIRM, subject=held.subject_of(ids), asked=asked)

    def _row(self, request: HttpRequest, pk: int) -> HeldRow:
        if not self.has_work_permission(request):
            raise PermissionDenied
        return get_object_or_404(HeldRow, pk=pk)

    def _confirm(self, request: HttpRequest, ids: Sequence[int]) -> HttpResponse | None:
        try:
            self.message_user(request, held.in_words(held.confirm(act=act_of(request), ids=ids)))
        except held.TwoNeededError:
            words = urlencode({"ids": " ".join(map(str, ids))})
            return redirect(f"{reverse('admin:accounts_heldrow_submit')}?{words}")
        except AccountsError as error:
            self.message_user(request, error.message, messages.ERROR)
            return None
        return redirect("admin:accounts_heldrow_changelist")

    def _drop(self, request: HttpRequest, ids: Sequence[int]) -> HttpResponse | None:
        if self._done(request, lambda: held.drop(act=act_of(request), ids=ids)):
            self.message_user(request, f"已放弃 {len(ids)} 行")
            return redirect("admin:accounts_heldrow_changelist")
        return None

    def _done(self, request: HttpRequest, deed: Callable[[], object]) -> bool:
        """Do it; where it is refused, say why."""
        try:
            deed()
        except AccountsError as error:
            self.message_user(request, error.message, messages.ERROR)
            return False
        return True
