"""Binding at a counter, where a clerk has checked the documents, and showing there what was only said before."""

from datetime import date

from django.db import transaction

from accounts.identity.actors import Act
from accounts.ledger.retry import retrying
from accounts.models import Person
from family.codes import ACTIVE_STATES, Consent, EventKind
from family.models import Bond, Event, Invitation
from family.operations import history, locks, notifications, undoing
from family.operations.accepting import accept_locked, begin
from family.queries import eligibility, notice_words
from family.rules import MismatchError
from family.rules.reasons import refuse


@retrying
def accept_at_counter(*, act: Act, number: str, declared: bool = False) -> Bond:
    """Agree at a counter, where a clerk has checked the documents of the invited person, or a child's parent.

    declared: no papers were seen that show the relation, so the region's low limit holds until somebody has seen them.
    Raises MismatchError when the number leads to nobody insured, ChangedError, RefusedError.
    """
    _staff_only(act)
    invitation = Invitation.objects.select_related("payer").filter(number=number).first()
    user = notifications.invitee_of(invitation) if invitation else None
    if invitation is None or user is None:
        raise MismatchError
    with transaction.atomic():
        return accept_locked(act, invitation, user, user, Consent.COUNTER, papers_seen=not declared)


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
    declared: bool = False,
) -> Bond:
    """Bind two people whose documents a clerk has checked, without an invitation (seed S3).

    Where the region asks for the user's consent (accept_required) the user or a child's parent must be present, else
    RefusedError with CONSENT_NEEDED. declared: as in `accept_at_counter`. An identity that could not be fully checked makes a temporary member, for premiums only.
    """
    _staff_only(act)
    with transaction.atomic():
        locks.lock_people([payer.pk, user.pk])
        refuse(
            eligibility.to_bind_at_counter(
                payer=payer,
                user=user,
                region=region,
                relation=relation,
                scopes=scopes,
                on=act.on,
                limit_fen=limit_fen,
                until_on=until_on,
                identity_checked=identity_checked,
                user_present=user_present,
                shown=not declared,
            )
        )
        bond = Bond(
            payer=payer,
            user=user,
            region=region,
            relation=relation,
            scopes=list(scopes),
            limit_fen=limit_fen,
            until_on=until_on,
            temporary=not identity_checked,
            declared=declared,
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


def undo_at_counter(*, act: Act, event_id: int) -> Event:
    """Take back what a case at a counter did, however long ago that was; both sides are told.

    Raises CannotUndoError where money was used since, something later builds on it, or it was taken back before.
    """
    _staff_only(act)
    return undoing.take_back(act=act, event_id=event_id, by=None)


def _staff_only(act: Act) -> None:
    if act.actor.kind != "staff":
        raise ValueError("only staff may do this")
