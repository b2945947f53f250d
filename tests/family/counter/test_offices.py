"""Which office finishes a binding: while areas are divided the responsible one, after 30 June 2017 the centre (TV-24)."""

from datetime import date

import pytest

from accounts.codes import CaseState, Role
from accounts.models import Case, Person, User
from accounts.operations.cases import desk
from accounts.operations.cases.access import CaseError
from accounts.operations.offices import load_offices
from family.models import Bond
from tests.accounts.test_offices import FILE
from tests.factories.family import RUIAN, insured
from tests.factories.people import EnrolmentFactory
from tests.family.counter.kit import FamilyCounter

CENTRE, TANGXIA, MAYU = "330381-01", "330381-04", "330381-07"
SELF = ("self-20170508-1", "self-20170508-2", "self-20170508-3")


@pytest.fixture
def offices(counter) -> FamilyCounter:
    load_offices(act=counter.act(), path=FILE)
    counter.today = date(2017, 5, 20)
    return counter


def clerk_at(counter: FamilyCounter, office: str, serial: int) -> User:
    return counter.official(Role.CLERK, office, serial)


def from_tangxia(counter: FamilyCounter) -> Person:
    payer = counter.payer()
    EnrolmentFactory(person=payer, region=RUIAN, street="塘下镇", from_on=date(2016, 1, 1))
    return payer


def ready(counter: FamilyCounter, payer: Person) -> Case:
    user = insured(from_on=date(2015, 1, 1))
    return counter.seen(counter.bind_case(payer, user), *SELF, "kin")


def test_the_office_of_another_area_takes_the_papers_and_the_responsible_one_finishes(offices):
    offices.clerk = clerk_at(offices, MAYU, 11)
    case = ready(offices, from_tangxia(offices))
    (stop,) = offices.shown(case).stops
    assert stop.startswith("这件业务归塘下分局办（塘下镇中心规划一路")
    with pytest.raises(CaseError, match="塘下分局"):
        offices.submit(case)
    desk.park(act=offices.act(), number=case.number, version=case.version)
    other = clerk_at(offices, TANGXIA, 12)
    case = desk.resume(act=offices.act(other), number=case.number)
    assert offices.submit(case, other).case.state == CaseState.DONE
    assert Bond.objects.count() == 1


def test_after_june_all_are_finished_at_the_centre(offices):
    offices.clerk = clerk_at(offices, TANGXIA, 11)
    case = ready(offices, from_tangxia(offices))
    assert offices.shown(case).stops == ()
    offices.today = date(2017, 7, 1)
    assert "归医保中心办" in offices.shown(case).stops[0]
    centre = clerk_at(offices, CENTRE, 12)
    case = desk.resume(act=offices.act(centre), number=case.number)
    assert offices.submit(case, centre).case.state == CaseState.DONE


def test_the_papers_are_those_of_the_regions_list(offices):
    offices.clerk = clerk_at(offices, TANGXIA, 11)
    payer, child = from_tangxia(offices), insured(from_on=date(2015, 1, 1), birth_on=date(2012, 1, 1), resident=True)
    case = offices.bind_case(payer, child, relation="2")
    names = [paper.name for paper in offices.shown(case).papers]
    assert names == ["授权人的身份证", "孩子的户口本或身份证", "填好的申请表", "承诺书", "户口本、出生证明或收养登记证"]
    case = desk.save(act=offices.act(), number=case.number, version=case.version, power_number="瑞证字1号")
    assert "经公证处公证的委托书" in [paper.name for paper in offices.shown(case).papers]
