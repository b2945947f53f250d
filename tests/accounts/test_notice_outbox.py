"""Notices are an outbox: facts in the transaction, words when shown or sent, and no text undoes what it tells of."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import wording
from accounts.codes import MessageState, NoticeKind
from accounts.identity import sms
from accounts.models import Feedback, Notice, OutboxMessage
from accounts.operations import notices
from accounts.wording import Words
from tests.accounts.citizen_pages import browser_of, words
from tests.factories.acts import act_at
from tests.factories.notices import answered, told
from tests.personas import insured

pytestmark = pytest.mark.usefixtures("policies_loaded", "november")


@pytest.fixture
def person():
    found = insured()
    browser_of(found)
    return found


@pytest.fixture
def waiting(settings):
    """Let messages wait for a gateway, as everywhere but in the demo."""
    settings.DEMO = False


def test_the_transaction_writes_facts_and_no_words(person, november, waiting):
    notice = answered(person, november)
    assert (notice.title, notice.text, notice.facts) == ("", "", {"feedback": Feedback.objects.get().pk})
    message = OutboxMessage.objects.get()
    assert (message.state, message.phone, message.text) == (MessageState.WAITING, "", "")


def test_a_wording_that_fails_undoes_nothing_and_says_something_true(person, november, caplog):
    @wording.template("test_broken", NoticeKind.FAMILY)
    def broken(told) -> Words:
        raise RuntimeError("陈静")

    notices.tell(act=act_at(november), person=person, template=broken, facts={})
    page = words(browser_of(person).get("/messages/"))
    assert "家庭共济的邀请和改动：一条通知" in page
    assert "2026年11月20日有一件事通知过您，现在查不到详细内容了。要问是什么事，请打65895523。" in page
    assert "陈静" not in caplog.text


@pytest.mark.parametrize("lost", [{"template": "of_a_later_release"}, {"facts": {}}, {"facts": {"feedback": 10**9}}])
def test_what_can_no_longer_be_worded_is_no_broken_page(person, november, lost):
    notice = answered(person, november)
    Notice.objects.filter(pk=notice.pk).update(**lost)
    browser = browser_of(person)
    assert "办事进度：一条通知" in words(browser.get("/messages/"))


def test_those_from_before_keep_their_words(person, november):
    Notice.objects.create(person=person, kind="case", title="钱到了", text="今年的钱已经记入。", at=november)
    assert told(person) == [Words("钱到了", "今年的钱已经记入。")]


def test_rows_are_asked_for_once_a_page_and_not_once_a_notice(person, november):
    asked = []
    for _ in range(2):
        for _ in range(4):
            answered(person, november)
        with CaptureQueriesContext(connection) as queries:
            told(person)
        asked.append(len(queries))
    assert asked == [2, 2]


def test_page_and_phone_say_the_same_and_a_repetition_too(person, november, waiting, monkeypatch):
    notices.warn_of_new_device(act=act_at(november), person=person)
    posted = []
    monkeypatch.setattr(sms, "_post", lambda message: posted.append((str(message.phone), str(message.text))))
    message = OutboxMessage.objects.get()
    assert sms.send(message.id, november) == MessageState.SENT
    (said,) = told(person)
    assert posted == [(person.user.phone, f"【医保个人账户】{said.title}。{said.text}")]


def test_what_somebody_typed_stays_on_the_page(person, november, waiting, monkeypatch):
    answered(person, november, answer="加微信领补贴")
    assert "加微信" not in sms.text_of(OutboxMessage.objects.get())
    assert "加微信领补贴" in words(browser_of(person).get("/messages/"))


def test_who_turned_it_off_meanwhile_is_not_sent_to(person, november, waiting):
    answered(person, november)
    person.user.sms_choices = {"case": False, "account": False}
    person.user.save()
    message = OutboxMessage.objects.get()
    assert sms.send(message.id, november) == MessageState.OFF
    assert OutboxMessage.objects.get().state == MessageState.OFF


def test_what_waited_for_more_than_a_day_is_not_sent_any_more(person, november, waiting):
    answered(person, november)
    message = OutboxMessage.objects.get()
    assert sms.send(message.id, november + timedelta(days=1)) == MessageState.EXPIRED


def test_whoever_never_signed_in_has_the_notice_and_no_message(november):
    answered(insured(), november)
    assert Notice.objects.exists()
    assert not OutboxMessage.objects.exists()
