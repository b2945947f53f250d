"""Bonds that exist in the system before this one: taken over as they stand, without anybody being told anew."""

from datetime import date

from django.db.models import Max

from accounts.codes import Relation, Scope
from accounts.identity.actors import Act
from accounts.models import Person
from family.codes import ACTIVE_STATES, Consent, EventKind
from family.errors import FamilyError
from family.models import Bond
from family.operations import history
from family.queries import eligibility
from family.rules import ReasonCode

# What has to be so when a bond is made, and may have changed since without ending it.
_WHEN_MADE = frozenset(
    {
        ReasonCode.GATE,
        ReasonCode.MONTHLY_CHANGES,
        ReasonCode.PHONE_CHANGED,
        ReasonCode.PAYER_FROZEN,
        ReasonCode.PAYER_SUSPENDED,
        ReasonCode.PAYER_LEAVING,
        ReasonCode.USER_SUSPENDED,
        ReasonCode.USER_LEAVING,
    }
)


class CannotTakeOverError(FamilyError):
    """A relation of the old system cannot stand here; the message names everything against it."""


def take_over(
    *,
    act: Act,
    payer: Person,
    user: Person,
    region: str,
    relation: Relation,
    scopes: tuple[Scope, ...],
    limit_fen: int | None,
    from_on: date,
    until_on: date | None,
    place: int | None,
) -> bool:
    """Begin a bond that stood in the old system; False when it was taken over before, whatever became of it here since.

    The caller has locked both people. Judged by today's rules and by the birth days; nobody is notified. Without
    `place` it comes last in the user's order. Raises CannotTakeOverError.
    """
    active = Bond.objects.filter(state__in=ACTIVE_STATES)
    before = Bond.objects.filter(payer=payer, user=user, region=region, consent=Consent.MIGRATED)
    if known := before.filter(relation=relation, from_on=from_on).first():
        _refuse_other_terms(known, (sorted(scopes), limit_fen, until_on))
        return False
    against = eligibility.to_bind(
        payer=payer,
        user=user,
        region=region,
        relation=relation,
        scopes=scopes,
        on=act.on,
        limit_fen=limit_fen,
        until_on=until_on,
    )
    found = [f"{reason.why}（{reason.found}）" for reason in against if reason.code not in _WHEN_MADE]
    if found:
        raise CannotTakeOverError("；".join(found))
    last = active.filter(user=user).aggregate(last=Max("place"))["last"] or 0
    bond = Bond.objects.create(
        payer=payer,
        user=user,
        region=region,
        relation=relation,
        scopes=sorted(scopes),
        limit_fen=limit_fen,
        place=place or last + 1,
        from_on=from_on,
        until_on=until_on,
        state_at=act.at,
        consent=Consent.MIGRATED,
    )
    history.write(act=act, kind=EventKind.MIGRATED, by=None, payer_id=payer.pk, region=region, bond=bond)
    return True


def _refuse_other_terms(known: Bond, terms: tuple[list[str], int | None, date | None]) -> None:
    """Name what is said otherwise this time of a relation that nobody has touched since; a file changes none here."""
    kept = (known.scopes, known.limit_fen, known.until_on)
    differing = [
        name for name, one, other in zip(("用途", "额度", "结束日期"), kept, terms, strict=True) if one != other
    ]
    if differing and not known.events.exclude(kind=EventKind.MIGRATED).exists():
        raise CannotTakeOverError(
            f"以前已经转入，这一行的{'、'.join(differing)}不同；文件不改已有的关系，要改的请在窗口办"
        )
