"""What both sides are told of each event: a notice, and a text message about it. Never a link or a number of a person."""

from datetime import date, datetime

from django.conf import settings
from django.db import transaction

from accounts.codes import Gender, NoticeKind
from accounts.identity import day_counts, limits, sms
from accounts.identity.actors import Act
from accounts.ledger.pots import regions_of
from accounts.models import Person
from accounts.operations.notices import notify
from accounts.sealing import fields
from family.codes import EndReason
from family.models import Bond, Invitation
from family.queries.facts import funds_name
from family.queries.notice_words import kin_to_payer as kin_to_payer
from family.queries.notice_words import kin_to_user as kin_to_user
from yibao.lib.clock import SHANGHAI
from yibao.lib.days import short_day_words
from yibao.lib.fen import grouped
from yibao.lib.masking import masked_name

# To the number the inviter typed, which may be a stranger's: no full name, nothing about money.
INVITED = sms.Template(
    "family_invited",
    "{name}邀请您加入家庭共济，编号{number}。{day}前可以带身份证到医保窗口报编号办，怎么在网上办请打{help}。"
    "不认识的人请不要理会。",
)


def notify_person(
    *,
    act: Act,
    person: Person,
    title: str,
    text: str,
    by_sms: bool = True,
    has_free_text: bool = False,
    about: str = "",
    kind: NoticeKind = NoticeKind.FAMILY,
) -> None:
    """Tell somebody in the caller's transaction."""
    notify(
        act=act,
        person=person,
        kind=kind,
        title=title,
        text=text,
        by_sms=by_sms,
        has_free_text=has_free_text,
        about=about,
    )


def _of(matter: Bond | Invitation) -> str:
    """Return what a notice is about, as queries.notice_links reads it."""
    return f"bond:{matter.pk}" if isinstance(matter, Bond) else f"invitation:{matter.number}"


def money_of(payer: Person, region: str, on: date) -> str:
    return f"{payer.name}的{funds_name(region, on)}"


def notify_invited(*, act: Act, invitation: Invitation) -> None:
    """Tell the invited person: on the phone the inviter typed, and in their notices if they are somebody here.

    The inviter sees the same in either case.
    """
    last = _last_day(invitation)
    if invitation.invitee_phone and _is_in_budget(invitation.invitee_phone, act.at):
        params = {
            "name": masked_name(invitation.payer.name),
            "number": str(invitation.number),
            "day": last,
            "help": settings.HELP_PHONE,
        }
        sms.queue(phone=invitation.invitee_phone, template=INVITED, params=params, now=act.at)
    invitee = invitee_of(invitation)
    if invitee and not invitation.sender_unknown:
        payer = invitation.payer
        notify_person(
            act=act,
            person=invitee,
            title=f"{payer.name}邀请您用{Gender(payer.gender).pronoun}的{funds_name(invitation.region, act.on)}",
            text=f"您同意以后才会生效。请在{last}以前答复；不认识这个人，请选“这不是我的家人”。",
            by_sms=not invitation.invitee_phone,
            about=_of(invitation),
        )


def _is_in_budget(phone: str, now: datetime) -> bool:
    """Count one more message to a number that somebody has typed; say whether it may be sent.

    The invitation stands either way, and its sender sees the same: it may be answered after signing in.
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
    indexes = fields.indexes(invitation.invitee_certno, "person:certno")
    return Person.objects.filter(certno_index__in=indexes).first()


def _last_day(invitation: Invitation) -> str:
    assert invitation.expires_at is not None
    return short_day_words(invitation.expires_at.astimezone(SHANGHAI).date())


def notify_expiring(*, act: Act, invitation: Invitation) -> None:
    """Tell both that an invitation expires soon."""
    last = _last_day(invitation)
    notify_person(
        act=act,
        person=invitation.payer,
        title="您的家庭共济邀请快到期了",
        text=f"邀请 {invitation.number} 到{last}为止有效，还没有收到答复。到期不会用到您的钱，可以重新发送。",
        about=_of(invitation),
    )
    invitee = invitee_of(invitation)
    if invitee and not invitation.sender_unknown:
        notify_person(
            act=act,
            person=invitee,
            title=f"{invitation.payer.name}的邀请快到期了",
            text=f"请在{last}以前答复。不答复就不会生效。",
            about=_of(invitation),
        )


def notify_payer(*, act: Act, invitation: Invitation, title: str, text: str, has_free_text: bool = False) -> None:
    notify_person(
        act=act,
        person=invitation.payer,
        title=title,
        text=f"邀请 {invitation.number}：{text}",
        has_free_text=has_free_text,
        about=_of(invitation),
    )


def notify_bound(*, act: Act, bond: Bond) -> None:
    """Tell both that a bond has begun."""
    limit = f"，每年最多 {grouped(bond.limit_fen)} 元" if bond.limit_fen else ""
    until = f"，到{short_day_words(bond.until_on)}为止" if bond.until_on else ""
    own_first = "先用您自己的，再用" if regions_of(bond.user_id) else "用的是"
    notify_person(
        act=act,
        person=bond.payer,
        title=f"{kin_to_payer(bond)}可以用您的钱了",
        text=f"从今天起可以用您的{funds_name(bond.region, act.on)}{limit}{until}。每次使用都会通知您；随时可以停用或移除。",
        about=_of(bond),
    )
    notify_person(
        act=act,
        person=bond.user,
        title=f"您可以用{kin_to_user(bond)}的钱了",
        text=f"{own_first}{money_of(bond.payer, bond.region, act.on)}{limit}{until}。"
        "对方能看到哪天、在哪类地方、用了多少钱。随时可以不再使用。",
        about=_of(bond),
    )


def notify_user(*, act: Act, bond: Bond, title: str, text: str) -> None:
    notify_person(act=act, person=bond.user, title=title, text=text, about=_of(bond))


def notify_ended(*, act: Act, bond: Bond, to: tuple[Person, ...]) -> None:
    """Tell these people that a bond has ended, and why."""
    why = EndReason(bond.end_reason).label
    for person in to:
        other = kin_to_payer(bond) if person.pk == bond.payer_id else kin_to_user(bond)
        title = f"{other}不再用您的钱" if person.pk == bond.payer_id else f"您不能再用{other}的钱"
        notify_person(act=act, person=person, title=title, text=f"原因：{why}。以前用掉的钱不会退回。")


def notify_drawn(*, act: Act, bond: Bond, amount_fen: int, day: str, place_kind: str, help_phone: str) -> None:
    """Tell the payer of one use: day, kind of place, amount, user; never the name of the place."""
    where = f"在{place_kind}" if place_kind else ""
    notify_person(
        act=act,
        person=bond.payer,
        title=f"{kin_to_payer(bond)}用了您的钱 {grouped(amount_fen)} 元",
        text=f"{day}{where}用了您的{funds_name(bond.region, act.on)} {grouped(amount_fen)} 元。"
        f"不是本人用的？请马上停用或移除，并打{help_phone}。",
        about=_of(bond),
        kind=NoticeKind.RELATIVE,
    )
