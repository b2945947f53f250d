"""死亡登记有误: what a death reported by mistake had ended comes back in one step, signed by two."""

from datetime import date

import pytest

from accounts.codes import LifeEventKind, Role
from accounts.jobs import against_facts
from accounts.ledger.verify import findings
from accounts.models import Approval, Enrolment, LifeEvent
from accounts.operations import approvals
from accounts.operations.approvals import ApprovalError
from accounts.operations.life_events import alive, death, moving
from accounts.operations.life_events.vouchers import subject_of
from family.models import Bond
from tests.accounts.operations.life_kit import PAPER, Desk
from tests.accounts.operations.renaming import staff
from tests.factories.family import RUIAN, TODAY, bond
from tests.factories.family import insured as shared
from tests.factories.notices import titles
from tests.personas import ZHOUSHAN, balances, insured, pays, run, spend

pytestmark = pytest.mark.usefixtures("policies_loaded")

NEW_YEAR, DIED, REPORTED = date(2025, 1, 1), date(2025, 5, 1), date(2025, 7, 10)
MONTH = 89_24


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def person():
    person = insured(flex=True)
    pays(person, "4462.00", since=date(2024, 12, 1), until=date(2025, 6, 1))
    run("accrual", "2025", on=NEW_YEAR)
    return person


def report(desk: Desk, person, on: date = DIED, act_day: date = REPORTED) -> LifeEvent:
    return death.report_death(act=desk.act(act_day), person=person, on=on, paper=PAPER, reason="家属报告")


def submit(desk: Desk, person, on: date = REPORTED) -> Approval:
    return approvals.submit(
        act=desk.act(on),
        kind=alive.ALIVE,
        subject=subject_of(person.pk),
        reason="同名同姓，报错了人",
        document=PAPER.number,
        asked={"proof": PAPER.kind, "document": PAPER.number},
    )


def put_right(desk: Desk, person, on: date = REPORTED) -> str:
    return desk.approve(submit(desk, person, on), on)


def all_is_well() -> None:
    assert list(findings()) == []
    assert list(against_facts.findings()) == []


def test_insurance_and_money_are_as_they_were(desk, person):
    before = list(Enrolment.objects.filter(person=person).values())
    report(desk, person)
    assert balances(person).total == 5 * MONTH
    put_right(desk, person)
    (now,) = Enrolment.objects.filter(person=person)
    assert (now.pk, now.status, now.from_on) == (before[0]["id"], before[0]["status"], before[0]["from_on"])
    assert balances(person).total == 12 * MONTH
    spend(person, 100, on=REPORTED, key="s")
    all_is_well()


def test_what_had_been_recorded_for_later_days_counts_again(desk, person):
    later = Enrolment.objects.create(
        person=person, region=ZHOUSHAN, insurance="310", person_type="11", status=2, from_on=date(2025, 6, 1)
    )
    report(desk, person)
    put_right(desk, person)
    assert Enrolment.objects.get(pk=later.pk).status == 2
    all_is_well()


def test_what_relatives_used_comes_back_and_what_they_ended_themselves_does_not(desk):
    payer, father, mother = shared(RUIAN, carried=50_000), shared(RUIAN), shared(RUIAN)
    ended_by_death = bond(payer, father)
    ended_before = bond(payer, mother, state="ended", end_reason="removed")
    report(desk, payer, on=TODAY, act_day=TODAY)
    put_right(desk, payer, on=TODAY)
    assert Bond.objects.get(pk=ended_by_death.pk).state == "active"
    assert Bond.objects.get(pk=ended_before.pk).state == "ended"
    assert any(title.endswith("的家庭共济恢复了") for title in titles(father))


def test_they_may_die_again_and_the_history_stays(desk, person):
    report(desk, person)
    put_right(desk, person)
    report(desk, person, on=date(2025, 6, 15))
    kinds = LifeEvent.objects.filter(person=person).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [LifeEventKind.DEATH, LifeEventKind.ALIVE, LifeEventKind.DEATH]
    assert balances(person).total == 6 * MONTH


def test_what_heirs_were_paid_is_told_to_the_checker_and_not_paid_twice(desk, person):
    report(desk, person)
    desk.do(moving.PAY_OUT, person, ZHOUSHAN, on=REPORTED, why="inheritance", payee="尾号1234")
    case = submit(desk, person)
    assert dict(case.words)["已办过继承"] == "1件，付出的钱不因此收回，请另行处理"
    desk.approve(case, REPORTED)
    assert balances(person).total == 7 * MONTH
    all_is_well()


def test_nobody_who_lives_the_wrong_role_and_one_person_alone(desk, person):
    with pytest.raises(ApprovalError, match="没有登记过这个人的死亡"):
        submit(desk, person)
    report(desk, person)
    case = submit(desk, person)
    with pytest.raises(ApprovalError, match="自己提交的不能自己复核"):
        desk.approve(case, REPORTED, staff(Role.REVIEWER, "clerk-again", 1))
    with pytest.raises(ApprovalError, match="由复核、审批岗复核"):
        desk.approve(case, REPORTED, staff(Role.POLICY, "policy", 3))
    desk.approve(case, REPORTED)
    with pytest.raises(ApprovalError, match="没有登记过这个人的死亡"):
        submit(desk, person)
