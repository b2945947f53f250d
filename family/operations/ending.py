"""How a bond ends: removed, left, closed, or by itself. Everything goes through `end`."""

from datetime import date

from django.db import transaction

from accounts.identity.actors import Act
from accounts.ledger.retry import retrying
from accounts.models import Person
from accounts.policies import registry
from family.codes import ACTIVE_STATES, BondState, EndReason, EventKind
from family.models import Bond, Event
from family.operations import history, locks, notifications
from family.queries.facts import changes_in_month
from family.rules import eligibility
from family.rules.reasons import refuse


@retrying
def remove(*, act: Act, payer: Person, bond_id: int) -> Event:
    """End a bond as the one who pays. Once this has returned no draw succeeds any more. Can be undone for some minutes.

    Raises Bond.DoesNotExist, ChangedError, RefusedError within a region's cool-down or when the month's changes are used up
    (suspending always works).
    """
    with transaction.atomic():
        bond = locks.lock_active(bond_id=bond_id, payer=payer)
        _refuse_early(bond, act.on)
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


def _refuse_early(bond: Bond, on: date) -> None:
    """Raise RefusedError where the region does not let the payer end this bond yet, or so often."""
    terms = registry.sharing_or_none(bond.region, on)
    if terms is not None:
        earliest = eligibility.earliest_end(bond.from_on, terms)
        refuse(
            (
                *eligibility.cooldown_reasons(bond.from_on, earliest, on, terms),
                *eligibility.change_reasons(changes_in_month(bond.payer, bond.region, on), terms),
            )
        )
