"""The result of an act: what happened, when it counts, what comes next, and taking it back within its minutes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.identity.access import person_required
from accounts.ledger.pots import regions_of
from family.codes import EventKind
from family.models import Event
from family.operations import undoing
from family.queries.facts import funds_name
from family.rules import CannotUndoError
from family.views.citizen.current_account import OwnAct, own_act
from family.views.citizen.refusals import answering
from yibao.lib.clock import SHANGHAI
from yibao.lib.days import day_words
from yibao.lib.fen import grouped

_NEEDED = ("bond__payer", "bond__user", "bond__invitation", "invitation__payer", "voucher__transfers")
USER_SIDE = (EventKind.ACCEPTED, EventKind.DECLINED, EventKind.LEFT)


@dataclass(frozen=True, slots=True)
class Result:
    """An event in the words of who did it."""

    event: Event
    title: str
    lines: tuple[str, ...]
    undo_until: datetime | None
    undone: bool
    is_payers: bool = False

    @property
    def number(self) -> str:
        """The number to name on the phone: that of the invitation, else of the voucher or the event itself."""
        found = self.event.invitation or (self.event.bond and self.event.bond.invitation)
        return (found and found.number) or f"GJ{self.event.at.astimezone(SHANGHAI):%Y-%m%d}-B{self.event.pk}"

    @property
    def back(self) -> tuple[str, str]:
        """Where to go on: the text and the address."""
        kind = self.event.undoes.kind if self.event.undoes else self.event.kind
        if kind in USER_SIDE and not self.is_payers:
            return "看我能用谁的钱", reverse("family_from_others")
        return "回到家庭共济", reverse("family")


@never_cache
@person_required
@require_GET
@answering
def show(request: HttpRequest, event_id: int) -> HttpResponse:
    """Show the result of one's own act. An inviter also sees that somebody agreed on their phone."""
    act = own_act(request)
    rows = Event.objects.select_related("bond__payer", "bond__user", "bond__invitation", "invitation__payer", "undoes")
    event = rows.get(Q(by=act.person) | Q(payer=act.person, kind=EventKind.ACCEPTED), pk=event_id)
    result = result_of(event, act, undone=Event.objects.filter(undoes=event).exists())
    return render(request, "family/result.html", {"result": result, "today": act.on, "about": f"family-{event.pk}"})


@person_required
@require_POST
@answering
def undo(request: HttpRequest, event_id: int) -> HttpResponse:
    """Take back what one did a few minutes ago; where it is too late, say why."""
    act = own_act(request)
    try:
        event = undoing.undo(act=act, person=act.person, event_id=event_id)
    except CannotUndoError as error:
        context = {"message": error.message, "back_url": reverse("family")}
        return render(request, "family/cannot_undo.html", context, status=409)
    return redirect("family_result", event.pk)


def events_shown(events: Iterable[Event], act: OwnAct) -> list[Result]:
    """Return what can still be taken back, the latest first."""
    shown = list(events)
    prefetch_related_objects(shown, *_NEEDED)
    return [result_of(event, act, undone=False) for event in shown]


def result_of(event: Event, act: OwnAct, *, undone: bool) -> Result:
    """Return an event as its own page and the hub say it."""
    kind = EventKind(event.kind)
    can_undo = (
        event.by_id == act.person.pk and event.undo_until is not None and event.undo_until > act.at and not undone
    )
    title, lines = _words(event, kind, act)
    return Result(event, title, lines, event.undo_until if can_undo else None, undone, event.payer_id == act.person.pk)


def _words(event: Event, kind: EventKind, act: OwnAct) -> tuple[str, tuple[str, ...]]:
    if kind == EventKind.UNDONE and event.undoes is not None:
        return f"已撤回：{EventKind(event.undoes.kind).label}", ("和没有办过一样。",)
    if kind in (EventKind.MOVED_IN, EventKind.MOVED_BACK, EventKind.CLOSED):
        return _pool_words(event, kind)
    if kind == EventKind.DECLINED:
        return _declined_words(event)
    if event.bond is None:
        return str(kind.label), ()
    return _bond_words(event, kind, act)


def _pool_words(event: Event, kind: EventKind) -> tuple[str, tuple[str, ...]]:
    if kind == EventKind.CLOSED:
        money = "共济账户里剩下的钱已经转回您的个人账户。" if event.voucher_id else "以前用掉的钱不会退回。"
        return "家庭共济已关闭", ("家人马上不能再用您的钱。", money)
    fen = sum(row.amount_fen for row in event.voucher.transfers.all()) if event.voucher else 0
    if kind == EventKind.MOVED_IN:
        return f"已转入 {grouped(fen)} 元", ("家人现在就可以用。", "转入的钱在共济账户里，明细里看得到。")
    return f"已转回 {grouped(fen)} 元", ("已经回到您的个人账户。",)


def _declined_words(event: Event) -> tuple[str, tuple[str, ...]]:
    assert event.invitation is not None
    if event.detail.get("disowned"):
        return "已记下：这不是您的家人", ("对方不会收到通知，邀请到期自动失效。", "没有用到任何人的钱。")
    return "已回复不同意", (f"已经告诉{event.invitation.payer.name}。", "没有用到任何人的钱。")


def _bond_words(event: Event, kind: EventKind, act: OwnAct) -> tuple[str, tuple[str, ...]]:
    bond = event.bond
    assert bond is not None
    name, payer = bond.user.name, bond.payer.name
    money = funds_name(bond.region, act.on)
    was, now = event.detail.get("was"), event.detail.get("now")
    limit, limit_was = (now, was) if kind == EventKind.LIMIT else (None, None)
    until, until_was = (now, was) if kind == EventKind.END_DAY else (None, None)
    words: dict[EventKind, tuple[str, tuple[str, ...]]] = {
        EventKind.ACCEPTED: _accepted_words(event, money, act),
        EventKind.BOUND: _accepted_words(event, money, act),
        EventKind.REMOVED: (
            f"已移除{name}",
            (f"{name}马上不能再用您的钱。", "以前用掉的钱不会退回。", f"已经告诉{name}。以后可以再邀请。"),
        ),
        EventKind.LEFT: (f"已不再用{payer}的钱", ("马上生效。", f"已经告诉{payer}。")),
        EventKind.LIMIT: (
            f"{name}的每年额度：{_money(limit_was)}改为{_money(limit)}",
            (f"{name}每年最多用 {grouped(limit)} 元。" if limit else f"{name}不再限额。", f"已经告诉{name}。"),
        ),
        EventKind.END_DAY: (
            f"{name}的结束日期：{_day(until_was)}改为{_day(until)}",
            (
                f"{name}用到{day_words(date.fromisoformat(until))}为止。" if until else f"{name}长期可以用。",
                f"已经告诉{name}。",
            ),
        ),
        EventKind.SUSPENDED: (f"已停用{name}", (f"{name}马上不能用您的钱，恢复以后才能再用。", f"已经告诉{name}。")),
        EventKind.RESUMED: (f"已恢复{name}使用", (f"{name}又可以用您的钱了。", f"已经告诉{name}。")),
    }
    return words.get(kind, (str(kind.label), ()))


def _money(fen: int | None) -> str:
    return "不限" if fen is None else f" {grouped(fen)} 元"


def _day(iso: str | None) -> str:
    return day_words(date.fromisoformat(iso)) if iso else "长期有效"


def _accepted_words(event: Event, money: str, act: OwnAct) -> tuple[str, tuple[str, ...]]:
    bond = event.bond
    assert bond is not None
    payer, user = bond.payer, bond.user
    is_mine, by_me = act.person.pk == payer.pk, event.by_id == act.person.pk
    title = (
        "已同意，马上生效" if act.person.pk == user.pk else f"已替{user.name}同意" if by_me else f"{user.name}已同意"
    )
    if is_mine:
        return title, (f"{user.name}马上可以用您的{money}。", "每次使用都会通知您；随时可以停用或移除。")
    whose = "您" if act.person.pk == user.pk else user.name
    own_first = "先用自己的钱，不够再用" if regions_of(user.pk) else "用"
    return title, (
        f"{whose}看病买药，{own_first}{payer.name}的{money}。",
        f"{payer.name}能看到哪天、在哪类地方、用了多少钱，看不到看的什么病、开的什么药。",
        "随时可以不再使用。",
    )
