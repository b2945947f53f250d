"""Death, freezing, moving, leaving and inheriting at a counter: each done, and each refusal with what to do next."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection

from accounts.codes import CaseKind, CaseState, Role
from accounts.forms.counter import form_of
from accounts.ledger.freezing import reported_deaths, stopped
from accounts.ledger.pots import open_missing
from accounts.models import LifeEvent
from accounts.operations import approvals
from accounts.operations.approvals import ApprovalError
from accounts.operations.cases import deciding, desk, undoing
from accounts.operations.cases.access import CaseError
from accounts.operations.cases.handlers import handler_of
from accounts.operations.life_events import death, freezing
from accounts.policies import registry
from family.codes import BondState
from tests.accounts.operations.counter_kit import CAME, REGION, TODAY, Counter
from tests.accounts.operations.life_kit import PAPER
from tests.factories.family import QUANZHOU, balance_of, bond, credit, insured
from tests.factories.notices import titles
from tests.factories.people import EnrolmentFactory, certno

pytestmark = pytest.mark.usefixtures("policies_loaded")

PAID = json.dumps({**json.loads(CAME), "payee_name": "李四", "payee_certno": certno(880)})
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture
def counter() -> Counter:
    return Counter()


def told(counter: Counter, kind: CaseKind, subject, paper: str, other=None, **asked):
    """Return a case whose form was filled in, its paper seen under a number."""
    case = counter.open(kind, subject, other=other)
    return desk.save(
        act=counter.act(),
        number=case.number,
        version=case.version,
        asked={"proof": paper, **asked},
        private=PAID if asked.get("way") == "paid_out" else CAME,
        identities_checked=True,
        papers=[{"code": paper, "number": "瑞字〔2026〕7号"}],
    )


def found(counter: Counter, case):
    return deciding.assess(counter.act(), case)


def left(person, on: date = YESTERDAY):
    """Let somebody's insurance have ended."""
    EnrolmentFactory(person=person, region=REGION, status=4, from_on=on)
    return person


def dead(counter: Counter, **facts):
    person = insured(REGION, carried=500_00, **facts)
    death.report_death(act=counter.act(), person=person, on=YESTERDAY, paper=PAPER, reason="去世")
    return person


class TestDeath:
    def test_whoever_comes_reports_it_and_all_ends(self, counter):
        person = insured(REGION, carried=500_00)
        shared = bond(person, insured(REGION, resident=True))
        case = told(counter, CaseKind.DEATH, person, "death_certificate", on=YESTERDAY.isoformat())
        assert dict(found(counter, case).words)["死亡日期"] == "2026年3月9日"
        done = counter.finish(case)
        shared.refresh_from_db()
        assert (done.state, shared.state) == (CaseState.DONE, BondState.ENDED)
        assert reported_deaths([person.pk]) == {person.pk: YESTERDAY}
        event = LifeEvent.objects.get(pk=done.record["event"])
        assert (event.document, done.number in event.actor) == ("瑞字〔2026〕7号", True)

    def test_a_second_person_checks_it_whatever_the_terms_say(self, counter):
        person = insured(REGION)
        waiting = counter.submit(told(counter, CaseKind.DEATH, person, "death_certificate", on=TODAY.isoformat())).case
        assert (waiting.state, reported_deaths([person.pk])) == (CaseState.WAITING, {})

    def test_looking_at_it_reports_nothing(self, counter):
        person = insured(REGION)
        found(counter, told(counter, CaseKind.DEATH, person, "death_certificate", on=TODAY.isoformat()))
        assert not reported_deaths([person.pk])

    @pytest.mark.parametrize(("on", "why"), [(TOMORROW, "不能早于出生，也不能晚于今天"), (None, "请填死亡日期")])
    def test_a_day_that_cannot_be_is_refused(self, counter, on, why):
        asked = {"on": on.isoformat()} if on else {}
        assert (
            why in found(counter, told(counter, CaseKind.DEATH, insured(REGION), "death_certificate", **asked)).stops[0]
        )

    def test_whoever_lives_gets_the_proof_at_their_own_police_station(self, counter):
        (paper,) = found(counter, counter.open(CaseKind.ALIVE, dead(counter))).papers
        assert paper.where == "户籍地派出所"

    def test_nobody_dies_twice(self, counter):
        case = told(counter, CaseKind.DEATH, dead(counter), "death_certificate", on=TODAY.isoformat())
        with pytest.raises(CaseError, match="已经登记过"):
            counter.submit(case)

    def test_the_cancelled_household_register_will_do(self, counter):
        case = counter.open(CaseKind.DEATH, insured(REGION))
        (paper,) = found(counter, case).papers
        assert (paper.name, "户口注销证明" in paper.note) == ("居民死亡医学证明", True)
        case = told(counter, CaseKind.DEATH, insured(REGION), "cancelled_household", on=TODAY.isoformat())
        assert counter.finish(case).state == CaseState.DONE

    def test_without_the_paper_nothing_is_reported(self, counter):
        case = counter.open(CaseKind.DEATH, insured(REGION))
        case = desk.save(
            act=counter.act(),
            number=case.number,
            version=0,
            asked={"on": TODAY.isoformat()},
            private=CAME,
            identities_checked=True,
        )
        with pytest.raises(CaseError, match="缺：居民死亡医学证明"):
            counter.submit(case)


class TestWhoComes:
    """Somebody stands at the window in the place of whom it is about: who, is known, and is not the clerk's family."""

    def death(self, counter, certno: str):
        case = told(counter, CaseKind.DEATH, insured(REGION), "death_certificate", on=TODAY.isoformat())
        came = json.dumps({"came_name": "张三", "came_certno": certno, "came_as": "儿子"})
        return desk.save(act=counter.act(), number=case.number, version=case.version, private=came if certno else "")

    def test_without_them_nothing_is_submitted(self, counter):
        with pytest.raises(CaseError, match="还没有填来人"):
            counter.submit(self.death(counter, ""))

    def test_it_is_not_the_clerk(self, counter):
        with pytest.raises(CaseError, match="来人是您自己"):
            self.death(counter, str(counter.clerk.certno))

    def test_nor_of_the_clerks_family(self, counter):
        myself, mother = insured(REGION, certno=counter.clerk.certno), insured(REGION)
        bond(myself, mother)
        with pytest.raises(CaseError, match="来人是您自己或您的家人"):
            self.death(counter, str(mother.certno))

    def test_nor_of_the_reviewers(self, counter):
        myself, mother = insured(REGION, certno=counter.reviewer.certno), insured(REGION)
        bond(myself, mother)
        case = told(counter, CaseKind.INHERIT, dead(counter), "notarised", way="paid_out", payee="尾号1234")
        came = json.dumps({**json.loads(PAID), "came_certno": str(mother.certno)})
        case = desk.save(act=counter.act(), number=case.number, version=case.version, private=came)
        with pytest.raises(ApprovalError, match="来人是您自己或您的家人"):
            counter.finish(case)

    @pytest.mark.parametrize(("came", "needed"), [("others", True), ("subject", False), ("nobody", False)])
    def test_a_freeze_asks_for_them_only_where_somebody_else_came(self, counter, came, needed):
        asked = {"on": TODAY.isoformat(), "reason": "法院要求", "came": came}
        case = told(counter, CaseKind.FREEZE, insured(REGION, carried=500_00), "court", **asked)
        case = desk.save(act=counter.act(), number=case.number, version=case.version, private="")
        assert any("来人" in stop for stop in found(counter, case).stops) == needed


class TestFreezing:
    def frozen(self, person) -> bool:
        return (person.pk, REGION) in stopped([person.pk], TODAY).frozen

    def ask(self, counter, kind, person, on: date = TODAY):
        return told(counter, kind, person, "court", on=on.isoformat(), reason="法院要求")

    def test_frozen_and_released_each_by_a_case(self, counter):
        person = insured(REGION, carried=500_00)
        assert counter.finish(self.ask(counter, CaseKind.FREEZE, person)).state == CaseState.DONE
        assert self.frozen(person)
        assert counter.finish(self.ask(counter, CaseKind.RELEASE, person)).state == CaseState.DONE
        assert not self.frozen(person)
        assert len(titles(person)) == 2

    @pytest.fixture
    def unreviewed(self, policies_loaded, monkeypatch):
        """A region in which nobody checks a release."""
        terms = replace(registry.counter(REGION, TODAY), reviewed=())
        monkeypatch.setattr(registry, "counter", lambda region, day: terms)

    @pytest.mark.usefixtures("unreviewed")
    def test_what_was_frozen_by_mistake_is_taken_back(self, counter):
        person = insured(REGION, carried=500_00)
        done = counter.finish(self.ask(counter, CaseKind.FREEZE, person))
        undone = undoing.undo(act=counter.act(counter.reviewer), number=done.number, note="办错人了")
        assert (undone.state, self.frozen(person)) == (CaseState.UNDONE, False)

    def test_where_a_second_person_checks_a_release_nobody_releases_alone_by_undoing(self, counter):
        person = insured(REGION, carried=500_00)
        done = counter.finish(self.ask(counter, CaseKind.FREEZE, person))
        with pytest.raises(CaseError, match="另办「解除冻结」"):
            undoing.undo(act=counter.act(counter.reviewer), number=done.number, note="办错人了")
        assert self.frozen(person)

    @pytest.mark.usefixtures("unreviewed")
    def test_undoing_a_freeze_does_not_lift_a_later_one(self, counter):
        person = insured(REGION, carried=500_00)
        first = counter.finish(self.ask(counter, CaseKind.FREEZE, person))
        counter.finish(self.ask(counter, CaseKind.RELEASE, person))
        counter.finish(self.ask(counter, CaseKind.FREEZE, person))
        with pytest.raises(CaseError, match="以后又登记过"):
            undoing.undo(act=counter.act(counter.reviewer), number=first.number, note="办错人了")
        assert self.frozen(person)

    @pytest.mark.parametrize(
        ("kind", "on", "why"),
        [
            (CaseKind.FREEZE, YESTERDAY, "不能早于今天"),
            (CaseKind.RELEASE, TODAY, "没有冻结"),
        ],
    )
    def test_what_cannot_be_switched_says_why(self, counter, kind, on, why):
        assert why in found(counter, self.ask(counter, kind, insured(REGION, carried=500_00), on)).stops[0]

    def test_somebody_without_an_account_has_none_to_freeze(self, counter):
        assert (
            "没有个人账户"
            in found(counter, self.ask(counter, CaseKind.FREEZE, insured(REGION, resident=True))).stops[0]
        )

    def test_what_was_frozen_by_another_door_meanwhile_is_not_frozen_twice(self, counter):
        person = insured(REGION, carried=500_00)
        case = self.ask(counter, CaseKind.FREEZE, person)
        waiting = counter.submit(case).case
        freezing.freeze(act=counter.act(), person=person, region=REGION, on=TODAY, paper=PAPER, reason="法院要求")
        with pytest.raises(ApprovalError, match="已经冻结"):
            self.approve(counter, waiting)
        waiting.refresh_from_db()
        assert waiting.state == CaseState.RETURNED

    def approve(self, counter, case):
        approval = case.approval
        return approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)


class TestMoving:
    def transfer(self, counter, person, **asked):
        return told(
            counter, CaseKind.TRANSFER, person, "transfer_letter", **{"way": "paid_out", "payee": "尾号1234"} | asked
        )

    def test_whoever_moves_away_is_paid_out_once_two_have_signed(self, counter):
        person = left(insured(REGION, carried=500_00))
        waiting = counter.submit(self.transfer(counter, person)).case
        assert (waiting.state, balance_of(person)) == (CaseState.WAITING, 500_00)
        approval = waiting.approval
        approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)
        waiting.refresh_from_db()
        assert (waiting.state, waiting.said, balance_of(person)) == (CaseState.DONE, "已付出 500.00 元", 0)

    def test_or_moved_to_another_region_here(self, counter):
        person = left(insured(REGION, carried=500_00))
        EnrolmentFactory(person=person, region=QUANZHOU, from_on=TODAY)
        open_missing([QUANZHOU])
        credit(person, QUANZHOU, "carried", 1_00)
        counter.finish(self.transfer(counter, person, way="account", to=QUANZHOU))
        assert (balance_of(person), balance_of(person, QUANZHOU)) == (0, 501_00)

    def test_the_words_name_the_place_the_sum_and_no_inner_number(self, counter):
        person = left(insured(REGION, carried=500_00))
        words = found(counter, self.transfer(counter, person)).words
        assert words[0] == ("医保关系转移", "瑞安市的个人账户，余额全部转出")
        assert ("付出", "500.00 元，付至尾号1234的账户") in words
        assert "参保人" not in str(words)

    def test_while_relatives_use_it_nothing_moves_and_what_to_do_is_said(self, counter):
        person = left(insured(REGION, carried=500_00))
        bond(person, insured(REGION, resident=True))
        assessed = found(counter, self.transfer(counter, person))
        assert assessed.stops == ("这个账户还在给1位家人用，本人关闭家庭共济以后再办",)
        assert "注销共济账户" in assessed.notes[0]

    def test_while_insured_nothing_moves(self, counter):
        assert "还没有终止" in found(counter, self.transfer(counter, insured(REGION, carried=500_00))).stops[0]

    @pytest.mark.parametrize(
        ("asked", "why"),
        [
            ({"way": ""}, "请选余额转到哪里"),
            ({"payee": ""}, "请填收款账号"),
            ({"way": "account", "to": ""}, "请选转到哪个统筹区"),
        ],
    )
    def test_where_the_money_goes_has_to_be_said(self, counter, asked, why):
        person = left(insured(REGION, carried=500_00))
        assert why in found(counter, self.transfer(counter, person, **asked)).stops[0]

    def test_whoever_leaves_for_good_is_paid_out(self, counter):
        person = left(insured(REGION, carried=500_00))
        counter.finish(told(counter, CaseKind.LEAVE, person, "application", payee="尾号1234"))
        assert balance_of(person) == 0
        assert titles(person) == ["您在瑞安市的账户清退了"]

    def test_a_payment_between_two_signatures_voids_the_first(self, counter):
        person = left(insured(REGION, carried=500_00))
        waiting = counter.submit(told(counter, CaseKind.LEAVE, person, "application", payee="尾号1234")).case
        credit(person, REGION, "carried", 1)
        approval = waiting.approval
        with pytest.raises(ApprovalError, match="变了"):
            approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)
        waiting.refresh_from_db()
        assert (waiting.state, balance_of(person)) == (CaseState.RETURNED, 500_01)

    @pytest.mark.parametrize("changed", ["papers = '[]'", "asked = '{}'", "power_number = '1'"])
    def test_nor_is_signed_what_was_changed_of_the_case_past_the_site(self, counter, changed):
        person = left(insured(REGION, carried=500_00))
        waiting = counter.submit(told(counter, CaseKind.LEAVE, person, "application", payee="尾号1234")).case
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE accounts_case SET {changed} WHERE id = %s", [waiting.pk])
        approval = waiting.approval
        with pytest.raises(ApprovalError, match="材料或影像变了"):
            approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)
        assert balance_of(person) == 500_00


class TestInheriting:
    def test_an_heir_with_an_account_here_gets_it_there(self, counter):
        person, heir = dead(counter), insured(REGION, carried=1_00)
        case = told(counter, CaseKind.INHERIT, person, "notarised", heir, way="account", to=REGION)
        assert counter.finish(case).state == CaseState.DONE
        assert (balance_of(person), balance_of(heir)) == (0, 501_00)

    def test_others_are_paid_and_each_gets_a_share(self, counter):
        person = dead(counter)
        for fen, rest in ((200_00, 300_00), (None, 0)):
            share = {"fen": fen} if fen else {}
            counter.finish(
                told(counter, CaseKind.INHERIT, person, "notarised", way="paid_out", payee="尾号1234", **share)
            )
            assert balance_of(person) == rest

    def paid_to(self, counter, number: str):
        case = told(counter, CaseKind.INHERIT, dead(counter), "notarised", way="paid_out", payee="尾号1234")
        private = json.dumps({**json.loads(CAME), "payee_name": "李四", "payee_certno": number})
        return desk.save(act=counter.act(), number=case.number, version=case.version, private=private)

    def test_who_is_paid_is_written_down_and_read_by_the_second_person(self, counter):
        case = self.paid_to(counter, "")
        assert found(counter, case).stops == ("还没有填收款人：请填这位继承人的姓名和证件号码",)
        form = form_of(CaseKind.INHERIT)({"way": "paid_out", "payee": "6222 0212 3456 7890"}, case, counter.act())
        assert {"payee_name", "payee_certno"} <= form.errors.keys()
        case = self.paid_to(counter, certno(881))
        assert ("收款人", f"李四，{certno(881)}") in handler_of(CaseKind.INHERIT).tells(case)
        assert counter.finish(case).state == CaseState.DONE

    def test_neither_the_clerk_nor_their_family_is_paid(self, counter):
        myself, mother = insured(REGION, certno=counter.clerk.certno), insured(REGION)
        bond(myself, mother)
        for number, why in ((myself.certno, "收款人是您自己"), (mother.certno, "收款人是您自己或您的家人")):
            with pytest.raises(CaseError, match=why):
                self.paid_to(counter, str(number))

    def test_nor_does_the_reviewer_sign_what_is_paid_to_theirs(self, counter):
        case = self.paid_to(counter, str(counter.reviewer.certno))
        with pytest.raises(ApprovalError, match="收款人是您自己"):
            counter.finish(case)

    def test_nobody_inherits_from_the_living(self, counter):
        case = told(
            counter, CaseKind.INHERIT, insured(REGION, carried=500_00), "notarised", way="paid_out", payee="尾号1234"
        )
        assert "没有登记过这个人的死亡" in found(counter, case).stops[0]

    def test_an_account_needs_its_heir(self, counter):
        case = told(counter, CaseKind.INHERIT, dead(counter), "notarised", way="account", to=REGION)
        assert "请刷继承人的证件" in found(counter, case).stops[0]

    def test_a_reviewer_does_not_sign_what_they_inherit(self, counter):
        heir = insured(REGION, carried=1_00, certno=counter.reviewer.certno)
        case = told(counter, CaseKind.INHERIT, dead(counter), "notarised", heir, way="account", to=REGION)
        approval = counter.submit(case).case.approval
        with pytest.raises(ApprovalError, match="自己的业务"):
            approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)
        other = counter.official(Role.REVIEWER, "T2", 9)
        assert approvals.approve(act=counter.act(other), approval_id=approval.pk, digest=approval.digest)
