"""Changing and ending a bond, each side its own acts; taking back; and what time and the roster do."""

from datetime import date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from accounts.models import AuditEvent, Enrolment
from family.codes import EventKind
from family.models import Bond, Event, Invitation
from family.operations import accepting, bonds, closing, invitations, life_events, pool, undoing
from family.operations.ending import leave, remove
from family.queries import open_matters
from family.queries.bonds import bonds_given, bonds_received, card_given, card_received, history
from family.queries.undoable import undoable
from family.rules import CannotUndoError, ChangedError, RefusedError
from family.upkeep import keep_up
from tests.factories.acts import act_at
from tests.factories.family import ACT, NOW, QUANZHOU, RUIAN, TODAY, balance_of, bond, insured, invited
from tests.factories.notices import titles, told
from tests.factories.people import EnrolmentFactory

pytestmark = pytest.mark.usefixtures("policies_loaded")


@pytest.fixture
def payer():
    return insured(carried=300_000, name="陈静", gender=2)


@pytest.fixture
def father():
    return insured(resident=True, name="陈伟", gender=1)


@pytest.fixture
def tie(payer, father):
    return bond(payer, father)


def act(operation, side, bond_id, at: datetime = NOW, **more) -> Event:
    name = "user" if operation is leave else "payer"
    return operation(act=act_at(at), **{name: side}, bond_id=bond_id, **more)


def take_back(event: Event, person, at: datetime = NOW) -> Event:
    return undoing.undo(act=act_at(at), person=person, event_id=event.pk)


def state(tie: Bond) -> str:
    return Bond.objects.get(pk=tie.pk).state


class TestEachSide:
    def test_the_payer_removes_and_the_user_is_told_why(self, payer, father, tie):
        act(remove, payer, tie.pk)
        assert state(tie) == "ended"
        (said,) = told(father)
        assert said.title == "您不能再用女儿陈静的钱"
        assert "出钱的人移除了家人" in said.text
        assert not bonds_given(payer, TODAY)

    def test_the_user_leaves_and_the_payer_is_told(self, payer, father, tie):
        act(leave, father, tie.pk)
        assert titles(payer) == ["父亲陈伟不再用您的钱"]

    def test_nobody_acts_for_the_other_side_or_for_strangers(self, payer, father, tie):
        stranger = insured(carried=1)
        for operation, side in [(remove, father), (remove, stranger), (leave, payer), (bonds.suspend, father)]:
            with pytest.raises(Bond.DoesNotExist):
                act(operation, side, tie.pk)
        for operation in (bonds.set_limit, bonds.set_end):
            with pytest.raises(Bond.DoesNotExist):
                act(operation, father, tie.pk, **{"limit_fen" if operation is bonds.set_limit else "until_on": None})
        for query, side in [(card_given, father), (card_given, stranger), (card_received, payer)]:
            with pytest.raises(Bond.DoesNotExist):
                query(side, tie.pk, TODAY)
        assert state(tie) == "active"

    def test_an_ended_bond_is_not_ended_again(self, payer, father, tie):
        act(remove, payer, tie.pk)
        for operation, side in [(remove, payer), (leave, father), (bonds.suspend, payer)]:
            with pytest.raises(ChangedError):
                act(operation, side, tie.pk)

    def test_a_pause_and_its_end(self, payer, tie):
        act(bonds.suspend, payer, tie.pk)
        assert bonds_given(payer, TODAY)[0].blocked == "您停用了"
        assert bonds_received(tie.user, TODAY)[0].blocked == "出钱的人停用了"
        with pytest.raises(ChangedError):
            act(bonds.suspend, payer, tie.pk)
        act(bonds.resume, payer, tie.pk)
        assert bonds_given(payer, TODAY)[0].blocked == ""

    def test_limit_and_last_day_are_written_in_the_history_with_what_they_were(self, payer, tie):
        act(bonds.set_limit, payer, tie.pk, limit_fen=50_000)
        act(bonds.set_limit, payer, tie.pk, limit_fen=None)
        act(bonds.set_end, payer, tie.pk, until_on=date(2026, 12, 31))
        assert [mark.words for mark in history(Bond.objects.get(pk=tie.pk), for_payer=False)] == [
            "在窗口绑定",
            "陈静把每年额度改为 500.00 元（原来不限）",
            "陈静把每年额度改为不限（原来 500.00 元）",
            "陈静把结束日期改为2026年12月31日（原来没有）",
        ]

    @pytest.mark.parametrize(
        ("operation", "given"),
        [(bonds.set_limit, {"limit_fen": 0}), (bonds.set_end, {"until_on": TODAY - timedelta(days=1)})],
    )
    def test_what_makes_no_sense_is_refused(self, payer, tie, operation, given):
        with pytest.raises(RefusedError):
            act(operation, payer, tie.pk, **given)

    def test_the_user_puts_payers_in_order(self, payer, father, tie):
        second = bond(insured(carried=1, name="陈强"), father, relation="7", place=2)
        bonds.reorder(act=ACT, user=father, bond_ids=[second.pk, tie.pk])
        assert [card.other.name for card in bonds_received(father, TODAY)] == ["陈强", "陈静"]
        assert [mark.kind for mark in history(tie, for_payer=True)] == [EventKind.BOUND]
        for wrong in ([tie.pk], [tie.pk, tie.pk], [tie.pk, second.pk, 0]):
            with pytest.raises(ChangedError):
                bonds.reorder(act=ACT, user=father, bond_ids=wrong)

    def test_every_act_is_audited_by_its_actor(self, payer, tie):
        act(remove, payer, tie.pk)
        assert AuditEvent.objects.get(verb="family.removed").subject_id == payer.pk

    def test_events_cannot_be_rewritten(self, payer, tie):
        act(remove, payer, tie.pk)
        for sql in (
            "UPDATE family_event SET kind = 'left'",
            "DELETE FROM family_event",
            "TRUNCATE family_event CASCADE",
        ):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)


class TestTakingBack:
    def test_of_changes_upon_changes_only_the_last_is_offered_and_it_works(self, payer, tie):
        first, second = (act(bonds.set_limit, payer, tie.pk, limit_fen=fen) for fen in (10_000, 20_000))
        assert list(undoable(payer, NOW)) == [second]
        with pytest.raises(CannotUndoError):
            take_back(first, payer)
        take_back(second, payer)
        assert list(undoable(payer, NOW)) == [first]

    def test_once_the_family_is_closed_the_closing_alone_is_offered(self, payer, tie):
        act(bonds.suspend, payer, tie.pk)
        closed = closing.close_family(act=ACT, payer=payer, region=RUIAN)
        assert list(undoable(payer, NOW)) == [closed]

    def test_a_removal_within_ten_minutes_once_and_only_by_who_did_it(self, payer, father, tie):
        event = act(remove, payer, tie.pk)
        assert [one.pk for one in undoable(payer, NOW)] == [event.pk]
        with pytest.raises(Event.DoesNotExist):
            take_back(event, father)
        take_back(event, payer, NOW + timedelta(minutes=9, seconds=59))
        assert state(tie) == "active"
        assert not undoable(payer, NOW)
        with pytest.raises(CannotUndoError, match="已经撤回过"):
            take_back(event, payer)

    def test_later_it_is_too_late(self, payer, tie):
        event = act(remove, payer, tie.pk)
        with pytest.raises(CannotUndoError, match="时间"):
            take_back(event, payer, NOW + timedelta(minutes=10))

    def test_a_paused_bond_comes_back_paused(self, payer, father, tie):
        act(bonds.suspend, payer, tie.pk)
        event = act(leave, father, tie.pk)
        take_back(event, father)
        assert state(tie) == "suspended"

    def test_not_when_the_place_was_taken_meanwhile(self, payer, father, tie):
        bond(insured(carried=1), father, place=2)
        event = act(leave, father, tie.pk)
        bond(insured(carried=1), father, place=3)
        with pytest.raises(CannotUndoError, match="变化"):
            take_back(event, father)

    def test_limits_days_and_pauses_go_back_to_what_they_were(self, payer, tie):
        for operation, given, field, was in [
            (bonds.set_limit, {"limit_fen": 5}, "limit_fen", None),
            (bonds.set_end, {"until_on": date(2026, 12, 31)}, "until_on", None),
            (bonds.suspend, {}, "state", "active"),
        ]:
            take_back(act(operation, payer, tie.pk, **given), payer)
            assert getattr(Bond.objects.get(pk=tie.pk), field) == was

    def test_an_event_that_another_one_followed_stays(self, payer, tie):
        first = act(bonds.set_limit, payer, tie.pk, limit_fen=5)
        second = act(bonds.set_limit, payer, tie.pk, limit_fen=7)
        with pytest.raises(CannotUndoError, match="变化"):
            take_back(first, payer)
        take_back(second, payer)
        take_back(first, payer)
        assert Bond.objects.get(pk=tie.pk).limit_fen is None


class TestClosing:
    @pytest.fixture
    def family(self):
        owner = insured(QUANZHOU, carried=500_000, name="黄建国")
        mother, son = insured(QUANZHOU, resident=True), insured(QUANZHOU, resident=True)
        ties = [bond(owner, mother), bond(owner, son, relation="2")]
        pool.move_in(act=ACT, payer=owner, region=QUANZHOU, amount_fen=100_000, key="k")
        waiting = invited(owner, insured(QUANZHOU, resident=True), QUANZHOU).invitation
        return owner, ties, waiting

    def close(self, owner, **more):
        return closing.close_family(act=ACT, payer=owner, region=QUANZHOU, **more)

    def test_everybody_is_out_and_the_money_is_back(self, family):
        owner, ties, waiting = family
        self.close(owner)
        assert [state(tie) for tie in ties] == ["ended", "ended"]
        assert Invitation.objects.get(pk=waiting.pk).state == "withdrawn"
        assert (balance_of(owner, QUANZHOU), balance_of(owner, QUANZHOU, "pool")) == (500_000, 0)
        with pytest.raises(ChangedError):
            self.close(owner)

    def test_it_is_taken_back_whole(self, family):
        owner, ties, waiting = family
        take_back(self.close(owner), owner)
        assert [state(tie) for tie in ties] == ["active", "active"]
        assert Invitation.objects.get(pk=waiting.pk).state == "sent"
        assert (balance_of(owner, QUANZHOU), balance_of(owner, QUANZHOU, "pool")) == (400_000, 100_000)

    def test_open_matters_block_it_and_are_named(self, family, monkeypatch):
        owner, ties, _ = family
        open_matter = open_matters.OpenMatter("给林小雨交居民医保，还没有结果")
        monkeypatch.setattr(open_matters, "_sources", [lambda payer, region: [open_matter]])
        with pytest.raises(closing.StillOpenError) as refusal:
            self.close(owner)
        assert refusal.value.matters == [open_matter]
        assert state(ties[0]) == "active"


class TestByItself:
    def run(self, on: date = TODAY) -> dict[str, int]:
        report = keep_up(act=act_at(NOW + (on - TODAY)))
        assert report.failed == []
        return {name: count for name, count in report.done.items() if count}

    def changed(self, person, status: int, region: str = RUIAN, on: date = TODAY) -> None:
        last = Enrolment.objects.filter(person=person).latest("from_on")
        kept = {"insurance": last.insurance, "person_type": last.person_type}
        EnrolmentFactory(person=person, region=region, status=status, from_on=on, **kept)

    def why(self, tie: Bond) -> str:
        return Bond.objects.get(pk=tie.pk).end_reason

    def test_nothing_due_nothing_done(self, tie):
        assert self.run() == {}

    def test_the_last_day_has_passed(self, payer, father):
        tie = bond(payer, father, until_on=TODAY)
        assert self.run(TODAY) == {}
        assert self.run(TODAY + timedelta(days=1)) == {"结束的共济关系": 1}
        assert self.why(tie) == "period_over"
        assert self.run(TODAY + timedelta(days=1)) == {}
        for person in (payer, father):
            assert "到了约定的结束日期" in told(person)[-1].text

    @pytest.mark.parametrize(
        ("who", "status", "region", "reason"),
        [
            ("payer", 4, RUIAN, "payer_left"),
            ("user", 4, RUIAN, "user_left"),
        ],
    )
    def test_an_insurance_that_ended(self, payer, father, tie, who, status, region, reason):
        self.changed(payer if who == "payer" else father, status, region)
        self.run()
        assert self.why(tie) == reason

    def test_a_user_who_moved_to_another_province(self, father, tie):
        self.changed(father, 4)
        self.changed(father, 1, QUANZHOU)
        self.run()
        assert self.why(tie) == "user_outside"

    def test_a_suspension_only_freezes(self, payer, father, tie):
        self.changed(payer, 2)
        assert self.run() == {}
        assert bonds_received(father, TODAY)[0].blocked == "出钱的人没有正常参保，暂时不能用"

    def test_pool_money_returns_to_an_owner_who_left(self):
        owner = insured(QUANZHOU, carried=300_000)
        pool.move_in(act=ACT, payer=owner, region=QUANZHOU, amount_fen=50_000, key="k")
        self.changed(owner, 4, QUANZHOU)
        assert self.run() == {"退回的共济账户": 1}
        assert balance_of(owner, QUANZHOU) == 300_000

    def test_a_death_ends_what_was_given_and_what_was_used(self, payer, father, tie):
        other = bond(insured(carried=1), payer, relation="7")
        assert life_events.report_death(act=ACT, person=payer) == 2
        assert (self.why(tie), self.why(other)) == ("payer_died", "user_died")
        assert life_events.report_death(act=ACT, person=payer) == 0

    def test_an_invitation_is_reminded_of_once_and_expires_once(self, payer, father):
        invitation = invited(payer, father).invitation
        assert self.run(TODAY + timedelta(days=4)) == {}
        assert self.run(TODAY + timedelta(days=6)) == {"提醒": 1}
        assert self.run(TODAY + timedelta(days=7)) == {}
        assert titles(father).count("陈静的邀请快到期了") == 1
        assert self.run(TODAY + timedelta(days=8)) == {"过期的邀请": 1}
        assert self.run(TODAY + timedelta(days=8)) == {}
        assert Invitation.objects.get(pk=invitation.pk).state == "expired"
        assert "没有用到您的钱" in told(payer)[-1].text

    def test_one_sent_again_is_reminded_of_again(self, payer, father):
        number = invited(payer, father).invitation.number
        later = TODAY + timedelta(days=8)
        self.run(TODAY + timedelta(days=6))
        self.run(later)
        invitations.resend(act=act_at(NOW + timedelta(days=8)), payer=payer, number=number)
        assert self.run(later + timedelta(days=6)) == {"提醒": 1}

    def test_a_child_that_comes_of_age_is_told_on_the_birthday_once(self, payer):
        born = date(TODAY.year - 16, TODAY.month, TODAY.day) + timedelta(days=1)
        child = insured(resident=True, birth_on=born)
        number = invited(payer, child, relation="2").invitation.number
        given = {"name": child.name, "certno": child.certno, "declared": True}
        accepting.accept_for_child(act=ACT, parent=payer, number=number, **given)
        assert self.run() == {}
        birthday = TODAY + timedelta(days=1)
        assert self.run(birthday) == {"满独立同意年龄": 1}
        assert self.run(birthday) == {}
        assert "满16周岁了，家庭共济由本人决定" in titles(child)

    def test_after_ninety_days_nothing_is_left_of_who_was_asked_in_vain(self, payer, father):
        number = invited(payer, father, phone="19900000777").invitation.number
        invitations.decline(act=ACT, user=father, number=number)
        later = TODAY + timedelta(days=91)
        assert self.run(later) == {"抹去的邀请资料": 1}
        assert self.run(later) == {}
        row = Invitation.objects.get(number=number)
        assert (row.invitee_name, row.invitee_certno, row.invitee_phone, row.invitee_index) == ("", "", "", None)

    def test_one_that_fails_stops_nobody_and_is_reported(self, payer, father, tie, monkeypatch):
        def fails(**given):
            raise RuntimeError("no")

        other = bond(insured(carried=1), insured(resident=True), until_on=date(2026, 3, 1))
        self.changed(father, 4)
        monkeypatch.setattr("family.upkeep._close_one", fails)
        self.changed(payer, 4)
        report = keep_up(act=ACT)
        assert report.failed == [f"结束的共济关系：共济关系 {tie.pk}"]
        assert self.why(other) == "period_over"

    def test_the_command_says_what_it_did(self, payer, father, capsys):
        bond(payer, father, until_on=date(2026, 3, 1))
        call_command("family_daily", "--on", "2026-03-10", "--json")
        assert '"结束的共济关系": 1' in capsys.readouterr().out
