"""What sharing has to say on the citizen's other pages: waiting invitations, names of relatives, cases, the main act."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.urls import NoReverseMatch, reverse

from accounts.models import Person
from accounts.policies import registry
from accounts.queries import page_hooks
from accounts.queries.page_hooks import MainAct, OthersMoney, Pending, Progress, UserOfMine, WhyNot
from family.codes import ACTIVE_STATES, OPEN, BondState, InvitationState
from family.models import Bond, Invitation
from family.queries.bonds import bonds_received, kin_of, used_up_words, year_of
from family.queries.eligibility import to_invite
from family.queries.facts import declared_fen, used_fen
from family.queries.invitations import invitations_received, invitations_sent, soon_until
from yibao.lib.clock import SHANGHAI

REFUSAL_SHOWN = timedelta(days=3)  # on the account page; the family page and the cases keep it longer

_TONES = {
    InvitationState.SENT: "pend",
    InvitationState.DECLINED: "warn",
    InvitationState.EXPIRED: "",
    InvitationState.WITHDRAWN: "",
}
_NEXT = {
    InvitationState.SENT: "等对方同意；同意以前不会用到您的钱。",
    InvitationState.DECLINED: "对方没有同意，没有用到您的钱。",
    InvitationState.EXPIRED: "过期了，没有用到您的钱，可以重新发送。",
    InvitationState.WITHDRAWN: "已经撤回。",
}

# Of an invitation that was accepted: what became of the bond since (stage, tone, what comes next).
_OF_BOND = {
    BondState.ACTIVE: ("已同意", "ok", "对方可以用您的钱了。"),
    BondState.SUSPENDED: ("已停用", "warn", "对方现在不能用您的钱，恢复以后才能再用。"),
    BondState.ENDED: ("已结束", "", "对方不能再用您的钱。"),
}


def _url(name: str, *args: object) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@page_hooks.pending_source
def invitations_under_way(person: Person, today: date) -> Iterator[Pending]:
    """Yield the invitations that wait for this person's answer, and their own that need a look (one query)."""
    at = datetime.combine(today, time(), SHANGHAI)
    sent = Q(state__in=(*OPEN, InvitationState.DECLINED), expires_at__gt=at)
    made = Invitation.objects.filter(sent | Q(state=InvitationState.DRAFTED), payer=person)
    for invitation in (invitations_received(person, at) | made.select_related("payer")).order_by("expires_at", "pk"):
        yield from _made(invitation, at) if invitation.payer_id == person.pk else [_to_answer(invitation)]


def _to_answer(invitation: Invitation) -> Pending:
    url = _url("family_answer", invitation.number)
    return Pending(f"{invitation.payer.name}邀请您加入家庭共济", url, "去看看", _last_on(invitation))


def _made(invitation: Invitation, at: datetime) -> Iterator[Pending]:
    """What a payer is to look after: an invitation not sent yet, one that expires soon, or was refused in the last days."""
    name = invitation.invitee_name or "家人"
    if invitation.state == InvitationState.DRAFTED:
        if not to_invite(payer=invitation.payer, region=invitation.region, on=at.astimezone(SHANGHAI).date()):
            yield Pending(f"给{name}的邀请填了一半，还没有发出", _url("family_invite_check"), "接着办")
        return
    url = _url("family_invitation", invitation.number)
    last_on = _last_on(invitation)
    if invitation.is_open and last_on < soon_until(at.astimezone(SHANGHAI).date()).date():
        yield Pending(f"给{name}的邀请快过期了，还没有答复", url, "去看看", last_on)
    elif invitation.closed_at is not None and at - invitation.closed_at <= REFUSAL_SHOWN:
        yield Pending(f"{name}没有同意您的邀请", url, "去看看")


def _last_on(invitation: Invitation) -> date:
    assert invitation.expires_at is not None
    return invitation.expires_at.astimezone(SHANGHAI).date()


@page_hooks.progress_source
def invitations_to_answer(person: Person, today: date) -> Iterator[Progress]:
    """Yield the invitations that wait for this person's answer, as cases that need them."""
    for invitation in invitations_received(person, datetime.combine(today, time(), SHANGHAI)):
        assert invitation.sent_at is not None
        assert invitation.expires_at is not None
        yield Progress(
            number=str(invitation.number),
            name=f"{invitation.payer.name}邀请您加入家庭共济",
            stage="等您答复",
            tone="warn",
            at=invitation.sent_at,
            url=_url("family_answer", invitation.number),
            next_step="看清楚以后，同意或不同意。",
            by_on=invitation.expires_at.astimezone(SHANGHAI).date(),
            needs_you=True,
        )


@page_hooks.progress_source
def invitations_made(person: Person, today: date) -> Iterator[Progress]:
    """Yield this person's invitations as cases, as they may see them: of one that was accepted, what became of the bond."""
    made = list(invitations_sent(person)[:20])
    bonds = {bond.invitation_id: bond for bond in Bond.objects.filter(invitation__in=made)}
    for invitation in made:
        state = invitation.state_for_payer
        stage, tone, next_step = str(state.label), _TONES.get(state, ""), _NEXT.get(state, "")
        if state == InvitationState.ACCEPTED and (bond := bonds.get(invitation.pk)):
            stage, tone, next_step = _OF_BOND[BondState(bond.state)]
        assert invitation.sent_at is not None
        assert invitation.expires_at is not None
        yield Progress(
            number=str(invitation.number),
            name=f"邀请{invitation.invitee_name or '家人'}用我的钱",
            stage=stage,
            tone=tone,
            at=invitation.sent_at,
            url=_url("family_invitation", invitation.number),
            next_step=next_step,
            holder="对方" if state in OPEN else "",
            by_on=invitation.expires_at.astimezone(SHANGHAI).date() if state in OPEN else None,
        )


@page_hooks.kin_source
def relatives(person: Person, ids: Collection[int]) -> Mapping[int, str]:
    """Return how this person's pages call those they share with, or did."""
    rows = Bond.objects.filter(payer=person, user__in=ids) | Bond.objects.filter(user=person, payer__in=ids)
    names = {}
    for bond in rows.select_related("payer", "user").order_by("pk"):
        other = bond.user if bond.payer_id == person.pk else bond.payer
        names[other.pk] = f"{other.name}（{kin_of(bond, person)}）"
    return names


@page_hooks.others_money_source
def money_of_relatives(person: Person, today: date) -> Iterator[OthersMoney]:
    """Yield whose money this person may use today, and whose of which they have used all that they may this year."""
    for card in bonds_received(person, today):
        if card.is_usable or card.is_used_up:
            yield OthersMoney(card.called, card.left_fen, card.blocked)


@page_hooks.user_source
def users_of_money(person: Person, region: str, today: date) -> Iterator[UserOfMine]:
    """Yield who may use this person's money in a region, the oldest bond first (two queries, none more per bond)."""
    rows = Bond.objects.filter(payer=person, region=region, state__in=ACTIVE_STATES)
    bonds = list(rows.select_related("user").order_by("from_on", "pk"))
    used = used_fen(bonds, {bond.pk: year_of(bond, today) for bond in bonds}) if bonds else {}
    for bond in bonds:
        held = [fen for fen in (bond.limit_fen, declared_fen(bond, today)) if fen is not None]
        most_fen = min(held, default=None)
        state = "停用中" if bond.state == BondState.SUSPENDED else ""
        if not state and most_fen is not None and used[bond.pk] >= most_fen:
            state = used_up_words(bond, today)
        yield UserOfMine(f"{bond.user.name}（{kin_of(bond, person)}）", used[bond.pk], most_fen, state)


@page_hooks.act_source
def begin_sharing(person: Person, region: str, today: date) -> MainAct | WhyNot | None:
    """Offer to begin sharing to whoever shares with nobody yet, or say why they may not invite anybody today."""
    url = _url("family_invite_relation")
    if not url or registry.sharing_or_none(region, today) is None:
        return None
    if Bond.objects.filter(payer=person, region=region, state__in=ACTIVE_STATES).exists():
        return None
    if Invitation.objects.filter(payer=person, region=region, state__in=OPEN).exists():
        return None
    for reason in to_invite(payer=person, region=region, on=today):
        return WhyNot(f"{reason.why}。{reason.found}。{reason.remedy}。")
    return MainAct("给家人开通共济", url)


@page_hooks.last_act_source
def invite_another(person: Person, region: str, today: date) -> MainAct | None:
    """Offer to invite one more to whoever shares already and may, where nothing more pressing is to be done."""
    if registry.sharing_or_none(region, today) is None or to_invite(payer=person, region=region, on=today):
        return None
    return MainAct("邀请家人", _url("family_invite_relation"))
