"""What people are shown before they consent is what is taken, to the fen, whatever their accounts hold."""

from random import Random

import pytest

from payments.premiums.operations import paying
from payments.premiums.queries import plan_for
from tests.factories import family
from tests.payments.premiums.people import (
    ACT,
    DAY,
    JIANGXI,
    QUANZHOU,
    money,
    payer,
    pays_for,
    resident,
    turned_resident,
)

pytestmark = pytest.mark.usefixtures("policies_loaded")

AROUND = (0, 1, 150_00, 399_99, 400_00, 800_00, 1999_99, 2000_00, 2399_99, 2400_00, 2800_00, 5000_00)


@pytest.mark.parametrize("region", [QUANZHOU, JIANGXI])
@pytest.mark.parametrize("seed", range(6))
def test_the_plan_is_what_is_taken(region, seed):
    dice = Random(f"{region} {seed}")
    relative = payer(dice.choice(AROUND), dice.choice(AROUND) if region == QUANZHOU else 0, region=region)
    me = payer(dice.choice(AROUND), dice.choice(AROUND) if region == QUANZHOU else 0, region=region)
    turned_resident(me, region)
    pays_for(relative, me, limit_fen=dice.choice((None, 300_00, 400_00)))
    family_of_mine = [resident(region) for _ in range(3)]
    for one in family_of_mine:
        pays_for(me, one, limit_fen=dice.choice((None, 399_99, 400_00)))
    chosen = dice.sample([me, *family_of_mine], 4)
    before = {one: money(one, region) for one in (me, relative)}
    plan = plan_for(me, chosen, DAY)
    outcomes = paying.pay(act=ACT, payer=me, people=chosen, key="k")
    assert [bool(one.order) for one in outcomes] == [not one.reasons for one in plan.people]
    assert [one.reasons for one in outcomes] == [one.reasons for one in plan.people]
    assert {str(pot.pot): pot.after_fen for pot in plan.pots}.items() <= dict(
        zip(("carried", "pool"), money(me, region), strict=True)
    ).items()
    taken = sum(sum(before[one]) - sum(money(one, region)) for one in (me, relative))
    assert taken == plan.total_fen == 400_00 * sum(bool(one.order) for one in outcomes)


def test_how_many_people_there_are_does_not_change_how_many_questions_are_asked(django_assert_max_num_queries):
    from payments.premiums.queries import people_to_pay_for

    me = payer(3000_00)
    for _ in range(6):
        pays_for(me, family.insured(QUANZHOU, resident=True))
    with django_assert_max_num_queries(14):
        assert len(people_to_pay_for(me, DAY)) == 7
