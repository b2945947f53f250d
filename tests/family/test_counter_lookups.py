"""At a counter nobody reaches their own family, and of the others' relatives only what tells them apart."""

import pytest

from accounts.codes import CaseKind, LookupPurpose
from accounts.operations import lookups
from accounts.operations.cases import desk
from accounts.queries.counter_hooks import sharing_of
from family.codes import BondState, EndReason
from family.models import Bond, Invitation
from tests.factories.counter import act_of, clerk_at
from tests.factories.family import RUIAN, TODAY, bond, insured, invited, renumbered

pytestmark = pytest.mark.usefixtures("policies_loaded")


@pytest.fixture
def clerk():
    return clerk_at("R03", region=RUIAN)


@pytest.fixture
def own(clerk):
    """The clerk as an insured person with money."""
    return insured(carried=500_000, certno=clerk.certno)


def look_up(clerk, person):
    return lookups.look_up(act=act_of(clerk), typed=person.certno, purpose=LookupPurpose.QUESTION).lookup


def is_refused(clerk, person) -> bool:
    try:
        return not look_up(clerk, person)
    except lookups.NotYoursError:
        return True


def test_whoever_shares_money_with_the_clerk_is_refused_either_way_round(clerk, own):
    parent, payer, stranger = insured(), insured(carried=100), insured()
    bond(own, parent)
    bond(payer, own, relation="2")
    assert is_refused(clerk, parent)
    assert is_refused(clerk, payer)
    assert not is_refused(clerk, stranger)


def test_family_stays_family_when_sharing_has_ended(clerk, own):
    former = insured()
    bond(own, former, state=BondState.ENDED, end_reason=EndReason.values[0])
    assert is_refused(clerk, former)


def test_whoever_is_invited_or_has_invited_is_family_until_it_is_answered(clerk, own):
    asked, asking = insured(), insured(carried=500_000)
    sent, received = invited(own, asked), invited(asking, own, relation="7")
    assert is_refused(clerk, asked)
    assert is_refused(clerk, asking)
    Invitation.objects.filter(pk=received.invitation.pk).update(sender_unknown=True)
    assert not is_refused(clerk, asking), "a stranger cannot make themselves untouchable"
    assert sent.invitation.is_open


def test_who_was_invited_by_a_number_they_have_no_longer_is_family(clerk, own):
    asked = insured()
    invited(own, asked)
    renumbered(asked)
    assert is_refused(clerk, asked)
    assert [tie.is_payer for tie in sharing_of(asked, RUIAN, TODAY)] == [False]


def test_a_former_number_that_somebody_else_has_now_makes_nobody_family(clerk, own):
    asked = insured()
    invited(own, asked)
    before = renumbered(asked)
    holder = insured(certno=before)
    assert not is_refused(clerk, asked)
    assert is_refused(clerk, holder)


def test_a_relative_is_shown_by_a_masked_name_and_the_relation(own):
    parent, sibling, child = insured(name="陈建国"), insured(name="陈建军"), insured(carried=100, name="陈小红")
    bond(own, parent, limit_fen=100_000, declared=True)
    bond(child, own, relation="5", state=BondState.SUSPENDED)
    invited(own, sibling, relation="7")
    ties = sharing_of(own, RUIAN, TODAY)
    assert [(tie.is_payer, tie.whose[:2], tie.state, tie.is_declared) for tie in ties] == [
        (True, "陈*", "使用中", True),
        (True, "陈*", "等答复", False),
        (False, "陈*", "停用中", False),
    ]
    assert (ties[0].limit_fen, ties[0].used_fen) == (100_000, 0)
    assert not sharing_of(own, "330900", TODAY), "money of another region is not this office's"


def test_what_has_ended_is_not_shown_as_a_tie(own):
    bond(own, insured(), state=BondState.ENDED, end_reason=EndReason.values[0])
    assert Bond.objects.exists()
    assert not sharing_of(own, RUIAN, TODAY)


def test_the_second_person_of_a_case_may_be_insured_where_the_rules_let_relatives_be(clerk):
    payer, in_province, elsewhere = insured(carried=300_000), insured("330900"), insured("350500")
    case = desk.open_case(act=act_of(clerk), kind=CaseKind.BIND, subject=payer, region=RUIAN)

    def find(person, number=case.number):
        found = lookups.look_up(act=act_of(clerk, number), typed=person.certno, purpose=CaseKind.BIND)
        return found.lookup.person

    assert find(in_province) == in_province
    for person, number in ((elsewhere, case.number), (in_province, ""), (in_province, "YW2026-0101-AAAAAAAA")):
        with pytest.raises(lookups.NobodyFoundError):
            find(person, number)
    desk.park(act=act_of(clerk), number=case.number, version=case.version)
    with pytest.raises(lookups.NobodyFoundError):
        find(in_province)
