"""Two workers that look for something to tell at the same moment tell it once."""

from datetime import date, timedelta

import pytest

from accounts.models import Notice, User
from accounts.operations import found_notices
from tests.accounts.citizen_pages import browser_of
from tests.concurrency import ROUNDS, all_at_once, is_lost
from tests.factories.acts import act_at
from tests.personas import insured, pays, run, spend
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def told_twice():
    """Return a race of three workers over one use of money: whether its owner was told more than once, or never."""
    person = insured()
    browser_of(person)
    User.objects.filter(person=person).update(sms_choices={"use": True})
    pays(person, "5000.00", since=date(2025, 1, 1), until=date(2026, 1, 1))
    run("accrual", "2025", on=date(2025, 1, 1))
    found_notices.tell_found(act=act_at(clock.now() + timedelta(hours=2)))

    def race() -> bool:
        before = Notice.objects.count()
        spend(person, 1_00, on=date(2025, 6, 2), key=f"bill {before}", reason="门诊")
        act = act_at(clock.now() + timedelta(hours=2))
        all_at_once(*[lambda: found_notices.tell_found(act=act)] * 3)
        return Notice.objects.count() != before + 1

    return race


def test_what_two_workers_find_is_told_once(told_twice):
    assert not any(told_twice() for _ in range(5 * ROUNDS))


def test_without_the_lock_it_is_told_twice(told_twice, monkeypatch):
    monkeypatch.setattr(found_notices, "_is_ours", lambda source: True)
    assert is_lost(told_twice)
