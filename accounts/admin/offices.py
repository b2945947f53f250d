"""Counters, their districts and the papers to bring, for policy staff: every change is kept with who made it."""

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from accounts.codes import Role
from accounts.models import Duty, Office, Paper
from accounts.queries.offices import gaps


class DatedAdmin(SimpleHistoryAdmin):
    """Policy staff write, approvers read. Changes of the law are new rows with a later day, not edits."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return _is(request, Role.POLICY, Role.APPROVER)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is(request, Role.POLICY)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return _is(request, Role.POLICY)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return _is(request, Role.POLICY)


def _is(request: HttpRequest, *roles: Role) -> bool:
    return getattr(request.user, "role", "") in roles


@admin.register(Office)
class OfficeAdmin(DatedAdmin):
    fields = ("region", "code", "name", "address", "phone", "hours", "access", "source")
    list_display = ("name", "region", "address", "phone", "hours", "access")
    list_filter = ("region",)
    search_fields = ("name", "address", "phone")
    ordering = ("region", "code")


@admin.register(Duty)
class DutyAdmin(DatedAdmin):
    """After every change it is said who would find no counter; two counters on one day the database refuses."""

    fields = ("region", "street", "group", "from_on", "office", "source")
    list_display = ("street", "group", "from_on", "office", "region")
    list_filter = ("region", "group", "from_on", "office")
    list_select_related = ("office",)
    search_fields = ("street",)
    ordering = ("region", "street", "group", "-from_on")

    def save_model(self, request: HttpRequest, obj: Duty, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._warn(request, {obj.region, form.initial.get("region", obj.region)})

    def delete_model(self, request: HttpRequest, obj: Duty) -> None:
        super().delete_model(request, obj)
        self._warn(request, {obj.region})

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Duty]) -> None:
        regions = set(queryset.values_list("region", flat=True))
        super().delete_queryset(request, queryset)
        self._warn(request, regions)

    def _warn(self, request: HttpRequest, regions: set[str]) -> None:
        for gap in [gap for region in sorted(regions) for gap in gaps(region)][:5]:
            self.message_user(request, f"注意：{gap}。", messages.WARNING)


@admin.register(Paper)
class PaperAdmin(DatedAdmin):
    fields = ("region", "situation", "from_on", "place", "name", "note", "source")
    list_display = ("name", "note", "situation", "place", "from_on", "region")
    list_filter = ("region", "situation", "from_on")
    ordering = ("region", "situation", "-from_on", "place")
