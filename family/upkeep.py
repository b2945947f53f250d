"""What time and the roster do to sharing: invitations expire, bonds end by themselves, children come of age.

Everything is found in the database and done one by one, each in its own transaction under the locks of
docs/locking.md, so a doubled, missed or broken-off run changes nothing twice.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from django.db import transaction

from accounts.codes import PotKind
from accounts.identity.actors import Act
from accounts.models import Person, Pot
from accounts.policies import registry
from accounts.policies.formulas import age_on
from family.codes import ACTIVE_STATES, OPEN, BondState, Consent, EndReason, EventKind, InvitationState
from family.models import Bond, Invitation
from family.operations import history, locks, notifications
from family.operations.closing import close_by_itself
from family.operations.ending import end_by_itself
from family.operations.invitations import close
from family.operations.restoring import restore
from family.queries import notice_words
from family.queries.endings import ended_by_mistake, why_over
from family.queries.facts import Insured
from family.queries.invitations import soon_until
from yibao.lib.clock import SHANGHAI

log = logging.getLogger(__name__)

BATCH = 1_000
DRAFTS_KEPT = timedelta(days=2)
RESTORED_FOR = timedelta(days=90)  # how long after its end a bond comes back by itself; later, people bind anew
UNANSWERED_KEPT = timedelta(days=90)  # long enough to answer a complaint; then nothing is left of who was invited


@dataclass(slots=True)
class Report:
    """What a run did, by name; and what failed, which the next run tries again."""

    done: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)


def keep_up(*, act: Act) -> Report:
    """Do everything that is due by then; repeating it does nothing more."""
    report = Report()
    for name, work in _WORK.items():
        for what, task in work(act):
            try:
                report.done[name] += bool(task())
            except Exception:
                log.exception("family: %s of %s failed", name, what)
                report.failed.append(f"{name}：{what}")
    return report


Due = Iterator[tuple[str, Callable[[], object]]]  # what it is about, and what settles it


def _expire(act: Act) -> Due:
    rows = Invitation.objects.filter(state__in=OPEN, expires_at__lte=act.at).order_by("pk")
    for invitation_id in list(rows.values_list("pk", flat=True)):
        yield f"邀请 {invitation_id}", partial(_expire_one, act, invitation_id)


def _expire_one(act: Act, invitation_id: int) -> bool:
    with transaction.atomic():
        invitation = locks.lock_invitation(invitation_id)
        if not invitation.is_open or invitation.expires_at is None or invitation.expires_at > act.at:
            return False
        close(invitation, InvitationState.EXPIRED, act.at)
        _write(act, EventKind.EXPIRED, invitation=invitation)
        notifications.notify(act=act, person=invitation.payer, template=notice_words.expired, matter=invitation)
    return True


def _remind(act: Act) -> Due:
    soon = Invitation.objects.filter(state__in=OPEN, reminded_at=None, expires_at__gt=act.at)
    for invitation_id in list(soon.filter(expires_at__lt=soon_until(act.on)).values_list("pk", flat=True)):
        yield f"邀请 {invitation_id}", partial(_remind_one, act, invitation_id)


def _remind_one(act: Act, invitation_id: int) -> bool:
    with transaction.atomic():
        claimed = Invitation.objects.filter(pk=invitation_id, state__in=OPEN, reminded_at=None).update(
            reminded_at=act.at
        )
        if claimed:
            invitation = Invitation.objects.select_related("payer").get(pk=invitation_id)
            _write(act, EventKind.REMINDED, invitation=invitation)
            notifications.notify_expiring(act=act, invitation=invitation)
    return bool(claimed)


def _end_bonds(act: Act) -> Due:
    for bonds in _batches(Bond.objects.filter(state__in=ACTIVE_STATES)):
        insured = Insured({person for bond in bonds for person in (bond.payer_id, bond.user_id)}, act.on)
        for bond in bonds:
            if reason := why_over(bond, insured, act.on):
                what = f"共济关系 {bond.pk}"
                if reason == EndReason.PAYER_LEFT:
                    yield what, partial(_close_one, act, bond.payer_id, bond.region)
                else:
                    yield what, partial(end_by_itself, act=act, bond_id=bond.pk, reason=reason)


def _restore_bonds(act: Act) -> Due:
    """Let bonds stand again whose end came from a mistake in the roster that has been put right."""
    since = act.at - RESTORED_FOR
    ended = Bond.objects.filter(
        state=BondState.ENDED, state_at__gt=since, end_reason__in=(EndReason.PAYER_LEFT, EndReason.USER_LEFT)
    )
    for bonds in _batches(ended):
        insured = Insured({person for bond in bonds for person in (bond.payer_id, bond.user_id)}, act.on)
        for bond in bonds:
            if why_over(bond, insured, act.on) is None and ended_by_mistake(
                bond, bond.state_at.astimezone(SHANGHAI).date()
            ):
                yield f"共济关系 {bond.pk}", partial(restore, act=act, bond_id=bond.pk)


def _return_pools(act: Act) -> Due:
    """Give pool money back to owners who have left and whose family, if any, is over."""
    for pots in _batches(Pot.objects.filter(kind=PotKind.POOL, balance_fen__gt=0)):
        insured = Insured({pot.person_id for pot in pots if pot.person_id}, act.on)
        for pot in pots:
            if pot.person_id and not insured.as_payer(pot.person_id, pot.region).is_insured:
                yield f"共济账户 {pot.pk}", partial(_close_one, act, pot.person_id, pot.region)


def _close_one(act: Act, payer_id: int, region: str) -> bool:
    payer = Person.objects.get(pk=payer_id)
    event = close_by_itself(act=act, payer=payer, region=region, reason=EndReason.PAYER_LEFT)
    return event is not None


def _come_of_age(act: Act) -> Due:
    children = Bond.objects.filter(state__in=ACTIVE_STATES, consent=Consent.PARENT, of_age_at=None)
    for bond in children.select_related("payer", "user").order_by("pk"):
        terms = registry.sharing_or_none(bond.region, act.on)
        if terms is not None and age_on(bond.user.birth_on, act.on) >= terms.minor_age:
            yield f"共济关系 {bond.pk}", partial(_of_age_one, act, bond, terms.minor_age)


def _of_age_one(act: Act, bond: Bond, age: int) -> bool:
    with transaction.atomic():
        claimed = Bond.objects.filter(pk=bond.pk, state__in=ACTIVE_STATES, of_age_at=None).update(of_age_at=act.at)
        if claimed:
            _write(act, EventKind.OF_AGE, bond=bond)
            notifications.notify_both(act=act, bond=bond, template=notice_words.of_age, age=age)
    return bool(claimed)


def _erase(act: Act) -> Due:
    Invitation.objects.filter(state=InvitationState.DRAFTED, drafted_at__lt=act.at - DRAFTS_KEPT).delete()
    closed = Invitation.objects.filter(closed_at__lt=act.at - UNANSWERED_KEPT, invitee_index__isnull=False)
    for invitation in closed.exclude(state=InvitationState.ACCEPTED).order_by("pk")[:BATCH]:
        yield f"邀请 {invitation.pk}", partial(_erase_one, invitation)


def _erase_one(invitation: Invitation) -> bool:
    invitation.invitee_certno = invitation.invitee_name = invitation.invitee_phone = ""
    invitation.save(update_fields=["invitee_certno", "invitee_index", "invitee_name", "invitee_phone"])
    return True


_WORK: dict[str, Callable[[Act], Due]] = {
    "过期的邀请": _expire,
    "提醒": _remind,
    "结束的共济关系": _end_bonds,
    "恢复的共济关系": _restore_bonds,
    "退回的共济账户": _return_pools,
    "满独立同意年龄": _come_of_age,
    "抹去的邀请资料": _erase,
}


def _batches(rows) -> Iterator[list]:
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


def _write(act: Act, kind: EventKind, *, invitation: Invitation | None = None, bond: Bond | None = None) -> None:
    about = invitation or bond
    assert about is not None
    history.write(
        act=act, kind=kind, by=None, payer_id=about.payer_id, region=about.region, invitation=invitation, bond=bond
    )
