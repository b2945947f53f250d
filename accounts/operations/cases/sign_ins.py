"""What a counter does about sign-ins: a code for the portal, an account that a stranger tied, another number."""

from collections.abc import Callable

from accounts.codes import CaseKind, TieKind
from accounts.identity.actors import Act
from accounts.ledger.freezing import reported_deaths
from accounts.models import Case, User
from accounts.operations import identity, taking_back
from accounts.operations.cases.handlers import (
    Assessment,
    CaseHandler,
    Outcome,
    Words,
    is_reviewed,
    register,
)
from accounts.operations.cases.identity_papers import OWN_CARD, who_comes
from yibao.lib.masking import masked_phone

_COMES_FOR_CODE = "带身份证来办「开通网上登录」，领核验码"
_DEAD = "这个人已登记死亡，不能办网上登录。登记有误的，先办「死亡登记有误」，由复核人员核对"
_NOT_TIED = "没有登录绑着这个账户，不用办这一项；要开通的，办「开通网上登录」"
# How somebody whose account was tied by a stranger signs in from now on (Case.asked["way"]).
BY_CODE, BY_PHONE = "code", "phone"
# What other apps hold back for a while after somebody's number was changed, in a sentence.
after_new_phone: list[Callable[[], str]] = []


def _assess_code(act: Act, case: Case) -> Assessment:
    if reported_deaths([case.subject_id]):
        return Assessment(stops=(_DEAD,), papers=(OWN_CARD,))
    days, tied = identity.CODE_VALID.days, User.objects.filter(person=case.subject_id).first()
    waits = "；".join(say() for say in after_new_phone)
    return Assessment(
        content={"person": case.subject_id, "days": days},
        words=[
            ("发核验码", f"{days}天内登录后填写，就和本人的账户绑定"),
            *_owner_is_told(case),
            ("原来绑定的登录", f"填了以后退出{_is_told(tied)}" if tied else "没有"),
            *([("用的不是参保登记的手机号的", f"和换号一样：{waits}")] if waits else []),
        ],
        papers=(OWN_CARD,),
    )


def _is_told(user: User) -> str:
    """Return that the number of a sign-in gets a text message, to end a sentence; nothing where it has none."""
    return "，那个手机号会收到短信" if user.phone else ""


def _owner_is_told(case: Case) -> Words:
    """Say that the roster's phone hears of the code at once; nothing where it has none."""
    return [("参保登记的手机号", "马上会收到短信")] if case.subject.phone else []


def _issue(act: Act, case: Case) -> Outcome:
    code = identity.issue_identity_code(act=act, person=case.subject)
    return Outcome(f"已发核验码，{identity.CODE_VALID.days}天内有效", shown_once=code)


register(
    CaseHandler(
        kind=CaseKind.IDENTITY_CODE,
        assess=_assess_code,
        execute=_issue,
        instead="给错了人的，由本人带身份证再办一次「开通网上登录」，旧的核验码马上作废；已经被别人填了的，办「账户被别人绑定」",
        takes_agent=False,  # whoever holds the code opens the account
        may_be_reviewed=False,  # it is shown once, to the clerk who gives it
    )
)


def _assess_taking_back(act: Act, case: Case) -> Assessment:
    tied = User.objects.filter(person=case.subject_id).first()
    own = _own_sign_in(case)
    stops = [_DEAD] if reported_deaths([case.subject_id]) else list(_why_not_taken_back(act, case, tied, own))
    if stops or tied is None:
        return Assessment(stops=tuple(stops), papers=who_comes(case))
    stopped = taking_back.would_stop(act=act, person=case.subject, user=tied)
    return Assessment(
        content={
            "person": case.subject_id,
            "from_user": tied.pk,
            "to_user": own.pk if own else None,
            "stopped": len(stopped),  # the words, under the same digest, name them
        },
        words=[
            ("收回账户", f"手机号{masked_phone(tied.phone) or '没有登记'}的登录马上退出{_is_told(tied)}"),
            ("它办的、要停下的", "；".join(stopped) or "没有"),
            ("本人以后怎么登录", _how_then(act, case, own)),
            *(_owner_is_told(case) if own is None and _gives_code(act, case) else []),
        ],
        notes=_notes_of_taking_back(stopped),
        papers=who_comes(case),
    )


def _own_sign_in(case: Case) -> User | None:
    """Return the sign-in that the owner says is theirs, by its number."""
    phone = case.private_answers.get("phone") if case.asked.get("way") == BY_PHONE else None
    return User.objects.by_phone(phone).first() if phone else None


def _why_not_taken_back(act: Act, case: Case, tied: User | None, own: User | None) -> list[str]:
    if tied is None:
        return [_NOT_TIED]
    if case.asked.get("way") == BY_CODE or (case.has_agent and not case.asked.get("way")):
        return []
    if case.asked.get("way") != BY_PHONE:
        return ["请选本人以后怎么登录"]
    choose = f"请改选「{words_of_code(act, case)[0]}」"
    if case.has_agent:
        return [f"代办的只能先收回账户，不能换登录：{choose}，核验码由本人带身份证来领"]
    if own is None:
        return [f"这个手机号没有登录过：请本人先用它登录一次网站，或{choose.removeprefix('请')}"]
    if own == tied:
        return [f"绑着账户的就是这个手机号，不是别人的。号码也被人占用的，{choose}"]
    if own.is_official or not own.is_active or own.person_id:
        return [f"这个手机号的登录不能用，或绑着另一个人：{choose}"]
    return []


def _how_then(act: Act, case: Case, own: User | None) -> str:
    if own:
        return f"用手机号{masked_phone(own.phone)}登录，不用核验码"
    if _gives_code(act, case):
        return f"用任何手机号登录，填核验码（{identity.CODE_VALID.days}天内）"
    return f"收回以后，由本人{_COMES_FOR_CODE}"


def words_of_code(act: Act, case: Case) -> tuple[str, str]:
    """Return what BY_CODE is called on this case, and what then happens: no code is promised where none can be shown."""
    if _gives_code(act, case):
        return "发核验码", "用任何手机号登录后填写"
    after = "通过后" if is_reviewed(case, act.on) else "以后"
    return "先收回", f"{after}本人{_COMES_FOR_CODE}"


def _gives_code(act: Act, case: Case) -> bool:
    """Say whether the clerk who submits it does it, and the owner is there: a code is shown once, to nobody else."""
    return not case.has_agent and not is_reviewed(case, act.on)


def _notes_of_taking_back(stopped: list[str]) -> tuple[str, ...]:
    if not stopped:
        return ()
    return ("请和本人逐项看停下的事：停用的家人，本人登录后可以恢复或移除；写着没有退回的，按页面上的电话处理",)


def _take_back(act: Act, case: Case) -> Outcome:
    person, own = case.subject, _own_sign_in(case)
    if own:
        stopped = identity.move_sign_in(act=act, person=person, to_user=own, not_mine=True)
    else:
        stopped = taking_back.take_back(act=act, person=person)
    said = f"账户已收回，原来的登录已退出；{_counted(stopped)}"
    if own:
        return Outcome(f"{said}。本人用自己的手机号登录")
    if not _gives_code(act, case):
        return Outcome(f"{said}。请本人{_COMES_FOR_CODE}")
    code = identity.issue_identity_code(act=act, person=person)
    return Outcome(f"{said}。核验码{identity.CODE_VALID.days}天内有效", shown_once=code)


def _counted(stopped: list[str]) -> str:
    return f"停下{len(stopped)}件事：{'；'.join(stopped)}" if stopped else "它没有办过别的事"


register(
    CaseHandler(
        kind=CaseKind.TAKE_BACK,
        assess=_assess_taking_back,
        execute=_take_back,
        instead="收回错了的，由本人带身份证办「开通网上登录」，领核验码重新绑定；停用的家人，本人登录后可以恢复",
    )
)


def _assess_phone(act: Act, case: Case) -> Assessment:
    phone = case.private_answers.get("phone", "")
    user = User.objects.filter(person=case.subject_id).first()
    holder = User.objects.by_phone(phone).first() if phone else None
    if stops := list(_why_no_new_phone(case, phone, user, holder)):
        return Assessment(stops=tuple(stops), papers=(OWN_CARD,))
    assert user
    return Assessment(
        content={"person": case.subject_id, "user": user.pk, "holder": holder.pk if holder else None},
        words=_words_of_new_phone(user, phone),
        notes=_notes_of_new_phone(user),
        papers=(OWN_CARD,),
    )


def _why_no_new_phone(case: Case, phone: str, user: User | None, holder: User | None) -> list[str]:
    if reported_deaths([case.subject_id]):
        return [_DEAD]
    if user is None:
        return [f"{identity.NotTiedError.message}，不用改：办「开通网上登录」"]
    if not phone:
        return ["请填新的登录手机号"]
    if holder == user:
        return ["这就是现在的登录手机号，不用改"]
    if holder and (holder.person_id or holder.is_official):
        return [f"{identity.PhoneTakenError.message}：请换一个号码；号码确是本人的，请那个人先改掉"]
    return []


def _words_of_new_phone(user: User, phone: str) -> Words:
    waits = "；".join(say() for say in after_new_phone)
    return [
        ("新的登录手机号", masked_phone(phone)),
        ("原来的手机号", f"{masked_phone(user.phone)}，会收到短信" if user.phone else "没有"),
        ("已登录的设备", "全部退出，要用新号码重新登录"),
        *([("换号以后", waits)] if waits else []),
    ]


def _notes_of_new_phone(user: User) -> tuple[str, ...]:
    if user.tied_by != TieKind.RECORD or not user.is_unproven():
        return ()
    return ("现在的登录只凭姓名和证件号码开通，请问本人是不是自己开的；不是的，改办「账户被别人绑定」",)


def _tells_phone(case: Case) -> Words:
    phone = case.private_answers.get("phone", "")
    return [("请逐位核对", str(phone))] if phone else []


def _change_phone(act: Act, case: Case) -> Outcome:
    had_phone = User.objects.filter(person=case.subject_id).exclude(phone_index=None).exists()
    identity.change_phone(act=act, person=case.subject, phone=case.private_answers["phone"])
    return Outcome(f"登录手机号已变更{'，原来的手机号会收到短信' if had_phone else ''}")


register(
    CaseHandler(
        kind=CaseKind.PHONE,
        assess=_assess_phone,
        execute=_change_phone,
        takes_agent=False,  # whoever has the number signs in
        instead="号码填错的，由本人带身份证再办一次「变更登录手机号」",
        tells=_tells_phone,
    )
)
