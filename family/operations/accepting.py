"""Agreeing to use somebody's money: by one's own sign-in, by one's own code on the inviter's phone, as a parent, at a counter.

Whichever way, it is decided once, under the lock of both people and of the invitation, by the rules of that day.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.crypto import constant_time_compare

from accounts.codes import Relation
from accounts.identity import certificates, codes, limits, sms
from accounts.identity.actors import Act
from accounts.ledger.retry import retrying
from accounts.models import Person, User
from accounts.policies import registry
from accounts.policies.formulas import age_on
from family.codes import ACTIVE_STATES, Consent, EventKind, InvitationState
from family.models import Bond, Invitation
from family.operations import history, locks, notifications
from family.operations.invitations import require_open
from family.queries import eligibility
from family.queries.invitations import invitation_received, invitation_sent
from family.queries.kin import was_shown
from family.rules import ChangedError, MismatchError, Reason, ReasonCode, RefusedError
from family.rules.reasons import for_user, refuse
from yibao.lib.values.names import normalised_name

AGREE = codes.Purpose(
    "family_agree",
    sms.Template(
        "family_agree_code",
        "{code}，同意使用{name}的医保个人账户的验证码，{valid}内有效。不想同意就不要告诉别人。",
        valid=codes.VALID,
        secret=True,
    ),
    scope="family ",  # whoever invites somebody can use these up: never what that somebody signs in with
)
CODES_OF_INVITATION = limits.limits("1/60s 5/1d")
TRIES = limits.limits("5/15m 10/1d")
ADULT_YEARS = 18
_NOT_DONE = Reason(
    ReasonCode.NOT_DONE,
    "没有办成",
    "可能是姓名或证件号码对不上，也可能是现在还不能办；为了保护孩子的信息，这里不说是哪一种",
    "请核对姓名和证件号码；都没有错，请带户口本到窗口办",
)


@retrying
def accept(*, act: Act, user: Person, number: str) -> Bond:
    """Agree with one's own sign-in. Can be undone for some minutes.

    Raises Invitation.DoesNotExist for anybody but the invited person, ChangedError when it is no longer open, RefusedError.
    """
    invitation = invitation_received(user, number)
    with transaction.atomic():
        return accept_locked(act, invitation, user, user, Consent.OWN)


def send_code(*, act: Act, payer: Person, number: str, address: str) -> UUID:
    """Send the invited person a code to their own number, at the inviter's request; return the id to check it by.

    The inviter learns nothing: where nobody can be reached, or they have had enough codes, nothing is sent, and all
    else is the same: what is counted, what is written, what is returned. Raises Invitation.DoesNotExist, ChangedError,
    limits.TooOftenError of this invitation, this address or this day, before anybody is looked up.
    """
    invitation = invitation_sent(payer, number)
    require_open(invitation, act.at)
    with transaction.atomic():
        limits.use("family code", number, CODES_OF_INVITATION, act.at)
        codes.count_request(AGREE, address, act.at)
    phone = _own_phone(notifications.invitee_of(invitation), act.at)
    code = codes.issue_unseen(
        purpose=AGREE,
        phone="" if invitation.sender_unknown else phone,
        whose=_whose(invitation),
        now=act.at,
        about=_about(invitation),
        params={"name": payer.name},
    )
    return code.id


def accept_with_code(
    *, act: Act, payer: Person, number: str, code_id: UUID | None, typed: str, name: str, last_four: str, address: str
) -> Bond:
    """Agree on the inviter's phone: the invited person's own code, name and the last four of their certificate.

    Not inside a transaction, since guesses are counted on their own. Raises MismatchError for every mismatch alike,
    limits.TooOftenError, Invitation.DoesNotExist, ChangedError, RefusedError.
    """
    invitation = invitation_sent(payer, number)
    require_open(invitation, act.at)
    limits.use("family agree", number, TRIES, act.at)
    try:
        codes.check(
            code_id=code_id,
            purpose=AGREE,
            typed=typed,
            address=address,
            now=act.at,
            about=_about(invitation),
            whose=_whose(invitation),
        )
    except (codes.WrongCodeError, codes.ExpiredCodeError, limits.TooOftenError):
        raise MismatchError from None
    user = notifications.invitee_of(invitation)
    last = certificates.normalise(last_four)
    has_name = constant_time_compare(normalised_name(name), normalised_name(user.name if user else ""))
    has_last = constant_time_compare(last, invitation.invitee_certno[-4:])
    if user is None or invitation.sender_unknown or not (has_name and has_last):
        raise MismatchError
    with transaction.atomic():
        return accept_locked(act, invitation, user, user, Consent.CODE)


def accept_for_child(*, act: Act, parent: Person, number: str, name: str, certno: str, declared: bool) -> Bond:
    """Agree as the parent of a child who is too young on this day, having declared to be one (承诺书).

    The parent is the inviter themselves, if they invited their own child, or any adult who knows the invitation's
    number and the child's certificate number. Raises MismatchError for every mismatch with the invitation alike (also where
    nothing was declared), limits.TooOftenError, ChangedError, RefusedError: OF_AGE when the child has to agree for themselves.

    Nobody is looked up before what the invitation itself says has been judged; whatever speaks against the child
    afterwards (nobody of this number, another name, insured nowhere, has said no) is one and the same NOT_DONE.
    """
    limits.use("family parent", str(parent.pk), TRIES, act.at)
    indexes = eligibility.indexes_of(certno)
    rows = Invitation.objects.select_related("payer").filter(number=number, invitee_index__in=indexes)
    invitation = rows.exclude(state=InvitationState.DRAFTED).first()
    is_adult = age_on(parent.birth_on, act.on) >= ADULT_YEARS
    if invitation is None or not (declared and is_adult) or parent.certno == invitation.invitee_certno:
        raise MismatchError
    if parent.pk == invitation.payer_id and invitation.relation != Relation.CHILD:
        raise MismatchError  # an inviter answers for their own child only
    refuse(eligibility.of_age(invitation, act.on))
    user = notifications.invitee_of(invitation)
    with transaction.atomic():
        locks.lock_people([invitation.payer_id, *([user.pk] if user else [])])
        invitation = locks.lock_invitation(invitation.pk)
        require_open(invitation, act.at)
        refuse(for_user(_on_payers_side(invitation, act.on)))
        has_name = constant_time_compare(normalised_name(name), normalised_name(user.name if user else ""))
        if user is None or invitation.sender_unknown or not has_name or _against_child(invitation, user, act.on):
            raise RefusedError((_NOT_DONE,))
        return _agreed(act, invitation, user, parent, Consent.PARENT)


def accept_locked(
    act: Act, invitation: Invitation, user: Person, by: Person, consent: Consent, *, papers_seen: bool = False
) -> Bond:
    """Lock both people and the invitation, decide by today's rules, and begin the bond. In the caller's transaction.

    papers_seen: a clerk has seen papers that show how the two are related.
    """
    locks.lock_people([invitation.payer_id, user.pk])
    invitation = locks.lock_invitation(invitation.pk)
    require_open(invitation, act.at)
    if invitation.sender_unknown:
        raise ChangedError
    found = eligibility.to_bind(payer=invitation.payer, user=user, shown=papers_seen, **_asked(invitation, act.on))
    if consent != Consent.COUNTER:
        found += _too_young(invitation, user, act.on)
    refuse(for_user(found) if consent == Consent.OWN else found)
    return _agreed(act, invitation, user, by, consent, papers_seen=papers_seen)


def _agreed(
    act: Act, invitation: Invitation, user: Person, by: Person, consent: Consent, *, papers_seen: bool = False
) -> Bond:
    """Close an invitation that the caller has locked and judged, and begin its bond."""
    was = str(invitation.state)
    invitation.state, invitation.closed_at, invitation.token_digest = InvitationState.ACCEPTED, act.at, ""
    invitation.user, invitation.consent = user, consent
    invitation.save()
    bond = Bond(
        payer=invitation.payer,
        user=user,
        region=invitation.region,
        relation=invitation.relation,
        scopes=invitation.scopes,
        limit_fen=invitation.limit_fen,
        until_on=invitation.until_on,
        declared=not papers_seen and not was_shown(invitation.payer, user, invitation.relation),
        consent=consent,
        invitation=invitation,
    )
    return begin(act, bond, EventKind.ACCEPTED, by, was=was)


def begin(act: Act, bond: Bond, kind: EventKind, by: Person, *, was: str = "") -> Bond:
    """Save a new bond as the last in its user's order, and tell both sides. The caller has locked both people."""
    last = Bond.objects.filter(user=bond.user, state__in=ACTIVE_STATES).aggregate(last=Max("place"))["last"] or 0
    bond.place, bond.from_on, bond.state_at = last + 1, act.on, act.at
    bond.save()
    history.write(
        act=act,
        kind=kind,
        by=by,
        payer_id=bond.payer_id,
        region=bond.region,
        invitation=bond.invitation,
        bond=bond,
        detail={"was": was, "consent": str(bond.consent)},
        can_undo=True,
    )
    notifications.notify_bound(act=act, bond=bond)
    return bond


def _against(invitation: Invitation, user: Person, on: date) -> tuple[Reason, ...]:
    """Return everything against the bond that is asked for, both sides judged."""
    return eligibility.to_bind(payer=invitation.payer, user=user, **_asked(invitation, on))


def _on_payers_side(invitation: Invitation, on: date) -> tuple[Reason, ...]:
    """Return what speaks against it whoever was invited, so that it says nothing of them."""
    return eligibility.to_invite(payer=invitation.payer, **_asked(invitation, on))


def _asked(invitation: Invitation, on: date) -> dict[str, Any]:
    return {
        "region": invitation.region,
        "relation": invitation.relation,
        "scopes": tuple(invitation.scopes),
        "on": on,
        "limit_fen": invitation.limit_fen,
        "until_on": invitation.until_on,
    }


def _against_child(invitation: Invitation, user: Person, on: date) -> bool:
    """Return whether anything speaks against the bond, or the roster knows the child to be of age."""
    terms = registry.sharing_or_none(invitation.region, on)
    is_of_age = terms is not None and age_on(user.birth_on, on) >= terms.minor_age
    return is_of_age or bool(_against(invitation, user, on))


def _too_young(invitation: Invitation, user: Person, on: date) -> tuple[Reason, ...]:
    """Return that a parent has to agree; what counts is the age on the day of agreeing."""
    terms, age = registry.sharing_or_none(invitation.region, on), age_on(user.birth_on, on)
    if terms is None or age >= terms.minor_age:
        return ()
    return (
        Reason(
            ReasonCode.MINOR_NEEDS_PARENT,
            f"未满{terms.minor_age}周岁由父母代为同意",
            f"今天{age}周岁",
            "请父母登录后代为同意，或带户口本到窗口办",
        ),
    )


def _own_phone(person: Person | None, now: datetime) -> str:
    """Return the number a person signs in with, else the one on the roster: never one that an inviter has typed.

    A number that may be somebody else's by now is not theirs.

    For nobody it asks the database as often.
    """
    users = User.objects.select_related("person").filter(person_id=person.pk if person else 0, is_active=True)
    user = users.first()
    return user.phone if user and user.phone and not user.may_be_stranger(now) else person.phone if person else ""


def _whose(invitation: Invitation) -> str:
    """Return under whom guesses count: the number that was typed, which needs nobody to belong to."""
    return certificates.normalise(invitation.invitee_certno)


def _about(invitation: Invitation) -> str:
    return f"invitation:{invitation.pk}:{invitation.sends}"
