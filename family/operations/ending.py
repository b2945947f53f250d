"""How a bond ends: removed, left, closed, or by itself. Everything goes through `end`."""

from datetime import date

from django.db import transaction
from django.db.models import Q

from accounts.identity.actors import Act
from accounts.ledger.retry import retrying
from accounts.models import Person
from accounts.policies import registry
from family.codes import ACTIVE_STATES, BondState, EndReason, EventKind
from family.models import Bond, Event
from family.operations import history, locks, notifications
from family.queries.facts import changes_in_month
from family.rules import Reason, changes, eligibility
from family.rules.reasons import refuse


@retrying
def remove(*, act: Act, payer: Person, bond_id: int) -> Event:
    """End a bond as the one who pays. Once this has returned no draw succeeds any more. Can be undone for some minutes.

    Raises Bond.DoesNotExist, ChangedError, RefusedError within a region's cool-down or when the month's changes are used up
    (suspending always works).
    """
    with transaction.atomic():
        bond = locks.lock_active(bond_id=bond_id, payer=payer)
        refuse(too_early(bond, EndReason.REMOVED, act.on))
        return end(act=act, bond=bond, reason=EndReason.REMOVED, kind=EventKind.REMOVED, by=payer, undo=True)


@retrying
def leave(*, act: Act, user: Person, bond_id: int) -> Event:
    """End a bond as the one who uses; can be undone for some minutes. Raises Bond.DoesNotExist, ChangedError.

    No limit of the region holds whoever leaves: those are about what the payer does, and would tell of it.
    """
    with transaction.atomic():
        bond = locks.lock_active(bond_id=bond_id, user=user)
        return end(act=act, bond=bond, reason=EndReason.LEFT, kind=EventKind.LEFT, by=user, undo=True)


def end(
    *,
    act: Act,
    bond: Bond,
    reason: EndReason,
    kind: EventKind,
    by: Person | None,
    undo: bool = False,
    part_of: Event | None = None,
) -> Event:
    """End an active bond that the caller has locked; write the event and tell whoever did not do it themselves."""
    was = {"was": str(bond.state), "state_at": bond.state_at.isoformat()}
    bond.state, bond.state_at, bond.end_reason = BondState.ENDED, act.at, reason
    bond.save(update_fields=["state", "state_at", "end_reason"])
    event = history.write(
        act=act,
        kind=kind,
        by=by,
        payer_id=bond.payer_id,
        region=bond.region,
        bond=bond,
        detail={**was, "reason": str(reason)},
        can_undo=undo,
        part_of=part_of,
    )
    told = tuple(person for person in (bond.payer, bond.user) if by is None or person.pk != by.pk)
    notifications.notify_ended(act=act, bond=bond, to=told)
    return event


@retrying
def end_at_counter(*, act: Act, bond_id: int, by: Person, reason: EndReason) -> Event:
    """End a bond at a counter for one of the two (`by`). The region's cool-down and monthly cap hold only a change of mind.

    Raises Bond.DoesNotExist for somebody else's bond, ChangedError, RefusedError (`too_early`).
    """
    with transaction.atomic():
        payer_id = Bond.objects.values_list("payer_id", flat=True).get(Q(payer=by) | Q(user=by), pk=bond_id)
        bond = locks.lock_active(bond_id=bond_id, **{"payer" if payer_id == by.pk else "user": by})
        refuse(too_early(bond, reason, act.on))
        if reason in (EndReason.PAYER_DIED, EndReason.USER_DIED):  # as where a death is registered: nobody's deed
            return end(act=act, bond=bond, reason=reason, kind=EventKind.ENDED, by=None)
        kind = EventKind.REMOVED if payer_id == by.pk else EventKind.LEFT
        return end(act=act, bond=bond, reason=reason, kind=kind, by=by)


def too_early(bond: Bond, reason: EndReason, on: date) -> tuple[Reason, ...]:
    """Return why a bond may not be ended yet, or so often, where a payer has only changed their mind."""
    terms = registry.sharing_or_none(bond.region, on)
    if terms is None or reason != EndReason.REMOVED:
        return ()
    earliest = eligibility.earliest_end(bond.from_on, terms)
    return (
        *changes.cooldown_reasons(bond.from_on, earliest, on, terms),
        *changes.change_reasons(changes_in_month(bond.payer, bond.region, on), terms),
    )


def end_by_itself(*, act: Act, bond_id: int, reason: EndReason) -> bool:
    """End a bond because of what happened; False when it had ended already, so repeating it changes nothing."""
    with transaction.atomic():
        found = Bond.objects.filter(pk=bond_id, state__in=ACTIVE_STATES).values_list("payer_id", "user_id").first()
        if found is None:
            return False
        locks.lock_people(found)
        bond = locks.lock_bonds([bond_id])[0]
        if bond.state not in ACTIVE_STATES:
            return False
        end(act=act, bond=bond, reason=reason, kind=EventKind.ENDED, by=None)
    return True
