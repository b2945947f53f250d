"""How far an order is, in the words of whoever looks: the one who paid it, or the one it is for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from accounts.codes import PERSONAL_POTS, PotKind
from accounts.models import Person, Transfer
from accounts.policies import registry
from accounts.queries.lines import pot_name
from payments.models import PremiumOrder, RefundClaim
from payments.premiums.codes import LIVE_STATES, OrderState
from payments.premiums.rules import AT_COUNTER
from yibao.lib.days import day_words
from yibao.lib.fen import grouped

GREEN, WAITING, BACK = "ok", "pend", ""
NOT_AGAIN = "钱已经扣了，请不要再交。"
MONEY_BACK = "钱一分不少，退回了原来出钱的账户。"

TONES = {
    OrderState.CHECKED: WAITING,
    OrderState.DEBITED: WAITING,
    OrderState.HANDED_OVER: WAITING,
    OrderState.UNKNOWN: "warn",
    OrderState.CONFIRMED: GREEN,
    OrderState.REJECTED: "warn",
    OrderState.REFUNDED: BACK,
    OrderState.UNDONE: BACK,
}

HAPPENED = {
    OrderState.DEBITED: "从账户扣款",
    OrderState.HANDED_OVER: "交给税务",
    OrderState.UNKNOWN: "税务没有按时答复，正在查",
    OrderState.CONFIRMED: "税务确认收到",
    OrderState.REJECTED: "税务退回，钱退回原账户",
    OrderState.REFUNDED: "退费，钱退回原账户",
    OrderState.UNDONE: "撤回，钱退回原账户",
}
_COMING = {
    OrderState.DEBITED: (OrderState.HANDED_OVER, OrderState.CONFIRMED),
    OrderState.HANDED_OVER: (OrderState.CONFIRMED,),
    OrderState.UNKNOWN: (OrderState.CONFIRMED,),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One step for components/timeline.html."""

    name: str
    state: str
    at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """What one pot paid (fen): 您的个人账户."""

    whose: str
    fen: int


@dataclass(frozen=True, slots=True)
class Told:
    """An order as one person is told of it at an instant."""

    order: PremiumOrder
    person: Person
    now: datetime

    @property
    def is_payer(self) -> bool:
        return self.order.payer_id == self.person.pk

    @property
    def who(self) -> str:
        return "您" if self.order.person_id == self.person.pk else self.order.person.name

    @property
    def state(self) -> OrderState:
        return OrderState(self.order.state)

    @property
    def tone(self) -> str:
        return TONES[self.state]

    @property
    def region_name(self) -> str:
        return registry.region_name(self.order.region)

    @property
    def undo_until(self) -> datetime | None:
        """Until when the one who looks may take it back; None where they may not, or not any more."""
        until = self.order.undo_until
        return until if self._is_theirs_in(OrderState.DEBITED) and until is not None and until > self.now else None

    def _is_theirs_in(self, state: OrderState) -> bool:
        return self.is_payer and self.state == state

    @property
    def is_back(self) -> bool:
        """Whether its money is back where it came from."""
        return not self.state.is_live

    @property
    def has_receipt(self) -> bool:
        return self.state != OrderState.CHECKED

    @property
    def may_again(self) -> bool:
        """Whether it is to be paid once more: the payer's money is back, and the year is still collected."""
        is_open = self.state in (OrderState.REJECTED, OrderState.UNDONE) and _last_day(self) is not None
        return is_open and self.is_payer and not _paid_since(self)

    @property
    def title(self) -> str:
        return _title(self)

    @property
    def lines(self) -> tuple[str, ...]:
        return _lines(self)

    @property
    def is_good(self) -> bool:
        """Whether the panel is green: it is done, or its money is back as asked for."""
        return self.state in (OrderState.CONFIRMED, OrderState.UNDONE, OrderState.REFUNDED) or bool(self.undo_until)

    @property
    def points(self) -> list[Point]:
        """What has happened, and what is to come."""
        events = [event for event in self.order.events.order_by("pk") if event.state in HAPPENED]
        done = [Point(HAPPENED[OrderState(event.state)], "done", event.at, event.reason) for event in events]
        coming = _COMING.get(self.state, ())
        return [*done, *(Point(HAPPENED[state], "later" if n else "now") for n, state in enumerate(coming))]

    @property
    def paid(self) -> list[Paid]:
        """Which pots paid, for whoever's money or premium it is; nothing for somebody else's relative."""
        return list(paid_by(self.order, self.person)) if self.is_payer else []

    @property
    def paid_by_name(self) -> list[Paid]:
        """The same on paper, which others read: 黄建国的个人账户."""
        return list(paid_by(self.order, None)) if self.is_payer else []


def _title(told: Told) -> str:
    fen = f"{grouped(told.order.amount_fen)} 元"
    return {
        OrderState.CHECKED: "还没有扣款",
        OrderState.DEBITED: f"已扣款 {fen}" if told.undo_until else f"已扣款 {fen}，等着交给税务",
        OrderState.HANDED_OVER: "已交给税务，等确认",
        OrderState.UNKNOWN: "还没有查清",
        OrderState.CONFIRMED: f"{told.who}{told.order.premium_year}年度的居民医保交好了",
        OrderState.REJECTED: "没有交成，税务退回了",
        OrderState.REFUNDED: f"已退费 {fen}",
        OrderState.UNDONE: "已撤回，没有交",
    }[told.state]


def _lines(told: Told) -> tuple[str, ...]:
    order = told.order
    if told.state == OrderState.DEBITED and told.undo_until is not None:
        return ("过了可以撤回的时间就交给税务，税务确认以后才算交好。",)
    return {
        OrderState.CHECKED: ("钱没有动。",),
        OrderState.DEBITED: (NOT_AGAIN, "马上会交给税务，税务确认以后才算交好。"),
        OrderState.HANDED_OVER: (NOT_AGAIN, "税务确认以后会通知您，这一页也会写上税票号码。"),
        OrderState.UNKNOWN: (
            "税务还没有回音，不知道收到了没有。钱已经扣了，请不要再交。",
            "我们正在查。查清以后会通知您：税务收到了就算交好，没有收到就把钱退回原来的账户。",
        ),
        OrderState.CONFIRMED: ("税务已经收到。",),
        OrderState.REJECTED: (
            MONEY_BACK,
            *((f"税务说的原因：{order.reason}。",) if order.reason else ()),
            _again(told),
            *(("不明白原因的，请带身份证到窗口问。",) if order.reason else ()),
        ),
        OrderState.REFUNDED: (MONEY_BACK, *((f"退费原因：{order.reason}。",) if order.reason else ())),
        OrderState.UNDONE: (MONEY_BACK, _again(told)),
    }[told.state]


def _again(told: Told) -> str:
    """Return what to do after it was not paid: nothing where it was since, another try, or the counter."""
    if _paid_since(told):
        return "后来又交了一次，见代缴记录。"
    last_on = _last_day(told)
    if last_on is None:
        return f"{told.order.premium_year}年度的缴费期已经结束，还要交的，{AT_COUNTER}。"
    return f"还要交的，请再交一次，缴费期到{day_words(last_on)}为止。"


def _last_day(told: Told) -> date | None:
    """Return the last day on which the year of an order is collected; None where it is not any more."""
    on = told.now.date()
    terms = registry.premium_or_none(told.order.region, on)
    is_open = terms is not None and terms.premium_year == told.order.premium_year and terms.is_open(on)
    return terms.last_on if terms is not None and is_open else None


def _paid_since(told: Told) -> bool:
    """Say whether the same was paid again, as far as whoever looks may know of it."""
    same = PremiumOrder.objects.filter(person=told.order.person_id, premium_year=told.order.premium_year)
    return same.filter(Q(payer=told.person) | Q(person=told.person), state__in=LIVE_STATES).exists()


def paid_by(made: PremiumOrder | RefundClaim, reader: Person | None) -> Iterator[Paid]:
    """Yield which pots paid an order, or a claim; to the reader their own are 您的, without one all are somebody's."""
    links = made.voucher_links.values_list("voucher", flat=True)
    rows = Transfer.objects.filter(voucher__in=links, source__kind__in=PERSONAL_POTS)
    for row in rows.select_related("source__person").order_by("pk"):
        pot, owner = row.source, row.source.person
        assert owner is not None
        whose = "您" if reader is not None and owner.pk == reader.pk else owner.name
        yield Paid(f"{whose}的{own_pot_name(PotKind(pot.kind), pot.region)}", row.amount_fen)


def own_pot_name(kind: PotKind, region: str) -> str:
    """Return what pages call a pot of a region: 个人账户, where it does not keep years apart."""
    return pot_name(kind, registry.has_buckets(region))
