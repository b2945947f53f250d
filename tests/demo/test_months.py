"""The demo's past was lived through: what was known late is settled late, and everything has the day on which it happened."""

import io
from datetime import date

import pytest
from django.core.management import call_command

from accounts.codes import PotKind, VoucherKind
from accounts.models import Import, Pot, Transfer, Voucher
from accounts.queries.people import find_by_certno
from payments.demo.personas import PERSONAS
from payments.models import PremiumOrder, RefundClaim
from payments.premiums.codes import ClaimState, OrderState
from yibao.lib.months import Month

CORRECTIONS = (VoucherKind.ADJUSTMENT, VoucherKind.TRUEUP)

pytestmark = pytest.mark.usefixtures("demo")


def entries_of(name: str, *kinds: VoucherKind) -> list[tuple[date, int]]:
    """Return the day and the fen of each entry of these kinds."""
    person = somebody(name)
    rows = Transfer.objects.filter(kind__in=kinds).order_by("pk").select_related("voucher")
    mine = rows.filter(source__person=person) | rows.filter(target__person=person)
    return [(row.voucher.occurred_on, row.amount_fen) for row in mine]


def somebody(name: str):
    return find_by_certno(next(member.certno for member in PERSONAS if member.name == name))


def test_a_base_that_rose_in_april_is_made_up_for_in_april():
    # 6,400 − 5,600 = 800 a month, 2% of it for nine months
    assert (date(2025, 4, 21), 144_00) in entries_of("林强", *CORRECTIONS)


def test_what_a_suspended_member_was_credited_ahead_is_taken_back():
    assert entries_of("吴婷", *CORRECTIONS) == [(date(2026, 7, 21), 624_00)]  # six of the twelve months


def test_retiring_takes_back_the_difference():
    # 1,440.00 for the year; three months of 120.00 and nine of 75.00 are due
    assert entries_of("孙洁", *CORRECTIONS) == [(date(2025, 4, 21), 405_00)]


def test_what_was_used_up_already_is_owed():
    owed = Pot.objects.get(person=somebody("钱峰"), kind=PotKind.RECEIVABLE)
    assert owed.balance_fen == -500_00  # 1,200.00 for the year, seven months of 100.00 are due


def test_a_month_paid_late_comes_in_late():
    assert (date(2026, 7, 21), "2026-05") in [
        (row.voucher.occurred_on, row.period)
        for row in Transfer.objects.filter(target__person=somebody("赵倩"), kind=VoucherKind.ACCRUAL)
    ]


def test_a_base_that_was_misfiled_is_corrected_a_month_later():
    assert (date(2026, 4, 21), 20_00) in entries_of("唐军", *CORRECTIONS)


def test_the_seed_example_is_credited_every_year():
    assert {fen for _, fen in entries_of("周海", VoucherKind.PRECREDIT)} == {1_070_88}


def test_files_come_in_month_by_month():
    months = {Month.of(at) for at in Import.objects.filter(kind="contributions").values_list("at", flat=True)}
    assert len(months) >= 48


def test_everything_was_written_down_in_the_order_in_which_it_happened():
    written = list(Voucher.objects.order_by("pk").values_list("recorded_at", flat=True))
    assert written == sorted(written)


def test_bills_were_written_down_on_their_day():
    bills = Voucher.objects.filter(kind=VoucherKind.SPENDING)
    assert bills.count() > 100
    assert all(bill.recorded_at.date() == bill.occurred_on for bill in bills)


def test_the_ledger_is_right_and_nothing_is_left_to_do():
    out = io.StringIO()
    call_command("verify_ledger", stdout=out)
    call_command("due_jobs", stdout=out)
    for region in {member.region for member in PERSONAS}:
        call_command("check_facts", "--region", region, stdout=out)
    assert "没有到期未办" in out.getvalue()


def test_premiums_were_paid_and_one_was_sent_back_before_it_was_paid_again():
    orders = PremiumOrder.objects.filter(payer=somebody("黄建国")).order_by("pk")
    assert [(order.person.name, order.premium_year, order.state) for order in orders] == [
        ("黄秀英", 2026, OrderState.CONFIRMED),
        ("黄小明", 2026, OrderState.REJECTED),
        ("黄小明", 2026, OrderState.CONFIRMED),
    ]


def test_who_paid_in_cash_was_refunded_when_the_tax_office_had_said_so():
    (claim,) = RefundClaim.objects.filter(payer=somebody("郭敏"))
    assert (claim.state, claim.decided_at.date() > claim.created_at.date()) == (ClaimState.PAID, True)
    assert entries_of("郭敏", VoucherKind.PREMIUM) == [(claim.decided_at.date(), 400_00)]
