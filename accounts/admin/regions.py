"""统筹区: which there are, since when each is credited here, and what of its facts somebody has to look into."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from psycopg.errors import QueryCanceled

from accounts.admin.jobs import ReadOnlyAdmin
from accounts.codes import Role
from accounts.errors import AccountsError
from accounts.models import Person, Region
from accounts.queries.fact_checks import TITLES, Row, list_of
from yibao.lib import clock
from yibao.lib.masking import masked_certno, masked_name
from yibao.lib.periods import BadPeriodError, Period

SHOWN = 200
PATIENCE_MS = 12_000  # a page has fifteen seconds
TOO_MANY = "这个统筹区人太多，一时算不出来；请在服务器上运行 {}"


@admin.register(Region)
class RegionAdmin(ReadOnlyAdmin):
    """上线日由两个人用 go_live 命令设，这里只看。"""

    list_display = ("code", "name", "live_on", "facts")
    ordering = ("code",)

    @admin.display(description="要核对的")
    def facts(self, region: Region) -> SafeString:
        address = reverse("admin:accounts_region_facts", args=[region.code, next(iter(TITLES))])
        return format_html('<a href="{}">参保和缴费</a>', address)

    def has_view_permission(self, request: HttpRequest, obj: Region | None = None) -> bool:
        return super().has_view_permission(request, obj) or getattr(request.user, "role", "") == Role.REVIEWER

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.look_into)
        return [path("<str:code>/facts/<str:name>/", view, name="accounts_region_facts"), *super().get_urls()]

    def look_into(self, request: HttpRequest, code: str, name: str) -> HttpResponse:
        """Show one list of check_facts for a region; ?period= a month or benefit year, this year without."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        region = get_object_or_404(Region, code=code)
        if name not in TITLES:
            raise Http404
        typed = request.GET.get("period", "").strip()
        found, refusal = _found(name, code, typed)
        shown = found[:SHOWN]
        people = Person.objects.in_bulk({row.person for row in shown})
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": region,
            "title": f"{region.name}：{TITLES[name]}",
            "lists": [(code, title.partition("：")[0], code == name) for code, title in TITLES.items()],
            "period": typed,
            "refusal": refusal,
            "count": len(found),
            "shown": SHOWN,
            "command": _command(code, typed),
            "rows": [
                (row, masked_name(people[row.person].name), masked_certno(people[row.person].certno)) for row in shown
            ],
        }
        return TemplateResponse(request, "admin/accounts/region/facts.html", context)


def _found(name: str, region: str, typed: str) -> tuple[list[Row], str]:
    """Return the rows of a list, or why there are none to show."""
    try:
        period = Period.parse(typed) if typed else None
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
            return list_of(name, region, period, clock.today()), ""
    except (AccountsError, BadPeriodError) as refusal:
        return [], str(refusal)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return [], TOO_MANY.format(_command(region, typed))


def _command(region: str, typed: str) -> str:
    """Return how the same is listed on the server, whole."""
    return f"manage.py check_facts --region {region}" + (f" --period {typed}" if typed else "")
