"""办事进度: what is done for somebody at a counter is on their own page, and on nobody else's."""

import pytest
from django.urls import reverse

from accounts.codes import CaseKind
from accounts.operations.cases import desk
from tests.accounts.counter.invented_kind import KIND
from tests.factories.users import citizen, signed_in

PAGE = reverse("cases")


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


def test_a_finished_case_says_what_came_of_it(counter, person, browser):
    counter.submit(counter.seen(counter.open(CaseKind.IDENTITY_CODE, person), "own_card"))
    assert "已发核验码" in text(browser)


def test_a_relatives_case_is_not_there(counter, person, browser):
    case = counter.open(KIND, counter.insured(), other=person)
    assert case.number not in text(browser)
