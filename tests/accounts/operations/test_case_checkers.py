"""Nobody left to check a case: the clerk hears it before submitting and afterwards, and a newly appointed reviewer helps."""

import json
from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse

from accounts.codes import CaseKind, CaseState, Role
from accounts.models import Case, User
from accounts.operations.cases import desk
from accounts.operations.cases.checkers import why_nobody_checks
from accounts.policies import registry
from accounts.queries.case_progress import counter_cases
from tests.accounts.citizen_pages import words
from tests.accounts.operations.counter_kit import TODAY, Counter
from tests.factories.users import citizen, official, signed_in

SAID = "没有能复核这件业务的人"


@pytest.fixture
def counter(policies_loaded) -> Counter:
    return Counter()


@pytest.fixture
def case(counter) -> Case:
    """Return a change of phone, which a second person checks, with all that it needs."""
    person = counter.insured()
    citizen("19900000001", person)
    case = counter.seen(counter.open(CaseKind.PHONE, person), "own_card")
    private = json.dumps({"phone": "19900000002"})
    return desk.save(act=counter.act(), number=case.number, version=case.version, private=private)


def test_with_a_reviewer_who_had_no_hand_in_it_nothing_is_said(counter, case):
    assert not why_nobody_checks(counter.act(), case)


def test_it_is_said_where_only_the_clerk_holds_the_role_under_another_account(counter, case):
    User.objects.filter(pk=counter.reviewer.pk).update(is_active=False)
    official(Role.REVIEWER, "clerks-other", "T1", str(counter.clerk.certno))
    assert SAID in why_nobody_checks(counter.act(), case)


@pytest.mark.parametrize("change", [{"role": Role.POLICY}, {"is_active": False}, {"office": "X1"}])
def test_it_is_said_before_and_after_submitting_until_another_reviewer_is_appointed(counter, case, change):
    User.objects.filter(pk=counter.reviewer.pk).update(**change)
    browser, address = signed_in(counter.clerk), reverse("counter_case", args=[case.number])
    assert SAID in browser.get(address).content.decode()
    assert counter.submit(case).case.state == CaseState.WAITING
    waiting = browser.get(address).content.decode()
    assert SAID in waiting
    assert "2026年3月25日" not in waiting, "no day is promised that nobody can keep"
    counter.official(Role.REVIEWER, "T2", 41)
    waiting = browser.get(address).content.decode()
    assert SAID not in waiting
    assert "2026年3月25日" in waiting


def test_by_when_there_is_a_result_stands_on_the_receipt_and_on_the_persons_own_page(counter, case):
    case = counter.submit(case).case
    receipt = signed_in(counter.clerk).post(reverse("counter_case_print", args=[case.number]), {"sheet": "receipt"})
    assert "2026年3月25日前有结果" in words(receipt)
    assert [one.by_on for one in counter_cases(case.subject, TODAY)] == [date(2026, 3, 25)]


def test_a_region_whose_terms_give_no_days_says_none(counter, case, monkeypatch):
    case = counter.submit(case).case
    terms = registry.counter(case.region, TODAY)
    monkeypatch.setattr(registry, "counter_or_none", lambda region, day: replace(terms, result_days=None))
    assert [one.by_on for one in counter_cases(case.subject, TODAY)] == [None]
