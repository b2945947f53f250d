"""The worked examples of the documents about paying one's own premium, through the operation that pays (TV-10, TV-11)."""

import pytest

from payments.premiums.operations import paying
from tests.accounts.policies.test_vectors import cases
from tests.payments.premiums.people import ACT, money, payer, pays_for, turned_resident
from yibao.lib.fen import parse_yuan, yuan

pytestmark = pytest.mark.usefixtures("policies_loaded")


@pytest.mark.parametrize("case", cases({"pay_own_premium"}))
def test_the_example_is_paid_as_written(case):
    given = case["given"]
    own, shared = parse_yuan(given["own"]), parse_yuan(given["shared"])
    me, relative = payer(own), payer(1, pool=shared)
    turned_resident(me)
    pays_for(relative, me)
    (outcome,) = paying.pay(act=ACT, payer=me, people=[me], key="k")
    assert {
        "paid": outcome.order is not None,
        "own": yuan(own - money(me)[0]),
        "shared": yuan(shared - money(relative)[1]),
    } == case["expect"]
