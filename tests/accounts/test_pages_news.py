"""通知 tells what moved in the account and what changed about the person, from the books and facts themselves."""

from datetime import date

import pytest

from accounts.codes import EnrolmentStatus
from accounts.models import Notice
from tests.accounts.citizen_pages import browser_of, last_entry, seen, worker
from tests.personas import changed, insured, paid_for

pytestmark = pytest.mark.usefixtures("policies_loaded", "november")

MESSAGES = "/messages/"


def test_credits_and_own_uses_are_told_and_lead_to_how_they_came_about():
    person = worker()
    page = browser_of(person).get(MESSAGES).content.decode()
    for kind in ("precredit", "spending"):
        assert f'href="/account/entries/{last_entry(person, kind, "2026").pk}/"' in page
    assert "+1,440.00" in page
    assert not Notice.objects.exists(), "no run writes a row for anybody"


def test_a_new_base_and_the_one_before():
    person = insured()
    paid_for(person, date(2026, 3, 1), "5600.00")
    paid_for(person, date(2026, 4, 1), "6400.00")
    assert "2026年4月起缴费基数从5,600.00元变成6,400.00元。" in seen(person, MESSAGES)


def test_a_status_that_stopped_and_went_on():
    person = insured()
    changed(person, date(2026, 7, 1), status=EnrolmentStatus.SUSPENDED)
    assert "2026年7月1日起停保，停保期间没有新的钱记入。" in seen(person, MESSAGES)
    changed(person, date(2026, 9, 1), status=EnrolmentStatus.NORMAL)
    page = seen(person, MESSAGES)
    assert page.index("2026年9月1日起恢复参保。") < page.index("2026年7月1日起停保")


def test_what_did_not_change_is_no_news():
    person = insured()
    for month in (3, 4, 5):
        paid_for(person, date(2026, month, 1), "5600.00")
    assert "账户最近的变动" not in seen(person, MESSAGES)
