"""Binding at a counter, where a clerk has checked the documents, and showing there what was only said before."""

from datetime import date

from django.db import transaction

from accounts.identity.actors import Act
from accounts.ledger.retry import retrying
from accounts.models import Person
from accounts.policies import registry
from family.codes import ACTIVE_STATES, Consent, EventKind
from family.models import Bond, Event, Invitation
from family.operations import history, locks, notifications
from family.operations.accepting import accept_locked, begin
from family.queries import eligibility, notice_words
from family.rules import MismatchError, Reason, ReasonCode
from family.rules.reasons import refuse

_CONSENT_NEEDED = Reason(
    ReasonCode.CONSENT_NEEDED,
    "当地要用钱的人本人同意",
    "用钱的人没有到场",
    "请本人（未成年的由父母）到窗口，或登录后同意邀请",
)


@retrying
def accept_at_counter(*, act: Act, number: str) -> Bond:
    """Agree at a counter, where a clerk has checked the documents of the invited person, or a child's parent.

    Raises MismatchError when the number leads to nobody insured, ChangedError, RefusedError.
    """
    _staff_only(act)
    invitation = Invitation.objects.select_related("payer").filter(number=number).first()
    user = notifications.invitee_of(invitation) if invitation else None
    if invitation is None or user is None:
        raise MismatchError
    with transaction.atomic():
        return accept_locked(act, invitation, user, user, Consent.COUNTER)


@retrying
def bind_at_counter(
    *,
    act: Act,
    payer: Person,
    user: Person,
    region: str,
    relation: str,
    scopes: tuple[str, ...],
    limit_fen: int | None = None,
    until_on: date | None = None,
    user_present: bool = False,
    identity_checked: bool = True,
) -> Bond:
    """Bind two people whose documents a clerk has checked, without an invitation (seed S3).

    Where the region asks for the user's consent (accept_required) the user or a child's parent must be present, else
    RefusedError with CONSENT_NEEDED. An identity that could not be fully checked makes a temporary member, for premiums only.
    """
    _staff_only(act)
    with transaction.atomic():
        locks.lock_people([payer.pk, user.pk])
        terms = registry.sharing_or_none(region, act.on)
        found = eligibility.to_bind(
            payer=payer,
            user=user,
            region=region,
            relation=relation,
            scopes=scopes,
            on=act.on,
            limit_fen=limit_fen,
            until_on=until_on,
            identity_checked=identity_checked,
        )
        if terms and terms.accept_required and not user_present:
            found += (_CONSENT_NEEDED,)
        refuse(found)
        bond = Bond(
            payer=payer,
            user=user,
            region=region,
            relation=relation,
            scopes=list(scopes),
            limit_fen=limit_fen,
            until_on=until_on,
            temporary=not identity_checked,
            consent=Consent.COUNTER,
        )
        return begin(act, bond, EventKind.BOUND, payer)


@retrying
def show_relation(*, act: Act, payer: Person, user: Person) -> Event | None:
    """Note that a clerk has seen papers that show how the two are related: the limit agreed on holds from now on.

    Returns None, and writes nothing, where that was noted before. Raises Bond.DoesNotExist without an active bond.
    """
    _staff_only(act)
    with transaction.atomic():
        found = Bond.objects.get(payer=payer, user=user, state__in=ACTIVE_STATES)
        bond = locks.lock_active(bond_id=found.pk, payer=payer)
        if not bond.declared:
            return None
        bond.declared = False
        bond.save(update_fields=["declared"])
        event = history.write(act=act, kind=EventKind.SHOWN, by=None, payer_id=payer.pk, region=bond.region, bond=bond)
        notifications.notify_both(act=act, bond=bond, template=notice_words.shown, limit_fen=bond.limit_fen)
    return event


def _staff_only(act: Act) -> None:
    if act.actor.kind != "staff":
        raise ValueError("only staff may do this")
