"""复核 at the counter: a reviewer sees what would happen and what was seen, lets it happen or sends it back."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from accounts.codes import CaseState, Role
from accounts.identity import audit
from accounts.models import AuditEvent, Case
from accounts.operations import objections
from accounts.operations.cases import access, desk, handlers
from accounts.operations.cases.access import on_case
from accounts.queries import trace
from tests.accounts.counter.invented_kind import KIND
from tests.accounts.operations.counter_kit import TODAY, Counter
from tests.factories.people import certno
from tests.factories.users import official, signed_in
from yibao.lib.masking import masked_certno


@pytest.fixture
def reviewer(counter) -> Client:
    return signed_in(counter.reviewer)


@pytest.fixture
def waiting(counter) -> Case:
    return submitted(counter, counter.insured())


def submitted(counter: Counter, subject) -> Case:
    """Return a case that an agent has brought: it waits for a second person."""
    case = counter.open(KIND, subject, other=counter.insured())
    case = desk.save(
        act=counter.act(),
        number=case.number,
        version=case.version,
        asked={"relation": "spouse"},
        agent_name="司徒代办",
        agent_certno=certno(771),
        power_number="瑞证字1号",
    )
    return counter.submit(counter.seen(case, "card")).case


def at(case: Case, name: str = "counter_check") -> str:
    return reverse(name, args=[case.number])


def approved(browser: Client, case: Case, digest: str = ""):
    return browser.post(at(case), {"digest": digest or case.approval.digest})


def state_of(case: Case) -> str:
    case.refresh_from_db()
    return case.state


def test_the_queue_shows_the_oldest_first_and_opens_it(counter, reviewer):
    first, second = submitted(counter, counter.insured()), submitted(counter, counter.insured())
    page = reviewer.get(reverse("counter_review")).content.decode()
    assert page.index(first.number) < page.index(second.number)
    assert reviewer.get(at(first)).status_code == 200


def test_a_reviewer_sees_what_would_happen_and_what_was_seen(reviewer, waiting):
    page = reviewer.get(at(waiting)).content.decode()
    assert "¥1,070.88" in page
    assert "双方身份证" in page
    assert "没有看到： 社保卡" in " ".join(page.split())
    assert "瑞证字1号" in page
    assert str(waiting.subject.certno) not in page


def test_a_reviewer_sees_who_brings_it_while_it_waits(reviewer, waiting):
    page = reviewer.get(at(waiting)).content.decode()
    assert f"司徒代办，{masked_certno(certno(771))}" in page
    assert certno(771) not in page
    approved(reviewer, waiting)
    assert "司徒代办" not in reviewer.get(at(waiting)).content.decode()


def test_whoever_opens_it_to_check_it_stands_on_the_record_of_both_people(reviewer, waiting):
    reviewer.get(reverse("counter_check", args=[waiting.number]))
    read = AuditEvent.objects.filter(verb="case.read", case=waiting.number)
    assert {event.subject_id for event in read} == set(filter(None, (waiting.subject_id, waiting.other_id)))
    assert all("复核时打开" in trace.words_of(event) for event in read)
    assert read[0] in trace.trace_of(waiting.subject) or read[1] in trace.trace_of(waiting.subject)


def test_who_may_not_check_it_is_not_told_what_is_personal_of_it(counter, waiting):
    again = official(Role.REVIEWER, "clerk-as-reviewer", "T1", str(counter.clerk.certno))
    page = signed_in(again).get(reverse("counter_check", args=[waiting.number]))
    assert page.context["why_not"]
    assert page.context["told"] == []


def test_what_was_read_happens_and_the_next_one_opens(counter, reviewer, waiting):
    another = submitted(counter, counter.insured())
    assert approved(reviewer, waiting).url == at(another)
    assert state_of(waiting) == CaseState.DONE
    assert approved(reviewer, another).url == reverse("counter_review")


def test_the_same_button_twice_lets_it_happen_once(reviewer, waiting):
    approved(reviewer, waiting)
    assert approved(reviewer, waiting).status_code == 422
    assert AuditEvent.objects.filter(verb="case.done", subject=waiting.subject).count() == 1


def test_a_page_of_a_waiting_case_leads_a_reviewer_to_the_checking_and_nobody_else(counter, reviewer, waiting):
    link = f'href="{at(waiting)}"'
    day = {"day": TODAY.isoformat()}
    event = audit.record(act=on_case(counter.act(), waiting), verb="case.submitted", subject=waiting.subject)
    objection = objections.object_to(act=counter.act(), person=waiting.subject, event_id=event.pk, words="")
    assert link in reviewer.get(at(waiting, "counter_case")).content.decode()
    assert link in reviewer.get(reverse("counter_today"), day).content.decode()
    assert link in reviewer.get(reverse("counter_objection", args=[objection.number])).content.decode()
    clerk = signed_in(counter.clerk)
    assert link not in clerk.get(at(waiting, "counter_case")).content.decode()
    assert link not in clerk.get(reverse("counter_today"), day).content.decode()


def test_another_digest_than_the_one_read_is_refused_and_leads_back_to_the_checking(reviewer, waiting):
    answer = approved(reviewer, waiting, "0" * 64)
    assert answer.status_code == 422
    assert f'href="{at(waiting)}"' in answer.content.decode()
    assert state_of(waiting) == CaseState.WAITING


def test_a_case_sent_back_says_why_to_its_clerk(counter, reviewer, waiting):
    assert reviewer.post(at(waiting, "counter_check_back"), {}).status_code == 422
    reviewer.post(at(waiting, "counter_check_back"), {"reason": "papers", "text": "委托书请重拍"})
    assert (state_of(waiting), waiting.note) == (CaseState.RETURNED, "材料不齐或看不清：委托书请重拍")
    page = signed_in(counter.clerk).get(reverse("counter_case", args=[waiting.number])).content.decode()
    assert "委托书请重拍" in page


def test_a_reviewer_of_another_region_finds_nothing(counter, waiting):
    browser = signed_in(counter.official(Role.REVIEWER, "X1", 8))
    assert browser.get(at(waiting)).status_code == 404
    assert approved(browser, waiting).status_code == 404
    assert waiting.number not in browser.get(reverse("counter_review")).content.decode()


@pytest.mark.parametrize("role", [Role.CLERK, Role.POLICY, Role.APPROVER])
def test_other_roles_do_not_come_in(counter, waiting, role):
    browser = signed_in(counter.official(role, "T1", 9))
    assert browser.get(reverse("counter_review")).status_code == 403
    assert approved(browser, waiting).status_code == 403
    assert state_of(waiting) == CaseState.WAITING


def test_nobody_checks_their_own_person(counter, reviewer):
    case = submitted(counter, counter.insured(certno=counter.reviewer.certno))
    assert reviewer.get(at(case)).status_code == 403
    assert approved(reviewer, case).status_code == 403
    assert "不能办自己的业务" in reviewer.get(reverse("counter_review")).content.decode()
    assert state_of(case) == CaseState.WAITING


def test_nobody_checks_their_family(counter, reviewer, waiting, monkeypatch):
    myself = counter.insured(certno=counter.reviewer.certno)
    monkeypatch.setattr(access, "is_family", [lambda a, b: {a, b} == {myself, waiting.other}])
    assert reviewer.get(at(waiting)).status_code == 403
    assert approved(reviewer, waiting).status_code == 403


def test_a_second_login_of_the_clerk_checks_nothing(counter, waiting):
    again = official(Role.REVIEWER, "clerk-as-reviewer", "T1", str(counter.clerk.certno))
    answer = approved(signed_in(again), waiting)
    assert answer.status_code == 422
    assert "自己提交的不能自己复核" in answer.content.decode()
    assert state_of(waiting) == CaseState.WAITING


def test_an_administrator_is_no_exception(counter, waiting):
    root = official(Role.REVIEWER, "root", "T1", certno(977))
    root.is_superuser, root.role = True, ""
    root.save()
    assert approved(signed_in(root), waiting).status_code == 403


def test_a_role_taken_away_ends_the_session_at_the_counter(counter, reviewer, waiting):
    assert reviewer.get(at(waiting)).status_code == 200
    type(counter.reviewer).objects.filter(pk=counter.reviewer.pk).update(role=Role.POLICY)
    assert reviewer.get(at(waiting)).status_code == 302
    assert approved(reviewer, waiting).status_code == 401


def test_what_the_case_relies_on_moved_and_it_comes_back(counter, reviewer, waiting, monkeypatch):
    found = handlers.handler_of(KIND)
    moved = replace(found, assess=lambda act, case: replace(found.assess(act, case), content={"asked": "别的"}))
    monkeypatch.setitem(handlers._handlers, KIND, moved)
    answer = approved(reviewer, waiting)
    assert answer.status_code == 409
    assert state_of(waiting) == CaseState.RETURNED
