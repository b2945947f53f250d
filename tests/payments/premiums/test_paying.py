"""A premium is paid from accounts, whole, once a person and year, and as was shown before (seed S1; TV-10, TV-11)."""

from datetime import date

import pytest

from accounts.codes import PotKind, VoucherKind
from accounts.ledger.errors import KeyReusedError
from accounts.ledger.verify import findings
from accounts.models import Notice, Voucher
from family.models import Draw
from payments.models import PremiumOrder
from payments.premiums.candidates import payables
from payments.premiums.codes import OrderState, WhyNotCode
from payments.premiums.operations import paying
from payments.premiums.operations.debiting import debit
from payments.premiums.queries import order_of, orders_of, people_to_pay_for, plan_for
from payments.premiums.rules import PremiumRefusedError
from tests.payments.premiums.people import ACT, DAY, HENAN, JIANGXI, money, payer, pays_for, resident, turned_resident

pytestmark = pytest.mark.usefixtures("policies_loaded")


def pay(who, *people, key="k"):
    return paying.pay(act=ACT, payer=who, people=people, key=key)


def codes(outcome):
    return [reason.code for reason in outcome.reasons]


def test_a_parent_and_a_child_are_paid_for_from_account_and_pool_together_as_the_plan_said():
    rich, mother, child = payer(2500_00, pool=1000_00), resident(), resident()
    pays_for(rich, mother)
    pays_for(rich, child, relation="2")
    plan = plan_for(rich, [mother, child], DAY)
    assert [[(str(line.pot), line.amount_fen) for line in one.lines] for one in plan.people] == [
        [("carried", 400_00)],
        [("carried", 100_00), ("pool", 300_00)],  # 2,000 yuan stay in the account
    ]
    assert [(str(pot.pot), pot.before_fen, pot.after_fen) for pot in plan.pots] == [
        ("carried", 2500_00, 2000_00),
        ("pool", 1000_00, 700_00),
    ]
    assert (plan.total_fen, plan.can_pay_all) == (800_00, True)
    paid = pay(rich, mother, child)
    assert [one.order.state for one in paid] == [OrderState.DEBITED] * 2
    assert money(rich) == (2000_00, 700_00)
    assert list(findings()) == []


def test_an_order_says_each_of_its_steps_with_who_and_when():
    rich, mother = payer(3000_00), resident()
    pays_for(rich, mother)
    (paid,) = pay(rich, mother)
    steps = paid.order.events.order_by("pk").values_list("state", "at", "actor")
    assert list(steps) == [("checked", ACT.at, "system:test"), ("debited", ACT.at, "system:test")]
    assert (paid.order.amount_fen, paid.order.premium_year, paid.order.region) == (400_00, 2027, "350500")
    (voucher,) = paid.order.vouchers
    assert (voucher.kind, voucher.subject) == (VoucherKind.PREMIUM, mother)


@pytest.mark.parametrize(("shared", "paid"), [(250_00, True), (249_99, False)])
def test_ones_own_premium_comes_from_ones_own_account_first_then_from_the_family_and_never_in_part(shared, paid):
    me, relative = payer(150_00), payer(3000_00, pool=shared)
    turned_resident(me)
    pays_for(relative, me)
    (outcome,) = pay(me, me)
    if paid:
        assert (money(me)[0], money(relative)) == (0, (3000_00, 0))
        assert Notice.objects.filter(person=relative).exists()
    else:
        assert codes(outcome) == [WhyNotCode.NO_MONEY]
        assert outcome.reasons[0].found == "要交 400.00 元，能用的钱加起来不够"
        assert (money(me)[0], money(relative)) == (150_00, (3000_00, shared))
        assert not PremiumOrder.objects.exists()


def test_what_one_person_cannot_have_paid_does_not_stop_the_other():
    rich, mother, child = payer(2500_00), resident(), resident()
    pays_for(rich, mother)
    pays_for(rich, child, relation="2")
    first, second = pay(rich, mother, child)
    assert first.order
    assert codes(second) == [WhyNotCode.NO_MONEY]
    assert [one.reasons[0].code for one in plan_for(rich, [child], DAY).people] == [WhyNotCode.NO_MONEY]
    assert money(rich)[0] == 2100_00


def test_the_same_request_again_debits_once():
    rich, mother, other = payer(3000_00), resident(), payer(3000_00)
    pays_for(rich, mother)
    (first,), (again,) = pay(rich, mother), pay(rich, mother)
    assert first.order == again.order
    assert money(rich)[0] == 2600_00
    with pytest.raises(KeyReusedError):
        paying.pay_one(act=ACT, payer=other, person=mother, key=first.order.key)


def test_a_second_payer_of_one_person_is_told_so_before_paying_without_a_name():
    mother = resident()
    first, second = payer(3000_00), payer(3000_00)
    for one in (first, second):
        pays_for(one, mother)
    pay(first, mother)
    (_, status) = people_to_pay_for(second, DAY)
    assert [reason.code for reason in status.reasons] == [WhyNotCode.IN_ORDER]
    assert status.order is None
    assert first.name not in status.reasons[0].found
    (outcome,) = pay(second, mother, key="other")
    assert codes(outcome) == [WhyNotCode.IN_ORDER]
    assert money(second)[0] == 3000_00


def test_whoever_pays_and_whoever_it_is_for_know_of_each_other_and_nobody_else_sees_the_order():
    rich, mother, stranger = payer(3000_00), resident(), payer(10_00)
    pays_for(rich, mother)
    (paid,) = pay(rich, mother)
    assert rich.name in people_to_pay_for(mother, DAY)[0].reasons[0].found
    assert people_to_pay_for(rich, DAY)[1].order == paid.order
    assert [list(orders_of(one)) for one in (rich, mother, stranger)] == [[paid.order], [paid.order], []]
    with pytest.raises(PremiumOrder.DoesNotExist):
        order_of(stranger, paid.order.no)


def test_a_bond_for_premiums_alone_pays_premiums():
    rich, mother = payer(3000_00), resident()
    pays_for(rich, mother, scopes=["premium"], temporary=True)
    assert pay(rich, mother)[0].order


def test_a_bond_without_premiums_and_no_bond_at_all_tell_nothing_of_the_other():
    rich, mother, stranger = payer(3000_00), resident(), resident(status=2)
    pays_for(rich, mother, scopes=["medical"])
    for outcome in pay(rich, mother, stranger):
        assert codes(outcome) == [WhyNotCode.NO_BOND]
    assert not Voucher.objects.filter(kind=VoucherKind.PREMIUM).exists()


def test_a_premium_counts_towards_the_years_limit_of_the_bond():
    rich, mother, child = payer(3000_00), resident(), resident()
    pays_for(rich, mother, limit_fen=399_99)
    bond = pays_for(rich, child, limit_fen=400_00, relation="2")
    short, paid = pay(rich, mother, child)
    assert codes(short) == [WhyNotCode.LIMIT]  # the account holds more than enough
    assert paid.order
    assert Draw.objects.get().bond == bond
    assert not Notice.objects.filter(person=rich).exists()  # who acts need not be told


def test_where_relatives_draw_on_the_account_itself_it_pays():
    rich, child = payer(400_00, region=JIANGXI), resident(JIANGXI)
    pays_for(rich, child, relation="2")
    assert pay(rich, child)[0].order
    assert money(rich, JIANGXI)[0] == 0


def test_where_one_pays_first_and_is_refunded_nothing_is_debited():
    rich, child = payer(3000_00, region=HENAN), resident(HENAN, birth_on=date(2015, 1, 1))
    pays_for(rich, child, relation="2")
    assert codes(pay(rich, child)[0]) == [WhyNotCode.PAY_FIRST]
    assert money(rich, HENAN)[0] == 3000_00


def test_what_changed_at_the_last_moment_for_one_is_told_and_the_other_is_paid(monkeypatch):
    rich, mother, child = payer(3000_00), resident(), resident()
    pays_for(rich, mother)
    pays_for(rich, child, relation="2")
    monkeypatch.setattr(paying, "order_number", lambda prefix, on: "DJ2026-1126-DRAWNTWICE"[:24])
    first, second = pay(rich, mother, child)
    assert first.order
    assert codes(second) == [WhyNotCode.CHANGED]
    assert money(rich)[0] == 2600_00


@pytest.mark.parametrize(("state", "why"), [("ended", WhyNotCode.NO_BOND), ("suspended", WhyNotCode.BOND)])
def test_a_bond_that_ended_while_the_payment_waited_is_told_as_that(state, why):
    rich, mother = payer(3000_00), resident()
    bond = pays_for(rich, mother)
    (who,) = payables(rich, DAY, [mother])
    bond.state, bond.end_reason = state, "removed" if state == "ended" else ""
    bond.save()
    with pytest.raises(PremiumRefusedError) as refused:
        debit(act=ACT, who=who, target=PotKind.PREMIUMS, key="k", payload={})
    assert [reason.code for reason in refused.value.reasons] == [why]
    assert money(rich)[0] == 3000_00
