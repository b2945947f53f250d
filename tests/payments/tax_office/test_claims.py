"""先缴费、再返还: the file of what was paid proves a claim, and then it is paid once; another receipt proves nothing."""

import pytest
from django.urls import reverse

from accounts.codes import Role
from accounts.ledger.verify import findings
from family.codes import BondState
from family.models import Bond
from payments.models import DayReport, RefundClaim
from payments.premiums.codes import ClaimState
from payments.premiums.operations import claiming
from payments.reconciliation import daily
from payments.upkeep import keep_up
from tests.factories import family
from tests.factories.users import official, signed_in
from tests.payments.premiums.people import ACT, DAY, HENAN, payer, pays_for, resident
from tests.payments.tax_office.kit import imported, paid_file, paid_row, reconciled
from tests.payments.tax_office.orders import REGION, handed_over

pytestmark = pytest.mark.usefixtures("policies_loaded")

CARD = "6222 0000 0000 0000 012"
COMMAND = "import_premiums_paid"


@pytest.fixture
def claim(policies_loaded) -> RefundClaim:
    rich, child = payer(1000_00, region=HENAN), resident(HENAN, birth_on=DAY.replace(year=2015))
    pays_for(rich, child, relation="2")
    return claiming.claim(act=ACT, payer=rich, person=child, receipt_no="T2026001", bank_card=CARD)


def told(claim: RefundClaim, tmp_path, receipt: str = "T2026001", **changes: str) -> RefundClaim:
    """Let the tax office name a payment; return what became of the claim."""
    row = paid_row(claim.person, receipt, insuplc_admdvs=HENAN, **changes)
    imported(COMMAND, paid_file(tmp_path / f"{receipt}.csv", [row]))
    return RefundClaim.objects.get(pk=claim.pk)


def test_the_receipt_in_the_file_pays_the_claim_to_the_fen(claim, tmp_path):
    assert told(claim, tmp_path).state == ClaimState.PAID
    assert family.balance_of(claim.payer, HENAN) == 600_00
    assert list(findings()) == []


def test_the_same_file_again_and_every_later_beat_pay_nothing_more(claim, tmp_path):
    told(claim, tmp_path)
    told(claim, tmp_path)
    keep_up(act=ACT)
    assert family.balance_of(claim.payer, HENAN) == 600_00


def test_a_receipt_may_be_written_with_spaces_hyphens_and_small_letters(claim, tmp_path):
    assert told(claim, tmp_path, "t2026-001").state == ClaimState.PAID


def test_another_receipt_leaves_it_waiting(claim, tmp_path):
    assert told(claim, tmp_path, "T2026002").state == ClaimState.WAITING
    assert family.balance_of(claim.payer, HENAN) == 1000_00


@pytest.mark.parametrize("changes", [{"amount": "380.00"}, {"premium_year": "2026"}])
def test_a_receipt_of_another_amount_or_year_pays_nothing(claim, tmp_path, changes):
    assert told(claim, tmp_path, **changes).state == ClaimState.REFUSED
    assert family.balance_of(claim.payer, HENAN) == 1000_00


def test_a_proven_claim_that_could_not_be_paid_is_paid_by_a_later_beat(claim, tmp_path):
    bonds = Bond.objects.filter(payer=claim.payer)
    bonds.update(state=BondState.SUSPENDED)
    assert told(claim, tmp_path).state == ClaimState.PROVEN
    bonds.update(state=BondState.ACTIVE)
    assert keep_up(act=ACT).done["办结的返还申请"] == 1
    assert RefundClaim.objects.get(pk=claim.pk).state == ClaimState.PAID


def test_the_report_has_claims_by_state(claim, tmp_path):
    told(claim, tmp_path)
    daily.make(act=ACT, region=HENAN, day=DAY)
    assert DayReport.objects.get().document["claims"] == [
        {"state": "paid", "name": "已返还", "claims": 1, "sum": "400.00"}
    ]


def test_staff_look_up_batches_answers_and_reports_and_see_no_number_of_a_person(tmp_path):
    batch, (order,) = handed_over(1)
    daily.make(act=ACT, region=REGION, day=DAY)
    staff = signed_in(official(Role.POLICY))
    for name, row in (("taxbatch", batch), ("dayreport", DayReport.objects.get())):
        for page in ("changelist", "change"):
            arguments = [row.pk] if page == "change" else []
            said = staff.get(reverse(f"admin:payments_{name}_{page}", args=arguments))
            assert said.status_code == 200
            assert str(order.person.certno) not in said.content.decode()
    assert staff.get(reverse("admin:payments_taxanswer_changelist")).status_code == 200
    assert reconciled(DAY)["differences"] == []
