"""开通网上登录: a code for the portal, given to somebody whose documents have been seen."""

from accounts.codes import CaseKind
from accounts.identity.actors import Act
from accounts.ledger.freezing import deaths
from accounts.models import Case
from accounts.operations import identity
from accounts.operations.cases.handlers import Assessment, CaseHandler, NeededPaper, Outcome, register

OWN_CARD = NeededPaper("own_card", "本人有效身份证件", "原件")


def _assess(act: Act, case: Case) -> Assessment:
    if deaths([case.subject_id]):
        return Assessment(stops=("这个人已登记死亡，不能开通网上登录",), papers=(OWN_CARD,))
    days = identity.CODE_VALID.days
    return Assessment(
        content={"person": case.subject_id, "days": days},
        words=[
            ("发核验码", f"{days}天内登录后填写，就和本人的账户绑定"),
            ("原来绑定的登录", "会退出，那个手机号会收到短信"),
        ],
        papers=(OWN_CARD,),
    )


def _issue(act: Act, case: Case) -> Outcome:
    code = identity.issue_identity_code(act=act, person=case.subject)
    return Outcome(f"已发核验码，{identity.CODE_VALID.days}天内有效", shown_once=code)


register(
    CaseHandler(
        kind=CaseKind.IDENTITY_CODE,
        assess=_assess,
        execute=_issue,
        takes_agent=False,  # whoever holds the code opens the account
        may_be_reviewed=False,  # it is shown once, to the clerk who gives it
    )
)
