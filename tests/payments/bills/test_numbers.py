"""A number of an institution counts once, for ever, whoever sends it how often; and any name pays like any other."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from accounts.codes import PotKind
from accounts.ledger.verify import findings
from accounts.models import Transfer, Voucher
from family.operations import pool
from family.queries.plan import plan
from family.rules import Where
from payments.bills import operations
from payments.bills.queries import parts_of
from payments.models import Bill
from tests.concurrency import all_at_once, is_lost
from tests.factories import family
from tests.factories.family import QUANZHOU, RUIAN, TODAY
from tests.payments.bills.test_operations import MARCH, pay
from tests.personas import balances, clinic, give, insured

AT_ONCE = 32
RESERVE = 2_000_00  # what 泉州 keeps back


@pytest.mark.usefixtures("committed_db")
class TestAtOnce:
    def test_one_number_sent_by_thirty_two_is_one_bill(self):
        person, place = insured(), clinic()
        give(person, 1000_00, on=MARCH, key="give")
        sent = all_at_once(*[lambda: pay(person, 30_00, "b1", place=place).pk] * AT_ONCE)
        assert sent == [Bill.objects.get().pk] * AT_ONCE
        assert balances(person).carried == 970_00
        assert Voucher.objects.filter(kind="spending").count() == 1

    def test_one_number_for_two_amounts_settles_one_and_tells_the_other(self):
        person, place = insured(), clinic()
        give(person, 1000_00, on=MARCH, key="give")
        calls = [lambda fen=fen: pay(person, fen, "b1", place=place).amount_fen for fen in (30_00, 40_00)]
        sent = all_at_once(*calls * 8, told=str)
        (settled,) = Bill.objects.values_list("amount_fen", flat=True)
        assert sent.count(settled) == 8
        assert all(one == settled or "换一个单号" in str(one) for one in sent)
        assert balances(person).carried == 1000_00 - settled

    def test_asking_for_the_number_beforehand_alone_pays_twice(self):
        """Without the unique number: the key of the voucher made different, as a sender without numbers would."""

        def is_paid_twice() -> bool:
            person, place = insured(), clinic(code=f"H{Bill.objects.count()}")
            give(person, 1000_00, on=MARCH, key=f"give {person.pk}")

            def send() -> None:
                if not Bill.objects.filter(institution=place).exists():
                    pay(person, 30_00, f"b{random.random()}", place=place)

            all_at_once(*[send] * 8)
            return Bill.objects.filter(institution=place).count() > 1

        assert is_lost(is_paid_twice)
        assert list(findings()) == []


NAMES = [
    "欧阳" + "娜" * 48,
    "阿卜杜热西提·买买提艾力",
    "Maria-José O\u2019Connor Müller",
    "\U00020b9f\U0002a6a5\u9fa6",
    "李丶",
]


@pytest.mark.usefixtures("policies_loaded")
@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_kind_pays_uses_and_gets_back_like_any_other(name):
    user, payer = family.insured(resident=True, name=name), family.insured(carried=100_00, name=name[::-1])
    family.bond(payer, user)
    bill = pay(user, 60_00, "b1", on=TODAY, region=RUIAN)
    assert bill.account_fen == 60_00
    operations.refund(act=family.ACT, bill=bill, bill_no="r1", reason="退药")
    assert family.balance_of(payer) == 100_00


fen = some.integers(0, 60_00)


@pytest.mark.usefixtures("policies_loaded")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    own=some.tuples(fen, fen), payers=some.lists(some.tuples(fen, some.none() | fen), max_size=2), cost=some.data(),
    resident=some.booleans(), place=some.sampled_from([("hospital", 0), ("hospital", 2), ("hospital", 3), ("pharmacy", 0)]),
)  # fmt: skip
def test_what_is_shown_beforehand_is_what_is_paid(policies_loaded, own, payers, cost, resident, place):
    person = family.insured(RUIAN, resident=resident)
    for kind, held in zip((PotKind.CURRENT, PotKind.CARRIED), own, strict=True):
        if held and not resident:
            family.credit(person, RUIAN, kind, held)
    for held, limit in payers:
        payer = family.insured(RUIAN, carried=held)
        family.bond(payer, person, limit_fen=limit or None)
    amount = cost.draw(some.integers(1, 200_00))
    kind, level = place
    shown = plan(person=person, region=RUIAN, amount_fen=amount, on=TODAY, where=Where(kind, level))
    number = f"b{Bill.objects.count()}"
    shop = clinic(RUIAN, code=f"X{Bill.objects.count()}", kind=kind, level=level)
    bill = pay(person, amount, number, on=TODAY, region=RUIAN, place=shop)
    paid = Transfer.objects.filter(voucher__in=bill.vouchers).order_by("pk")
    assert [(line.pot, line.amount_fen) for line in shown.lines] == [(row.source.kind, row.amount_fen) for row in paid]
    assert bill.cash_fen == shown.cash_fen
    assert sum(parts_of([bill])[bill.pk].by_name().values()) == amount


@pytest.mark.usefixtures("policies_loaded")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(own=fen, pooled=some.integers(0, 60_00), amount=some.integers(1, 150_00), owner_uses_it=some.booleans())
def test_also_where_a_pool_stands_in_for_relatives(policies_loaded, own, pooled, amount, owner_uses_it):
    owner, member = family.insured(QUANZHOU, carried=RESERVE + pooled), family.insured(QUANZHOU, carried=own)
    family.bond(owner, member)
    if pooled:
        key = f"k{Voucher.objects.count()}"
        pool.move_in(act=family.ACT, payer=owner, region=QUANZHOU, amount_fen=pooled, key=key)
    person = owner if owner_uses_it else member
    shown = plan(person=person, region=QUANZHOU, amount_fen=amount, on=TODAY, where=Where("hospital", 1))
    bill = pay(person, amount, "b1", on=TODAY, region=QUANZHOU, place=clinic(QUANZHOU, code=f"X{Bill.objects.count()}"))
    paid = Transfer.objects.filter(voucher__in=bill.vouchers).order_by("pk")
    assert [(line.pot, line.amount_fen) for line in shown.lines] == [(row.source.kind, row.amount_fen) for row in paid]
    assert bill.cash_fen == shown.cash_fen
