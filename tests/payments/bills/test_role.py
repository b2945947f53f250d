"""The application's role may settle bills and give them back, though it may rewrite none."""

from datetime import date

import pytest
from django.db import connection

from accounts.triggers import ROLE
from payments.bills import operations
from tests.factories import family
from tests.factories.acts import act_on
from tests.personas import clinic

ON = date(2026, 3, 10)


@pytest.mark.usefixtures("policies_loaded")
def test_a_bill_is_paid_with_a_relatives_help_and_given_back_in_parts():
    mother, child = family.insured(carried=100_00), family.insured(carried=1000_00)
    family.bond(child, mother)
    place = clinic(family.RUIAN)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
    bill = operations.pay(
        act=act_on(ON), institution=place, bill_no="B1", person=mother, region=family.RUIAN, amount_fen=250_00, on=ON
    )
    for number, part in enumerate((50_00, None)):
        operations.refund(act=act_on(ON), bill=bill, bill_no=f"R{number}", reason="退药", amount_fen=part)
    assert (family.balance_of(mother), family.balance_of(child)) == (100_00, 1000_00)
