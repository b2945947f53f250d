"""办事进度: what is done for somebody at a counter is on their own page, and on nobody else's."""

from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse

from accounts.codes import CaseKind, CaseState
from accounts.models import Case, Duty, Office
from accounts.operations.cases import desk
from accounts.policies import registry
from tests.accounts.counter.invented_kind import KIND
from tests.accounts.operations.counter_kit import REGION
from tests.factories.people import EnrolmentFactory
from tests.factories.users import citizen, signed_in

PAGE = reverse("cases")
real = registry.counter


@pytest.fixture
def person(counter):
    return counter.insured()


@pytest.fixture
def browser(person):
    return signed_in(citizen("19900000021", person))


def text(browser) -> str:
    return browser.get(PAGE).content.decode()


def test_a_parked_case_says_what_to_do_and_by_when(counter, person, browser):
    case = counter.open(CaseKind.IDENTITY_CODE, person)
    assert "窗口在办" in text(browser)
    desk.park(act=counter.act(), number=case.number, version=case.version)
    page = text(browser)
    assert "等您补材料" in page
    assert "4月9日" in page, "thirty days by the region's terms"
    assert "到本统筹区任一窗口" in page


def test_a_parked_case_of_a_divided_region_names_the_office_that_finishes_it(counter, person, browser, monkeypatch):
    office = Office.objects.get(code="T2")
    EnrolmentFactory(person=person, region=REGION, street="塘下镇", from_on=date(2026, 1, 1))
    Duty.objects.create(
        office=office, region=REGION, street="塘下镇", group="employee", from_on=date(2015, 1, 1), source="测试"
    )
    monkeypatch.setattr(registry, "counter", lambda region, day: replace(real(region, day), by_area=True))
    for kind in (CaseKind.BIND, CaseKind.IDENTITY_CODE):
        case = counter.open(kind, person)
        desk.park(act=counter.act(), number=case.number, version=case.version)
    page = text(browser)
    assert "到网点T2（某路1号，65890000）" in page
    assert "到本统筹区任一窗口" in page, "a kind that any office finishes"


def test_a_case_sent_back_says_whom_to_ask(counter, person, browser):
    case = counter.open(CaseKind.IDENTITY_CODE, person)
    Case.objects.filter(pk=case.pk).update(state=CaseState.RETURNED)
    assert "想知道缺什么，打窗口电话 65890000 报编号。" in text(browser)


def test_a_case_given_up_says_when_and_whom_to_ask_and_nobody_works_on_it(counter, person, browser):
    case = counter.open(CaseKind.IDENTITY_CODE, person)
    act = counter.act(on=date(2026, 3, 12))
    desk.drop(act=act, number=case.number, version=case.version, note="不办了")
    page = text(browser)
    assert "这件业务没有办，2026年3月12日取消了。不清楚原因的，打窗口电话 65890000 报编号。" in page
    assert "谁在办" not in page
    assert "不办了" not in page, "the clerk's own words"


def test_a_finished_case_says_what_came_of_it(counter, person, browser):
    counter.submit(counter.seen(counter.open(CaseKind.IDENTITY_CODE, person), "own_card"))
    assert "已发核验码" in text(browser)


def test_a_relatives_case_is_not_there(counter, person, browser):
    case = counter.open(KIND, counter.insured(), other=person)
    assert case.number not in text(browser)
