"""`verify_ledger` holds every order against its money: books that were falsified are found, order by order."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.codes import PotKind, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger import posting, reversing
from accounts.ledger.pots import system_pot
from accounts.ledger.verify import findings
from accounts.models import Pot
from payments.models import PremiumOrder
from payments.premiums.operations import paying, progress
from payments.premiums.tax_office import batches
from tests.payments.premiums.people import ACT, QUANZHOU, payer, pays_for, resident

pytestmark = pytest.mark.usefixtures("policies_loaded")


@pytest.fixture
def order():
    rich, mother = payer(3000_00), resident()
    pays_for(rich, mother)
    (paid,) = paying.pay(act=ACT, payer=rich, people=[mother], key="k")
    assert list(findings()) == []
    return paid.order


def found():
    return {finding.invariant for finding in findings()}


STATE, LAST = "代缴单的状态与付出的钱一致", "代缴单的最后一步是它的状态"


def test_money_that_came_back_behind_the_orders_back(order):
    (voucher,) = order.vouchers
    reversing.reverse(act=ACT, voucher_id=voucher.pk, key="behind", reason="试")
    assert found() == {STATE}


def test_an_order_that_is_said_to_be_undone_while_its_money_is_out(order):
    PremiumOrder.objects.filter(pk=order.pk).update(state="undone")
    assert found() == {STATE, LAST}


def test_an_undone_order_that_is_said_to_be_paid(order):
    progress.undo(act=Act(ACT.actor, ACT.at), payer=order.payer, no=order.no)
    assert list(findings()) == []
    PremiumOrder.objects.filter(pk=order.pk).update(state="debited")
    assert found() == {STATE, LAST}


def test_what_an_order_says_cannot_be_rewritten(order):
    for change in ({"amount_fen": 400_01}, {"premium_year": 2026}, {"region": "330381"}):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            PremiumOrder.objects.filter(pk=order.pk).update(**change)


def test_a_part_of_the_money_that_came_back(order):
    (voucher,) = order.vouchers
    reversing.reverse(act=ACT, voucher_id=voucher.pk, amount_fen=1, key="one fen", reason="试")
    assert found() == {STATE}


def test_a_premium_voucher_of_no_order():
    rich = payer(3000_00)
    source, target = account_of(rich), system_pot(QUANZHOU, PotKind.PREMIUMS)
    posting.post(
        act=ACT,
        kind=VoucherKind.PREMIUM,
        region=QUANZHOU,
        key="by hand",
        payload={},
        pots=[source],
        decide=lambda locked: [posting.Move(source, target, 400_00)],
        subject_id=rich.pk,
    )
    assert found() == {"代缴的凭证都有代缴单或返还申请"}


def account_of(person):
    return Pot.objects.get(person=person, region=QUANZHOU, kind=PotKind.CARRIED).pk


def test_an_order_that_is_said_to_be_confirmed_though_the_tax_office_has_not_answered(order):
    batches.hand_over(act=Act(ACT.actor, ACT.at + timedelta(hours=1)), region=QUANZHOU)
    progress.confirm(act=Act(ACT.actor, ACT.at + timedelta(hours=2)), order_id=order.pk, receipt_no="T1")
    assert found() == {"税务确认过的代缴单都有税务的答复"}
