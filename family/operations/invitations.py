"""An invitation from the first draft to its answer. Acceptance is in operations.accepting."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from accounts.identity import certificates, limits
from accounts.identity.actors import Act
from accounts.ledger.retry import retrying
from accounts.models import Person
from accounts.policies import registry
from accounts.queries.people import numbers_of
from family.codes import OPEN, EventKind, InvitationState
from family.models import Event, Invitation
from family.operations import history, locks, notifications
from family.queries import eligibility, notice_words
from family.queries.invitations import own_indexes
from family.rules import ChangedError, IncompleteDraftError
from family.rules.reasons import refuse
from yibao.lib.clock import SHANGHAI
from yibao.lib.speakable import dated_number

SENDS_OF_INVITER = limits.limits("5/1d")
_NEEDED = ("relation", "scopes", "invitee_name", "invitee_certno")


@dataclass(frozen=True, slots=True)
class Sent:
    """A sent invitation and its secret, which is shown once: 256 bits that only the invited person can use.

    `is_texted`: whether a message goes to the number that the inviter typed; the day's budget may be used up.
    """

    invitation: Invitation
    token: str
    is_texted: bool


@retrying
def send(*, act: Act, payer: Person, region: str) -> Sent:
    """Send the draft. What the inviter gets is the same whether or not the invited person exists.

    Raises IncompleteDraftError, RefusedError with every reason on the payer's side, limits.TooOftenError after five a day.
    """
    with transaction.atomic():
        locks.lock_people([payer.pk])
        invitation = _draft_of(payer, region)
        locks.lock_invitee(invitation.invitee_certno)
        _expire_overdue(act, payer, invitation.invitee_certno)
        refuse(
            eligibility.to_invite(
                payer=payer,
                region=region,
                on=act.on,
                relation=invitation.relation,
                certno=invitation.invitee_certno,
                scopes=tuple(invitation.scopes),
                limit_fen=invitation.limit_fen,
                until_on=invitation.until_on,
            )
        )
        limits.use("family invitation", str(payer.pk), SENDS_OF_INVITER, act.at)
        token = _issue(invitation, act.on)
        invitation.number, invitation.sent_at = dated_number("GJ", act.on), act.at
        try:
            with transaction.atomic():
                invitation.save()
        except IntegrityError as error:
            raise ChangedError from error  # the same number drawn twice, or a second window was faster
        _write(act, EventKind.SENT, payer, invitation)
        is_texted = notifications.notify_invited(act=act, invitation=invitation)
    return Sent(invitation, token, is_texted)


@retrying
def resend(*, act: Act, payer: Person, number: str) -> Sent:
    """Send an open or expired invitation once more: a new secret, a new last day, the old secret stops working.

    Raises Invitation.DoesNotExist, ChangedError once it is answered or withdrawn, RefusedError, limits.TooOftenError.
    """
    with transaction.atomic():
        invitation = _lock_own(payer, number, and_invitee=True)
        if invitation.state not in (*OPEN, InvitationState.EXPIRED) or not invitation.invitee_certno:
            raise ChangedError
        others = eligibility.to_invite(
            payer=payer,
            region=invitation.region,
            on=act.on,
            relation=invitation.relation,
            certno=invitation.invitee_certno,
            scopes=tuple(invitation.scopes),
            limit_fen=invitation.limit_fen,
            until_on=invitation.until_on,
        )
        refuse(tuple(reason for reason in others if not (reason.code == "open_invitation" and invitation.is_open)))
        limits.use("family invitation", str(payer.pk), SENDS_OF_INVITER, act.at)
        token = _issue(invitation, act.on)
        invitation.closed_at = invitation.reminded_at = None
        invitation.save()
        _write(act, EventKind.RESENT, payer, invitation)
        is_texted = notifications.notify_invited(act=act, invitation=invitation)
    return Sent(invitation, token, is_texted)


@retrying
def withdraw(*, act: Act, payer: Person, number: str) -> Invitation:
    """Take an open invitation back. Raises Invitation.DoesNotExist, ChangedError when it is not open any more."""
    with transaction.atomic():
        invitation = _lock_own(payer, number)
        require_open(invitation, act.at)
        close(invitation, InvitationState.WITHDRAWN, act.at)
        _write(act, EventKind.WITHDRAWN, payer, invitation)
        notifications.notify_invitee(act=act, invitation=invitation, template=notice_words.withdrawn)
    return invitation


def mark_seen(*, act: Act, user: Person, number: str) -> Invitation:
    """Note that the invited person has looked. The inviter is shown it only after an answer.

    Raises Invitation.DoesNotExist for anybody else, whatever their number.
    """
    with transaction.atomic():
        invitation = _received(user, number)
        seen = Invitation.objects.filter(pk=invitation.pk, state=InvitationState.SENT, expires_at__gt=act.at)
        if seen.update(state=InvitationState.SEEN, seen_at=act.at):
            _write(act, EventKind.SEEN, user, invitation)
        invitation.refresh_from_db()
    return invitation


def open_token(*, act: Act, user: Person, token: str) -> Invitation:
    """Use up the secret of an invitation and return the invitation, now seen.

    Raises Invitation.DoesNotExist alike for an unknown, used or expired secret and for anybody but the invited person.
    """
    with transaction.atomic():
        rows = Invitation.objects.filter(state__in=OPEN, invitee_index__in=own_indexes(user), expires_at__gt=act.at)
        invitation = rows.get(token_digest__in=[_digest(number, token) for number in numbers_of(user)])
        if not rows.filter(pk=invitation.pk, token_digest=invitation.token_digest).update(token_digest=""):
            raise Invitation.DoesNotExist
        assert invitation.number is not None
        return mark_seen(act=act, user=user, number=invitation.number)


@retrying
def decline(*, act: Act, user: Person, number: str, answer: str = "", not_family: bool = False) -> Event:
    """Refuse an invitation; it can be undone for some minutes.

    With `not_family` the inviter learns nothing: for them it goes on waiting until it expires, and only the invited
    person is rid of it. Otherwise they are told, with `answer` if the invited person wrote one.
    Raises Invitation.DoesNotExist, ChangedError.
    """
    with transaction.atomic():
        invitation = locks.lock_invitation(_received(user, number).pk)
        require_open(invitation, act.at)
        if invitation.sender_unknown:
            raise ChangedError
        was = str(invitation.state)
        if not_family:
            invitation.sender_unknown = True
            invitation.save(update_fields=["sender_unknown"])
        else:
            invitation.answer = answer[:100]
            close(invitation, InvitationState.DECLINED, act.at)
        event = history.write(
            act=act,
            kind=EventKind.DECLINED,
            by=user,
            payer_id=invitation.payer_id,
            region=invitation.region,
            invitation=invitation,
            detail={"was": was, "disowned": not_family},
            can_undo=True,
        )
        if not not_family:
            notifications.notify(act=act, person=invitation.payer, template=notice_words.declined, matter=invitation)
    return event


def close(invitation: Invitation, state: InvitationState, at: datetime) -> None:
    """Close an invitation that the caller has locked; its secret stops working."""
    invitation.state, invitation.closed_at, invitation.token_digest = state, at, ""
    invitation.save()


def require_open(invitation: Invitation, at: datetime) -> None:
    """Raise ChangedError unless the invitation, locked by the caller, may still be answered at this instant."""
    if not invitation.is_open or invitation.expires_at is None or invitation.expires_at <= at:
        raise ChangedError


def _draft_of(payer: Person, region: str) -> Invitation:
    invitation = Invitation.objects.filter(payer=payer, region=region, state=InvitationState.DRAFTED).first()
    missing = _NEEDED if invitation is None else tuple(field for field in _NEEDED if not getattr(invitation, field))
    if invitation is None or missing:
        raise IncompleteDraftError(missing)
    return invitation


def _lock_own(payer: Person, number: str, *, and_invitee: bool = False) -> Invitation:
    found = Invitation.objects.exclude(state=InvitationState.DRAFTED).get(payer=payer, number=number)
    locks.lock_people([payer.pk])
    if and_invitee:
        locks.lock_invitee(found.invitee_certno)
    return locks.lock_invitation(found.pk)


def _received(user: Person, number: str) -> Invitation:
    return Invitation.objects.get(number=number, invitee_index__in=own_indexes(user))


def _expire_overdue(act: Act, payer: Person, certno: str) -> None:
    """Close an expired invitation of the pair that the daily job has not come to yet: it must not block a new one."""
    rows = Invitation.objects.filter(payer=payer, state__in=OPEN, expires_at__lte=act.at)
    for invitation in rows.filter(invitee_index__in=eligibility.indexes_of(certno)):
        close(locks.lock_invitation(invitation.pk), InvitationState.EXPIRED, act.at)
        _write(act, EventKind.EXPIRED, None, invitation)


def _issue(invitation: Invitation, on: date) -> str:
    """Give the invitation a new secret and a last day, and open it; return the secret."""
    terms = registry.sharing_or_none(invitation.region, on)
    assert terms is not None  # eligibility has refused otherwise
    token = secrets.token_urlsafe(32)
    invitation.token_digest = _digest(invitation.invitee_certno, token)
    invitation.state, invitation.sends = InvitationState.SENT, invitation.sends + 1
    ends = datetime.combine(on + timedelta(days=terms.invitation_days + 1), time(), SHANGHAI)
    invitation.expires_at = ends - timedelta(seconds=1)
    return token


def _digest(certno: str, token: str) -> str:
    """Bind a secret to the number of the invited person, so that for anybody else it is not one."""
    return salted_hmac("family.invitation", f"{certificates.normalise(certno)}:{token}", algorithm="sha256").hexdigest()


def _write(act: Act, kind: EventKind, by: Person | None, invitation: Invitation) -> Event:
    return history.write(
        act=act, kind=kind, by=by, payer_id=invitation.payer_id, region=invitation.region, invitation=invitation
    )
