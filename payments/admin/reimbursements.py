"""手工报销, read only: what a counter has paid by invoice, and what was taken back. Both sides by the first character."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from payments.admin.premiums import OfPeopleAdmin
from payments.reimbursements.models import ReimbursedInvoice, Reimbursement
from yibao.lib.fen import grouped


class InvoiceInline(admin.TabularInline):
    model = ReimbursedInvoice
    fields = readonly_fields = ("number", "issuer_code", "on", "amount", "counts")
    ordering = ("pk",)
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return getattr(request.user, "reads_books", False)

    @admin.display(description="个人负担（元）")
    def amount(self, row: ReimbursedInvoice) -> str:
        return grouped(row.amount_fen)


@admin.register(Reimbursement)
class ReimbursementAdmin(OfPeopleAdmin):
    list_display = ["no", "payer_shown", "person_shown", "region", "amount", "paid", "state", "created_at"]
    list_filter = ["state", "region", "kind"]
    search_fields = ["no", "issuer_name", "invoices__number"]
    inlines = [InvoiceInline]
    fields = [
        "no", "payer_shown", "person_shown", "region", "issuer_name", "issuer_code", "institution_kind", "level", "kind",
        "category", "amount", "paid", "payee", "state", "actor", "created_at", "ended_at", "reason",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("payer")

    @admin.display(description="账户支付（元）")
    def paid(self, row: Reimbursement) -> str:
        return grouped(row.account_fen)
