"""A limited sign-in: how it is opened, and how the phone of the roster hears of it in time."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.codes import TieKind
from accounts.errors import AccountsError
from accounts.identity import audit, codes, sms
from accounts.identity.actors import Act
from accounts.models import Person, User
from accounts.models.user import WARNING
from yibao.lib.clock import SHANGHAI
from yibao.lib.days import short_day_words

PROVE = codes.Purpose(
    "identity_phone",
    sms.Template(
        "identity_phone_code",
        "{code}，确认医保账户是您本人在看的验证码，{valid}内有效。不是您本人在办，不要告诉任何人。",
        valid=codes.VALID,
        secret=True,
    ),
    scope="identity ",  # whoever knows name and number can use these up: never what somebody signs in with
)
TIED = sms.Template(
    "identity_tied",
    "有人用您的姓名和证件号码开通了网上查询，现在还看不到账户，{day}起能看。"
    "不是您本人办的，请马上打{help}，或用这个手机号登录医保个人账户网站，在“设置”里办“这不是我”。",
)


class NoRosterPhoneError(AccountsError):
    """There is no phone on the roster to which a code could go."""

    message = "您的参保登记里没有手机号，请带身份证到窗口核验"


def tell_owner(*, user: User, person: Person, now: datetime) -> None:
    """Tell the roster's phone, in the caller's transaction, that another one has tied itself to the person."""
    opens = user.opens_at()
    if opens is None:
        return
    day = short_day_words(opens.astimezone(SHANGHAI).date())
    params = {"day": day, "help": settings.HELP_PHONE}
    sms.queue(phone=person.phone, template=TIED, params=params, now=now)


def warn_owners(*, now: datetime) -> int:
    """Tell the roster's phones for the second time of the limited sign-ins that open in WARNING; return how many."""
    tied_before = now - timedelta(days=settings.IDENTITY_WAIT_DAYS) + WARNING
    rows = User.objects.filter(tied_by=TieKind.RECORD, warned_at=None, tied_at__lte=tied_before)
    count = 0
    for user_id in list(rows.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            user = rows.select_for_update(of=("self",)).select_related("person").filter(pk=user_id).first()
            if user is None or user.person is None or user.opens_at() is None or not user.is_unproven():
                continue
            user.warned_at = now
            user.save(update_fields=["warned_at"])
            tell_owner(user=user, person=user.person, now=now)
            count += 1
    return count


def send_code(*, act: Act, user: User, address: str) -> UUID:
    """Send a code to the roster's phone of the user's person; return the id to check it by.

    Raises NoRosterPhoneError, limits.TooOftenError.
    """
    phone = user.person.phone if user.person else ""
    if not phone:
        raise NoRosterPhoneError
    return codes.issue(purpose=PROVE, phone=phone, address=address, now=act.at, about=_about(user)).id


def open_by_code(*, act: Act, user: User, code_id: UUID | None, typed: str, address: str) -> None:
    """Lift the limits of a sign-in, because the roster's phone has got this code.

    Not inside a transaction: guesses are counted on their own. Raises codes.WrongCodeError, codes.ExpiredCodeError,
    limits.TooOftenError.
    """
    codes.check(code_id=code_id, purpose=PROVE, typed=typed, address=address, now=act.at, about=_about(user))
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, person=user.person_id).update(tied_by=TieKind.PHONE):
            audit.record(act=act, verb="identity.proven", subject=user.person_id, detail={"how": "phone"})


def _about(user: User) -> str:
    return f"identity:{user.pk}:{user.person_id}"
