"""Everybody at once on one premium, with real commits. Each race is also run with its guard taken away: then it is lost."""

import time
from datetime import date, timedelta
from itertools import count

import pytest
from django.db import connection

from accounts.identity.actors import Act
from accounts.ledger.verify import findings
from payments.models import PremiumOrder, PremiumPaid
from payments.premiums.codes import ClaimState, OrderState, WhyNotCode
from payments.premiums.operations import claiming, paying, progress
from payments.premiums.rules import OrderStateError
from payments.premiums.tax_office import batches
from tests.chaos.test_lost_reply import proxy  # noqa: F401  a fixture
from tests.concurrency import ROUNDS, all_at_once, in_a_session_of_its_own, is_lost
from tests.factories.acts import ACTOR
from tests.payments.premiums.people import ACT, HENAN, QUANZHOU, money, payer, pays_for, resident

UNANSWERED = "税务确认过的代缴单都有税务的答复"  # operations are called here without the files that they follow

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.chaos]

PAYERS = 32
HESITATION = 0.05  # between looking and acting, so that a missing lock shows


def pay(who, person, key):
    (outcome,) = paying.pay(act=ACT, payer=who, people=[person], key=key)
    return outcome.order.no if outcome.order else outcome.reasons[0].code


def everybody_pays_for_one(payers=PAYERS):
    child = resident()
    rich = [payer(3000_00) for _ in range(payers)]
    for one in rich:
        pays_for(one, child, relation="2")
    return rich, all_at_once(*[lambda one=one: pay(one, child, f"of {one.pk}") for one in rich])


def test_of_thirty_two_payers_of_one_child_one_pays_and_the_others_are_told_so():
    rich, told = everybody_pays_for_one()
    assert told.count(WhyNotCode.IN_ORDER) == PAYERS - 1
    assert sorted(money(one)[0] for one in rich) == [2600_00] + [3000_00] * (PAYERS - 1)
    assert PremiumOrder.objects.count() == 1
    assert list(findings()) == []


def test_without_the_one_live_order_the_child_is_paid_for_twice():
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX premium_order_one_live")

    def lost():
        rich, _ = everybody_pays_for_one(4)
        return sum(3000_00 - money(one)[0] for one in rich) > 400_00

    assert is_lost(lost)


def test_one_request_sent_thirty_two_times_at_once_debits_once_and_gives_one_answer():
    rich, child = payer(20_000_00), resident()
    pays_for(rich, child, relation="2")
    told = all_at_once(*[lambda: pay(rich, child, "one key")] * PAYERS)
    assert len(set(told)) == 1
    assert money(rich)[0] == 19_600_00


def test_a_request_that_is_settled_while_the_same_one_looks_is_answered_the_same(monkeypatch):
    """Of thirty-two one was once told that somebody was paying: it was itself."""
    rich, child = payer(20_000_00), resident()
    pays_for(rich, child, relation="2")
    payables, first = paying.payables, []

    def after_another(*asked):
        if not first:
            first.append("")
            in_a_session_of_its_own(lambda: first.append(pay(rich, child, "one key"))).join()
        return payables(*asked)

    monkeypatch.setattr(paying, "payables", after_another)
    assert pay(rich, child, "one key") == first[1]
    assert money(rich)[0] == 19_600_00


def undone_and_handed_over_at_once(key):
    """Let an order be undone and handed over at the same moment; return it as it is then, and what is left (fen)."""
    rich, child = payer(3000_00), resident()
    pays_for(rich, child, relation="2")
    order = PremiumOrder.objects.get(no=pay(rich, child, key))
    last, over = (Act(ACTOR, order.undo_until + timedelta(seconds=more)) for more in (-1, 0))
    all_at_once(
        lambda: progress.undo(act=last, payer=rich, no=order.no),
        lambda: batches.hand_over(act=over, region=QUANZHOU),
    )
    order.refresh_from_db()
    return order, money(rich)[0]


def test_undoing_and_handing_over_at_once_do_one_of_the_two():
    for number in range(5 * ROUNDS):
        order, left = undone_and_handed_over_at_once(f"round {number}")
        assert left == {OrderState.UNDONE: 3000_00, OrderState.HANDED_OVER: 2600_00}[OrderState(order.state)]
        assert (order.state == OrderState.UNDONE) == (order.batch is None)
    assert list(findings()) == []


def test_without_the_lock_of_the_order_what_was_undone_is_handed_over(monkeypatch):
    def unlocked(order_id):
        found = PremiumOrder.objects.get(pk=order_id)
        time.sleep(HESITATION)
        return found

    monkeypatch.setattr(progress, "_locked", unlocked)
    rounds = count()

    def lost():
        order, left = undone_and_handed_over_at_once(f"round {next(rounds)}")
        handed_over = order.events.filter(state=OrderState.HANDED_OVER).exists()
        return handed_over and left == 3000_00

    assert is_lost(lost)


def test_a_claim_that_is_settled_many_times_at_once_is_paid_once():
    rich, boy = payer(1000_00, region=HENAN), resident(HENAN, birth_on=date(2015, 1, 1))
    pays_for(rich, boy, relation="2")
    made = claiming.claim(act=ACT, payer=rich, person=boy, receipt_no="T2026001", bank_card="6222000000000000012")
    PremiumPaid.objects.create(
        person=boy,
        premium_year=2027,
        region=HENAN,
        paid_on=ACT.on,
        channel="税务",
        receipt_no="T2026001",
        amount_fen=400_00,
    )
    told = all_at_once(*[lambda: claiming.settle(act=ACT, claim_id=made.pk).state] * 16)
    assert told == [ClaimState.PAID] * 16
    assert money(rich, HENAN)[0] == 600_00
    assert list(findings()) == []


def test_a_rejection_that_comes_many_times_at_once_gives_back_once():
    rich, child = payer(3000_00), resident()
    pays_for(rich, child, relation="2")
    order = PremiumOrder.objects.get(no=pay(rich, child, "k"))
    later = Act(ACTOR, ACT.at + timedelta(hours=1))
    batches.hand_over(act=later, region=QUANZHOU)
    calls = [lambda: progress.reject(act=later, order_id=order.pk, reason="重复").state] * 8
    confirm = [lambda: progress.confirm(act=later, order_id=order.pk, receipt_no="T1").state] * 8
    told = all_at_once(*calls, *confirm)
    order.refresh_from_db()
    assert told.count(order.state) == 8
    assert told.count(OrderStateError) == 8
    assert money(rich)[0] == (3000_00 if order.state == OrderState.REJECTED else 2600_00)
    assert [found.invariant for found in findings() if found.invariant != UNANSWERED] == []


def test_a_premium_whose_reply_was_lost_is_asked_for_again_and_debited_once(proxy):  # noqa: F811
    share, proxy.share = proxy.share, 0.0
    rich = payer(400_00 * 20 + 2000_00)
    children = [resident() for _ in range(20)]
    for one in children:
        pays_for(rich, one, relation="2")
    proxy.share = share
    told = [pay(rich, one, f"child {one.pk}") for one in children]
    proxy.share = 0.0
    assert proxy.cut, "no reply was lost"
    assert len(set(told)) == 20
    assert money(rich)[0] == 2000_00
    assert list(findings()) == []
