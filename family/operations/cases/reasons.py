"""Why something cannot be done, as a clerk reads it out: the same reasons as online, with the next step at a counter."""

from collections.abc import Iterable

from family.rules import Reason, ReasonCode

# Online these send people to the counter, where they are now, or to a page that a clerk does not have.
_NEXT_STEP = {
    ReasonCode.KINSHIP: "请核对选的关系和证件；关系没有错的，要看到户口本等能看出关系的证件才能办",
    ReasonCode.PAYER_HAS_SPOUSE: "先办和原来配偶的「解除家庭共济」",
    ReasonCode.ALREADY_BOUND: "要改额度、期限，请办「变更共济额度、期限或先后」",
    ReasonCode.LIMIT: "请改额度；关系没有核对过的，先办「补交亲属关系材料」",
    ReasonCode.IDENTITY: "请看身份证件的原件；没有的，当地有临时成员的只选代缴居民医保",
    ReasonCode.USER_INSURANCE: "当地的规定只包括职工医保和居民医保的参保人",
}
_FOR_CLERK = str.maketrans({"您": "授权人"})


def sentences(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """Return each reason in one sentence: what is against it, what was found, what can be done."""
    return tuple(_sentence(reason) for reason in reasons)


def _sentence(reason: Reason) -> str:
    step = _NEXT_STEP.get(reason.code, reason.remedy)
    return f"{reason.why}：{reason.found}。{step}".translate(_FOR_CLERK).replace("你们", "两人")
