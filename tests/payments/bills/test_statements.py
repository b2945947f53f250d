"""A bill costs few statements: layers tell each other what is locked and read."""

import pytest

from accounts.models import Notice, User
from accounts.policies import registry
from payments.bills import operations
from payments.models import Bill
from tests.factories.family import ACT, RUIAN, TODAY, bond, insured
from tests.personas import clinic
from tests.statements import sent

pytestmark = pytest.mark.usefixtures("policies_loaded")


@pytest.fixture(autouse=True)
def _rules_are_not_asked_for(monkeypatch):
    """Whether a rule was published since is asked once a second, by whoever comes then."""
    monkeypatch.setattr(registry, "_RECHECK_SECONDS", 3600.0)


def statements(person) -> int:
    """Return how many statements the second bill of this person sends, all of it paid by accounts."""
    place = clinic(RUIAN)

    def pay(number: str) -> Bill:
        return operations.pay(
            act=ACT, institution=place, person=person, region=RUIAN, amount_fen=100, on=TODAY, bill_no=number
        )

    pay("first")
    with sent() as texts:
        assert pay("second").account_fen == 100
    return len([text for text in texts if not text.startswith(("SAVEPOINT", "RELEASE"))])  # of the test's transaction


def test_a_bill_paid_with_own_money_sends_at_most_six_statements():
    assert statements(insured(carried=1_000, current=50)) <= 6


@pytest.mark.parametrize("limit_fen", [None, 900_00], ids=["no limit", "a limit"])
@pytest.mark.parametrize("signs_in", [False, True], ids=["a payer on paper", "a payer with a phone"])
def test_a_bill_that_one_relative_pays_sends_at_most_twelve(signs_in, limit_fen):
    payer, user = insured(carried=1_000), insured(resident=True)
    bond(payer, user, limit_fen=limit_fen)
    if signs_in:
        User.objects.create(username="payer", person=payer, phone="13900000000")
    assert statements(user) <= 12
    assert Notice.objects.filter(person=payer).count() == 2
