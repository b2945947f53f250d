"""Agreeing, in each of the ways, decided by the rules and the age of that day."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.codes import MessageState
from accounts.identity import limits
from accounts.identity.actors import Act, Actor
from accounts.models import OutboxMessage
from family.models import Bond, Invitation
from family.operations import accepting, counter, invitations, undoing
from family.operations.ending import remove
from family.queries.bonds import bonds_given, bonds_received, history
from family.rules import CannotUndoError, ChangedError, MismatchError, RefusedError
from tests.factories.acts import ACTOR, act_at, act_on
from tests.factories.family import ACT, JIANGXI, NOW, QUANZHOU, RUIAN, TODAY, ZHOUSHAN, bond, insured, invited
from tests.factories.notices import titles, told
from tests.factories.people import EnrolmentFactory, certno
from tests.factories.users import citizen, official

pytestmark = pytest.mark.usefixtures("policies_loaded")

PHONE = "19900000321"


@pytest.fixture
def payer():
    return insured(carried=300_000, name="陈静", gender=2)


@pytest.fixture
def father():
    return insured(resident=True, name="陈伟", gender=1)


@pytest.fixture
def clerk():
    return Actor.staff(official(username="clerk-f"), "R01")


def accept(user, invitation, act: Act = ACT):
    return accepting.accept(act=act, user=user, number=invitation.number)


def codes_of(refusal: pytest.ExceptionInfo) -> set[str]:
    return {str(code) for code in refusal.value.codes}


class TestByOneself:
    def test_both_see_each_other_the_right_way_round(self, payer, father):
        accept(father, invited(payer, father, limit_fen=50_000, until_on=date(2026, 12, 31)).invitation)
        (mine,), (theirs,) = bonds_given(payer, TODAY), bonds_received(father, TODAY)
        assert (mine.called, theirs.called) == ("陈伟（父亲）", "陈静（女儿）")
        assert mine.limit_fen == theirs.limit_fen == 50_000
        assert [mark.words for mark in history(mine.bond, for_payer=True)] == ["陈静发出邀请", "陈伟同意"]

    def test_both_are_told(self, payer, father):
        accept(father, invited(payer, father).invitation)
        assert "父亲陈伟可以用您的钱了" in titles(payer)
        said = told(father)[-1]
        assert said.title == "您可以用女儿陈静的钱了"
        assert said.text.startswith("用的是陈静的历年结余，每年最多 1,000.00 元")

    def test_who_has_money_of_their_own_hears_that_it_goes_first(self, payer):
        father = insured(name="陈伟", gender=1)
        accept(father, invited(payer, father).invitation)
        said = told(father)[-1]
        assert said.text.startswith("先用您自己的，再用陈静的历年结余，每年最多 1,000.00 元")

    def test_the_rules_are_those_of_the_day_of_agreeing(self, payer, father):
        invitation = invited(payer, father).invitation
        EnrolmentFactory(person=father, region=RUIAN, insurance="390", person_type="15", status=2, from_on=TODAY)
        EnrolmentFactory(person=payer, region=RUIAN, status=2, from_on=TODAY)
        with pytest.raises(RefusedError) as refusal:
            accept(father, invitation)
        assert codes_of(refusal) == {"payer_not_ready", "user_suspended"}
        assert not Bond.objects.exists()

    def test_a_third_authoriser_is_refused(self, father):
        for _ in range(2):
            accept(father, invited(insured(carried=300_000), father, relation="5").invitation)
        third = invited(insured(carried=300_000), father, relation="5").invitation
        with pytest.raises(RefusedError) as refusal:
            accept(father, third)
        assert codes_of(refusal) == {"max_authorisers"}

    @pytest.mark.parametrize(
        ("region", "facts", "code"),
        [
            (RUIAN, {"region": QUANZHOU}, "user_outside"),
            (RUIAN, {"status": 2}, "user_suspended"),
            (RUIAN, {"status": 4}, "user_not_insured"),
            (JIANGXI, {"region": "110000"}, "user_outside"),
        ],
    )
    def test_who_may_not_use_is_told_why(self, region, facts, code):
        payer = insured(region, carried=300_000)
        user = insured(**{"region": region, **facts})
        with pytest.raises(RefusedError) as refusal:
            accept(user, invited(payer, user, region=region).invitation)
        assert codes_of(refusal) == {code}

    def test_within_the_province_another_region_is_fine(self, father):
        payer = insured(ZHOUSHAN, carried=1)
        accept(father, invited(payer, father, region=ZHOUSHAN).invitation)
        assert bonds_received(father, TODAY)[0].bond.region == ZHOUSHAN

    def test_what_is_over_cannot_be_accepted(self, payer, father):
        invitation = invited(payer, father).invitation
        with pytest.raises(ChangedError):
            accept(father, invitation, act_on(TODAY + timedelta(days=8)))
        invitations.withdraw(act=ACT, payer=payer, number=invitation.number)
        with pytest.raises(ChangedError):
            accept(father, invitation)

    def test_it_can_be_taken_back_for_ten_minutes(self, payer, father):
        bond = accept(father, invited(payer, father).invitation)
        event = bond.events.get()
        with pytest.raises(CannotUndoError):
            undoing.undo(act=act_at(NOW + timedelta(minutes=10)), person=father, event_id=event.pk)
        undoing.undo(act=act_at(NOW + timedelta(minutes=9)), person=father, event_id=event.pk)
        assert not bonds_given(payer, TODAY)
        again = accept(father, Invitation.objects.get())
        assert again.pk != bond.pk

    def test_after_a_removal_they_may_agree_again(self, payer, father):
        bond = accept(father, invited(payer, father).invitation)
        remove(act=ACT, payer=payer, bond_id=bond.pk)
        assert accept(father, invited(payer, father).invitation).place == 1


class TestChildren:
    def born(self, years: int, days: int = 0) -> date:
        return date(TODAY.year - years, TODAY.month, TODAY.day) + timedelta(days=days)

    def for_child(self, parent, child, invitation, on: date = TODAY, **changes):
        typed = {"name": child.name, "certno": child.certno, "declared": True, **changes}
        number = changes.pop("number", invitation.number)
        return accepting.accept_for_child(act=act_on(on), parent=parent, number=number, **typed)

    def test_a_parent_agrees_for_their_own_child(self, payer):
        child = insured(resident=True, birth_on=self.born(10))
        bond = self.for_child(payer, child, invited(payer, child, relation="2").invitation)
        assert bond.consent == "parent"
        assert [mark.words for mark in history(bond, for_payer=True)][-1] == f"父母代{child.name}同意"

    def test_the_other_parent_may_but_no_inviter_for_somebody_elses_child(self, payer):
        child, mother = insured(resident=True, birth_on=self.born(10)), insured(resident=True)
        invitation = invited(payer, child, relation="4").invitation
        with pytest.raises(MismatchError):
            self.for_child(payer, child, invitation)
        assert self.for_child(mother, child, invitation).user_id == child.pk

    @pytest.mark.parametrize("wrong", [{"declared": False}, {"certno": "999902201001010010"}])
    def test_every_mismatch_with_the_invitation_is_the_same(self, payer, wrong):
        child = insured(resident=True, birth_on=self.born(10))
        with pytest.raises(MismatchError):
            self.for_child(payer, child, invited(payer, child, relation="2").invitation, **wrong)

    def test_a_child_whom_the_roster_knows_to_be_older_agrees_alone(self, payer):
        grown = insured(resident=True, certno=certno(7, self.born(10)), birth_on=self.born(17))
        with pytest.raises(RefusedError) as refusal:
            self.for_child(payer, grown, invited(payer, grown, relation="2").invitation)
        assert codes_of(refusal) == {"not_done"}

    def test_why_the_payer_cannot_is_told_before_anything_of_the_child(self, payer):
        child = insured(resident=True, birth_on=self.born(10))
        invitation = invited(payer, child, relation="2").invitation
        EnrolmentFactory(person=payer, region=RUIAN, status=2, from_on=TODAY)
        for name in (child.name, "别人"):
            with pytest.raises(RefusedError) as refusal:
                self.for_child(payer, child, invitation, name=name)
            assert codes_of(refusal) == {"payer_not_ready"}

    def test_a_child_may_not_agree_alone_until_the_sixteenth_birthday(self, payer):
        child = insured(resident=True, birth_on=self.born(16, days=1))
        invitation = invited(payer, child, relation="2").invitation
        with pytest.raises(RefusedError) as refusal:
            accept(child, invitation)
        assert codes_of(refusal) == {"minor_needs_parent"}
        birthday = TODAY + timedelta(days=1)
        with pytest.raises(RefusedError) as refusal:
            self.for_child(payer, child, invitation, on=birthday)
        assert codes_of(refusal) == {"of_age"}
        assert accept(child, invitation, act_on(birthday)).consent == "own"


class TestAtTheCounter:
    def test_an_invitation_is_agreed_to_before_a_clerk(self, payer, father, clerk):
        number = invited(payer, father).invitation.number
        assert counter.accept_at_counter(act=Act(clerk, NOW), number=number).consent == "counter"

    def test_a_number_that_leads_to_nobody_is_no_match(self, clerk):
        with pytest.raises(MismatchError):
            counter.accept_at_counter(act=Act(clerk, NOW), number="GJ2026-0310-22222")

    def bind(self, clerk, payer, user, region=RUIAN, **more):
        given = {"relation": "5", "scopes": ("medical",), **more}
        return counter.bind_at_counter(act=Act(clerk, NOW), payer=payer, user=user, region=region, **given)

    def test_zhejiang_binds_on_documents_alone(self, payer, father, clerk):
        assert self.bind(clerk, payer, father).invitation is None
        assert "您可以用女儿陈静的钱了" in titles(father)

    def test_fujian_asks_for_the_one_who_uses(self, clerk):
        payer, mother = insured(QUANZHOU, birth_on=date(1980, 1, 1)), insured(QUANZHOU, resident=True)
        with pytest.raises(RefusedError) as refusal:
            self.bind(clerk, payer, mother, QUANZHOU)
        assert codes_of(refusal) == {"consent_needed"}
        assert not self.bind(clerk, payer, mother, QUANZHOU, user_present=True).has_ended

    def test_who_is_not_fully_identified_becomes_a_temporary_member_for_premiums(self, clerk):
        payer, mother = insured(QUANZHOU, birth_on=date(1980, 1, 1)), insured(QUANZHOU, resident=True)
        unknown = {"user_present": True, "identity_checked": False}
        with pytest.raises(RefusedError) as refusal:
            self.bind(clerk, payer, mother, QUANZHOU, **unknown)
        assert codes_of(refusal) == {"identity"}
        bond = self.bind(clerk, payer, mother, QUANZHOU, scopes=("premium",), **unknown)
        assert (bond.temporary, bond.scopes) == (True, ["premium"])

    def test_a_clerk_sees_every_reason_of_both_sides(self, clerk):
        poor, user = insured(carried=1), insured("350500")
        with pytest.raises(RefusedError) as refusal:
            self.bind(clerk, poor, user, relation="8")
        assert codes_of(refusal) == {"gate", "relation", "user_outside"}

    def test_nobody_but_staff(self, payer, father):
        with pytest.raises(ValueError, match="staff"):
            self.bind(ACTOR, payer, father)


class TestOnTheInvitersPhone:
    """The code goes to the number the invited person signs in with, never to one that the inviter typed."""

    @pytest.fixture(autouse=True)
    def _outside(self, policies_loaded):
        """Guesses are counted in a durable transaction; let it stand inside that of the test, as in a TestCase."""
        for block in connection.atomic_blocks:
            block._from_testcase = True

    def send(self, payer, number: str, at: datetime = NOW):
        return accepting.send_code(act=act_at(at), payer=payer, number=number, address="10.0.0.1")

    def agree(self, payer, number: str, code_id, typed: str, name: str, last_four: str, at: datetime = NOW):
        return accepting.accept_with_code(
            act=act_at(at),
            payer=payer,
            number=number,
            code_id=code_id,
            typed=typed,
            name=name,
            last_four=last_four,
            address="10.0.0.1",
        )

    def code(self) -> str:
        message = OutboxMessage.objects.filter(template="family_agree_code").latest("queued_at")
        assert "同意使用陈静的" in message.text
        return message.text.split("】")[1][:6]

    def test_code_name_and_last_four_together(self, payer, father):
        citizen(PHONE, father)
        number = invited(payer, father, phone="19900000999").invitation.number
        code_id = self.send(payer, number)
        assert OutboxMessage.objects.get(template="family_agree_code").phone == PHONE
        bond = self.agree(payer, number, code_id, self.code(), "陈伟", father.certno[-4:])
        assert bond.consent == "code"

    @pytest.mark.parametrize("wrong", ["typed", "name", "last_four"])
    def test_each_mismatch_is_refused_alike(self, payer, father, wrong):
        citizen(PHONE, father)
        number = invited(payer, father).invitation.number
        code_id = self.send(payer, number)
        right = {"typed": self.code(), "name": "陈伟", "last_four": father.certno[-4:]}
        other = {"typed": f"{(int(right['typed']) + 1) % 10**6:06}", "name": "陈强", "last_four": "0000"}
        with pytest.raises(MismatchError):
            self.agree(payer, number, code_id, **{**right, wrong: other[wrong]})

    def test_for_somebody_who_does_not_exist_it_looks_the_same_and_nothing_is_sent(self, payer, father):
        father.certno = "999902195501010018"  # nobody's
        number = invited(payer, father, phone=PHONE).invitation.number
        to_send = OutboxMessage.objects.exclude(state=MessageState.EXPIRED)
        before = to_send.count()
        code_id = self.send(payer, number)
        assert code_id is not None
        assert to_send.count() == before
        with pytest.raises(MismatchError):
            self.agree(payer, number, code_id, "123456", "陈伟", "0018")

    def test_a_code_for_one_invitation_does_not_open_another(self, payer, father):
        citizen(PHONE, father)
        first = invited(payer, father).invitation.number
        code_id = self.send(payer, first)
        second = invited(insured(carried=300_000), father).invitation
        with pytest.raises(MismatchError):
            self.agree(second.payer, second.number, code_id, self.code(), "陈伟", father.certno[-4:])

    def test_after_five_tries_it_is_closed_whoever_was_invited(self, payer, father):
        number = invited(payer, father).invitation.number
        for _ in range(5):
            with pytest.raises(MismatchError):
                self.agree(payer, number, None, "000000", "陈伟", "0000")
        with pytest.raises(limits.TooOftenError):
            self.agree(payer, number, None, "000000", "陈伟", "0000")

    def test_one_code_a_minute(self, payer, father):
        number = invited(payer, father).invitation.number
        self.send(payer, number)
        with pytest.raises(limits.TooOftenError):
            self.send(payer, number)

    def test_nobody_else_may_ask_for_a_code(self, payer, father):
        number = invited(payer, father).invitation.number
        with pytest.raises(Invitation.DoesNotExist):
            self.send(father, number)


def test_the_pair_cannot_be_bound_twice_in_the_database(payer, father):
    bond(payer, father)
    with pytest.raises(IntegrityError, match="bond_one_per_pair"), transaction.atomic():
        bond(payer, father)
