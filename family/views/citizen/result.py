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
from family.codes import StepKind
from family.models import Step
from family.operations import undoing
from family.queries.facts import funds_name, is_pool
from family.rules import CannotUndo
from family.views.citizen.current_account import Act, act_of
from family.views.citizen.refusals import answering
from yibao.lib.clock import SHANGHAI
from yibao.lib.days import day_words
from yibao.lib.fen import grouped

_NEEDED = ("bond__payer", "bond__user", "bond__invitation", "invitation__payer", "voucher__transfers")
USER_SIDE = (StepKind.ACCEPTED, StepKind.DECLINED, StepKind.LEFT)


@dataclass(frozen=True, slots=True)
class Done:
    """A step in the words of who did it."""

    step: Step
    title: str
    lines: tuple[str, ...]
    undo_until: datetime | None
    undone: bool
    is_payers: bool = False

    @property
    def number(self) -> str:
        """The number to name on the phone: that of the invitation, else of the voucher or the step itself."""
        found = self.step.invitation or (self.step.bond and self.step.bond.invitation)
        return (found and found.number) or f"GJ{self.step.at.astimezone(SHANGHAI):%Y-%m%d}-B{self.step.pk}"

    @property
    def back(self) -> tuple[str, str]:
        """Where to go on: the text and the address."""
        kind = self.step.undoes.kind if self.step.undoes else self.step.kind
        if kind in USER_SIDE and not self.is_payers:
            return "看我能用谁的钱", reverse("family_from_others")
        return "回到家庭共济", reverse("family")


@never_cache
@person_required
@require_GET
@answering
def done(request: HttpRequest, step_id: int) -> HttpResponse:
    """Show the result of one's own act. An inviter also sees that somebody agreed on their phone."""
    act = act_of(request)
    rows = Step.objects.select_related("bond__payer", "bond__user", "bond__invitation", "invitation__payer", "undoes")
    step = rows.get(Q(by=act.person) | Q(payer=act.person, kind=StepKind.ACCEPTED), pk=step_id)
    result = done_of(step, act, undone=Step.objects.filter(undoes=step).exists())
    return render(request, "family/done.html", {"done": result, "today": act.on, "about": f"family-{step.pk}"})


@person_required
@require_POST
@answering
def undo(request: HttpRequest, step_id: int) -> HttpResponse:
    """Take back what one did a few minutes ago; where it is too late, say why."""
    act = act_of(request)
    try:
        step = undoing.undo(actor=act.actor, person=act.person, step_id=step_id, on=act.on, at=act.at)
    except CannotUndo as error:
        context = {"message": error.message, "back_url": reverse("family")}
        return render(request, "family/cannot_undo.html", context, status=409)
    return redirect("family_done", step.pk)


def steps_shown(steps: Iterable[Step], act: Act) -> list[Done]:
    """Return what can still be taken back, the latest first; the parts of a larger act stand under it."""
    shown = [step for step in steps if step.part_of_id is None]
    prefetch_related_objects(shown, *_NEEDED)
    return [done_of(step, act, undone=False) for step in shown]


def done_of(step: Step, act: Act, *, undone: bool) -> Done:
    """Return a step as its own page and the hub say it."""
    kind = StepKind(step.kind)
    can_undo = step.by_id == act.person.pk and step.undo_until is not None and step.undo_until > act.at and not undone
    title, lines = _words(step, kind, act)
    return Done(step, title, lines, step.undo_until if can_undo else None, undone, step.payer_id == act.person.pk)


def _words(step: Step, kind: StepKind, act: Act) -> tuple[str, tuple[str, ...]]:
    if kind == StepKind.UNDONE and step.undoes is not None:
        return f"已撤回：{StepKind(step.undoes.kind).label}", ("和没有办过一样。",)
    if kind in (StepKind.MOVED_IN, StepKind.MOVED_BACK, StepKind.CLOSED):
        return _pool_words(step, kind)
    if kind == StepKind.DECLINED:
        return _declined_words(step)
    if step.bond is None:
        return str(kind.label), ()
    return _bond_words(step, kind, act)


def _pool_words(step: Step, kind: StepKind) -> tuple[str, tuple[str, ...]]:
    if kind == StepKind.CLOSED:
        money = "共济账户里剩下的钱已经转回您的个人账户。" if step.voucher_id else "以前用掉的钱不会退回。"
        return "家庭共济已关闭", ("家人马上不能再用您的钱。", money)
    fen = sum(row.amount_fen for row in step.voucher.transfers.all()) if step.voucher else 0
    if kind == StepKind.MOVED_IN:
        return f"已转入 {grouped(fen)} 元", ("家人现在就可以用。", "转入的钱在共济账户里，明细里看得到。")
    return f"已转回 {grouped(fen)} 元", ("已经回到您的个人账户。",)


def _declined_words(step: Step) -> tuple[str, tuple[str, ...]]:
    assert step.invitation is not None
    if step.detail.get("disowned"):
        return "已记下：这不是您的家人", ("对方不会收到通知，邀请到期自动失效。", "没有用到任何人的钱。")
    return "已回复不同意", (f"已经告诉{step.invitation.payer.name}。", "没有用到任何人的钱。")


def _bond_words(step: Step, kind: StepKind, act: Act) -> tuple[str, tuple[str, ...]]:
    bond = step.bond
    assert bond is not None
    name, payer = bond.user.name, bond.payer.name
    money = "共济账户" if is_pool(bond.region, act.on) else funds_name(bond.region)
    limit = step.detail.get("now") if kind == StepKind.LIMIT else None
    until = step.detail.get("now") if kind == StepKind.END_DAY else None
    words: dict[StepKind, tuple[str, tuple[str, ...]]] = {
        StepKind.ACCEPTED: _accepted_words(step, money, act),
        StepKind.BOUND: _accepted_words(step, money, act),
        StepKind.REMOVED: (
            f"已移除{name}",
            (f"{name}马上不能再用您的钱。", "以前用掉的钱不会退回。", f"已经告诉{name}。以后可以再邀请。"),
        ),
        StepKind.LEFT: (f"已不再用{payer}的钱", ("马上生效。", f"已经告诉{payer}。")),
        StepKind.LIMIT: (
            "额度已修改",
            (f"{name}每年最多用 {grouped(limit)} 元。" if limit else f"{name}不再限额。", f"已经告诉{name}。"),
        ),
        StepKind.END_DAY: (
            "结束日期已修改",
            (
                f"{name}用到{day_words(date.fromisoformat(until))}为止。" if until else f"{name}长期可以用。",
                f"已经告诉{name}。",
            ),
        ),
        StepKind.SUSPENDED: (f"已停用{name}", (f"{name}马上不能用您的钱，恢复以后才能再用。", f"已经告诉{name}。")),
        StepKind.RESUMED: (f"已恢复{name}使用", (f"{name}又可以用您的钱了。", f"已经告诉{name}。")),
    }
    return words.get(kind, (str(kind.label), ()))


def _accepted_words(step: Step, money: str, act: Act) -> tuple[str, tuple[str, ...]]:
    bond = step.bond
    assert bond is not None
    payer, user = bond.payer, bond.user
    is_mine, by_me = act.person.pk == payer.pk, step.by_id == act.person.pk
    title = (
        "已同意，马上生效" if act.person.pk == user.pk else f"已替{user.name}同意" if by_me else f"{user.name}已同意"
    )
    if is_mine:
        return title, (f"{user.name}马上可以用您的{money}。", "每次使用都会通知您；随时可以停用或移除。")
    whose = "您" if act.person.pk == user.pk else user.name
    return title, (
        f"{whose}看病买药，先用自己的钱，不够再用{payer.name}的{money}。",
        f"{payer.name}能看到哪天、在哪类地方、用了多少钱，看不到看的什么病、开的什么药。",
        "随时可以不再使用。",
    )
