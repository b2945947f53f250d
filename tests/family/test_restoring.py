"""An end that was a mistake (case 27): put right in the roster, the family bond comes back; others stay ended."""

from datetime import date, timedelta

import pytest

from accounts.models import Enrolment, FactChange
from family import upkeep
from family.codes import BondState, EventKind
from family.models import Bond, Event
from family.operations import accepting, ending, life_events, pool
from family.queries import bonds as bond_queries
from tests.factories.acts import act_on
from tests.factories.family import ACT, NOW, QUANZHOU, RUIAN, TODAY, balance_of, bond, insured, invited
from tests.factories.notices import titles
from tests.factories.people import EnrolmentFactory

pytestmark = pytest.mark.usefixtures("policies_loaded")

TOMORROW = TODAY + timedelta(days=1)


def day_of_upkeep(on: date) -> dict[str, int]:
    report = upkeep.keep_up(act=act_on(on))
    assert report.failed == []
    return {name: count for name, count in report.done.items() if count}


def changed(person, status: int, on: date, region: str = RUIAN, **more) -> Enrolment:
    last = Enrolment.objects.filter(person=person).latest("from_on")
    kept = {"insurance": last.insurance, "person_type": last.person_type}
    return EnrolmentFactory(person=person, region=region, status=status, from_on=on, **kept, **more)


def state_of(tie: Bond) -> tuple[str, str]:
    return Bond.objects.values_list("state", "end_reason").get(pk=tie.pk)


@pytest.fixture
def payer():
    return insured(RUIAN, carried=500_000, name="陈静", gender=2)


@pytest.fixture
def father():
    return insured(RUIAN, resident=True, name="陈伟", gender=1)


@pytest.fixture
def tie(payer, father) -> Bond:
    return bond(payer, father, limit_fen=100_000)


class TestComesBack:
    def test_what_a_mistake_ended_comes_back_when_it_is_put_right(self):
        """Case 27 as it was written, in a region with pools."""
        payer = insured(QUANZHOU, carried=500_000, name="陈静", gender=2)
        father = insured(QUANZHOU, resident=True, name="陈伟", gender=1)
        number = invited(payer, father, QUANZHOU).invitation.number
        accepting.accept(act=ACT, user=father, number=number)
        pool.move_in(act=ACT, payer=payer, region=QUANZHOU, amount_fen=50_000, key="k")
        changed(payer, 4, TODAY, QUANZHOU)
        assert day_of_upkeep(TODAY) == {"结束的共济关系": 1}
        changed(payer, 1, TOMORROW, QUANZHOU)
        assert day_of_upkeep(TOMORROW) == {"恢复的共济关系": 1}
        assert Bond.objects.get().state == BondState.ACTIVE
        assert balance_of(payer, QUANZHOU) == 500_000  # what was in the pool stays with its owner

    def test_it_stands_as_it_did_and_both_are_told_once(self, payer, father, tie):
        changed(payer, 4, TODAY)
        day_of_upkeep(TODAY)
        changed(payer, 1, TOMORROW)
        day_of_upkeep(TOMORROW)
        assert day_of_upkeep(TOMORROW) == {}
        now = Bond.objects.get(pk=tie.pk)
        assert (now.state, now.end_reason, now.limit_fen, now.state_at) == ("active", "", 100_000, NOW)
        for person in (payer, father):
            assert sum(title.endswith("的家庭共济恢复了") for title in titles(person)) == 1
        assert [mark.kind for mark in bond_queries.history(now, for_payer=True)] == [
            EventKind.BOUND,
            EventKind.ENDED,
            EventKind.RESTORED,
        ]

    def test_one_whose_end_no_longer_counts(self, payer, tie):
        row = changed(payer, 4, TODAY)
        day_of_upkeep(TODAY)
        change = FactChange.objects.create(kind="withdrawn", reason="导错了", actor="system:test", at=NOW)
        Enrolment.all_rows.filter(pk=row.pk).update(counts=False, changed_by=change)
        later = TODAY + timedelta(days=30)
        assert day_of_upkeep(later) == {"恢复的共济关系": 1}
        assert state_of(tie) == ("active", "")

    def test_one_that_the_roster_calls_a_mistake_however_late(self, payer, tie):
        changed(payer, 4, TODAY, end_reason=5)
        day_of_upkeep(TODAY)
        later = TODAY + timedelta(days=40)
        changed(payer, 1, later)
        assert day_of_upkeep(later) == {"恢复的共济关系": 1}

    def test_the_users_end_too_and_a_suspended_bond_is_suspended_again(self, father, tie):
        Bond.objects.filter(pk=tie.pk).update(state="suspended")
        changed(father, 4, TODAY)
        day_of_upkeep(TODAY)
        changed(father, 1, TOMORROW)
        day_of_upkeep(TOMORROW)
        assert state_of(tie) == ("suspended", "")


class TestStaysEnded:
    def test_what_somebody_ended_themselves(self, payer, father, tie):
        changed(payer, 4, TODAY)
        ending.leave(act=ACT, user=father, bond_id=tie.pk)
        changed(payer, 1, TOMORROW)
        assert day_of_upkeep(TOMORROW) == {}
        assert state_of(tie) == ("ended", "left")

    def test_what_a_death_ended(self, payer, tie):
        life_events.report_death(act=ACT, person=payer)
        assert day_of_upkeep(TOMORROW) == {}
        assert state_of(tie) == ("ended", "payer_died")

    def test_an_insurance_that_really_ended_and_began_anew(self, payer, tie):
        changed(payer, 4, TODAY)
        day_of_upkeep(TODAY)
        later = TODAY + timedelta(days=20)
        changed(payer, 1, later)
        assert day_of_upkeep(later) == {}
        assert state_of(tie) == ("ended", "payer_left")

    def test_what_has_a_successor(self, payer, father, tie):
        changed(payer, 4, TODAY)
        day_of_upkeep(TODAY)
        changed(payer, 1, TOMORROW)
        bond(payer, father)
        assert day_of_upkeep(TOMORROW) == {}
        assert state_of(tie) == ("ended", "payer_left")

    def test_what_ended_so_long_ago_that_people_bind_anew(self, payer, tie):
        row = changed(payer, 4, TODAY)
        day_of_upkeep(TODAY)
        change = FactChange.objects.create(kind="withdrawn", reason="导错了", actor="system:test", at=NOW)
        Enrolment.all_rows.filter(pk=row.pk).update(counts=False, changed_by=change)
        assert day_of_upkeep(TODAY + timedelta(days=91)) == {}
        assert not Event.objects.filter(kind=EventKind.RESTORED).exists()
