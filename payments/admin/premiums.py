"""居民医保代缴: orders, what was paid elsewhere, and claims. Both sides by the first character of their names."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.jobs import ReadOnlyAdmin
from payments.premiums.models import PremiumOrder, PremiumOrderEvent, PremiumPaid, RefundClaim
from yibao.lib.fen import grouped
from yibao.lib.masking import masked_name


class OfPeopleAdmin(ReadOnlyAdmin):
    """Rows about one person, and another who pays; amounts in yuan."""

    list_per_page = 50
    ordering = ["-id"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("person")

    @admin.display(description="参保人")
    def person_shown(self, row: Any) -> str:
        return f"{masked_name(row.person.name)}（{row.person_id}）"

    @admin.display(description="缴费人")
    def payer_shown(self, row: Any) -> str:
        return f"{masked_name(row.payer.name)}（{row.payer_id}）"

    @admin.display(description="金额（元）")
    def amount(self, row: Any) -> str:
        return grouped(row.amount_fen)


class EventInline(admin.TabularInline):
    model = PremiumOrderEvent
    fields = readonly_fields = ("at", "state", "actor", "reason")
    ordering = ("pk",)
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return getattr(request.user, "reads_books", False)


@admin.register(PremiumOrder)
class PremiumOrderAdmin(OfPeopleAdmin):
    list_display = ["no", "payer_shown", "person_shown", "region", "premium_year", "amount", "state", "debited_at"]
    list_filter = ["state", "premium_year", "region"]
    search_fields = ["no", "receipt_no"]
    inlines = [EventInline]
    fields = [
        "no", "payer_shown", "person_shown", "region", "premium_year", "amount", "state", "actor", "created_at",
        "debited_at", "undo_until", "handed_over_at", "batch", "decided_at", "receipt_no", "reason",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("payer", "batch")


@admin.register(PremiumPaid)
class PremiumPaidAdmin(OfPeopleAdmin):
    list_display = ["receipt_no", "person_shown", "region", "premium_year", "amount", "paid_on", "channel"]
    list_filter = ["premium_year", "region"]
    search_fields = ["receipt_no"]
    fields = ["receipt_no", "person_shown", "region", "premium_year", "amount", "paid_on", "channel", "source"]


@admin.register(RefundClaim)
class RefundClaimAdmin(OfPeopleAdmin):
    """The card is not shown: whoever pays it out reads it where it is paid out."""

    list_display = ["no", "payer_shown", "person_shown", "region", "premium_year", "amount", "state", "created_at"]
    list_filter = ["state", "premium_year", "region"]
    search_fields = ["no", "receipt_no"]
    fields = [
        "no", "payer_shown", "person_shown", "region", "premium_year", "amount", "receipt_no", "state", "actor",
        "created_at", "decided_at", "reason",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("payer")
