"""The page of one entry says what its bill came to in all, and what of it was paid in cash."""

import pytest

from accounts.models import Transfer
from payments.bills import operations
from tests.accounts.citizen_pages import browser_of, words
from tests.factories.acts import act_on
from tests.factories.family import RUIAN, TODAY, bond, insured
from tests.personas import clinic

pytestmark = pytest.mark.usefixtures("policies_loaded", "now")


def entry_of(person, bill) -> str:
    transfer = Transfer.objects.filter(voucher__in=bill.vouchers, source__person=person).get()
    return words(browser_of(person).get(f"/account/entries/{transfer.pk}/"))


def pay(person, fen):
    asked = {"institution": clinic(RUIAN), "bill_no": "B1", "region": RUIAN, "on": TODAY}
    return operations.pay(act=act_on(TODAY), person=person, amount_fen=fen, **asked)


def test_whose_bill_it_was_sees_all_of_it_and_the_cash():
    person = insured(carried=100_00)
    text = entry_of(person, pay(person, 130_00))
    assert "个人负担一共130.00元" in text
    assert "现金30.00元" in text


def test_whose_money_a_relative_used_does_not():
    payer, user = insured(carried=100_00), insured(resident=True)
    bond(payer, user)
    text = entry_of(payer, pay(user, 130_00))
    assert "个人负担一共" not in text
    assert "现金" not in text
