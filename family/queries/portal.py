"""What sharing has to say on the citizen's other pages: waiting invitations, names of relatives, cases, the main act."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time

from django.urls import NoReverseMatch, reverse

from accounts.models import Person
from accounts.queries import matters
from accounts.queries.matters import Case, MainAct, Pending
from family.enums import OPEN, STANDING, InvitationState
from family.models import Bond, Invitation
from family.queries.bonds import kin_of
from family.queries.facts import funds_name, sharing_of
from family.queries.invitations import invitations_received, invitations_sent
from yibao.lib.clock import SHANGHAI

_TONES = {
    InvitationState.SENT: "pend",
    InvitationState.ACCEPTED: "ok",
    InvitationState.DECLINED: "warn",
    InvitationState.EXPIRED: "",
    InvitationState.WITHDRAWN: "",
}
_NEXT = {
    InvitationState.SENT: "等对方同意；同意以前不会用到您的钱。",
    InvitationState.ACCEPTED: "对方可以用您的钱了。",
    InvitationState.DECLINED: "对方没有同意，没有用到您的钱。",
    InvitationState.EXPIRED: "过期了，没有用到您的钱，可以重新发送。",
    InvitationState.WITHDRAWN: "已经撤回。",
}


def _url(name: str, *args: object) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@matters.pending_source
def invitations_waiting(person: Person, today: date) -> Iterator[Pending]:
    """Yield the invitations that wait for this person's answer."""
    at = datetime.combine(today, time(), SHANGHAI)
    for invitation in invitations_received(person, at):
        assert invitation.expires_at is not None
        yield Pending(
            text=f"{invitation.payer.name}邀请您用{funds_name(invitation.region)}",
            url=_url("family_answer", invitation.number),
            action="去看看",
            by_on=invitation.expires_at.astimezone(SHANGHAI).date(),
        )


@matters.case_source
def invitations_made(person: Person, today: date) -> Iterator[Case]:
    """Yield this person's invitations as cases, as they may see them."""
    for invitation in invitations_sent(person)[:20]:
        state = invitation.state_for_payer
        assert invitation.sent_at is not None
        assert invitation.expires_at is not None
        yield Case(
            number=str(invitation.number),
            name="邀请家人用我的钱",
            stage=str(state.label),
            tone=_TONES.get(state, ""),
            at=invitation.sent_at,
            url=_url("family_invitation", invitation.number),
            next_step=_NEXT.get(state, ""),
            holder="对方" if state in OPEN else "",
            by_on=invitation.expires_at.astimezone(SHANGHAI).date() if state in OPEN else None,
        )


@matters.kin_source
def relatives(person: Person, ids: Collection[int]) -> Mapping[int, str]:
    """Return how this person's pages call those they share with, or did."""
    rows = Bond.objects.filter(payer=person, user__in=ids) | Bond.objects.filter(user=person, payer__in=ids)
    names = {}
    for bond in rows.select_related("payer", "user").order_by("pk"):
        other = bond.user if bond.payer_id == person.pk else bond.payer
        names[other.pk] = f"{other.name}（{kin_of(bond, person)}）"
    return names


@matters.act_source
def begin_sharing(person: Person, region: str, today: date) -> MainAct | None:
    """Offer to begin sharing to whoever shares with nobody yet, where the region allows it."""
    url = _url("family_invite_relation")
    if not url or sharing_of(region, today) is None:
        return None
    if Bond.objects.filter(payer=person, region=region, state__in=STANDING).exists():
        return None
    if Invitation.objects.filter(payer=person, region=region, state__in=OPEN).exists():
        return None
    return MainAct("给家人开通共济", url)
