"""Who is told of each event of sharing: both sides by notices, and whoever is invited on the number the inviter typed."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.identity import day_counts, limits, sms
from accounts.identity.actors import Act
from accounts.ledger.pots import regions_of
from accounts.ledger.writing import VOUCHER_ID
from accounts.models import Person
from accounts.operations.notices import tell, told
from accounts.queries.people import find_by_certno
from accounts.wording import Template
from family.models import Bond, Invitation
from family.queries import notice_words
from family.queries.facts import declared_fen
from yibao.lib.clock import SHANGHAI
from yibao.lib.days import short_day_words
from yibao.lib.masking import masked_name
from yibao.lib.pipeline import Insertion

# To the number the inviter typed, which may be a stranger's: no full name, nothing about money.
INVITED = sms.Template(
    "family_invited",
    "{name}邀请您加入家庭共济，编号{number}。{day}前可以带身份证到医保窗口报编号办，怎么在网上办请打{help}。"
    "不认识的人请不要理会。",
)


def notify(
    *, act: Act, person: Person, template: Template, matter: Bond | Invitation, by_sms: bool = True, **facts: Any
) -> None:
    """Tell one side of a bond or an invitation, in the caller's transaction; facts besides it as the template wants."""
    name = "bond" if isinstance(matter, Bond) else "invitation"
    facts = {name: matter.pk, **facts}
    tell(act=act, person=person, template=template, facts=facts, about=_about(matter), by_sms=by_sms)


def _about(matter: Bond | Invitation) -> str:
    """Return what a notice leads to, as queries.notice_links reads it."""
    return f"bond:{matter.pk}" if isinstance(matter, Bond) else f"invitation:{matter.number}"


def notify_both(*, act: Act, bond: Bond, template: Template, **facts: Any) -> None:
    for person in (bond.payer, bond.user):
        notify(act=act, person=person, template=template, matter=bond, **facts)


def notify_invited(*, act: Act, invitation: Invitation) -> bool:
    """Tell the invited person: on the phone the inviter typed, and in their notices if they are somebody here.

    Return whether a message goes to that phone. The inviter sees the same whoever is there.
    """
    is_texted = bool(invitation.invitee_phone) and _is_in_budget(invitation.invitee_phone, act.at)
    if is_texted:
        params = {
            "name": masked_name(invitation.payer.name),
            "number": str(invitation.number),
            "day": short_day_words(_last_day(invitation)),
            "help": settings.HELP_PHONE,
        }
        sms.queue(phone=invitation.invitee_phone, template=INVITED, params=params, now=act.at)
    notify_invitee(
        act=act,
        invitation=invitation,
        template=notice_words.invited,
        by_sms=not invitation.invitee_phone,
        last=_last_day(invitation),
    )
    return is_texted


def notify_invitee(*, act: Act, invitation: Invitation, template: Template, by_sms: bool = True, **facts: Any) -> None:
    """Tell whoever is invited, if they are somebody here and have not said that they do not know the inviter."""
    invitee = invitee_of(invitation)
    if invitee and not invitation.sender_unknown:
        notify(act=act, person=invitee, template=template, matter=invitation, by_sms=by_sms, **facts)


def _is_in_budget(phone: str, now: datetime) -> bool:
    """Count one more message to a number that somebody has typed; say whether it may be sent.

    The invitation stands either way: it may be answered after signing in. Its sender is told that no message went out,
    and not whose allowance is used up.
    """
    try:
        with transaction.atomic():
            limits.use("invited sms to number", phone, limits.limits(settings.SMS_INVITATIONS_PER_NUMBER), now)
            day_counts.use_today("sms invitations", settings.SMS_INVITATIONS_PER_DAY, now)
    except limits.TooOftenError:
        return False
    return True


def invitee_of(invitation: Invitation) -> Person | None:
    """Return who was invited, if there is such a person. For the system only: no inviter may learn it."""
    return find_by_certno(invitation.invitee_certno)


def _last_day(invitation: Invitation) -> date:
    assert invitation.expires_at is not None
    return invitation.expires_at.astimezone(SHANGHAI).date()


def notify_expiring(*, act: Act, invitation: Invitation) -> None:
    """Tell both that an invitation expires soon."""
    template, last = notice_words.expiring, _last_day(invitation)
    notify(act=act, person=invitation.payer, template=template, matter=invitation, last=last)
    notify_invitee(act=act, invitation=invitation, template=template, last=last)


def notify_bound(*, act: Act, bond: Bond) -> None:
    """Tell both that a bond has begun, on which terms."""
    capped_fen = declared_fen(bond, act.on)
    is_capped = capped_fen is not None and (bond.limit_fen is None or bond.limit_fen > capped_fen)
    limit_fen = capped_fen if is_capped else bond.limit_fen
    facts = {
        "limit_fen": limit_fen,
        "is_capped": is_capped,
        "until": bond.until_on,
        "own_first": bool(regions_of(bond.user_id)),
    }
    notify_both(act=act, bond=bond, template=notice_words.bound, **facts)


def notify_ended(*, act: Act, bond: Bond, to: tuple[Person, ...]) -> None:
    """Tell these people that a bond has ended, and why."""
    for person in to:
        notify(act=act, person=person, template=notice_words.ended, matter=bond, reason=bond.end_reason)


def drawn(*, act: Act, bond: Bond, amount_fen: int, on: date) -> list[Insertion]:
    """Return what tells the payer of one use (fen) of their money, to be written along with its voucher."""
    return told(
        act=act,
        person=bond.payer,
        template=notice_words.drawn,
        facts={"bond": bond.pk, "fen": amount_fen, "on": on},
        about=_about(bond),
        facts_along=f"jsonb_build_object('voucher', {VOUCHER_ID})",
    )
