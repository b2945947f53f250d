"""The rules of bills by themselves, without any server: what may be paid for, and which part of a bill accounts paid."""

from datetime import date

import pytest

from accounts.policies.terms.spending import COSTS, USES
from family.rules import Where
from family.rules.use import refusal
from payments.bills.rules import account_part
from tests.factories.family import RUIAN

pytestmark = pytest.mark.unit


class TestRule:
    """The rule is pure: what is paid for, against the terms."""

    def terms(self, **changes):
        from tests.accounts.policies.test_vectors import terms_of

        found = terms_of({"region": RUIAN}, "spending", date(2026, 3, 10))
        return type(found)(**{name: getattr(found, name) for name in found.__slots__} | changes)

    @pytest.mark.parametrize("use", USES)
    def test_a_use_that_is_not_named_is_refused(self, use):
        terms = self.terms(uses=tuple(other for other in USES if other != use))
        refused = {each for each in USES if refusal(Where("hospital", 1, each), terms)}
        assert refused == {use}

    @pytest.mark.parametrize("cost", COSTS)
    def test_a_cost_that_is_not_named_is_refused(self, cost):
        terms = self.terms(costs=tuple(other for other in COSTS if other != cost))
        assert {each for each in COSTS if refusal(Where("hospital", 1, category=each), terms)} == {cost}

    @pytest.mark.parametrize(("kind", "use"), [("hospital", "treatment"), ("pharmacy", "pharmacy")])
    def test_where_nothing_is_said_the_place_says_what_is_paid_for(self, kind, use):
        assert Where(kind).use == use


def test_the_account_part_of_all_parts_is_what_accounts_paid():
    """Of 10 fen, 7 from accounts: whatever the cut, the parts together are 7."""
    for cut in range(11):
        parts = [
            account_part(amount_fen=10, account_fen=7, before_fen=before, back_fen=back)
            for before, back in ((0, cut), (cut, 10 - cut))
        ]
        assert sum(parts) == 7
        assert parts[0] == max(0, cut - 3)
