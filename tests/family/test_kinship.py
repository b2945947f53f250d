"""What two birth days, and the sex of two people, rule out."""

from datetime import date

import pytest

from accounts.codes import Relation
from family.rules.facts import UNKNOWN, Kin
from family.rules.kinship import against, against_births

pytestmark = pytest.mark.unit
TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("relation", "payer", "user", "fits"),
    [
        (Relation.PARENT, date(1980, 1, 1), date(1950, 1, 1), True),
        (Relation.PARENT, date(1980, 1, 1), date(1968, 1, 1), True),
        (Relation.PARENT, date(1980, 1, 1), date(1968, 1, 2), False),
        (Relation.CHILD, date(1980, 1, 1), date(1950, 1, 1), False),
        (Relation.CHILD, date(1980, 1, 1), date(2020, 1, 1), True),
        (Relation.GRANDPARENT, date(2000, 1, 1), date(1980, 1, 1), False),
        (Relation.GRANDPARENT, date(2000, 1, 1), date(1940, 1, 1), True),
        (Relation.GRANDCHILD, date(1950, 1, 1), date(2010, 1, 1), True),
        (Relation.GRANDCHILD, date(1990, 1, 1), date(2010, 1, 1), False),
        (Relation.SIBLING, date(1990, 1, 1), date(1960, 1, 1), True),
        (Relation.SPOUSE, date(1990, 1, 1), date(1960, 1, 1), True),
        (Relation.SPOUSE, date(1990, 1, 1), date(2010, 1, 1), False),
    ],
)
def test_birth_days_that_fit_and_that_do_not(relation, payer, user, fits):
    assert (against_births(relation, payer, user, TODAY) == "") is fits


def test_two_of_one_sex_are_no_couple():
    one, other = Kin(date(1980, 1, 1), 2), Kin(date(1981, 1, 1), 2)
    assert "性别相同" in against(Relation.SPOUSE, one, other, TODAY)
    assert against(Relation.SIBLING, one, other, TODAY) == ""


@pytest.mark.parametrize("relation", list(Relation))
def test_a_number_that_tells_nothing_rules_nothing_out(relation):
    assert against(relation, Kin(date(1980, 1, 1), 2), UNKNOWN, TODAY) == ""
