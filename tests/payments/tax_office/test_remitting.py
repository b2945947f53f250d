"""解缴: the treasury pays the tax office what was handed over, once per document, and 对账 says what is still owed."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.ledger.verify import findings
from accounts.models import Voucher
from payments.models import TaxPayment
from payments.premiums.operations import progress
from payments.premiums.operations.remitting import owed, remit
from payments.premiums.rules import PremiumError
from tests.accounts.operations.life_kit import Desk
from tests.payments.tax_office.kit import NOW, reconciled
from tests.payments.tax_office.orders import AFTER_UNDO, REGION, debited, handed_over

pytestmark = pytest.mark.usefixtures("policies_loaded")

DAY = date(2026, 11, 25)


@pytest.fixture
def act(policies_loaded):
    return Desk().act(DAY)


def pay(act, batch, document="D-1", region=REGION):
    return remit(act=act, region=region, insured_region=REGION, up_to=batch.pk, document=document)


def test_what_was_handed_over_is_paid_by_one_voucher_and_nothing_is_owed_then(act):
    batch, _ = handed_over(3)
    debited()
    paid = pay(act, batch)
    assert paid.amount_fen == 1200_00
    assert owed(region=REGION, insured_region=REGION, up_to=batch.pk) == 0
    tax = reconciled(DAY)["tax_office"]
    assert tax["each"] == [{"insuplc_admdvs": REGION, "owed": "400.00", "to_pay": "0.00", "paid": "1200.00"}]
    assert tax["owed"] == "400.00"
    assert [(sums["kind"], sums["spent"]) for sums in reconciled(DAY)["kinds"]] == [("remittance", "1200.00")]
    assert reconciled(DAY)["differences"] == []
    assert list(findings()) == []


def test_the_same_document_is_recorded_once(act):
    batch, _ = handed_over(2)
    assert pay(act, batch) == pay(act, batch)
    assert Voucher.objects.filter(kind="remittance").count() == 1


def test_another_document_finds_nothing_left_to_pay(act):
    batch, _ = handed_over(2)
    pay(act, batch)
    with pytest.raises(PremiumError, match="没有要解缴的钱"):
        pay(act, batch, "D-2")


def test_what_the_tax_office_sent_back_afterwards_is_taken_off_the_next_payment(act):
    first, orders = handed_over(3)
    pay(act, first)
    progress.reject(act=act, order_id=orders[0].pk, reason="登记不全")
    with pytest.raises(PremiumError, match="多付的 400.00 元"):
        pay(act, first, "D-2")
    second, _ = handed_over(2)
    assert pay(act, second, "D-2").amount_fen == 400_00


@pytest.mark.parametrize("typed", ["d-1", "Ｄ－１", " D - 1 "])
def test_a_document_typed_another_way_is_the_same_document(act, typed):
    first, _ = handed_over(2)
    paid = pay(act, first)
    assert pay(act, first, typed) == paid
    second, _ = handed_over(1)
    with pytest.raises(PremiumError, match="已经登记过另一笔"):
        pay(act, second, typed)


def test_a_document_of_another_payment_is_refused(act):
    first, _ = handed_over(1)
    second, _ = handed_over(1)
    pay(act, first)
    with pytest.raises(PremiumError, match="已经登记过另一笔"):
        pay(act, second)


@pytest.mark.parametrize("document", ["", " ", "9" * 61, "13800000000"])
def test_a_document_has_a_number_of_its_own(act, document):
    batch, _ = handed_over(1)
    with pytest.raises(PremiumError, match="凭据的编号"):
        pay(act, batch, document)


def test_only_staff_record_it():
    batch, _ = handed_over(1)
    with pytest.raises(PremiumError, match="工作人员"):
        pay(AFTER_UNDO, batch)


def run(*arguments: str) -> str:
    out = StringIO()
    with NOW:
        call_command("pay_tax_office", "--region", REGION, "--by", "clerk", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_pays_the_batches_made_until_a_day(act):
    batch, _ = handed_over(2)
    assert f"800.00 元，付到批次 {batch.no} 为止" in run("--until", "2026-11-25", "--document", "D-7")
    assert TaxPayment.objects.get().document == "D-7"
    with pytest.raises(CommandError, match="没有要解缴的钱"):
        run("--batch", batch.no, "--document", "D-8")
    with pytest.raises(CommandError, match="没有这个批次"):
        run("--batch", "360000-2027-0001", "--document", "D-9")
