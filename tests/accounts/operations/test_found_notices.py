"""Credits, take-backs, own use, base and status reach the phone of whoever wants that: found in the books, within the day."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.codes import EnrolmentStatus, MessageState
from accounts.models import AuditEvent, Import, Notice, OutboxMessage, Person, User
from accounts.operations.found_notices import tell_found
from tests.accounts.citizen_pages import CLINIC, browser_of, words
from tests.factories.acts import act_at
from tests.factories.notices import texted, titles, told
from tests.factories.people import ContributionFactory, EnrolmentFactory
from tests.personas import ZHOUSHAN, insured, pays, reverse, run, spend
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("policies_loaded")

EVERYTHING = {"credit": True, "use": True, "change": True}


def later(hours: int = 2):
    """Everything that was posted is settled by then."""
    return act_at(clock.now() + timedelta(hours=hours))


def wanting(**choices: bool) -> Person:
    person = insured()
    browser_of(person)
    User.objects.filter(person=person).update(sms_choices=choices)
    return person


def credited(*people: Person) -> None:
    for person in people:
        pays(person, "5000.00", since=date(2025, 1, 1), until=date(2026, 1, 1))
    run("accrual", "2025", on=date(2025, 1, 1))


def begun() -> None:
    assert tell_found(act=later()) == 0


def test_a_credit_is_told_to_whom_chose_it_once(settings):
    settings.DEMO = False
    wants, does_not = wanting(credit=True), wanting()
    begun()
    credited(wants, does_not)
    assert tell_found(act=later()) == 1
    (said,) = told(wants)
    assert said.title == "您的个人账户记入 1,200.00 元"
    assert said.text == "2025年度的钱提前记入（预划）。"
    assert not Notice.objects.filter(person=does_not).exists(), "their page shows it from the books"
    assert OutboxMessage.objects.get().state == MessageState.WAITING
    assert texted(clock.now()) == [(wants.user.phone, f"【医保个人账户】{said.title}。{said.text}")]
    assert tell_found(act=later(3)) == 0
    assert "看这一笔" in words(browser_of(wants).get("/messages/"))


def test_what_was_there_before_the_first_time_is_no_news():
    credited(wanting(credit=True))
    begun()
    assert tell_found(act=later(3)) == 0
    assert AuditEvent.objects.filter(verb="notices.posted").count() == 1


def test_what_may_still_be_joined_by_an_older_one_waits():
    person = wanting(credit=True)
    begun()
    credited(person)
    assert tell_found(act=act_at(clock.now())) == 0
    assert tell_found(act=later()) == 1


def test_ones_own_use_and_what_is_given_back_name_no_place():
    person = wanting(use=True)
    credited(person)
    begun()
    voucher = spend(person, 100_00, on=date(2025, 6, 2), key="a bill", reason="门诊", place=CLINIC)
    reverse(voucher, on=date(2025, 6, 3), key="back")
    assert tell_found(act=later()) == 2
    assert titles(person) == ["您用了个人账户 100.00 元", "退回您的个人账户 100.00 元"]
    assert told(person)[0].text == "6月2日在一级医疗机构用的。不是您本人用的？请马上打65895523。"
    assert told(person)[1].text == "6月2日用的一笔退回了。"


def test_what_is_taken_back_is_told_unless_it_was_turned_off():
    told_of, silent = wanting(), wanting(account=False)
    for person in (told_of, silent):
        pays(person, "5000.00", since=date(2025, 1, 1), until=date(2025, 7, 1))
    run("accrual", "2025", on=date(2025, 1, 1))
    begun()
    for person in (told_of, silent):
        EnrolmentFactory(person=person, region=ZHOUSHAN, from_on=date(2025, 7, 1), status=EnrolmentStatus.SUSPENDED)
    run("close_year", "2025", on=date(2026, 1, 10))
    tell_found(act=later())
    assert titles(told_of) == ["收回多记的 600.00 元"]
    assert titles(silent) == []


def test_the_days_messages_are_not_exceeded_and_the_rest_comes_the_next_day(settings):
    settings.SMS_FOUND_PER_DAY = 2
    people = [wanting(credit=True) for _ in range(3)]
    begun()
    credited(*people)
    assert tell_found(act=later()) == 2
    assert tell_found(act=later()) == 0
    assert tell_found(act=later(26)) == 1
    assert sorted(Notice.objects.values_list("person", flat=True)) == sorted(person.pk for person in people)


def test_it_asks_the_database_as_often_for_many_as_for_one():
    asked = []
    begun()
    for number in (1, 6):
        credited(*(wanting(credit=True) for _ in range(number)))
        with CaptureQueriesContext(connection) as queries:
            assert tell_found(act=later()) == number
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_a_new_base_and_a_new_status_are_told_once_and_what_is_long_past_is_not():
    person = wanting(change=True)
    today = clock.today()
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    long_ago = [date(2020, 1, 1), date(2020, 2, 1)]
    begun()
    brought = Import.objects.create(kind="roster", digest="x", rows=1, actor="system:test")
    for at, base in zip([*long_ago, before, month], (1, 2, 5000_00, 6000_00), strict=True):
        ContributionFactory(person=person, region=ZHOUSHAN, month=at, base_fen=base, source=brought)
    EnrolmentFactory(person=person, region=ZHOUSHAN, from_on=today, status=EnrolmentStatus.SUSPENDED, source=brought)
    assert tell_found(act=later()) == 2
    assert sorted(titles(person)) == ["您的参保状态变了", "您的缴费基数变了"]
    text = " ".join(one.text for one in told(person))
    assert "从 5,000.00 元变成 6,000.00 元" in text
    assert "停保，停保期间没有新的钱记入" in text
    assert tell_found(act=later(5)) == 0
