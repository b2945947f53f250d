"""Objections land with a reviewer of the region who had nothing to do with it; the answer comes back to who objected."""

import threading

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet
from django.urls import reverse

from accounts.codes import CaseKind, ObjectionState, Role
from accounts.identity import audit
from accounts.models import AuditEvent, Notice, Objection, Person, User
from accounts.operations import objections
from accounts.operations.cases import access, desk
from accounts.operations.cases.access import CaseError
from accounts.operations.objections import ObjectionAnsweredError, ObjectionError
from accounts.queries.trace import trace_of
from tests.accounts.citizen_pages import browser_of, seen, words
from tests.accounts.operations.counter_kit import Counter
from tests.concurrency import HUNG, all_at_once
from tests.factories.notices import texted
from tests.factories.people import certno
from tests.factories.users import official, signed_in

ANSWER = "查过了：是同名的人来办的，已经改正。"


@pytest.fixture
def counter(policies_loaded) -> Counter:
    return Counter()


def objected(counter: Counter, person: Person | None = None, *, looked: User | None = None) -> Objection:
    """Return what somebody objects to: that a clerk looked at them."""
    person = person or counter.insured()
    event = audit.record(act=counter.act(looked), verb=audit.LOOKED_UP, subject=person)
    return objections.object_to(act=counter.act(), person=person, event_id=event.pk, words="那天我在外地")


def answered(counter: Counter, objection: Objection, user: User | None = None, text: str = ANSWER) -> Objection:
    return objections.answer(act=counter.act(user or counter.reviewer), number=objection.number, text=text)


def page_of(objection: Objection) -> str:
    return reverse("counter_objection", args=[objection.number])


def state_of(objection: Objection) -> str:
    return Objection.objects.get(pk=objection.pk).state


class TestAnswering:
    def test_the_reviewer_sees_what_where_who_and_the_words_and_the_answer_comes_back(self, counter):
        person = counter.insured(name="陈晓明")
        case = counter.open(CaseKind.IDENTITY_CODE, person)
        objection = objections.object_to(
            act=counter.act(), person=person, event_id=trace_of(person).get().pk, words="不是我"
        )
        browser = signed_in(counter.reviewer)
        assert objection.number in words(browser.get(reverse("counter_objections")))
        response = browser.get(page_of(objection))
        page = words(response)
        for said in ("陈*", "开通网上登录：受理", "网点T1窗口", counter.clerk.username, case.number, "不是我"):
            assert said in page
        assert "陈晓明" not in page
        assert reverse("counter_case", args=[case.number]) in response.content.decode()
        assert ANSWER in words(browser.post(page_of(objection), {"text": ANSWER}, follow=True))
        progress = seen(person, "/cases/")
        assert "已答复" in progress
        assert ANSWER in progress
        assert ANSWER in seen(person, "/messages/")
        assert AuditEvent.objects.get(verb="objection.answered").subject == person

    def test_what_waits_comes_first_the_oldest_before_the_others(self, counter):
        first, second, third = (objected(counter) for _ in range(3))
        answered(counter, first)
        page = words(signed_in(counter.reviewer).get(reverse("counter_objections")))
        assert page.index(second.number) < page.index(third.number) < page.index(first.number)

    def test_the_list_names_nobody_and_asks_as_often_for_twenty_as_for_two(
        self, counter, django_assert_max_num_queries
    ):
        for _ in range(12):
            objected(counter, counter.insured(name="陈晓明"))
        browser = signed_in(counter.reviewer)
        browser.get(reverse("counter_objections"))
        with django_assert_max_num_queries(14):
            assert "陈" not in words(browser.get(reverse("counter_objections")))

    def test_the_phone_is_told_that_there_is_an_answer_and_not_what_it_says(self, counter):
        person = counter.insured()
        browser_of(person)  # somebody who signs in by phone
        objection = objected(counter, person)
        answered(counter, objection)
        assert Notice.objects.get(person=person).facts == {"objection": objection.pk}
        ((_, text),) = texted(counter.act().at)
        assert "同名" not in text


class TestWhoMayNot:
    def test_no_clerk_and_no_other_region(self, counter):
        objection = objected(counter)
        with pytest.raises(CaseError, match="复核岗"):
            answered(counter, objection, counter.clerk)
        stranger = counter.official(Role.REVIEWER, "X1", 7)
        with pytest.raises(ObjectionError, match="本统筹区没有"):
            answered(counter, objection, stranger)
        browser = signed_in(stranger)
        assert browser.get(page_of(objection)).status_code == 404
        assert objection.number not in words(browser.get(reverse("counter_objections")))
        assert state_of(objection) == ObjectionState.OPEN

    def test_not_who_looked_nor_under_another_account(self, counter):
        objection = objected(counter, looked=counter.reviewer)
        other_account = official(Role.REVIEWER, "reviewer-again", "T2", certno(904))
        assert other_account.certno == counter.reviewer.certno
        for user in (counter.reviewer, other_account):
            with pytest.raises(ObjectionError, match="您经手过"):
                answered(counter, objection, user)
        answered(counter, objection, counter.official(Role.REVIEWER, "T2", 8))

    def test_not_who_had_a_hand_in_the_case_at_any_step(self, counter):
        person = counter.insured()
        case = counter.open(CaseKind.IDENTITY_CODE, person)
        desk.drop(act=counter.act(), number=case.number, version=case.version, note="不办了")
        opened = trace_of(person).order_by("id").first()
        objection = objections.object_to(act=counter.act(), person=person, event_id=opened.pk)
        User.objects.filter(pk=counter.clerk.pk).update(role=Role.REVIEWER)
        with pytest.raises(ObjectionError, match="您经手过"):
            answered(counter, objection, counter.clerk)

    def test_not_who_only_had_it_in_hand_for_a_while(self, counter):
        person = counter.insured()
        case = counter.open(CaseKind.IDENTITY_CODE, person)
        desk.resume(act=counter.act(counter.colleague), number=case.number)
        desk.resume(act=counter.act(), number=case.number)
        opened = trace_of(person).order_by("id").first()
        objection = objections.object_to(act=counter.act(), person=person, event_id=opened.pk)
        User.objects.filter(pk=counter.colleague.pk).update(role=Role.REVIEWER)
        with pytest.raises(ObjectionError, match="您经手过"):
            answered(counter, objection, counter.colleague)

    def test_not_oneself_and_not_family_of_either_side(self, counter, monkeypatch):
        mine = counter.insured(certno=counter.reviewer.certno)
        with pytest.raises(ObjectionError, match="自己的业务"):
            answered(counter, objected(counter, mine))
        spouse, clerk_self = counter.insured(), counter.insured(certno=counter.clerk.certno)
        kin = {frozenset((mine.pk, spouse.pk)), frozenset((mine.pk, clerk_self.pk))}
        monkeypatch.setattr(access, "is_family", [lambda one, other: frozenset((one.pk, other.pk)) in kin])
        with pytest.raises(ObjectionError, match="家人的业务"):
            answered(counter, objected(counter, spouse))
        with pytest.raises(ObjectionError, match="您的家人经手"):
            answered(counter, objected(counter))
        answered(counter, objected(counter, looked=counter.colleague))

    def test_the_page_refuses_too_shows_nothing_and_writes_it_down(self, counter):
        objection = objected(counter, looked=counter.reviewer)
        response = signed_in(counter.reviewer).get(page_of(objection))
        assert response.status_code == 403
        assert "那天我在外地" not in words(response)
        event = AuditEvent.objects.get(verb=audit.REFUSED)
        assert event.detail == {"verb": "objection.shown", "error": "ObjectionError"}

    def test_nobody_whose_own_number_is_not_known(self, counter):
        with pytest.raises(ObjectionError, match="没有登记本人的证件号码"):
            answered(counter, objected(counter), official(Role.REVIEWER, "nobody-knows", "T1"))

    @pytest.mark.parametrize("text", ["", "去 www.evil.xyz 看", f"他的号码是{certno(5)}", "打19900012345", "长" * 401])
    def test_no_empty_answers_links_or_numbers(self, counter, text):
        objection = objected(counter)
        with pytest.raises(ObjectionError):
            answered(counter, objection, text=text)
        assert signed_in(counter.reviewer).post(page_of(objection), {"text": text}).status_code == 422
        assert state_of(objection) == ObjectionState.OPEN


class TestTwice:
    def test_a_second_answer_is_refused_and_the_first_stays(self, counter):
        objection = objected(counter)
        answered(counter, objection)
        with pytest.raises(ObjectionAnsweredError, match="同事已经答复过了"):
            answered(counter, objection, text="另一句")
        response = signed_in(counter.reviewer).post(page_of(objection), {"text": "另一句"})
        assert response.status_code == 409
        assert Objection.objects.get().answer == ANSWER
        assert Notice.objects.count() == 1


class TestAtTheSameMoment:
    def both(self, counter: Counter, objection: Objection) -> list[object]:
        """Two reviewers answer at once."""
        second = counter.official(Role.REVIEWER, "T2", 8)
        return all_at_once(
            lambda: answered(counter, objection, text="甲答").answer,
            lambda: answered(counter, objection, second, text="乙答").answer,
        )

    def test_one_answer_and_a_clear_refusal(self, committed_db):
        counter = Counter()
        objection = objected(counter)
        results = self.both(counter, objection)
        assert ObjectionAnsweredError in results
        assert Objection.objects.get().answer in results
        assert Notice.objects.filter(template="objection_answered").count() == 1

    def test_without_the_lock_both_believe_to_be_the_first(self, committed_db, monkeypatch):
        """The control. The database still keeps the first answer: what is answered is final."""
        counter = Counter()
        objection = objected(counter)
        together = threading.Barrier(2, timeout=HUNG)
        monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows)
        monkeypatch.setattr(objections, "why_not_answered_by", lambda user, found: [together.wait(), ""][1])
        results = self.both(counter, objection)
        assert ObjectionAnsweredError not in results
        assert IntegrityError in results
