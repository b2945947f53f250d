"""Whoever falsifies the books and puts every balance right again is found by what the books cannot put right."""

from datetime import date

import pytest
from django.db import connection

from accounts.codes import LifeEventKind
from accounts.jobs import against_facts
from accounts.ledger.legs import LEGS
from accounts.ledger.verify import BACK
from accounts.models import Notice, Person, Transfer, Voucher
from accounts.operations.life_events import moving, signed
from accounts.queries import explanations
from payments.bills import operations
from payments.models import Bill
from tests.accounts.ledger.test_verify import found, tamper
from tests.accounts.operations.life_kit import Desk
from tests.factories.acts import act_on
from tests.personas import ZHOUSHAN, changed, clinic, give, insured, paid_for, pays, pot, reverse, run, spend

pytestmark = pytest.mark.usefixtures("policies_loaded")

MARCH = date(2025, 3, 3)
SIGNED_SO = "签过的记账，账户和金额就是签的那些"
WITH_BILLS = "结算单的账户支付与凭证相等，使用人是凭证的使用人"
# What a thief would do last: every running balance, and then every pot, as the transfers have it now.
PUT_RIGHT = (
    *(
        f"WITH chain AS (SELECT pot, id, sum(change) OVER (PARTITION BY pot ORDER BY id) AS fen FROM ({LEGS}) leg)"
        f" UPDATE accounts_transfer t SET {side}_balance_fen = c.fen FROM chain c"
        f" WHERE (c.id, c.pot) = (t.id, t.{side}_id) AND t.{side}_balance_fen IS NOT NULL"
        for side in ("source", "target")
    ),
    f"UPDATE accounts_pot p SET balance_fen = s.fen FROM (SELECT pot, sum(change) AS fen FROM ({LEGS}) leg GROUP BY pot) s"
    " WHERE s.pot = p.id",
)


def falsify(*statements: str) -> set[str]:
    """Falsify the books, put the balances right; return the names of what is found."""
    assert found() == {}
    connection.check_constraints()
    tamper(*statements, *PUT_RIGHT)
    return set(found())


def swap(one: Transfer, other: Transfer, column: str) -> str:
    return (
        f"UPDATE accounts_transfer SET {column} = CASE id WHEN {one.pk} THEN {getattr(other, column)}"
        f" ELSE {getattr(one, column)} END WHERE id IN ({one.pk}, {other.pk})"
    )


def of(voucher: Voucher) -> Transfer:
    return Transfer.objects.get(voucher=voucher)


@pytest.fixture
def two() -> list[Person]:
    people = [insured(), insured()]
    for number, person in enumerate(people):
        give(person, 1_000_00, on=MARCH, key=f"give {number}")
    return people


class TestWhatTwoPeopleSigned:
    @pytest.fixture
    def adjusted(self, two) -> list[Transfer]:
        desk = Desk()
        for person in two:
            desk.do(signed.ADJUST, person, ZHOUSHAN, on=MARCH, pot="carried", fen=100_00)
        return list(Transfer.objects.filter(kind="manual").order_by("pk"))

    def test_two_adjustments_of_one_amount_that_changed_places(self, adjusted):
        assert SIGNED_SO in falsify(swap(*adjusted, "target_id"))

    def test_an_adjustment_of_more_than_was_signed(self, adjusted):
        assert falsify(f"UPDATE accounts_transfer SET amount_fen = 90000 WHERE id = {adjusted[0].pk}") == {SIGNED_SO}

    def test_an_adjustment_of_another_pot(self, adjusted, two):
        other = pot(two[0], "current")
        assert falsify(f"UPDATE accounts_transfer SET target_id = {other.pk} WHERE id = {adjusted[0].pk}") == {
            SIGNED_SO
        }

    def test_more_paid_out_than_was_signed(self, two):
        changed(two[0], MARCH, status=4)
        Desk().do(moving.PAY_OUT, two[0], ZHOUSHAN, on=MARCH, why=LifeEventKind.LEAVING, payee="尾号0001")
        (out,) = Transfer.objects.filter(kind="payout")
        assert falsify(f"UPDATE accounts_transfer SET amount_fen = amount_fen - 1 WHERE id = {out.pk}") == {SIGNED_SO}


class TestReversals:
    @pytest.fixture
    def spender(self) -> Person:
        person = insured()
        pays(person, "4462.00", since=date(2024, 12, 1), until=date(2026, 1, 1))
        run("accrual", "2025", on=date(2025, 1, 2))
        give(person, 500_00, on=MARCH, key="give")
        return person

    def test_one_that_went_to_another_pot_of_the_same_person(self, spender):
        back = of(reverse(spend(spender, 300_00, on=MARCH, key="bill"), on=MARCH, key="back"))
        carried = pot(spender, "carried")
        assert falsify(f"UPDATE accounts_transfer SET target_id = {carried.pk} WHERE id = {back.pk}") == {BACK}

    def test_one_of_a_year_that_has_been_rolled_over_is_right_in_carried(self, spender):
        paid = spend(spender, 300_00, on=MARCH, key="bill")
        give(spender, 1_00, on=date(2026, 1, 5), key="of the new year")
        back = of(reverse(paid, on=date(2026, 1, 6), key="back"))
        assert (back.target.kind, found()) == ("carried", {})

    def test_a_bill_of_last_year_handed_in_now_is_right_in_carried(self, spender):
        run("close_year", "2025", on=date(2026, 1, 2))
        paid = spend(spender, 300_00, on=MARCH, key="late bill")
        assert paid.period == "2026"
        reverse(paid, on=date(2026, 1, 6), key="back")
        assert found() == {}


class TestBills:
    @pytest.fixture
    def bills(self, two) -> list[Bill]:
        place = clinic()
        return [
            operations.pay(
                act=act_on(MARCH), institution=place, person=person, region=ZHOUSHAN, amount_fen=30_00, on=MARCH,
                bill_no=f"b{number}",
            )
            for number, person in enumerate(two)
        ]  # fmt: skip

    def test_two_people_who_pay_the_same_for_each_other(self, bills):
        one, other = (of(bill.voucher) for bill in bills)
        assert "用别人的钱都有共济关系" in falsify(swap(one, other, "voucher_id"))

    @pytest.mark.parametrize("change", ["account_fen = account_fen - 1", "person_id = %s"])
    def test_a_bill_that_says_something_else_than_the_books(self, bills, two, change):
        assert found() == {}
        with connection.cursor() as cursor:
            connection.check_constraints()
            cursor.execute("ALTER TABLE payments_bill DISABLE TRIGGER USER")
            where = f"WHERE id = {bills[0].pk}"
            cursor.execute(f"UPDATE payments_bill SET {change.replace('%s', str(two[1].pk))} {where}")
            connection.check_constraints()
            for name in ("no_rewrite", "no_truncate", "fits"):
                cursor.execute(f"ALTER TABLE payments_bill ENABLE ALWAYS TRIGGER payments_bill_{name}")
        assert [row["bill"] for row in found()[WITH_BILLS]] == [bills[0].pk]


def test_a_notice_that_is_gone_is_no_matter_of_the_books(two):
    person = two[0]
    paid_for(person, date(2024, 12, 1), "4462.00")
    run("accrual", "2025", on=MARCH)
    Desk().do(signed.ADJUST, person, ZHOUSHAN, on=MARCH, pot="carried", fen=100_00)
    assert Notice.objects.exists()
    Notice.objects.all().delete()
    assert found() == {}
    assert list(against_facts.findings()) == []
    assert list(explanations.differences()) == []
