"""Relations that birth days, sex or standing bonds rule out are refused when inviting and when agreeing."""

from datetime import date

import pytest

from family.models import Bond, Invitation
from family.operations import accepting
from family.queries.bonds import bonds_given
from family.rules import RefusedError
from tests.factories.family import ACT, RUIAN, TODAY, bond, insured, invited

pytestmark = pytest.mark.usefixtures("policies_loaded")

BORN = date(1980, 1, 1)


@pytest.fixture
def payer():
    return insured(carried=300_000, name="陈静", gender=2, serial=330, birth_on=BORN)


def man(serial: int, born: date = BORN, **facts):
    return insured(resident=True, gender=1, serial=serial, birth_on=born, **facts)


def why_not(act) -> dict[str, str]:
    with pytest.raises(RefusedError) as refusal:
        act()
    return {str(reason.code): reason.found for reason in refusal.value.reasons}


def agree(user, invitation: Invitation) -> Bond:
    return accepting.accept(act=ACT, user=user, number=invitation.number)


def test_a_father_born_1950_is_no_son_of_somebody_born_1980(payer):
    father = man(331, date(1950, 1, 1))
    assert why_not(lambda: invited(payer, father, relation="2")) == {"kinship": "按出生日期，父母应比子女至少大12岁"}
    assert not bonds_given(payer, TODAY)


def test_a_mother_eleven_years_older_than_her_son_is_none(payer):
    assert "kinship" in why_not(lambda: invited(payer, man(332, date(1969, 1, 2)), relation="5"))


def test_nobody_has_two_husbands_at_once(payer):
    agree(one := man(333), invited(payer, one, relation="1").invitation)
    found = why_not(lambda: invited(payer, man(335), relation="1"))
    assert found == {"payer_has_spouse": "您的家庭共济里已经有另一位配偶"}


def test_nor_does_one_who_was_asked_before_the_first_had_agreed(payer):
    one, two = man(333), man(335)
    first, second = (invited(payer, user, relation="1").invitation for user in (one, two))
    agree(one, first)
    assert set(why_not(lambda: agree(two, second))) == {"payer_not_ready"}  # whose husband the other is, is not theirs
    assert Bond.objects.count() == 1


def test_a_husband_of_somebody_else_is_not_ones_own(payer):
    husband = man(335)
    bond(insured(carried=300_000, gender=2, serial=336, birth_on=BORN), husband, relation="1")
    invitation = invited(payer, husband, relation="1").invitation  # whose husband he is, an inviter does not learn
    assert why_not(lambda: agree(husband, invitation)) == {"kinship": "用钱的人在家庭共济里已经有另一位配偶"}


def test_a_wife_one_way_round_is_no_sister_the_other(payer):
    brother = man(337)
    bond(brother, payer, region=RUIAN, relation="1")
    invitation = invited(payer, brother, relation="7").invitation
    assert why_not(lambda: agree(brother, invitation)) == {"kinship": "反过来用钱的时候，两人登记的是“配偶”"}
