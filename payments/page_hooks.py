"""What premiums have to say on the citizen's other pages: the main act, cases, what was sent back, where notices lead."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from accounts.codes import Scope
from accounts.models import Person, Voucher
from accounts.policies import registry
from accounts.policies.terms.premium import REFUND
from accounts.queries import page_hooks
from accounts.queries.page_hooks import Link, MainAct, Pending, Progress
from family.codes import ACTIVE_STATES
from family.models import Bond
from family.queries.facts import Insured
from family.queries.open_matters import OpenMatter, open_matter_source
from payments.bills.queries import has_become
from payments.models import Bill, PremiumOrder, PremiumPaid, RefundClaim, Reimbursement
from payments.premiums.codes import LIVE_STATES, ClaimState, OrderState
from payments.premiums.queries import claims_of, orders_of, people_to_claim_for, plan_for
from payments.views.citizen.claim_words import CLAIM_NEXT, CLAIM_STAGES, CLAIM_TONES
from payments.views.citizen.order_words import HAPPENED, TONES
from yibao.lib.fen import grouped

ABOUT, ABOUT_CLAIM = "premium:", "premium_claim:"  # and its number: what a notice is about
SENT_BACK_SHOWN = timedelta(days=30)
MOST_CASES = 20

_NEXT = {
    OrderState.CHECKED: "还没有扣款。",
    OrderState.DEBITED: "过了可以撤回的时间就交给税务。",
    OrderState.HANDED_OVER: "等税务确认，请不要再交。",
    OrderState.UNKNOWN: "正在查税务收到了没有，请不要再交。",
    OrderState.CONFIRMED: "税务已经收到。",
    OrderState.REJECTED: "钱退回了原来出钱的账户。",
    OrderState.REFUNDED: "钱退回了原来出钱的账户。",
    OrderState.UNDONE: "钱退回了原来出钱的账户。",
}
_WAITING = (OrderState.DEBITED, OrderState.HANDED_OVER, OrderState.UNKNOWN)


@page_hooks.act_source
def pay_premiums(person: Person, region: str, today: date) -> MainAct | None:
    """Offer to pay while premiums are collected in the region and a relative's can be paid with what is there.

    The plan of paying decides. It is asked only about residents whose premium nobody has paid (three queries less).
    Where one pays first, what is offered is claiming, while something can be claimed.
    """
    terms = registry.premium_or_none(region, today)
    if terms is None or not terms.is_open(today):
        return None
    if terms.model == REFUND:
        is_due = bool(people_to_claim_for(person, today))
        return MainAct("申请返还居民医保", reverse("premium")) if is_due else None
    bonds = Bond.objects.filter(payer=person, region=region, state__in=ACTIVE_STATES)
    users = set(bonds.filter(scopes__contains=[Scope.PREMIUM]).values_list("user", flat=True))
    insured = Insured(users, today)
    users = {user for user in users if insured.as_user(user).is_resident}
    for rows in (PremiumOrder.objects.filter(state__in=LIVE_STATES), PremiumPaid.objects.all()):
        users -= set(rows.filter(person__in=users, premium_year=terms.premium_year).values_list("person", flat=True))
    if not users:
        return None
    plan = plan_for(person, Person.objects.filter(pk__in=users).order_by("pk"), today)
    return MainAct("给家人交居民医保", reverse("premium")) if any(one.lines for one in plan.people) else None


@page_hooks.pending_source
def sent_back(person: Person, today: date) -> Iterator[Pending]:
    """Yield the premiums that the tax office sent back lately and nobody has paid since (one query)."""
    again = PremiumOrder.objects.filter(
        person=OuterRef("person"), premium_year=OuterRef("premium_year"), state__in=LIVE_STATES
    )
    rows = PremiumOrder.objects.filter(
        ~Exists(again), payer=person, state=OrderState.REJECTED, decided_at__date__gt=today - SENT_BACK_SHOWN
    )
    for order in rows.select_related("person"):
        yield Pending(f"给{order.person.name}交的居民医保，税务退回了", _url(order), "去看看")


@page_hooks.progress_source
def premiums(person: Person, today: date) -> Iterator[Progress]:
    """Yield what this person paid or claimed, and what others did for them (two queries)."""
    for order in orders_of(person)[:MOST_CASES]:
        state = OrderState(order.state)
        whose = "自己" if order.person_id == person.pk else order.person.name
        yield Progress(
            number=order.no,
            name=f"给{whose}交{order.premium_year}年度居民医保",
            stage=state.label,
            tone=TONES[state],
            at=order.created_at,
            url=_url(order),
            next_step=_NEXT[state],
            holder="税务" if state in (OrderState.HANDED_OVER, OrderState.UNKNOWN) else "",
        )
    for claim in claims_of(person)[:MOST_CASES]:
        stage = ClaimState(claim.state)
        yield Progress(
            number=claim.no,
            name=f"给{claim.person.name}申请返还{claim.premium_year}年度居民医保",
            stage=CLAIM_STAGES[stage],
            tone=CLAIM_TONES[stage],
            at=claim.created_at,
            url=_claim_url(claim),
            next_step=CLAIM_NEXT[stage],
            holder="税务" if stage == ClaimState.WAITING else "",
        )


@page_hooks.notice_link_source
def matters_of_premiums(person: Person, abouts: Collection[str], at: datetime) -> Mapping[str, Link]:
    """Return the order or the claim that a notice is about (two queries)."""
    orders = orders_of(person).filter(no__in=_numbers(abouts, ABOUT))
    claims = claims_of(person).filter(no__in=_numbers(abouts, ABOUT_CLAIM))
    links = {f"{ABOUT}{order.no}": Link("看办到哪一步", _url(order)) for order in orders}
    return links | {f"{ABOUT_CLAIM}{claim.no}": Link("看办到哪一步", _claim_url(claim)) for claim in claims}


def _numbers(abouts: Collection[str], kind: str) -> list[str]:
    return [about.removeprefix(kind) for about in abouts if about.startswith(kind)]


@page_hooks.entry_source
def whole_bill(person: Person, voucher: Voucher) -> Iterator[tuple[str, str]]:
    """Yield what was to be paid in all and what of it in cash, to whoever the bill is of, or handed the invoices in."""
    bill = Bill.objects.filter(Q(voucher=voucher) | Q(shares__voucher=voucher)).first()
    if bill is not None and has_become(bill.person_id, person):
        back = "退回的" if bill.reverses_id else ""
        yield f"{back}个人负担一共", f"{grouped(bill.amount_fen)} 元"
        yield f"{back}现金", f"{grouped(bill.cash_fen)} 元"
    reimbursed = Reimbursement.objects.filter(voucher=voucher, payer=person).first()
    if reimbursed is not None:
        yield "发票一共", f"{grouped(reimbursed.amount_fen)} 元"
        yield "没有报销的", f"{grouped(reimbursed.cash_fen)} 元"


@page_hooks.entry_source
def whole_premium(person: Person, voucher: Voucher) -> Iterator[tuple[str, str]]:
    """Yield whose premium it was, what it came to in all, and why it came back, to whoever paid it (one query)."""
    links = Q(voucher_links__voucher__in=[voucher.pk, voucher.reverses_id])
    order = PremiumOrder.objects.filter(links, payer=person).select_related("person").first()
    if order is None:
        return
    whose = "自己" if order.person_id == person.pk else order.person.name
    yield "哪一笔", f"给{whose}交{order.premium_year}年度居民医保，编号 {order.no}"
    yield "一共要交", f"{grouped(order.amount_fen)} 元"
    if voucher.reverses_id and not OrderState(order.state).is_live:
        yield "为什么退回", HAPPENED[OrderState(order.state)]


@open_matter_source
def unanswered_premiums(payer: Person, region: str) -> Iterator[OpenMatter]:
    """Yield the premiums paid with money of a region that the tax office has not answered yet (one query)."""
    rows = PremiumOrder.objects.filter(payer=payer, state__in=_WAITING, voucher_links__voucher__region=region)
    for order in rows.select_related("person").distinct():
        yield OpenMatter(f"给{order.person.name}交居民医保，税务还没有答复", _url(order))


def _url(order: PremiumOrder) -> str:
    return reverse("premium_order", args=[order.no])


def _claim_url(claim: RefundClaim) -> str:
    return reverse("premium_claim_result", args=[claim.no])
