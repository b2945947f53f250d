"""「不是我来办的」 said at the window: taken by a clerk with no hand in it, answered by the reviewers as if said online."""

from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from accounts.codes import CaseKind
from accounts.identity.access import actor_of
from accounts.models import AuditEvent, Case, Objection
from accounts.operations import objections
from accounts.operations.objections import ObjectionError
from accounts.queries.objections import taken_by
from tests.accounts.citizen_pages import seen, words
from tests.factories.acts import act_now
from tests.factories.users import signed_in


@pytest.fixture
def case(counter) -> Case:
    """Return a case that a colleague at another office has opened."""
    return counter.open(CaseKind.IDENTITY_CODE, counter.insured(name="陈晓明"))


@pytest.fixture
def colleague(counter) -> Client:
    return signed_in(counter.colleague)


def token_of(colleague: Client, case: Case) -> UUID:
    typed = {"typed": str(case.subject.certno), "purpose": "question"}
    return colleague.post(reverse("counter_find"), typed, follow=True).context["lookup"].token


def address(colleague: Client, case: Case) -> str:
    return reverse("counter_person_objection", args=[token_of(colleague, case)])


def opening(case: Case) -> AuditEvent:
    return AuditEvent.objects.get(case=case.number, verb="case.opened")


def typed(case: Case, **more: str) -> dict[str, str]:
    return {"event": str(opening(case).pk), "words": "那天我在外地", "is_present": "on", **more}


def test_it_lands_with_the_reviewers_and_on_the_persons_own_pages(counter, colleague, case):
    page = colleague.post(address(colleague, case), typed(case), follow=True)
    objection = Objection.objects.get()
    assert f"编号{objection.number}" in words(page)
    assert (objection.subject, objection.case, objection.words) == (case.subject, case, "那天我在外地")
    told = words(signed_in(counter.reviewer).get(reverse("counter_objection", args=[objection.number])))
    assert f"由{counter.colleague.name}（{counter.colleague.username}）代收" in told
    assert objection.number in seen(case.subject, "/cases/")
    objections.answer(act=act_now(actor_of(counter.reviewer)), number=objection.number, text="查过了，已取消")
    assert "查过了，已取消" in words(colleague.get(address(colleague, case))), "who has no phone hears it at the window"


def test_not_unless_the_card_was_held_against_who_says_it(colleague, case):
    answer = colleague.post(address(colleague, case), typed(case, is_present=""))
    assert answer.status_code == 422
    assert "请核对来人和证件" in words(answer)
    assert not Objection.objects.exists()


def test_what_the_clerk_looked_at_or_did_is_not_offered_and_the_operation_refuses_it(counter, case):
    own = signed_in(counter.clerk)
    token = token_of(own, case)
    page = words(own.get(reverse("counter_person_objection", args=[token])))
    assert "没有您能代收的" in page
    with pytest.raises(ObjectionError, match="您经手过"):
        objections.take_objection(act=act_now(actor_of(counter.clerk)), token=token, event_id=opening(case).pk)
    assert not Objection.objects.exists()


def test_of_nobody_else_and_of_nobody_without_a_look_up(counter, colleague, case):
    other = counter.open(CaseKind.IDENTITY_CODE, counter.insured())
    answer = colleague.post(address(colleague, case), typed(other))
    assert answer.status_code == 422
    assert signed_in(counter.clerk).get(address(colleague, case)).status_code == 404, "not with a colleague's look-up"
    assert not Objection.objects.exists()


def test_who_took_it_does_not_answer_it(counter, colleague, case):
    colleague.post(address(colleague, case), typed(case))
    objection = Objection.objects.get()
    counter.colleague.role = "reviewer"
    counter.colleague.save()
    assert taken_by(objection) == counter.colleague
    assert "您代收的" in objections.why_not_answered_by(counter.colleague, objection)
