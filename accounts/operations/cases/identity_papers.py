"""What identifies whoever stands at a counter: the person, or somebody who comes in their place."""

from accounts.codes import PaperKind
from accounts.models import Case
from accounts.operations.cases.handlers import NeededPaper, Words
from yibao.lib.masking import masked_certno

OWN_CARD = NeededPaper("own_card", "本人有效身份证件", "原件", "没有的，先到公安户籍窗口补办或办临时身份证")
_AGENT = (
    NeededPaper("agent_card", "代办人的身份证", "原件"),
    NeededPaper("power", "经公证处公证的委托书", "写明委托谁、办什么", kind=PaperKind.POWER),
    NeededPaper("own_card", "委托人的身份证", "复印件也可以"),
)


def who_comes(case: Case) -> tuple[NeededPaper, ...]:
    """Return the papers of whoever comes: the person's own card, or those of somebody with a power of attorney."""
    return of_agent(case) or (OWN_CARD,)


def told_of_agent(case: Case) -> Words:
    """Say who comes in the person's place, for whoever checks the case and may know them."""
    return [("代办人", f"{case.agent_name}，{masked_certno(case.agent_certno)}")] if case.has_agent else []


def of_agent(case: Case) -> tuple[NeededPaper, ...]:
    """Return the papers of somebody who comes with a power of attorney; nothing where the person comes themselves."""
    return _AGENT if case.has_agent else ()
