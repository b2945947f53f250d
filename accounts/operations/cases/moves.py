"""Money that leaves an account for good, asked for at a counter: 关系转移, 清退, 继承. Two people sign each.

What is signed is the life event's own (accounts.operations.life_events.moving), by whichever door it comes.
"""

from accounts.codes import CaseKind, LifeEventKind, ProofKind
from accounts.identity.actors import Act
from accounts.ledger.freezing import reported_deaths
from accounts.models import Case
from accounts.operations.cases import proofs
from accounts.operations.cases.handlers import Assessment, CaseHandler, Signed, Words, register
from accounts.operations.cases.identity_papers import of_agent
from accounts.operations.life_events import hooks, moving
from accounts.operations.life_events.events import region_name
from accounts.operations.life_events.vouchers import subject_of

TRANSFER_PROOFS = (ProofKind.TRANSFER_LETTER,)
LEAVING_PROOFS = (ProofKind.APPLICATION, ProofKind.RESOLUTION)
INHERIT_PROOFS = (ProofKind.NOTARISED, ProofKind.HEIRS_STATEMENT)
# Where the money goes (Case.asked["way"]): to an account here, or paid out.
TO_ACCOUNT, PAID_OUT = "account", "paid_out"
_NO_WAY = "请选余额转到哪里"
_NO_PAYEE = "请填收款账号"
_LIVES = "没有登记过这个人的死亡，不能继承：先办「死亡登记」"
_WRONG = "{}的钱错了的，请联系医保中心按错账处理"


def _signed(case: Case, kind: str, proof_kinds: tuple[ProofKind, ...], **asked: object) -> Signed:
    paper = proofs.paper_of(case, proof_kinds)
    return Signed(
        kind=kind,
        subject=subject_of(case.subject_id, case.region),
        reason=f"窗口业务 {case.number}：{case.get_kind_display()}",
        document=paper.number,
        asked={"proof": paper.kind, "document": paper.number, **asked},
    )


def _transfer(case: Case) -> Signed:
    if case.asked["way"] == TO_ACCOUNT:
        return _signed(case, moving.MOVE, TRANSFER_PROOFS, why=LifeEventKind.TRANSFER, to=case.asked["to"])
    return _signed(case, moving.PAY_OUT, TRANSFER_PROOFS, why=LifeEventKind.TRANSFER_OUT, payee=case.asked["payee"])


def _assess_transfer(act: Act, case: Case) -> Assessment:
    papers = (proofs.needed(case, TRANSFER_PROOFS), *of_agent(case))
    if why := _where_missing(case):
        return Assessment(stops=(why,), papers=papers)
    title = [("医保关系转移", f"{region_name(case.region)}的个人账户，余额全部转出")]
    return _with_advice(case, proofs.rehearsed(act, case, _transfer, papers, title))


def _where_missing(case: Case) -> str:
    """Return what is not said yet of where the money goes."""
    way = case.asked.get("way")
    if way not in (TO_ACCOUNT, PAID_OUT):
        return _NO_WAY
    if way == TO_ACCOUNT and not case.asked.get("to"):
        return "请选转到哪个统筹区"
    return _NO_PAYEE if way == PAID_OUT and not case.asked.get("payee") else ""


def _with_advice(case: Case, found: Assessment) -> Assessment:
    """Say beside a refusal which case comes first, where the account is still shared."""
    if not found.stops or found.stops[0] != hooks.still_shared(case.subject, case.region):
        return found
    advice = "家人还在用这个账户的：本人可以在网上关闭家庭共济，也可以在窗口先办「注销共济账户」，办完再回来办这一件"
    return Assessment(stops=found.stops, notes=(advice,), papers=found.papers)


def _leave(case: Case) -> Signed:
    return _signed(case, moving.PAY_OUT, LEAVING_PROOFS, why=LifeEventKind.LEAVING, payee=case.asked["payee"])


def _assess_leaving(act: Act, case: Case) -> Assessment:
    papers = (proofs.needed(case, LEAVING_PROOFS), *of_agent(case))
    if not case.asked.get("payee"):
        return Assessment(stops=(_NO_PAYEE,), papers=papers)
    title = [("清退", f"{region_name(case.region)}的个人账户，余额一次付清")]
    return _with_advice(case, proofs.rehearsed(act, case, _leave, papers, title))


def _inherit(case: Case) -> Signed:
    share = {"fen": case.asked["fen"]} if case.asked.get("fen") else {}
    why = LifeEventKind.INHERITANCE
    if case.asked["way"] == TO_ACCOUNT:
        to = case.asked["to"]
        return _signed(case, moving.MOVE, INHERIT_PROOFS, why=why, to=to, heir=case.other_id, **share)
    return _signed(case, moving.PAY_OUT, INHERIT_PROOFS, why=why, payee=case.asked["payee"], **share)


def _assess_inheriting(act: Act, case: Case) -> Assessment:
    papers = (proofs.needed(case, INHERIT_PROOFS),)
    why = _where_missing(case) if reported_deaths([case.subject_id]) else _LIVES
    if not why and case.asked["way"] == TO_ACCOUNT and case.other is None:
        why = "请刷继承人的证件；继承人在这里没有参保的，改选付到银行卡"
    if not why and case.asked["way"] == PAID_OUT and case.is_in_work and not case.payee_certno:
        why = "还没有填收款人：请填这位继承人的姓名和证件号码"
    if why:
        return Assessment(stops=(why,), papers=papers)
    title = [
        (
            "继承",
            f"{region_name(case.region)}的个人账户，{'这一位继承人的份额' if case.asked.get('fen') else '余额全部'}",
        )
    ]
    return proofs.rehearsed(act, case, _inherit, papers, title)


def _told_of_heir(case: Case) -> Words:
    """Say who came, and which heir is paid, in full: neither has to be known here."""
    heir = case.private_answers
    paid = [("收款人", f"{heir['payee_name']}，{heir['payee_certno']}")] if heir.get("payee_certno") else []
    return [*proofs.who_came(case), *paid]


register(CaseHandler(kind=CaseKind.TRANSFER, assess=_assess_transfer, signed=_transfer, instead=_WRONG.format("转出")))
register(CaseHandler(kind=CaseKind.LEAVE, assess=_assess_leaving, signed=_leave, instead=_WRONG.format("清退")))
register(
    CaseHandler(
        kind=CaseKind.INHERIT,
        assess=_assess_inheriting,
        signed=_inherit,
        instead=_WRONG.format("继承"),
        other="继承人",
        other_is_optional=True,
        takes_agent=False,
        subject_comes=False,
        asks_who_came=lambda case, on: True,
        tells=_told_of_heir,
    )
)
