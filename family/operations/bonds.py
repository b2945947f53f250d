"""Changing an active bond: its yearly limit, its last day, its place in the user's order, and pausing it."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import transaction

from accounts.identity.actors import Act
from accounts.ledger.retry import retrying
from accounts.models import Person
from accounts.policies import registry
from accounts.policies.terms.spending import BY_USER
from family.codes import ACTIVE_STATES, BondState, EventKind
from family.models import Bond, Event
from family.operations import history, locks, notifications
from family.operations.ending import leave, remove
from family.queries import notice_words
from family.queries.facts import Insured, declared_fen, payer_facts
from family.rules import ChangedError, Reason, eligibility
from family.rules.facts import Pair
from family.rules.reasons import refuse

__all__ = ["leave", "remove", "reorder", "resume", "set_end", "set_limit", "suspend"]


@retrying
def set_limit(*, act: Act, payer: Person, bond_id: int, limit_fen: int | None) -> Event | None:
    """Set how much the user may use in a benefit year (fen); None lifts the limit. What was used this year counts.
    Returns None, and writes nothing, where that is the limit already.

    Raises Bond.DoesNotExist, ChangedError, RefusedError for a limit that is no sensible one, for more than the region allows
    until the relation was shown at a counter, or for more than before right after the sign-in number was changed.
    """
    with transaction.atomic():
        bond = locks.lock_active(bond_id=bond_id, payer=payer)
        if bond.limit_fen == limit_fen:
            return None
        is_more = bond.limit_fen is not None and (limit_fen is None or limit_fen > bond.limit_fen)
        found = tuple(eligibility.period_reasons(Pair(limit_fen=limit_fen)))
        found += tuple(eligibility.declared_reasons(limit_fen, declared_fen(bond, act.on)))
        refuse(found + (_fresh_sign_in(act, bond) if is_more else ()))
        was, bond.limit_fen = bond.limit_fen, limit_fen
        bond.save(update_fields=["limit_fen"])
        detail = {"was": was, "now": limit_fen}
        return _changed(act, bond, EventKind.LIMIT, payer, detail)


@retrying
def set_end(*, act: Act, payer: Person, bond_id: int, until_on: date | None) -> Event | None:
    """Set the last day on which the bond may be used; None for no end. Returns and raises like `set_limit`."""
    with transaction.atomic():
        bond = locks.lock_active(bond_id=bond_id, payer=payer)
        if bond.until_on == until_on:
            return None
        is_longer = bond.until_on is not None and (until_on is None or until_on > bond.until_on)
        found = tuple(eligibility.period_reasons(Pair(until_on=until_on, on=act.on)))
        refuse(found + (_fresh_sign_in(act, bond) if is_longer else ()))
        was, bond.until_on = bond.until_on, until_on
        bond.save(update_fields=["until_on"])
        detail = {"was": was and was.isoformat(), "now": until_on and until_on.isoformat()}
        return _changed(act, bond, EventKind.END_DAY, payer, detail)


@retrying
def suspend(*, act: Act, payer: Person, bond_id: int) -> Event:
    """Stop the use of one's money at once, without ending the bond; always possible. Raises Bond.DoesNotExist, ChangedError."""
    return _switch(act, payer, bond_id, BondState.ACTIVE, BondState.SUSPENDED)


@retrying
def resume(*, act: Act, payer: Person, bond_id: int) -> Event:
    """Let the use go on. Raises Bond.DoesNotExist, ChangedError, RefusedError right after the sign-in number was changed."""
    refuse(_fresh_sign_in(act, Bond.objects.select_related("payer").get(pk=bond_id, payer=payer)))
    return _switch(act, payer, bond_id, BondState.SUSPENDED, BondState.ACTIVE)


@retrying
def reorder(*, act: Act, user: Person, bond_ids: Sequence[int]) -> None:
    """Put the people whose money one uses in a new order: the first is used up before the second is touched.

    `bond_ids` are all active bonds of the user. Raises ChangedError when they are not (one came or went meanwhile), or
    where the user's region keeps to the order of binding.
    """
    with transaction.atomic():
        locks.lock_people([user.pk])
        bonds = {bond.pk: bond for bond in Bond.objects.filter(user=user, state__in=ACTIVE_STATES)}
        spending = registry.spending_or_none(Insured([user.pk], act.on).as_user(user.pk).region, act.on)
        if set(bonds) != set(bond_ids) or len(bonds) != len(bond_ids) or not spending:
            raise ChangedError
        if spending.payer_order != BY_USER:
            raise ChangedError
        for place, bond_id in enumerate(bond_ids, start=1):
            bond = bonds[bond_id]
            if bond.place == place:
                continue
            was, bond.place = bond.place, place
            bond.save(update_fields=["place"])
            history.write(
                act=act,
                kind=EventKind.ORDER,
                by=user,
                payer_id=bond.payer_id,
                region=bond.region,
                bond=bond,
                detail={"was": was, "now": place},
            )


def _fresh_sign_in(act: Act, bond: Bond) -> tuple[Reason, ...]:
    """Return why nothing may be opened further now: whoever took over the account would do just that.

    Nobody at a counter is held up by it: a clerk has seen who they are.
    """
    if act.actor.kind == "staff":
        return ()
    return tuple(eligibility.phone_reasons(payer_facts(bond.payer, bond.region, act.on)))


def _switch(act: Act, payer: Person, bond_id: int, old: BondState, new: BondState) -> Event:
    with transaction.atomic():
        bond = locks.lock_active(bond_id=bond_id, payer=payer)
        if bond.state != old:
            raise ChangedError
        was = bond.state_at
        bond.state, bond.state_at = new, act.at
        bond.save(update_fields=["state", "state_at"])
        paused = new == BondState.SUSPENDED
        detail = {"was": str(old), "state_at": was.isoformat()}
        return _changed(act, bond, EventKind.SUSPENDED if paused else EventKind.RESUMED, payer, detail)


def _changed(act: Act, bond: Bond, kind: EventKind, by: Person, detail: Mapping[str, object]) -> Event:
    event = history.write(
        act=act, kind=kind, by=by, payer_id=bond.payer_id, region=bond.region, bond=bond, detail=detail, can_undo=True
    )
    notifications.notify(
        act=act,
        person=bond.user,
        template=notice_words.terms_changed,
        matter=bond,
        change=kind,
        now=detail.get("now"),
    )
    return event
