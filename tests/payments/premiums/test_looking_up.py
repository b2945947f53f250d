"""Staff look orders up, by command and in the admin: masked, and never to be changed there."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from payments.premiums.operations import claiming, paying
from tests.factories.users import official, signed_in
from tests.payments.premiums.people import ACT, HENAN, payer, pays_for, resident

pytestmark = pytest.mark.usefixtures("policies_loaded")


@pytest.fixture
def order():
    rich, mother = payer(3000_00, name="欧阳静"), resident(name="王芳")
    pays_for(rich, mother)
    (paid,) = paying.pay(act=ACT, payer=rich, people=[mother], key="k")
    return paid.order


def listed(*options):
    out = StringIO()
    call_command("premium_orders", *options, stdout=out)
    return out.getvalue()


def test_the_list_is_masked_and_tells_where_each_order_stands(order):
    (row,) = json.loads(listed("--json"))["orders"]
    assert (row["order_no"], row["amount"], row["state"], row["premium_year"]) == (order.no, "400.00", "debited", 2027)
    assert "欧阳静" not in listed() + listed("--json")
    assert order.person.certno not in listed("--json")
    assert "已扣款" in listed()


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--region", "350500"], 1),
        (["--region", "330381"], 0),
        (["--year", "2027"], 1),
        (["--year", "2026"], 0),
        (["--state", "debited"], 1),
        (["--state", "confirmed"], 0),
    ],
)
def test_it_is_narrowed_down_by_region_year_and_state(order, options, found):
    assert len(json.loads(listed(*options, "--json"))["orders"]) == found


def test_the_admin_shows_orders_with_their_steps_and_claims_without_their_card(order):
    rich, boy = payer(1000_00, region=HENAN), resident(HENAN, birth_on=order.created_at.date().replace(year=2015))
    pays_for(rich, boy, relation="2")
    card = "6222000000000000012"
    made = claiming.claim(act=ACT, payer=rich, person=boy, receipt_no="T2026001", bank_card=card)
    staff = signed_in(official("policy"))
    for name, row in (("premiumorder", order), ("refundclaim", made)):
        assert row.no in staff.get(reverse(f"admin:payments_{name}_changelist")).content.decode()
        page = staff.get(reverse(f"admin:payments_{name}_change", args=[row.pk])).content.decode()
        assert row.no in page
        assert card not in page
        assert "欧阳静" not in page
    assert "已核对" in staff.get(reverse("admin:payments_premiumorder_change", args=[order.pk])).content.decode()
