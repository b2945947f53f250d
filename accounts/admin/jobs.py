"""批次: what ran, how far it is, and who was left out. Read only: a run is mended by running it again."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils.html import format_html

from accounts.codes import ChunkState
from accounts.models import Chunk, Run, Skip
from yibao.lib.fen import grouped


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows rows that only jobs and operations may write, to superusers too."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return getattr(request.user, "reads_books", False)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """One row per run, with its progress, totals and what is left."""

    list_display = ["period", "kind", "region", "state", "progress", "people", "total", "left_out", "on", "opened_at"]
    list_filter = ["state", "kind", "region"]
    ordering = ["-opened_at"]
    list_per_page = 50
    fields = [
        "kind", "region", "period", "state", "progress", "people", "total", "left_out", "reasons", "execution", "on",
        "actor", "opened_at", "finished_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        of_execution = Q(chunks__execution=F("execution"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                all_chunks=Count("chunks", filter=of_execution),
                done_chunks=Count("chunks", filter=of_execution & Q(chunks__state=ChunkState.DONE)),
                credited=Sum("chunks__credited"),
                fen=Sum("chunks__total_fen"),
            )
        )

    @admin.display(description="进度")
    def progress(self, run: Any) -> str:
        percent = 100 * run.done_chunks // run.all_chunks if run.all_chunks else 100
        return format_html(
            '<svg class="progress" viewBox="0 0 100 10" width="100" height="10" aria-hidden="true">'
            '<rect width="100" height="10" fill="#dde3e8"/><rect width="{}" height="10" fill="#0b5c8a"/></svg> {}%'
            "（{} / {} 段）",
            percent,
            percent,
            run.done_chunks,
            run.all_chunks,
        )

    @admin.display(description="已记账人次")
    def people(self, run: Any) -> int:
        return run.credited or 0

    @admin.display(description="金额（元）")
    def total(self, run: Any) -> str:
        return grouped(run.fen or 0)

    @admin.display(description="未处理")
    def left_out(self, run: Any) -> int:
        return run.skips.count()

    @admin.display(description="未处理的原因")
    def reasons(self, run: Any) -> str:
        counts = run.skips.values_list("detail").annotate(Count("id")).order_by("-id__count")
        return "；".join(f"{detail}：{count} 人" for detail, count in counts) or "没有"


@admin.register(Skip)
class SkipAdmin(ReadOnlyAdmin):
    """Who a run left out, and why. People are named by number: looking one up is done at a counter, and recorded."""

    list_display = ["run", "person_id", "period", "detail"]
    list_filter = ["run__region", "reason"]
    list_select_related = ["run"]
    ordering = ["-id"]
    list_per_page = 50
    fields = ["run", "person_id", "period", "reason", "detail"]


@admin.register(Chunk)
class ChunkAdmin(ReadOnlyAdmin):
    """The stretches of people a run works on, one transaction each."""

    list_display = ["run", "execution", "from_person", "until_person", "state", "attempts", "error", "finished_at"]
    list_filter = ["state", "run__region"]
    list_select_related = ["run"]
    ordering = ["-id"]
    list_per_page = 50
