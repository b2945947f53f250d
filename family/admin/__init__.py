"""Read-only views of sharing for policy staff: corrections go through a case, never through admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.jobs import ReadOnlyAdmin
from accounts.codes import Scope
from family.models import Bond, Event, Invitation
from yibao.lib.fen import grouped
from yibao.lib.masking import masked_name


class SharingAdmin(ReadOnlyAdmin):
    """Both sides by the first character of their names and their id; amounts in yuan."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("payer", "user")

    @admin.display(description="出钱人")
    def payer_shown(self, row: Any) -> str:
        return f"{masked_name(row.payer.name)}（{row.payer_id}）"

    @admin.display(description="使用人")
    def user_shown(self, row: Any) -> str:
        return f"{masked_name(row.user.name)}（{row.user_id}）" if row.user_id else "还没有"

    @admin.display(description="每年额度（元）")
    def limit_shown(self, row: Any) -> str:
        return "不限" if row.limit_fen is None else grouped(row.limit_fen)

    @admin.display(description="用来")
    def scopes_shown(self, row: Any) -> str:
        return "、".join(Scope(scope).label for scope in row.scopes)


class EventInline(admin.TabularInline):
    model = Event
    fk_name = "bond"
    extra = 0
    can_delete = False
    fields = readonly_fields = ("at", "kind", "actor", "undo_until")
    ordering = ("pk",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class InvitationEventInline(EventInline):
    fk_name = "invitation"


@admin.register(Bond)
class BondAdmin(SharingAdmin):
    """共济关系：谁可以用谁的钱。姓名只显示姓。"""

    list_display = (
        "pk",
        "payer_shown",
        "user_shown",
        "relation",
        "region",
        "limit_shown",
        "state",
        "from_on",
        "until_on",
    )
    list_filter = ("state", "region", "relation", "end_reason", "temporary", "declared", "consent")
    date_hierarchy = "from_on"
    ordering = ("-pk",)
    fields = readonly_fields = (
        "payer_shown",
        "user_shown",
        "relation",
        "region",
        "scopes_shown",
        "limit_shown",
        "from_on",
        "until_on",
        "place",
        "temporary",
        "declared",
        "consent",
        "state",
        "state_at",
        "end_reason",
    )
    inlines = (EventInline,)


@admin.register(Invitation)
class InvitationAdmin(SharingAdmin):
    """共济邀请：到哪一步了。对方同意以前不显示邀请的是谁。"""

    list_display = ("number", "payer_shown", "user_shown", "relation", "region", "state", "sent_at", "expires_at")
    list_filter = ("state", "region", "relation", "consent")
    date_hierarchy = "sent_at"
    search_fields = ("number",)
    ordering = ("-pk",)
    fields = readonly_fields = (
        "number",
        "payer_shown",
        "user_shown",
        "relation",
        "region",
        "scopes_shown",
        "limit_shown",
        "until_on",
        "state",
        "consent",
        "sends",
        "sent_at",
        "seen_at",
        "expires_at",
        "closed_at",
    )
    inlines = (InvitationEventInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).exclude(number=None)
