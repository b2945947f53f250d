"""An invitation until its answer: one open per pair, nothing told of strangers, a secret for one person and one look."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.identity import limits
from accounts.models import AuditEvent, Notice, OutboxMessage
from family.models import Event, Invitation
from family.operations import accepting, drafts, invitations, undoing
from family.operations.notifications import invitee_of
from family.queries.eligibility import to_invite
from family.queries.invitations import invitation_received, invitations_received, invitations_sent, timeline
from family.rules import CannotUndoError, ChangedError, IncompleteDraftError, RefusedError
from tests.factories.acts import act_at
from tests.factories.family import ACT, NOW, RUIAN, TODAY, bond, insured, invited, renumbered
from tests.factories.notices import titles, told
from tests.factories.people import certno
from tests.factories.users import citizen

pytestmark = pytest.mark.usefixtures("policies_loaded")

LATER = NOW + timedelta(days=8)


@pytest.fixture
def payer():
    return insured(carried=300_000, name="陈静", gender=2)


@pytest.fixture
def relative():
    return insured(resident=True, name="陈伟", gender=1)


def open_again(invitation: Invitation) -> Invitation:
    return Invitation.objects.get(pk=invitation.pk)


def codes_of(refusal: pytest.ExceptionInfo) -> set[str]:
    return {str(code) for code in refusal.value.codes}


class TestSending:
    def test_what_was_filled_in_step_by_step_is_sent_once(self, payer, relative):
        drafts.draft(act=ACT, payer=payer, region=RUIAN, relation="5")
        drafts.draft(act=ACT, payer=payer, region=RUIAN, name="陈伟", certno=relative.certno)
        drafts.draft(act=ACT, payer=payer, region=RUIAN, scopes=("medical",), limit_fen=50_000)
        sent = invitations.send(act=ACT, payer=payer, region=RUIAN)
        invitation = open_again(sent.invitation)
        assert (invitation.relation, invitation.invitee_name, invitation.limit_fen) == ("5", "陈伟", 50_000)
        assert invitation.number.startswith("GJ2026-0310-")
        assert not set(invitation.number.removeprefix("GJ")) & set("01OI") - set("2026-0310")
        assert [mark.words for mark in timeline(invitation, for_payer=True)] == ["发出邀请"]
        with pytest.raises(IncompleteDraftError):
            invitations.send(act=ACT, payer=payer, region=RUIAN)

    def test_an_unfinished_one_says_what_is_missing(self, payer):
        drafts.draft(act=ACT, payer=payer, region=RUIAN, relation="5", scopes=("medical",))
        with pytest.raises(IncompleteDraftError) as refusal:
            invitations.send(act=ACT, payer=payer, region=RUIAN)
        assert refusal.value.missing == ("invitee_name", "invitee_certno")

    def test_a_draft_can_be_thrown_away(self, payer):
        drafts.draft(act=ACT, payer=payer, region=RUIAN, relation="5")
        drafts.discard(act=ACT, payer=payer, region=RUIAN)
        assert not Invitation.objects.exists()

    def test_every_reason_is_told_at_once(self, relative):
        poor = insured(carried=199_999)
        with pytest.raises(RefusedError) as refusal:
            invited(poor, relative, relation="8", limit_fen=None, until_on=TODAY - timedelta(days=1))
        assert codes_of(refusal) == {"gate", "relation", "end_day"}

    def test_a_second_open_one_to_the_same_person_is_refused_by_the_rules_and_by_the_database(self, payer, relative):
        first = invited(payer, relative).invitation
        with pytest.raises(RefusedError) as refusal:
            invited(payer, relative)
        assert codes_of(refusal) == {"open_invitation"}
        assert first.number in refusal.value.reasons[0].found
        twin = open_again(first)
        twin.pk, twin.number, twin.invitee_certno = None, "GJ-TWIN", str(relative.certno)
        with pytest.raises(IntegrityError, match="invitation_one_open_per_pair"), transaction.atomic():
            twin.save(force_insert=True)

    def test_nobody_invites_themselves_or_somebody_bound(self, payer, relative):
        with pytest.raises(RefusedError) as refusal:
            invited(payer, payer)
        assert codes_of(refusal) == {"self"}
        bond(payer, relative)
        with pytest.raises(RefusedError) as refusal:
            invited(payer, relative)
        assert codes_of(refusal) == {"already_bound"}

    def test_a_sixth_in_a_day_has_to_wait(self, payer):
        for _ in range(5):
            invited(payer, insured(resident=True))
        with pytest.raises(limits.TooOftenError):
            invited(payer, insured(resident=True))
        invited(payer, insured(resident=True), on=TODAY + timedelta(days=1))

    def test_at_most_three_wait_for_one_person(self, relative):
        for _ in range(3):
            invited(insured(carried=300_000), relative)
        with pytest.raises(RefusedError) as refusal:
            invited(insured(carried=300_000), relative)
        assert codes_of(refusal) == {"too_many_open"}

    def test_what_has_expired_does_not_count_before_the_job_settles_it(self, relative):
        for _ in range(3):
            invited(insured(carried=300_000), relative)
        assert invited(insured(carried=300_000), relative, on=TODAY + timedelta(days=8)).invitation.is_open

    def test_an_expired_one_is_not_sent_again_as_a_fourth(self, relative):
        payer = insured(carried=300_000)
        number = invited(payer, relative).invitation.number
        later = TODAY + timedelta(days=8)
        for _ in range(3):
            invited(insured(carried=300_000), relative, on=later)
        with pytest.raises(RefusedError) as refusal:
            invitations.resend(act=act_at(NOW + timedelta(days=8)), payer=payer, number=number)
        assert codes_of(refusal) == {"too_many_open"}

    def test_a_freshly_changed_number_may_not_invite_for_three_days(self, payer, relative):
        user = citizen("19900000901", payer)
        type(user).objects.filter(pk=user.pk).update(phone_changed_at=NOW - timedelta(hours=71))
        with pytest.raises(RefusedError) as refusal:
            invited(payer, relative)
        assert codes_of(refusal) == {"phone_changed"}
        type(user).objects.filter(pk=user.pk).update(phone_changed_at=NOW - timedelta(hours=96))
        assert to_invite(payer=payer, region=RUIAN, on=TODAY) == ()


class TestStrangers:
    """Whether somebody with this number exists is never told before they answer."""

    def stranger(self) -> str:
        return certno(999_123, date(1950, 1, 1))

    def sent_to(self, payer, number: str, phone: str) -> Invitation:
        drafts.draft(
            act=ACT,
            payer=payer,
            region=RUIAN,
            relation="5",
            name="陈伟",
            certno=number,
            phone=phone,
            scopes=("medical",),
        )
        return invitations.send(act=ACT, payer=payer, region=RUIAN).invitation

    def shown(self, payer, invitation: Invitation) -> str:
        """Everything the inviter gets to see of an invitation, without its number and the certificate typed."""
        fresh = invitations_sent(payer).get(pk=invitation.pk)
        marks = [(mark.kind, mark.words, mark.at) for mark in timeline(fresh, for_payer=True)]
        facts = [fresh.state_for_payer, fresh.sent_at, fresh.expires_at, fresh.sends, fresh.user, marks]
        return "\n".join(map(str, facts))

    def test_the_inviter_sees_the_same_for_a_stranger_a_resident_and_somebody_elsewhere(self, relative):
        pairs = [(insured(carried=300_000), number) for number in
                 (self.stranger(), relative.certno, insured("110000").certno, insured(status=4).certno)]  # fmt: skip
        shown = {self.shown(payer, self.sent_to(payer, number, "19900000777")) for payer, number in pairs}
        assert len(shown) == 1
        texts = [
            row.text.replace(row.text[9:11], "") for row in OutboxMessage.objects.filter(template="family_invited")
        ]
        assert len(texts) == 4

    def test_a_look_is_not_shown_before_the_answer(self, payer, relative):
        invitation = invited(payer, relative).invitation
        before = self.shown(payer, invitation)
        invitations.mark_seen(act=ACT, user=relative, number=invitation.number)
        assert self.shown(payer, invitation) == before
        assert open_again(invitation).state == "seen"
        accepting.accept(act=ACT, user=relative, number=invitation.number)
        assert [mark.words for mark in timeline(open_again(invitation), for_payer=True)] == [
            "发出邀请",
            "对方已看到",
            "同意",
        ]

    def test_one_who_says_not_my_family_is_rid_of_it_and_the_inviter_sees_it_wait(self, payer, relative):
        invitation = invited(payer, relative).invitation
        before = self.shown(payer, invitation)
        number = invitation.number
        event = invitations.decline(act=ACT, user=relative, number=number, not_family=True)
        assert self.shown(payer, invitation) == before
        assert not invitations_received(relative, NOW)
        with pytest.raises(ChangedError):
            accepting.accept(act=ACT, user=relative, number=number)
        assert not Notice.objects.filter(person=payer)
        undoing.undo(act=ACT, person=relative, event_id=event.pk)
        assert self.shown(payer, invitation) == before
        assert invitations_received(relative, NOW).get().number == number

    def test_the_phone_that_was_typed_is_told_without_a_link_a_full_name_or_a_number(self, payer, relative):
        self.sent_to(payer, relative.certno, "19900000777")
        message = OutboxMessage.objects.get(template="family_invited")
        assert message.phone == "19900000777"
        assert "陈*" in message.text
        assert "陈静" not in message.text
        assert "http" not in message.text
        assert relative.certno not in message.text

    def test_the_audit_holds_no_number_of_anybody(self, payer, relative):
        invited(payer, relative, phone="19900000777")
        details = [str(event.detail) for event in AuditEvent.objects.filter(verb__startswith="family.")]
        assert details
        assert not any(relative.certno in text or "19900000777" in text for text in details)

    def test_what_was_typed_lies_encrypted(self, payer, relative):
        invited(payer, relative, phone="19900000777")
        row = str(Invitation.objects.values().get())
        assert relative.certno not in row
        assert "19900000777" not in row
        assert "陈伟" not in row


class TestTheSecret:
    def test_it_opens_for_the_invited_person_once(self, payer, relative):
        sent = invited(payer, relative)
        opened = invitations.open_token(act=ACT, user=relative, token=sent.token)
        assert opened.state == "seen"
        with pytest.raises(Invitation.DoesNotExist):
            invitations.open_token(act=ACT, user=relative, token=sent.token)

    def test_it_opens_though_the_person_has_another_number_by_now(self, payer, relative):
        sent = invited(payer, relative)
        renumbered(relative)
        assert invitations.open_token(act=ACT, user=relative, token=sent.token).state == "seen"
        assert invitee_of(sent.invitation) == relative

    def test_for_anybody_else_it_is_none(self, payer, relative):
        sent = invited(payer, relative)
        for other in (payer, insured(resident=True)):
            with pytest.raises(Invitation.DoesNotExist):
                invitations.open_token(act=ACT, user=other, token=sent.token)

    def test_it_is_256_bits_and_kept_as_a_digest(self, payer, relative):
        sent = invited(payer, relative)
        assert len(sent.token) >= 43
        assert sent.token not in str(Invitation.objects.values().get())

    def test_sending_again_makes_the_old_one_worthless(self, payer, relative):
        first = invited(payer, relative)
        number = first.invitation.number
        second = invitations.resend(act=ACT, payer=payer, number=number)
        with pytest.raises(Invitation.DoesNotExist):
            invitations.open_token(act=ACT, user=relative, token=first.token)
        invitations.open_token(act=ACT, user=relative, token=second.token)

    def test_it_expires_with_the_invitation(self, payer, relative):
        sent = invited(payer, relative)
        with pytest.raises(Invitation.DoesNotExist):
            invitations.open_token(act=act_at(LATER), user=relative, token=sent.token)


class TestLater:
    def test_it_is_good_to_the_end_of_its_seventh_day(self, payer, relative):
        invitation = invited(payer, relative).invitation
        assert invitations_received(relative, NOW + timedelta(days=7, hours=13)).exists()
        assert not invitations_received(relative, NOW + timedelta(days=7, hours=14)).exists()
        assert invitation.expires_at is not None

    def test_a_withdrawn_one_is_over_for_both(self, payer, relative):
        invitation = invited(payer, relative).invitation
        invitations.withdraw(act=ACT, payer=payer, number=invitation.number)
        assert not invitations_received(relative, NOW)
        with pytest.raises(ChangedError):
            invitations.withdraw(act=ACT, payer=payer, number=invitation.number)
        with pytest.raises(ChangedError):
            invitations.resend(act=ACT, payer=payer, number=invitation.number)
        assert "陈静撤回了邀请" in titles(relative)

    def test_a_refusal_is_told_with_the_words_of_the_invited_person_if_there_are_any(self, payer, relative):
        number = invited(payer, relative).invitation.number
        event = invitations.decline(act=ACT, user=relative, number=number, answer="我自己有钱")
        assert "我自己有钱" in told(payer)[-1].text
        undoing.undo(act=ACT, person=relative, event_id=event.pk)
        assert invitation_received(relative, number).state == "sent"
        with pytest.raises(CannotUndoError):
            undoing.undo(act=ACT, person=relative, event_id=event.pk)

    def test_a_refusal_cannot_be_taken_back_when_another_invitation_waits(self, payer, relative):
        number = invited(payer, relative).invitation.number
        event = invitations.decline(act=ACT, user=relative, number=number)
        invited(payer, relative)
        with pytest.raises(CannotUndoError):
            undoing.undo(act=ACT, person=relative, event_id=event.pk)

    def test_an_expired_one_does_not_block_a_new_one(self, payer, relative):
        invited(payer, relative)
        invited(payer, relative, on=LATER.date())
        assert sorted(Invitation.objects.values_list("state", flat=True)) == ["expired", "sent"]

    def test_nobody_but_the_two_finds_it(self, payer, relative):
        number = invited(payer, relative).invitation.number
        stranger = insured(resident=True)
        acts = [
            lambda: invitations.withdraw(act=ACT, payer=relative, number=number),
            lambda: invitations.resend(act=ACT, payer=stranger, number=number),
            lambda: invitations.mark_seen(act=ACT, user=stranger, number=number),
            lambda: invitations.decline(act=ACT, user=payer, number=number),
            lambda: accepting.accept(act=ACT, user=stranger, number=number),
        ]
        for act in acts:
            with pytest.raises(Invitation.DoesNotExist):
                act()
        assert Event.objects.count() == 1
