"""What was paid on a bill goes back, whole or in parts: each fen once, to who paid, the last payer first."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from accounts.codes import PotKind
from accounts.ledger.errors import AlreadyReversedError, KeyReusedError, PostingError
from accounts.ledger.pots import open_missing
from accounts.ledger.verify import findings
from family.operations.ending import remove
from family.queries.facts import used_fen
from family.queries.usage import used_of_mine
from payments.bills import operations
from payments.bills.queries import Parts, parts_of
from payments.models import Bill
from tests.concurrency import all_at_once, is_lost
from tests.factories import family
from tests.factories.acts import act_on
from tests.factories.people import EnrolmentFactory
from tests.payments.bills.test_operations import MARCH, pay
from tests.personas import ZHOUSHAN, Balances, balances, clinic, give, insured, run

BOTH = ("current", "carried")


def refund(bill: Bill, fen: int | None = None, *, number: str = "r1", on: date = MARCH) -> Bill:
    return operations.refund(act=act_on(on), bill=bill, bill_no=number, amount_fen=fen, reason="退药")


@pytest.fixture
def someone():
    """A person with 300.00 of this year and 1,000.00 of earlier ones."""
    person = insured()
    give(person, 1000_00, on=MARCH, key="give carried")
    give(person, 300_00, on=MARCH, key="give current", into=PotKind.CURRENT)
    return person


@pytest.mark.usefixtures("policies_loaded")
class TestWhole:
    def test_everything_goes_back_to_the_pots_it_came_from(self, someone):
        bill = pay(someone, 1300_50, "b1")
        back = refund(bill)
        assert balances(someone) == Balances(current=300_00, carried=1000_00)
        assert parts_of([bill, back]) == {
            bill.pk: Parts(current=300_00, carried=1000_00, cash=50),
            back.pk: Parts(current=-300_00, carried=-1000_00, cash=-50),
        }
        assert list(findings()) == []

    def test_nothing_goes_back_before_the_day_it_was_paid(self, someone):
        bill = pay(someone, 100_00, "b1")
        with pytest.raises(PostingError, match="早于"):
            operations.refund(
                act=act_on(MARCH), bill=bill, bill_no="r1", reason="退药", on=MARCH.replace(year=MARCH.year - 1)
            )
        assert Bill.objects.count() == 1

    def test_it_is_given_once(self, someone):
        bill = pay(someone, 100_00, "b1")
        first = refund(bill)
        assert refund(bill) == first
        with pytest.raises(AlreadyReversedError, match="已经全部退回"):
            refund(bill, number="r2")
        assert balances(someone).current == 300_00

    def test_a_bill_that_was_all_cash_is_given_back_in_cash(self):
        back = refund(pay(insured(), 50_00, "b1"))
        assert (back.account_fen, back.cash_fen, back.voucher) == (0, 50_00, None)

    def test_a_refund_of_last_years_bill_is_carried(self, someone):
        bill = pay(someone, 300_00, "b1")
        run("rollover", "2025", on=date(2026, 1, 1))
        refund(bill, on=date(2026, 1, 8))
        assert balances(someone) == Balances(current=0, carried=1300_00)

    def test_a_reversal_is_not_reversed(self, someone):
        back = refund(pay(someone, 100_00, "b1"))
        with pytest.raises(PostingError, match="不能再退"):
            refund(back, number="r2")

    def test_a_number_that_was_given_back_is_not_free_again(self, someone):
        place = clinic()
        bill = pay(someone, 100_00, "b1", place=place)
        refund(bill)
        assert pay(someone, 100_00, "b1", place=place) == bill
        with pytest.raises(KeyReusedError):
            pay(someone, 99_00, "b1", place=place)
        with pytest.raises(KeyReusedError):
            pay(someone, 100_00, "r1", place=place)
        assert balances(someone).current == 300_00

    def test_a_number_of_a_bill_is_not_one_for_giving_back(self, someone):
        place = clinic()
        bill = pay(someone, 100_00, "b1", place=place)
        pay(someone, 50_00, "b2", place=place)
        with pytest.raises(KeyReusedError):
            refund(bill, number="b2")
        assert balances(someone).current == 150_00


@pytest.mark.usefixtures("policies_loaded")
class TestPart:
    def test_cash_goes_back_first_then_who_paid_last(self, someone):
        bill = pay(someone, 1500_00, "b1")  # 300 of 当年, 1,000 of 历年, 200 in cash
        given_back = [refund(bill, fen, number=f"r{fen}") for fen in (150_00, 100_00, 1000_00, 250_00)]
        parts = parts_of(given_back)
        assert [parts[back.pk] for back in given_back] == [
            Parts(cash=-150_00),
            Parts(cash=-50_00, carried=-50_00),
            Parts(carried=-950_00, current=-50_00),
            Parts(current=-250_00),
        ]
        assert balances(someone) == Balances(current=300_00, carried=1000_00)
        assert list(findings()) == []

    def test_more_than_is_left_is_refused_and_says_what_is_left(self, someone):
        bill = pay(someone, 100_00, "b1")
        refund(bill, 60_00)
        with pytest.raises(AlreadyReversedError, match="只剩 40.00 元，退不了 40.01 元"):
            refund(bill, 40_01, number="r2")
        assert balances(someone).current == 260_00

    def test_relatives_get_theirs_back_before_oneself_also_after_the_bond_has_ended(self):
        person, payer = family.insured(family.RUIAN, carried=10_00), family.insured(family.RUIAN, carried=50_00)
        tie = family.bond(payer, person, limit_fen=45_00)
        bill = pay(person, 55_00, "b1", on=family.TODAY, region=family.RUIAN)
        refund(bill, 30_00, on=family.TODAY)
        assert used_fen([tie], {tie.pk: family.TODAY.year}) == {tie.pk: 15_00}
        assert used_of_mine(payer)[0].returned_words == "已退回30.00元"
        remove(act=family.ACT, payer=payer, bond_id=tie.pk)
        refund(bill, number="r2", on=family.TODAY)
        assert (balances(person, family.RUIAN).carried, balances(payer, family.RUIAN).carried) == (10_00, 50_00)
        assert list(findings()) == []

    def test_what_was_given_back_may_be_used_again_within_the_limit(self):
        person, payer = family.insured(family.RUIAN, resident=True), family.insured(family.RUIAN, carried=100_00)
        family.bond(payer, person, limit_fen=50_00)
        bill = pay(person, 50_00, "b1", on=family.TODAY, region=family.RUIAN)
        assert pay(person, 20_00, "b2", on=family.TODAY, region=family.RUIAN).account_fen == 0
        refund(bill, 15_00, on=family.TODAY)
        assert pay(person, 20_00, "b3", on=family.TODAY, region=family.RUIAN).account_fen == 15_00

    def test_parts_over_two_regions_go_back_to_each_in_its_own_books(self):
        person, payer = family.insured(family.RUIAN, carried=10_00), family.insured(family.RUIAN, carried=5000_00)
        EnrolmentFactory(person=person, region=ZHOUSHAN, from_on=date(2015, 1, 1))
        EnrolmentFactory(person=person, region=ZHOUSHAN, from_on=date(2020, 1, 1), status=4)
        open_missing([ZHOUSHAN])
        family.credit(person, ZHOUSHAN, PotKind.CARRIED, 20_00)
        family.bond(payer, person)
        bill = pay(person, 70_00, "b1", on=family.TODAY, region=family.RUIAN)  # 10, then 20, then 40 of the relative
        refund(bill, 45_00, on=family.TODAY)
        left = [balances(who, region).carried for who, region in
                ((person, family.RUIAN), (person, ZHOUSHAN), (payer, family.RUIAN))]  # fmt: skip
        assert left == [0, 5_00, 5000_00]
        refund(bill, 20_00, number="r2", on=family.TODAY)
        assert (balances(person, family.RUIAN).carried, balances(person, ZHOUSHAN).carried) == (5_00, 20_00)
        assert list(findings()) == []

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=some.data())
    def test_what_stays_paid_is_what_the_rest_alone_would_have_taken(self, policies_loaded, data):
        fen = some.integers(0, 50_00)
        held = {name: data.draw(fen, name) for name in (*BOTH, "relative")}
        cost = data.draw(some.integers(2, 150_00), "cost")
        back = data.draw(some.lists(some.integers(1, cost), min_size=1, max_size=4), "back")
        outcomes = []
        with transaction.atomic():
            for number, amount in enumerate((cost, cost - sum(back) if sum(back) < cost else 0)):
                person, payer = family.insured(family.RUIAN), family.insured(family.RUIAN)
                for name in BOTH:
                    if held[name]:
                        family.credit(person, family.RUIAN, PotKind(name), held[name])
                if held["relative"]:
                    family.credit(payer, family.RUIAN, PotKind.CARRIED, held["relative"])
                family.bond(payer, person)
                if amount:
                    bill = pay(person, amount, f"b{number}", on=family.TODAY, region=family.RUIAN)
                left = cost
                for part in back if number == 0 else []:
                    if part <= left:
                        refund(bill, part, number=f"r{left}", on=family.TODAY)
                    elif left:
                        with pytest.raises(AlreadyReversedError):
                            refund(bill, part, number=f"r{left}-{part}", on=family.TODAY)
                    left -= part if part <= left else 0
                if number == 0 and left and left != cost - sum(back):
                    refund(bill, left, number="rest", on=family.TODAY)
                outcomes.append((balances(person, family.RUIAN), balances(payer, family.RUIAN)))
            assert outcomes[0] == outcomes[1]
            assert list(findings()) == []
            transaction.set_rollback(True)


@pytest.mark.usefixtures("policies_loaded")
class TestTheDatabaseItself:
    """Whoever writes rows past the operation is refused too."""

    def row(self, bill: Bill, **other) -> Bill:
        said = {"institution": bill.institution, "person": bill.person, "region": bill.region, "on": bill.on,
                "kind": bill.kind, "amount_fen": 60_00, "account_fen": 0, "bill_no": "x", "reverses": bill,
                "before_fen": 0}  # fmt: skip
        return Bill.objects.create(**{**said, **other})

    def test_it_refuses_more_than_the_bill(self, someone):
        bill = pay(someone, 100_00, "b1")
        self.row(bill)
        for other in ({"before_fen": 60_00}, {"before_fen": 0}, {"before_fen": 60_00, "amount_fen": 40_01}):
            with pytest.raises(DatabaseError, match="keeps within its bill"), transaction.atomic():
                self.row(bill, bill_no="y", **other)

    def test_it_refuses_another_institution_and_a_reversal_of_a_reversal(self, someone):
        bill = pay(someone, 100_00, "b1")
        back = self.row(bill)
        for other in ({"institution": clinic(code="H009")}, {"reverses": back}, {"person": insured()}):
            with pytest.raises(DatabaseError, match="keeps within its bill"), transaction.atomic():
                self.row(bill, bill_no="y", before_fen=60_00 if "reverses" not in other else 0, amount_fen=1, **other)

    def test_it_refuses_a_number_twice(self, someone):
        bill = pay(someone, 100_00, "b1")
        with pytest.raises(IntegrityError, match="bill_number_once"), transaction.atomic():
            self.row(bill, bill_no="b1")


@pytest.mark.usefixtures("committed_db")
class TestAtOnce:
    def test_of_twelve_parts_only_those_that_fit_are_given_back(self):
        person = insured()
        give(person, 100_00, on=MARCH, key="give")
        bill = pay(person, 120_00, "b1")
        calls = [lambda part=part: refund(bill, 35_00, number=f"r{part}") for part in range(12)]
        done = [one for one in all_at_once(*calls) if isinstance(one, Bill)]
        assert len(done) == 3
        assert sorted(one.before_fen for one in done) == [0, 35_00, 70_00]
        assert balances(person).carried == 85_00
        assert list(findings()) == []

    def test_without_the_lock_somebody_is_turned_away_who_had_a_right(self, monkeypatch):
        """Both read the same sum, and the database lets only one of them in: the money is safe, the answer is wrong."""
        monkeypatch.setattr(operations, "_lock_refunds", lambda bill: None)

        def is_turned_away() -> bool:
            number = Bill.objects.count()
            bill = pay(insured(), 100_00, f"b{number}")
            calls = [lambda part=part: refund(bill, 10_00, number=f"r{part}") for part in range(8)]
            return any(not isinstance(one, Bill) for one in all_at_once(*calls))

        assert is_lost(is_turned_away)
        assert list(findings()) == []
