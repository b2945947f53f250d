"""Cases at a counter: opened by one clerk, gone on with by another, submitted as they were shown, taken back."""

from dataclasses import replace
from datetime import date

import pytest

from accounts.codes import COUNTER_ROLES, ApprovalState, CaseKind, CaseState, Role
from accounts.models import Approval, AuditEvent, Case, IdentityCode, Region, User
from accounts.operations import approvals, identity
from accounts.operations.approvals import ApprovalError, ApprovalMovedError
from accounts.operations.cases import deciding, desk, handlers, printing, undoing, withdrawing
from accounts.operations.cases.access import CaseError, CaseMovedError
from accounts.operations.cases.handlers import CaseHandler
from accounts.policies import registry
from accounts.policies.registry import NoPolicyError
from tests.accounts.operations.counter_kit import ELSEWHERE, REGION, Counter, name_now, ready, renaming_kind
from tests.factories.people import PersonFactory
from tests.factories.users import citizen, official

pytestmark = pytest.mark.usefixtures("policies_loaded")


@pytest.fixture
def counter(policies_loaded) -> Counter:
    return Counter()


@pytest.fixture
def renaming(policies_loaded, monkeypatch) -> CaseHandler:
    return renaming_kind(monkeypatch)


class TestOneClerk:
    def test_a_code_for_the_portal_is_given_once_all_has_been_seen(self, counter):
        person = counter.insured()
        case = counter.open(CaseKind.IDENTITY_CODE, person)
        case = counter.seen(case, "own_card")
        done = counter.submit(case)
        assert done.case.state == CaseState.DONE
        user = citizen("19900000011")
        assert identity.prove_by_code(act=counter.act(user), user=user, typed=done.shown_once, address="a") == person
        assert done.shown_once not in str(vars(done.case))

    def test_every_step_is_on_the_persons_trace_with_office_and_case(self, counter):
        case = counter.seen(counter.open(CaseKind.IDENTITY_CODE, counter.insured()), "own_card")
        counter.submit(case)
        rows = AuditEvent.objects.filter(subject=case.subject).order_by("id")
        assert list(rows.values_list("verb", flat=True)) == ["case.opened", "identity.code_issued", "case.done"]
        assert set(rows.values_list("office", "case")) == {("T1", case.number)}

    @pytest.mark.parametrize(
        ("checked", "papers", "missing"),
        [(False, ["own_card"], "人证一致"), (True, [], "缺：本人有效身份证件")],
    )
    def test_nothing_is_submitted_while_something_is_missing(self, counter, checked, papers, missing):
        case = counter.open(CaseKind.IDENTITY_CODE, counter.insured())
        desk.save(
            act=counter.act(),
            number=case.number,
            version=0,
            identities_checked=checked,
            papers=[{"code": code} for code in papers],
        )
        case.refresh_from_db()
        with pytest.raises(CaseError, match=missing):
            counter.submit(case)
        assert not IdentityCode.objects.exists()

    def test_what_moved_since_it_was_shown_is_not_submitted(self, counter, renaming):
        case = ready(counter)
        shown = counter.digest(case)
        Region.objects.update(name="别的名")
        with pytest.raises(CaseMovedError):
            deciding.submit(act=counter.act(), number=case.number, version=case.version, digest=shown)
        assert name_now() == "别的名"

    def test_the_same_submission_again_does_nothing_twice(self, counter):
        case = counter.seen(counter.open(CaseKind.IDENTITY_CODE, counter.insured()), "own_card")
        shown = counter.digest(case)
        counter.submit(case)
        with pytest.raises(CaseError, match="已办结"):
            deciding.submit(act=counter.act(), number=case.number, version=case.version, digest=shown)
        assert IdentityCode.objects.count() == 1


class TestSeveralClerks:
    def test_a_parked_case_is_gone_on_with_at_another_office(self, counter):
        case = counter.open(CaseKind.IDENTITY_CODE, counter.insured())
        desk.park(act=counter.act(), number=case.number, version=case.version)
        case = desk.resume(act=counter.act(counter.colleague), number=case.number)
        case = counter.seen(case, "own_card", user=counter.colleague)
        assert counter.submit(case, counter.colleague).case.office == "T2"

    def test_of_two_who_work_on_one_case_the_second_is_told(self, counter):
        case = counter.open(CaseKind.IDENTITY_CODE, counter.insured())
        counter.seen(case)
        with pytest.raises(CaseMovedError):
            counter.seen(case, "own_card")

    def test_only_whoever_holds_a_case_changes_it(self, counter):
        case = counter.open(CaseKind.IDENTITY_CODE, counter.insured())
        with pytest.raises(CaseError, match="别的同事"):
            counter.seen(case, user=counter.colleague)

    def test_another_regions_office_does_not_find_it(self, counter):
        case = counter.open(CaseKind.IDENTITY_CODE, counter.insured())
        with pytest.raises(CaseError, match="没有这件业务"):
            desk.resume(act=counter.act(counter.stranger), number=case.number)


class TestWhoMayNot:
    def test_nobody_opens_a_case_for_somebody_of_another_region(self, counter):
        with pytest.raises(CaseError, match="没有在本统筹区参保"):
            counter.open(CaseKind.IDENTITY_CODE, counter.insured(ELSEWHERE))

    def test_nobody_works_on_themselves(self, counter):
        myself = counter.insured(certno=counter.clerk.certno)
        with pytest.raises(CaseError, match="自己的业务"):
            counter.open(CaseKind.IDENTITY_CODE, myself)

    def test_nobody_whose_own_number_is_not_on_file_works_on_anybody(self, counter, renaming):
        clerk, reviewer = (counter.act(official(role, f"unknown-{role}", "T1")) for role in COUNTER_ROLES)
        person, case = counter.insured(), ready(counter, power_number="瑞证字1号")
        with pytest.raises(CaseError, match="没有登记本人的证件号码"):
            desk.open_case(act=clerk, kind=CaseKind.SHOW, subject=person, region=REGION)
        with pytest.raises(CaseError, match="没有登记本人的证件号码"):
            desk.resume(act=clerk, number=case.number)
        with pytest.raises(CaseError, match="没有登记本人的证件号码"):
            printing.print_sheets(act=reviewer, number=case.number, sheets=["missing"])
        done = counter.finish(case)
        with pytest.raises(CaseError, match="没有登记本人的证件号码"):
            undoing.undo(act=reviewer, number=done.number, note="办错了")

    def test_nobody_works_on_their_family(self, counter, monkeypatch):
        myself, relative = counter.insured(certno=counter.clerk.certno), counter.insured()
        monkeypatch.setattr("accounts.operations.cases.access.is_family", [lambda a, b: {a, b} == {myself, relative}])
        with pytest.raises(CaseError, match="家人的业务"):
            counter.open(CaseKind.IDENTITY_CODE, relative)

    def test_nobody_works_on_what_they_or_their_family_bring_for_others(self, counter, renaming, monkeypatch):
        with pytest.raises(CaseError, match="代办人是您自己"):
            ready(counter, agent_certno=counter.clerk.certno)
        myself, relative = counter.insured(certno=counter.clerk.certno), counter.insured()
        monkeypatch.setattr("accounts.operations.cases.access.is_family", [lambda a, b: {a, b} == {myself, relative}])
        with pytest.raises(CaseError, match="您的家人"):
            ready(counter, agent_certno=relative.certno)

    def test_nor_goes_on_with_it_or_takes_it_back(self, counter, renaming):
        case = ready(counter, agent_certno=counter.colleague.certno)
        with pytest.raises(CaseError, match="代办人是您自己"):
            desk.resume(act=counter.act(counter.colleague), number=case.number)
        done = counter.submit(case).case
        Case.objects.filter(pk=done.pk).update(agent_certno=counter.reviewer.certno)
        assert undoing.why_not_undone(counter.act(), done, counter.reviewer) == ""
        with pytest.raises(CaseError, match="代办人是您自己"):
            undoing.undo(act=counter.act(counter.reviewer), number=case.number, note="办错了")

    def test_who_worked_on_it_between_opening_and_submitting_checks_it_no_more(self, counter, renaming):
        case = ready(counter, power_number="瑞证字1号")
        desk.resume(act=counter.act(counter.colleague), number=case.number)
        waiting = counter.submit(desk.resume(act=counter.act(), number=case.number)).case
        User.objects.filter(pk=counter.colleague.pk).update(role=Role.REVIEWER)
        approval = waiting.approval
        with pytest.raises(ApprovalError, match="参与编写"):
            approvals.approve(act=counter.act(counter.colleague), approval_id=approval.pk, digest=approval.digest)
        approvals.reject(act=counter.act(counter.reviewer), approval_id=approval.pk, note="委托书看不清")
        case = counter.finish(desk.resume(act=counter.act(), number=case.number))
        assert case.state == CaseState.DONE, "who sent it back checks it again"

    @pytest.mark.parametrize("by_hand", ["submitting", "working on it before"])
    def test_nor_does_the_family_of_who_worked_on_it_check_it(self, counter, renaming, monkeypatch, by_hand):
        case, worker = ready(counter, power_number="瑞证字1号"), counter.clerk
        if by_hand != "submitting":
            worker = counter.colleague
            desk.resume(act=counter.act(worker), number=case.number)
            case = desk.resume(act=counter.act(), number=case.number)
        both = {counter.insured(certno=worker.certno), counter.insured(certno=counter.reviewer.certno)}
        monkeypatch.setattr("accounts.operations.cases.access.is_family", [lambda a, b: {a, b} == both])
        approval = counter.submit(case).case.approval
        with pytest.raises(ApprovalError, match="您的家人.*请另一位同事"):
            approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)
        assert name_now() == "旧名市"
        other = counter.official(Role.REVIEWER, "T2", 7)
        approvals.approve(act=counter.act(other), approval_id=approval.pk, digest=approval.digest)
        assert name_now() == "新名市"

    def test_nor_checks_it(self, counter, renaming):
        waiting = counter.submit(ready(counter, agent_certno=counter.reviewer.certno, power_number="瑞证字1号")).case
        approval = waiting.approval
        with pytest.raises(ApprovalError, match="代办人是您自己"):
            approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)

    @pytest.mark.parametrize("role", [Role.REVIEWER, Role.POLICY, Role.APPROVER])
    def test_other_roles_open_none(self, counter, role):
        user = counter.official(role, "T1", 9)
        with pytest.raises(CaseError, match="经办岗"):
            desk.open_case(act=counter.act(user), kind=CaseKind.IDENTITY_CODE, subject=counter.insured(), region=REGION)

    def test_a_role_taken_away_counts_at_once(self, counter):
        case = counter.open(CaseKind.IDENTITY_CODE, counter.insured())
        User.objects.filter(pk=counter.clerk.pk).update(role=Role.POLICY)
        with pytest.raises(CaseError, match="经办岗"):
            counter.seen(case)


class TestASecondPerson:
    def test_what_an_agent_brings_waits_for_a_reviewer(self, counter, renaming):
        case = ready(counter, power_number="瑞证字1号")
        waiting = counter.submit(case).case
        assert (waiting.state, name_now()) == (CaseState.WAITING, "旧名市")
        approval = waiting.approval
        assert approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)
        waiting.refresh_from_db()
        assert (waiting.state, waiting.said, name_now()) == (CaseState.DONE, "已改名为新名市", "新名市")

    def test_a_case_sent_back_is_worked_on_again(self, counter, renaming):
        waiting = counter.submit(ready(counter, power_number="瑞证字1号")).case
        approvals.reject(act=counter.act(counter.reviewer), approval_id=waiting.approval.pk, note="委托书看不清")
        case = desk.resume(act=counter.act(), number=waiting.number)
        assert (case.state, case.note, case.approval) == (CaseState.OPEN, "委托书看不清", None)
        assert counter.submit(case).case.state == CaseState.WAITING

    def test_what_changed_since_is_void_and_comes_back(self, counter, renaming):
        waiting = counter.submit(ready(counter, power_number="瑞证字1号")).case
        Region.objects.update(name="别的名")
        approval = waiting.approval
        with pytest.raises(ApprovalMovedError):
            approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)
        waiting.refresh_from_db()
        assert (waiting.state, name_now()) == (CaseState.RETURNED, "别的名")
        assert Approval.objects.get(pk=approval.pk).state == ApprovalState.MOVED

    def test_a_reviewer_of_another_region_may_not(self, counter, renaming):
        approval = counter.submit(ready(counter, power_number="瑞证字1号")).case.approval
        other = counter.official(Role.REVIEWER, "X1", 8)
        with pytest.raises(ApprovalError, match="统筹区"):
            approvals.approve(act=counter.act(other), approval_id=approval.pk, digest=approval.digest)

    def test_a_reviewer_may_not_check_their_own_person(self, counter, renaming):
        myself = counter.insured(certno=counter.reviewer.certno)
        case = counter.open(CaseKind.SHOW, myself)
        case = desk.save(
            act=counter.act(), number=case.number, version=0, asked={"name": "新名市"}, power_number="瑞证字1号"
        )
        approval = counter.submit(counter.seen(case, "letter")).case.approval
        with pytest.raises(ApprovalError, match="自己的业务"):
            approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)

    @pytest.mark.usefixtures("renaming")
    def test_which_kinds_take_one_is_the_regions_to_say(self, counter, monkeypatch):
        terms = replace(registry.counter(REGION, counter.act().on), reviewed=(CaseKind.SHOW,))
        monkeypatch.setattr(registry, "counter", lambda region, day: terms)
        assert counter.submit(ready(counter)).case.state == CaseState.WAITING

    def test_without_rules_for_its_counters_a_region_has_none(self, counter):
        before = counter.act(on=date(2016, 12, 31))
        with pytest.raises(NoPolicyError):
            desk.open_case(act=before, kind=CaseKind.IDENTITY_CODE, subject=counter.insured(), region=REGION)


class TestTakingBack:
    def test_its_clerk_takes_it_back_on_the_day(self, counter, renaming):
        done = counter.submit(ready(counter)).case
        case = undoing.undo(act=counter.act(), number=done.number, note="办错人了")
        assert (case.state, case.note, name_now()) == (CaseState.UNDONE, "办错人了", "旧名市")

    def test_later_only_a_reviewer_does(self, counter, renaming):
        done = counter.submit(ready(counter)).case
        tomorrow = replace(counter.act(), at=counter.act().at.replace(day=11))
        with pytest.raises(CaseError, match="由复核岗撤销"):
            undoing.undo(act=tomorrow, number=done.number, note="办错人了")
        by_reviewer = replace(tomorrow, actor=counter.act(counter.reviewer).actor)
        assert undoing.undo(act=by_reviewer, number=done.number, note="办错人了").state == CaseState.UNDONE

    def test_a_code_that_was_given_is_not_taken_back(self, counter):
        case = counter.seen(counter.open(CaseKind.IDENTITY_CODE, counter.insured()), "own_card")
        done = counter.submit(case).case
        with pytest.raises(CaseError, match="不能撤销。给错了人的，由本人带身份证再办一次"):
            undoing.undo(act=counter.act(), number=done.number, note="办错人了")

    @pytest.mark.parametrize("kind", handlers.kinds())
    def test_every_kind_can_be_taken_back_or_says_what_to_do_instead(self, kind):
        handler = handlers.handler_of(kind)
        assert bool(handler.undo) != bool(handler.instead)


class TestWithdrawing:
    @pytest.fixture
    def waiting(self, counter, renaming):
        return counter.submit(ready(counter, power_number="瑞证字1号")).case

    def test_whoever_submitted_it_goes_on_with_it_and_submits_it_again(self, counter, waiting):
        case = withdrawing.withdraw(act=counter.act(), number=waiting.number)
        assert (case.state, case.holder, case.approval, case.note) == (CaseState.OPEN, counter.clerk, None, "")
        assert Approval.objects.get().state == ApprovalState.WITHDRAWN
        assert counter.submit(case).case.state == CaseState.WAITING

    def test_what_a_reviewer_said_before_stays_to_be_read(self, counter, waiting):
        approvals.reject(act=counter.act(counter.reviewer), approval_id=waiting.approval.pk, note="委托书看不清")
        again = counter.submit(desk.resume(act=counter.act(), number=waiting.number)).case
        assert withdrawing.withdraw(act=counter.act(), number=again.number).note == "委托书看不清"

    @pytest.mark.parametrize(
        ("who", "why"), [("colleague", "只有提交的人"), ("stranger", "没有这件业务"), ("reviewer", "经办岗")]
    )
    def test_nobody_else_does(self, counter, waiting, who, why):
        with pytest.raises(CaseError, match=why):
            withdrawing.withdraw(act=counter.act(getattr(counter, who)), number=waiting.number)
        waiting.refresh_from_db()
        assert waiting.state == CaseState.WAITING

    def test_nor_whoever_brought_it_as_an_agent(self, counter, waiting):
        waiting.agent_certno = counter.clerk.certno
        waiting.save(update_fields=["agent_certno"])
        with pytest.raises(CaseError, match="代办人是您自己"):
            withdrawing.withdraw(act=counter.act(), number=waiting.number)

    def test_once_decided_it_is_too_late(self, counter, waiting):
        approval = waiting.approval
        approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)
        with pytest.raises(CaseError, match="已办结"):
            withdrawing.withdraw(act=counter.act(), number=waiting.number)
        assert name_now() == "新名市"


def test_numbers_of_people_stay_out_of_what_is_not_sealed(counter):
    case = counter.open(CaseKind.IDENTITY_CODE, counter.insured())
    with pytest.raises(CaseError, match="证件号码或手机号"):
        desk.save(
            act=counter.act(), number=case.number, version=0, asked={"note": f"打{PersonFactory.build().phone}找他"}
        )
