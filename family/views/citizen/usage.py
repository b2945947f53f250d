"""共济使用记录 (C17): who used how much of whose money, by person and year; as a file too."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.identity.access import person_required
from accounts.models import Person
from accounts.queries.account import accounts_of
from family.forms.bonds import UsageForm
from family.queries.bonds import Card, bonds_given, bonds_received
from family.queries.usage import Use, totals, used_by_time, used_of_mine, used_of_others
from family.views.citizen.current_account import OwnAct, own_act
from yibao.lib.csv_files import harmless
from yibao.lib.fen import yuan

A_PAGE = 20
COLUMNS = ("日期", "家人", "关系", "用来", "在哪类地方", "金额（元）", "说明")
Source = Callable[..., list[Use]]
Bonds = Callable[[Person, date], list[Card]]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two directions, in its words."""

    name: str
    source: Source
    bonds: Bonds
    title: str
    empty: str
    empty_of: str
    file: str


MINE = Side(
    name="mine",
    source=used_of_mine,
    bonds=bonds_given,
    title="家人用了我的",
    empty="家人还没有用过您的钱。",
    empty_of="{}还没有用过您的钱。",
    file="家人用了我的",
)
OTHERS = Side(
    name="others",
    source=used_of_others,
    bonds=bonds_received,
    title="我用了家人的",
    empty="您还没有用过家人的钱。",
    empty_of="您还没有用过{}的钱。",
    file="我用了家人的",
)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a filter picks out of all uses of one side."""

    form: UsageForm
    uses: list[Use]
    year: int | None
    empty: str


def _selected(request: HttpRequest, side: Side) -> Selection:
    act = own_act(request)
    everything = side.source(act.person)
    people = {card.other.pk: card.called for card in side.bonds(act.person, act.on)}
    people |= {use.other.pk: f"{use.other.name}（{use.kin}）" for use in everything}
    years = sorted({use.on.year for use in everything} | {act.on.year}, reverse=True)
    data = request.GET.copy()
    data.setdefault("year", str(act.on.year))
    form = UsageForm(data, people=people.items(), years=years)
    if not form.is_valid():
        return Selection(form, [], None, "没有看懂要看哪些记录，所以一条也没有列出。请在上面重新选。")
    person, year = form.cleaned_data["person"], form.cleaned_data["year"]
    of_person = [use for use in everything if not person or use.other.pk == int(person)]
    uses = [use for use in of_person if not year or use.on.year == int(year)]
    empty = side.empty_of.format(people[int(person)]) if person and not of_person else _nothing(side, act)
    if of_person:
        empty = f"{year}年没有记录。换一个年份看看。"
    return Selection(form, uses, int(year) if year else None, empty)


def _nothing(side: Side, act: OwnAct) -> str:
    """Say why nothing is there: whoever has no account gives nobody anything."""
    if side is MINE and not accounts_of(act.person).regions(act.on):
        return "您没有个人账户，没有钱可以给家人用。您用了家人多少，看“我用了家人的”。"
    return side.empty


@never_cache
@person_required
@require_GET
def usage(request: HttpRequest) -> HttpResponse:
    """Show what relatives used of mine."""
    return _page(request, MINE)


@never_cache
@person_required
@require_GET
def usage_of_others(request: HttpRequest) -> HttpResponse:
    """Show what I used of relatives'."""
    return _page(request, OTHERS)


def _page(request: HttpRequest, side: Side) -> HttpResponse:
    chosen = _selected(request, side)
    by_time = used_by_time(chosen.uses, by_month=chosen.year is not None)
    page = Paginator(chosen.uses, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "side": side,
        "form": chosen.form,
        "entries": [_line(use) for use in page.object_list],
        "page_obj": page,
        "totals": totals(chosen.uses),
        "by_time": by_time,
        "largest_fen": max((fen for one in by_time for _, fen in one.rows), default=0),
        "each": "每月" if chosen.year else "每年",
        "year": chosen.year,
        "empty": chosen.empty,
        "address": request.GET.urlencode(),
        "here": reverse("family_usage" if side is MINE else "family_usage_others"),
        "file_url": reverse("family_usage_file" if side is MINE else "family_usage_others_file"),
        "announcement": f"找到{len(chosen.uses)}笔记录。",
    }
    template = "family/_usage.html" if request.htmx else "family/usage.html"
    return render(request, template, context, status=422 if chosen.form.errors else 200)


def _line(use: Use) -> dict:
    """Return one use for components/entries.html: never the name of a place."""
    return {
        "title": f"{use.other.name}（{use.kin}）{use.what}",
        "fen": -use.amount_fen,
        "word": "已退回" if use.used_fen == 0 else "使用",
        "day": use.on,
        "notes": [note for note in (use.place_kind, use.returned_words) if note],
    }


@never_cache
@person_required
@require_GET
def usage_file(request: HttpRequest) -> HttpResponse:
    return _file(request, MINE)


@never_cache
@person_required
@require_GET
def usage_of_others_file(request: HttpRequest) -> HttpResponse:
    return _file(request, OTHERS)


def _file(request: HttpRequest, side: Side) -> HttpResponse:
    chosen = _selected(request, side)
    if chosen.form.errors:
        return _page(request, side)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for use in reversed(chosen.uses):
        writer.writerow([harmless(cell) for cell in _cells(use)])
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    name = quote(f"{side.file}{chosen.year or ''}")
    response["Content-Disposition"] = f"attachment; filename=\"usage.csv\"; filename*=UTF-8''{name}.csv"
    return response


def _cells(use: Use) -> tuple[str, ...]:
    words = use.place_kind, yuan(use.amount_fen), use.returned_words
    return use.on.isoformat(), use.other.name, use.kin, use.what, *words
