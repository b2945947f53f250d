"""The application's role in the database may do all that premiums need, though it may rewrite next to nothing."""

import pytest
from django.db import connection

from accounts.triggers import ROLE
from payments.models import DayReport
from payments.premiums.codes import ClaimState, OrderState
from payments.premiums.operations import claiming, paying, progress
from payments.upkeep import keep_up
from tests.factories.acts import act_on
from tests.payments.premiums.people import ACT, DAY, HENAN, payer, pays_for, resident
from tests.payments.tax_office.kit import ANSWERED_ON, answer, imported, paid_file, paid_row, results_file
from tests.payments.tax_office.orders import debited


@pytest.fixture
def as_role(policies_loaded):
    """Return what turns to the application's role, once the people of the story are there."""

    def turn() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {ROLE}")

    return turn


def states(*orders) -> list[str]:
    for order in orders:
        order.refresh_from_db()
    return [order.state for order in orders]


def test_a_premium_is_paid_and_undone(as_role):
    rich, mother = payer(5000_00), resident()
    pays_for(rich, mother)
    as_role()
    (paid,) = paying.pay(act=ACT, payer=rich, people=[mother], key="k")
    progress.undo(act=ACT, payer=rich, no=paid.order.no)
    assert states(paid.order) == [OrderState.UNDONE]


def test_a_day_and_its_answers_are_worked_off(as_role, tmp_path):
    order, rejected, silent = debited(), debited(), debited()
    pays_for(payer(5000_00), resident())
    as_role()
    assert keep_up(act=act_on(ANSWERED_ON)).failed == []
    states(order, rejected, silent)
    path = results_file(tmp_path / "r.csv", [answer(order), answer(rejected, "退回")])
    assert imported("import_premium_results", path)["premium_answers"] == 2
    assert keep_up(act=act_on(DAY.replace(month=12))).failed == []
    assert states(order, rejected, silent) == [OrderState.CONFIRMED, OrderState.REJECTED, OrderState.UNKNOWN]
    assert DayReport.objects.exists()


def test_a_claim_is_made_proven_and_paid(as_role, tmp_path):
    rich, child = payer(1000_00, region=HENAN), resident(HENAN, birth_on=DAY.replace(year=2015))
    pays_for(rich, child, relation="2")
    as_role()
    made = claiming.claim(act=ACT, payer=rich, person=child, receipt_no="T2026001", bank_card="6222 0000 0000 0000 012")
    path = paid_file(tmp_path / "p.csv", [paid_row(child, "T2026001", insuplc_admdvs=HENAN)])
    imported("import_premiums_paid", path)
    assert states(made) == [ClaimState.PAID]
