"""The page of one entry says what its bill or premium came to in all, and what of it was paid otherwise."""

import pytest

from accounts.models import Transfer
from payments.bills import operations
from payments.premiums.operations import paying, progress
from tests.accounts.citizen_pages import browser_of, words
from tests.factories.acts import act_on
from tests.factories.family import RUIAN, TODAY, bond, insured
from tests.payments.premiums.people import ACT, payer, pays_for, resident, turned_resident
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


def entries_of_premiums(rich) -> list[str]:
    browser = browser_of(rich)
    premiums = Transfer.objects.filter(voucher__kind__in=["premium", "reversal"]).order_by("pk")
    return [words(browser.get(f"/account/entries/{transfer.pk}/")) for transfer in premiums]


def test_a_part_of_a_premium_says_what_it_came_to_and_whose_it_was():
    rich, mother = payer(2_100_00, pool=1_000_00), resident(name="黄秀英")
    pays_for(rich, mother)
    (paid,) = paying.pay(act=ACT, payer=rich, people=[mother], key="k")
    own, pool = entries_of_premiums(rich)
    for text in (own, pool):
        assert f"哪一笔给黄秀英交2027年度居民医保，编号{paid.order.no}" in text
        assert "一共要交400.00元" in text
    progress.undo(act=ACT, payer=rich, no=paid.order.no)
    *_, back = entries_of_premiums(rich)
    assert "为什么退回撤回，钱退回原账户" in back


def test_whose_premium_a_relatives_money_paid_is_told_of_it_elsewhere_not_to_the_relative():
    me, relative = payer(150_00), payer(3_000_00, pool=500_00)
    turned_resident(me)
    pays_for(relative, me)
    paying.pay(act=ACT, payer=me, people=[me], key="k")
    transfer = Transfer.objects.get(voucher__kind="premium", source__person=relative)
    text = words(browser_of(relative).get(f"/account/entries/{transfer.pk}/"))
    assert "一共要交" not in text
