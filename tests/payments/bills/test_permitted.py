"""What accounts may not pay is refused by category, with the reason: by the terms of every region that has a say."""

from datetime import date

import pytest

from accounts.codes import PotKind
from accounts.ledger.pots import open_missing
from accounts.policies.terms.spending import EXCLUDED
from family.queries.plan import plan
from family.rules import Where
from payments.bills.codes import BillKind
from payments.bills.errors import BillRefusedError
from payments.models import Bill
from tests.factories import family
from tests.factories.family import QUANZHOU, RUIAN, TODAY, ZHOUSHAN
from tests.factories.people import EnrolmentFactory
from tests.payments.bills.test_operations import pay
from tests.personas import clinic

pytestmark = pytest.mark.usefixtures("policies_loaded")


@pytest.mark.parametrize("region", [QUANZHOU, RUIAN, ZHOUSHAN])
@pytest.mark.parametrize("category", ["public_health", "fitness", "wellness"])
def test_what_no_account_in_the_country_may_pay_is_refused_and_nothing_is_kept(region, category):
    person = family.insured(region, carried=100_00)
    with pytest.raises(BillRefusedError, match=f"{EXCLUDED[category]}不能用个人账户付"):
        pay(person, 50_00, "b1", on=TODAY, region=region, place=clinic(region), category=category)
    assert not Bill.objects.exists()
    assert family.balance_of(person, region) == 100_00


def test_a_refused_number_is_still_free():
    person, place = family.insured(carried=100_00), clinic(RUIAN)
    with pytest.raises(BillRefusedError, match="整形美容"):
        pay(person, 50_00, "b1", on=TODAY, region=RUIAN, place=place, category="cosmetic")
    assert pay(person, 50_00, "b1", on=TODAY, region=RUIAN, place=place).account_fen == 50_00


@pytest.mark.parametrize("region", [RUIAN, QUANZHOU, ZHOUSHAN])
def test_no_region_pays_cash_out(region):
    person = family.insured(region, carried=100_00)
    with pytest.raises(BillRefusedError, match="提取现金不能用个人账户付"):
        pay(person, 50_00, "b1", on=TODAY, region=region, place=clinic(region), category="cash")


@pytest.mark.parametrize("kind", [BillKind.OUTPATIENT, BillKind.INPATIENT, BillKind.VACCINE])
def test_a_pharmacy_sells_and_treats_nobody(kind):
    place = clinic(RUIAN, kind="pharmacy", level=0)
    with pytest.raises(BillRefusedError, match=f"药店只能结算购药，不能结算{kind.label}"):
        pay(family.insured(carried=100_00), 50_00, "b1", on=TODAY, region=RUIAN, place=place, kind=kind)


@pytest.mark.parametrize("kind", list(BillKind))
def test_a_hospital_may_bill_every_kind_and_the_owner_reads_which(kind):
    bill = pay(family.insured(carried=100_00), 50_00, "b1", on=TODAY, region=RUIAN, place=clinic(RUIAN), kind=kind)
    assert (bill.account_fen, bill.kind, bill.voucher.reason) == (50_00, kind, kind.label)


def test_an_account_elsewhere_pays_only_what_its_own_region_permits():
    """瑞安 excludes cosmetic treatment, 泉州 does not: the account that stayed in 瑞安 is passed over, in the preview too."""
    person = family.insured(QUANZHOU, carried=30_00)
    for status, since in ((1, date(2015, 1, 1)), (4, date(2020, 1, 1))):
        EnrolmentFactory(person=person, region=RUIAN, from_on=since, status=status)
    open_missing([RUIAN])
    family.credit(person, RUIAN, PotKind.CARRIED, 100_00)
    for category, cash in (("cosmetic", 20_00), ("", 0)):
        where = Where("hospital", 1, category=category)
        assert plan(person=person, region=QUANZHOU, amount_fen=50_00, on=TODAY, where=where).cash_fen == cash
    bill = pay(person, 50_00, "b1", on=TODAY, region=QUANZHOU, place=clinic(QUANZHOU), category="cosmetic")
    assert (bill.account_fen, bill.cash_fen) == (30_00, 20_00)
    assert family.balance_of(person, RUIAN) == 100_00


def test_the_preview_says_why_accounts_pay_nothing():
    person = family.insured(carried=100_00)
    shown = plan(
        person=person, region=RUIAN, amount_fen=50_00, on=TODAY, where=Where("hospital", 1, category="cosmetic")
    )
    assert (shown.lines, shown.cash_fen, shown.why_stopped) == ((), 50_00, "整形美容不能用个人账户付")
