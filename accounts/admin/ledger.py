"""账本: looked up, never changed here. Corrections are reversals, made by a case at a counter."""

from typing import Any

from django.contrib import admin

from accounts.admin.jobs import ReadOnlyAdmin
from accounts.models import AnnualStatement, BookYear, LifeEvent, Transfer, Voucher
from yibao.lib.fen import grouped
from yibao.lib.values.numbers import whole_number


class TransferInline(admin.TabularInline):
    model = Transfer
    fields = ("source", "target", "amount", "period")
    readonly_fields = ("source", "target", "amount", "period")
    extra = 0
    can_delete = False

    @admin.display(description="金额（元）")
    def amount(self, transfer: Transfer) -> str:
        return grouped(transfer.amount_fen)

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return getattr(request.user, "reads_books", False)

    def get_queryset(self, request: Any) -> Any:
        # A batch voucher has thousands of transfers: the first hundred show what they look like.
        queryset = super().get_queryset(request).select_related("source", "target").order_by("id")
        shown = request.resolver_match.kwargs.get("object_id", "")
        if whole_number(shown) is None:
            return queryset.none()
        first = Transfer.objects.filter(voucher=shown).order_by("id").values_list("id", flat=True)[:100]
        return queryset.filter(pk__in=list(first))


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyAdmin):
    list_display = ["id", "kind", "region", "occurred_on", "period", "actor", "run"]
    list_filter = ["kind", "region"]
    list_select_related = ["run"]
    show_full_result_count = False
    ordering = ["-id"]
    list_per_page = 50
    inlines = [TransferInline]
    fields = [
        "kind", "region", "occurred_on", "recorded_at", "period", "actor", "reason", "place_kind", "reverses", "policy",
        "run",
    ]  # fmt: skip


@admin.register(BookYear)
class BookYearAdmin(ReadOnlyAdmin):
    list_display = ["region", "year", "closed_at"]
    list_filter = ["region"]
    ordering = ["-year", "region"]


@admin.register(LifeEvent)
class LifeEventAdmin(ReadOnlyAdmin):
    """Deaths, transfers, freezes and whatever else two people signed, with the papers they signed on."""

    list_display = ["id", "kind", "person_id", "region", "on", "proof", "document", "actor", "at"]
    list_filter = ["kind", "region"]
    ordering = ["-id"]
    list_per_page = 50
    fields = ["kind", "person_id", "region", "on", "proof", "document", "reason", "actor", "at", "approval"]
    readonly_fields = ["person_id"]


@admin.register(AnnualStatement)
class AnnualStatementAdmin(ReadOnlyAdmin):
    """Which statements were issued, to whom and when. What they say is the person's own, and /verify/ knows it."""

    list_display = ["number", "person_id", "region", "year", "closes_on", "issued_at", "actor"]
    search_fields = ["number__exact"]
    show_full_result_count = False
    ordering = ["-id"]
    list_per_page = 50
    fields = ["number", "person_id", "region", "year", "closes_on", "booked_to", "digest", "actor", "issued_at"]
    readonly_fields = ["person_id"]
