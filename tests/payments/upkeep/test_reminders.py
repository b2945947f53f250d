"""One reminder before a campaign ends, once, to people who can still pay for a relative; nobody else hears of it."""

from datetime import timedelta

import pytest

from accounts.models import Notice
from accounts.wording import worded
from payments.models import PremiumReminder
from payments.premiums.jobs import reminders
from payments.premiums.jobs.campaigns import open_on
from payments.premiums.operations import paying
from tests.concurrency import all_at_once
from tests.factories.acts import act_on
from tests.payments.premiums.people import DAY, JIANGXI, QUANZHOU, payer, pays_for, resident
from yibao.lib.days import short_day_words


def campaign(region: str = QUANZHOU):
    return next(one for one in open_on(DAY) if one.region == region)


def remind(days_left: int) -> int:
    """Let the job look so many days before the end; return how many people it told."""
    on = campaign().terms.last_on - timedelta(days=days_left)
    return sum(
        reminders.remind_one(act=act_on(on), campaign=found, payer_id=payer_id)
        for found, payer_id in reminders.due(on)
        if found.region == QUANZHOU
    )


def told(person) -> list[str]:
    return [words.text for words in worded(list(Notice.objects.filter(person=person, template="premium_reminder")))]


@pytest.mark.usefixtures("policies_loaded")
class TestWhoIsTold:
    def test_whoever_can_pay_for_a_relative_hears_whom_how_much_and_until_when(self):
        one, parent = payer(5000_00), resident()
        pays_for(one, parent)
        assert remind(reminders.DAYS_BEFORE) == 1
        (text,) = told(one)
        last = short_day_words(campaign().terms.last_on)
        assert text.startswith(f"{parent.name}还没有交2027年度居民医保，每人400.00 元，{last}截止")

    def test_not_before_the_last_days(self):
        pays_for(payer(5000_00), resident())
        assert remind(reminders.DAYS_BEFORE + 1) == 0

    def test_once_in_a_campaign_however_often_the_job_comes(self):
        one = payer(5000_00)
        pays_for(one, resident())
        assert [remind(days) for days in (10, 10, 9, 1)] == [1, 0, 0, 0]
        assert len(told(one)) == 1

    def test_several_relatives_are_one_notice(self):
        one = payer(5000_00)
        relatives = [resident() for _ in range(2)]
        for place, relative in enumerate(relatives, 1):
            pays_for(one, relative, place=place)
        remind(5)
        (text,) = told(one)
        assert all(relative.name in text for relative in relatives)

    def test_nobody_whose_relatives_are_paid_for(self):
        one, parent = payer(5000_00), resident()
        pays_for(one, parent)
        paying.pay(act=act_on(DAY), payer=one, people=[parent], key="paid")
        assert remind(5) == 0

    def test_nobody_whose_money_does_not_reach(self):
        pays_for(payer(399_99), resident())
        assert remind(5) == 0

    def test_nobody_whose_relative_may_not_use_it_for_premiums(self):
        pays_for(payer(5000_00), resident(), scopes=["medical"])
        assert remind(5) == 0

    def test_nobody_for_a_relative_of_another_regions_campaign(self):
        pays_for(payer(5000_00, region=JIANGXI), resident(JIANGXI), region=JIANGXI)
        assert remind(5) == 0

    def test_whoever_has_nothing_to_be_reminded_of_is_not_looked_at_again(self):
        pays_for(payer(1_00), resident())
        remind(5)
        assert list(PremiumReminder.objects.values_list("people", flat=True)) == [0]
        on = campaign().terms.last_on
        assert [payer_id for found, payer_id in reminders.due(on) if found.region == QUANZHOU] == []


def test_eight_jobs_at_once_tell_once(committed_db):
    one = payer(5000_00)
    pays_for(one, resident())
    act = act_on(campaign().terms.last_on)
    found = campaign()
    results = all_at_once(*[lambda: reminders.remind_one(act=act, campaign=found, payer_id=one.pk)] * 8)
    assert sorted(map(bool, results)) == [False] * 7 + [True]
    assert Notice.objects.filter(template="premium_reminder").count() == 1
