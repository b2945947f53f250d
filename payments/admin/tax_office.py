"""与税务的往来和日对账表: what went out, what was answered, and each day's report. Looked up, never changed here."""

import json

from django.contrib import admin

from accounts.admin.jobs import ReadOnlyAdmin
from payments.models import DayReport, TaxAnswer, TaxBatch
from yibao.lib.fen import grouped


@admin.register(TaxBatch)
class TaxBatchAdmin(ReadOnlyAdmin):
    """The content is not shown: it holds certificate numbers, and is for the tax office."""

    list_display = ["no", "region", "premium_year", "rows", "amount", "made_at", "written_at"]
    list_filter = ["region", "premium_year"]
    ordering = ["-id"]
    fields = ["no", "region", "premium_year", "rows", "amount", "digest", "actor", "made_at", "written_at"]

    @admin.display(description="金额（元）")
    def amount(self, batch: TaxBatch) -> str:
        return grouped(batch.sum_fen)


@admin.register(TaxAnswer)
class TaxAnswerAdmin(ReadOnlyAdmin):
    """税务答复; those that fit no order are among the rows laid aside (待处理的行)."""

    list_display = ["order", "result", "receipt_no", "decided_on", "at", "done_at", "trouble"]
    list_filter = ["result", ("done_at", admin.EmptyFieldListFilter)]
    list_select_related = ["order"]
    ordering = ["-id"]
    fields = ["source", "row", "order", "result", "receipt_no", "decided_on", "reason", "at", "done_at", "trouble"]


@admin.register(DayReport)
class DayReportAdmin(ReadOnlyAdmin):
    """日对账表, as `reconcile` made it the day after."""

    list_display = ["region", "day", "differences", "made_at"]
    list_filter = ["region", ("differences", admin.AllValuesFieldListFilter)]
    ordering = ["-day", "region"]
    fields = ["region", "day", "differences", "made_at", "shown"]
    readonly_fields = ["shown"]

    @admin.display(description="内容")
    def shown(self, report: DayReport) -> str:
        return json.dumps(report.document, ensure_ascii=False, indent=2)
