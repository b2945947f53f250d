"""A bill is paid from one's own pots in the region's order, once, and given back whole (seed S3; TV-21)."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from accounts.codes import PotKind
from accounts.ledger.errors import KeyReusedError, PostingError
from accounts.ledger.pots import open_missing
from accounts.ledger.verify import findings
from accounts.models import Voucher
from family.rules import Source, spending_plan
from payments.bills import operations
from payments.models import Bill
from tests.concurrency import all_at_once
from tests.factories import family
from tests.factories.acts import act_on
from tests.factories.people import EnrolmentFactory
from tests.personas import HUNAN, ZHOUSHAN, Balances, balances, changed, clinic, give, insured, run

MARCH = date(2025, 3, 3)


def pay(
    person, amount_fen: int, key: str, *, on: date = MARCH, place=None, region: str = ZHOUSHAN, **more: str
) -> Bill:
    place = place or clinic(code=f"H-{key}")
    return operations.pay(
        act=act_on(on),
        institution=place,
        person=person,
        region=region,
        amount_fen=amount_fen,
        on=on,
        bill_no=key,
        **more,
    )


@pytest.fixture
def someone():
    """A person with 300.00 of this year and 1,000.00 of earlier ones."""
    person = insured()
    give(person, 1000_00, on=MARCH, key="give carried")
    give(person, 300_00, on=MARCH, key="give current", into=PotKind.CURRENT)
    return person


@pytest.mark.usefixtures("policies_loaded")
class TestPaying:
    @pytest.mark.parametrize(
        ("amount", "left", "cash"),
        [
            (100_00, Balances(current=200_00, carried=1000_00), 0),
            (300_00, Balances(current=0, carried=1000_00), 0),
            (300_01, Balances(current=0, carried=999_99), 0),
            (1300_00, Balances(current=0, carried=0), 0),
            (1300_01, Balances(current=0, carried=0), 1),
        ],
    )
    def test_this_years_money_first_then_what_was_saved_then_cash(self, someone, amount, left, cash):
        bill = pay(someone, amount, "b1")
        assert balances(someone) == left
        assert (bill.account_fen, bill.cash_fen) == (amount - cash, cash)

    def test_ones_own_accounts_of_all_regions_come_before_a_relatives_money(self):
        person, payer = family.insured(family.RUIAN, carried=10_00), family.insured(family.RUIAN, carried=5000_00)
        EnrolmentFactory(person=person, region=ZHOUSHAN, from_on=date(2015, 1, 1))
        EnrolmentFactory(person=person, region=ZHOUSHAN, from_on=date(2020, 1, 1), status=4)
        open_missing([ZHOUSHAN])
        family.credit(person, ZHOUSHAN, PotKind.CARRIED, 20_00)
        family.bond(payer, person)
        bill = pay(person, 70_00, "b1", on=family.TODAY, region=family.RUIAN)
        taken = {region: balances(person, region).carried for region in (family.RUIAN, ZHOUSHAN)}
        assert taken == {family.RUIAN: 0, ZHOUSHAN: 0}
        assert balances(payer, family.RUIAN).carried == 4960_00
        assert bill.cash_fen == 0
        operations.refund(act=act_on(family.TODAY), bill=bill, bill_no="back", reason="退费")
        assert (balances(person, ZHOUSHAN).carried, balances(payer, family.RUIAN).carried) == (20_00, 5000_00)
        assert list(findings()) == []

    def test_where_years_are_not_kept_apart_there_is_one_balance(self):
        person = insured(HUNAN)
        give(person, 80_00, on=MARCH, key="give", region=HUNAN)
        bill = pay(person, 100_00, "b1", region=HUNAN)
        assert (bill.account_fen, bill.cash_fen, balances(person, HUNAN).carried) == (80_00, 20_00, 0)

    def test_an_empty_account_leaves_a_bill_that_is_all_cash_and_no_voucher(self):
        bill = pay(insured(), 50_00, "b1")
        assert (bill.account_fen, bill.cash_fen, bill.voucher) == (0, 50_00, None)
        assert not Voucher.objects.exists()

    def test_the_same_bill_again_is_the_same_bill(self, someone):
        place = clinic()
        first = pay(someone, 100_00, "b1", place=place)
        assert pay(someone, 100_00, "b1", place=place) == first
        assert balances(someone).current == 200_00

    def test_a_bill_that_was_all_cash_stays_so_when_sent_again_with_money_there(self):
        person, place = insured(), clinic()
        first = pay(person, 50_00, "b1", place=place)
        give(person, 50_00, on=MARCH, key="give")
        assert pay(person, 50_00, "b1", place=place) == first
        assert balances(person).carried == 50_00

    def test_a_bill_number_for_something_else_is_refused(self, someone):
        place = clinic()
        pay(someone, 100_00, "b1", place=place)
        changes = ({"amount_fen": 100_01}, {"on": date(2025, 3, 4)}, {"person": insured()}, {"kind": "inpatient"},
                   {"category": "own"})  # fmt: skip
        for change in changes:
            with pytest.raises(KeyReusedError, match="换一个单号"):
                pay(**{"person": someone, "amount_fen": 100_00, "key": "b1", "place": place, **change})
        assert balances(someone).current == 200_00

    def test_another_institution_may_have_the_same_number(self, someone):
        pay(someone, 100_00, "b1", place=clinic())
        assert pay(someone, 100_00, "b1", place=clinic(code="H002")).account_fen == 100_00
        assert balances(someone).current == 100_00

    @pytest.mark.parametrize("number", ["", "1" * 61])
    def test_a_bill_has_a_number_of_sensible_length(self, someone, number):
        with pytest.raises(PostingError, match="单号要有"):
            pay(someone, 100_00, number, place=clinic())

    @pytest.mark.parametrize("amount", [0, -1])
    def test_a_bill_is_about_some_money(self, someone, amount):
        with pytest.raises(PostingError, match="大于零"):
            pay(someone, amount, "b1")

    def test_a_suspended_person_may_still_use_what_is_there(self, someone):
        changed(someone, date(2025, 2, 1), status=2)
        assert pay(someone, 100_00, "b1").account_fen == 100_00

    def test_the_owner_sees_the_place_by_name_and_a_relative_its_kind(self, someone):
        voucher = pay(someone, 100_00, "b1", place=clinic(level=2)).voucher
        assert (voucher.place, voucher.place_kind, voucher.subject) == ("定海社区卫生院", "二级医疗机构", someone)

    def test_a_bill_of_last_year_handed_in_late_does_not_touch_this_years_money(self, someone):
        run("rollover", "2025", on=date(2026, 1, 1))
        give(someone, 500_00, on=date(2026, 1, 2), key="new year", into=PotKind.CURRENT)
        pay(someone, 1200_00, "late", on=date(2025, 12, 31))
        assert balances(someone) == Balances(current=500_00, carried=100_00)

    def test_the_database_itself_refuses_a_paid_part_beyond_the_bill(self, someone):
        bill = pay(someone, 100_00, "b1")
        with pytest.raises(IntegrityError, match="bill_account_part_within"), transaction.atomic():
            Bill.objects.create(
                institution=bill.institution, person=someone, region=bill.region, on=bill.on, bill_no="b2",
                amount_fen=100_00, account_fen=100_01, voucher=give(someone, 1, on=bill.on, key="a voucher"),
            )  # fmt: skip


@pytest.mark.usefixtures("committed_db")
def test_one_bill_sent_eight_times_at_once_while_money_comes_in_has_one_outcome():
    """Some find the account empty, some do not; what the first one settled holds for all of them."""
    for number in range(5):
        person, place = insured(), clinic(code=f"H{number}")

        def send(number=number, person=person, place=place) -> int:
            return pay(person, 50_00, f"b{number}", place=place).account_fen

        def top_up(number=number, person=person) -> None:
            give(person, 50_00, on=MARCH, key=f"g{number}")

        *outcomes, _ = all_at_once(*[send] * 8, top_up)
        bill = Bill.objects.get(bill_no=f"b{number}")
        assert outcomes == [bill.account_fen] * 8
        assert bill.account_fen + balances(person).carried == 50_00
        assert len(bill.vouchers) == Voucher.objects.filter(kind="spending", subject=person).count()
    assert list(findings()) == []


@pytest.mark.unit
class TestPlan:
    """The plan is pure: what each source pays, one after another."""

    def test_a_cost_of_300_takes_100_then_150_and_leaves_50_for_cash(self):
        sources = [Source(1, 1, "carried", 100_00), Source(2, 2, "carried", 150_00)]
        assert [take.amount_fen for take in spending_plan(300_00, sources)] == [100_00, 150_00]

    def test_the_second_is_not_touched_while_the_first_suffices(self):
        sources = [Source(1, 1, "carried", 300_00), Source(2, 2, "carried", 150_00)]
        assert [(take.source.pot, take.amount_fen) for take in spending_plan(300_00, sources)] == [(1, 300_00)]

    def test_an_empty_source_is_passed_over(self):
        sources = [Source(1, 1, "current", 0), Source(2, 2, "carried", 10)]
        assert [take.source.pot for take in spending_plan(5, sources)] == [2]
