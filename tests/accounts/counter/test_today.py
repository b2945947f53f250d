"""The day of an office, and its end: what was submitted against the receipts that were printed."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.codes import CaseKind, Role
from accounts.models import AuditEvent, Case, DayClose
from accounts.operations.cases import deciding, desk
from accounts.operations.cases.access import CaseError
from accounts.operations.cases.closing import close_day
from accounts.operations.cases.printing import print_sheets
from tests.accounts.operations.counter_kit import REGION, TODAY, Counter, happened
from tests.factories.counter import act_of
from tests.factories.users import signed_in
from yibao.lib import clock


@pytest.fixture
def clerk(counter) -> Client:
    return signed_in(counter.clerk)


def begun(counter: Counter, user=None) -> Case:
    """Return a case that was opened just now."""
    act = act_of(user or counter.clerk)
    return desk.open_case(act=act, kind=CaseKind.IDENTITY_CODE, subject=counter.insured(), region=REGION)


def submitted(counter: Counter, user=None) -> Case:
    """Return a case that was opened and done just now."""
    act, case = act_of(user or counter.clerk), begun(counter, user)
    papers = [{"code": "own_card", "name": "本人有效身份证件"}]
    case = desk.save(act=act, number=case.number, version=0, identities_checked=True, papers=papers)
    digest = deciding.digest_of(case, deciding.assess(act, case))
    return deciding.submit(act=act, number=case.number, version=case.version, digest=digest).case


class TestTheList:
    def test_it_shows_the_offices_own_cases_of_the_day_with_totals(self, counter, clerk):
        mine, open_one, elsewhere = submitted(counter), begun(counter), begun(counter, counter.colleague)
        before = counter.open(CaseKind.IDENTITY_CODE, counter.insured())  # on another day
        page = clerk.get(reverse("counter_today"))
        assert {case.number for case in page.context["cases"]} == {mine.number, open_one.number}
        assert page.context["totals"] == [("办理中", 1), ("已办结", 1)]
        assert elsewhere.number not in page.content.decode()
        assert before.number in clerk.get(reverse("counter_today"), {"day": TODAY.isoformat()}).content.decode()

    def test_names_are_masked(self, counter, clerk):
        case = submitted(counter)
        assert case.subject.name not in clerk.get(reverse("counter_today")).content.decode()

    def test_it_is_filtered_by_state_kind_and_clerk(self, counter, clerk):
        done, open_one = submitted(counter), begun(counter)
        other = counter.official(Role.CLERK, "T1", 7)
        theirs = submitted(counter, other)

        def shown(**chosen) -> set[str]:
            return {case.number for case in clerk.get(reverse("counter_today"), chosen).context["cases"]}

        assert shown(state="open") == {open_one.number}
        assert shown(kind="bind") == set()
        assert shown(clerk=other.pk) == {theirs.number}
        assert shown(clerk=counter.clerk.pk) == {done.number, open_one.number}

    def test_what_cannot_be_a_day_is_said(self, clerk):
        answer = clerk.get(reverse("counter_today"), {"day": "昨天"})
        assert answer.status_code == 422
        assert "日期要写全" in answer.content.decode()


class TestClosing:
    def test_what_differs_and_what_is_open_is_named(self, counter, clerk):
        with_receipt, without, open_one = submitted(counter), submitted(counter), begun(counter)
        print_sheets(act=act_of(counter.clerk), number=with_receipt.number, sheets=["receipt"])
        assert clerk.post(reverse("counter_day_close")).url == reverse("counter_day_sheet")
        closing = DayClose.objects.get()
        assert (closing.submitted, closing.receipts) == (2, 1)
        assert (closing.without_receipt, closing.still_open) == ([without.number], [open_one.number])
        sheet = clerk.get(reverse("counter_day_sheet")).content.decode()
        assert without.number in sheet
        assert open_one.number in sheet
        assert AuditEvent.objects.filter(verb="day.closed", office="T1").count() == 1

    def test_the_sheet_lists_what_it_counts(self, counter, clerk):
        counted = submitted(counter)
        taken_back = submitted(counter)
        happened(  # submitted yesterday, and ended today
            taken_back,
            submitted_at=clock.now() - timedelta(days=1),
            opened_at=clock.now() - timedelta(days=1),
            closed_at=clock.now(),
        )
        close_day(act=act_of(counter.clerk))
        submitted(counter)  # after the day was closed
        page = clerk.get(reverse("counter_day_sheet"))
        assert [case.number for case in page.context["cases"]] == [counted.number]
        assert page.context["closing"].submitted == 1

    def test_once_a_day_for_each_clerk(self, counter, clerk):
        close_day(act=act_of(counter.clerk))
        answer = clerk.post(reverse("counter_day_close"))
        assert answer.status_code == 422
        assert "已经日结过了" in answer.content.decode()
        close_day(act=act_of(counter.colleague))
        assert DayClose.objects.count() == 2

    def test_a_closing_stays_as_it_is(self, counter):
        closing = close_day(act=act_of(counter.clerk))
        with pytest.raises(IntegrityError), transaction.atomic():
            DayClose.objects.filter(pk=closing.pk).update(receipts=0, submitted=0)

    def test_what_others_did_and_other_days_do_not_count(self, counter):
        submitted(counter, counter.colleague)
        DayClose.objects.create(
            office="T1",
            clerk=counter.clerk,
            day=clock.today() - timedelta(days=1),
            submitted=0,
            receipts=0,
            at=clock.now(),
        )
        assert close_day(act=act_of(counter.clerk)).submitted == 0

    def test_only_a_clerk_closes(self, counter):
        with pytest.raises(CaseError, match="经办岗"):
            close_day(act=act_of(counter.reviewer))
        assert signed_in(counter.reviewer).get(reverse("counter_today")).status_code == 200
        assert signed_in(counter.reviewer).post(reverse("counter_day_close")).status_code == 403
