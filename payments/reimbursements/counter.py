"""家人异地费用手工报销 at a counter: the payer comes with the invoices of a relative who is insured elsewhere.

`case.asked`: `issuer_code`, `issuer_name`, `place` (kind of institution and level, hospital:1), `kind`, `category`, `payee`
(last digits), `invoices` as lists of number, day (ISO) and fen.
"""

from datetime import date

from accounts.codes import CaseKind, InstitutionKind, InstitutionLevel
from accounts.identity.actors import Act
from accounts.models import Case
from accounts.operations.cases.handlers import Assessment, CaseHandler, NeededPaper, Outcome, register
from accounts.operations.cases.identity_papers import of_agent
from payments.bills.codes import CATEGORIES, BillKind
from payments.reimbursements.operations import NO_MONEY, reimburse, take_back
from payments.reimbursements.queries import Expense, expense_of, payable_fen, stops
from payments.reimbursements.rules import Invoice, Visit
from yibao.lib.days import day_words
from yibao.lib.fen import grouped

PAPERS = (
    NeededPaper("payer_card", "授权人的社会保障·市民卡", "原件"),
    NeededPaper("invoices", "医疗费用发票", "原件，收下并盖“已报销”章", "就诊的医院或药店"),
    NeededPaper("record", "就诊记录", "病历本、证历本或出院记录，任一即可", "就诊的医院"),
)
PLACES = {
    **{
        f"{InstitutionKind.HOSPITAL}:{level}": f"{level.label}医疗机构" if level else "没有等级的医疗机构"
        for level in InstitutionLevel
    },
    f"{InstitutionKind.PHARMACY}:0": "药店",
}
NOT_ASKED = "还没有填发票：请照发票填机构、号码、日期和金额"


def _assess(act: Act, case: Case) -> Assessment:
    expense, papers = _expense(case), (*PAPERS, *of_agent(case))
    if expense is None:
        return Assessment(stops=(NOT_ASKED,), papers=papers)
    if found := stops(expense, act.on):
        return Assessment(stops=tuple(found), papers=papers)
    fen = payable_fen(expense, act.on)
    if not fen:
        return Assessment(stops=(NO_MONEY,), papers=papers)
    short = expense.amount_fen - fen
    note = f"余额或额度不够，只能报 {grouped(fen)} 元，另外 {grouped(short)} 元不报，发票也不退" if short else ""
    return Assessment(
        content={"payer": expense.payer.pk, "person": expense.person.pk, "account_fen": fen},
        words=[
            ("就诊机构", f"{expense.visit.issuer_name}（{PLACES[case.asked['place']]}）"),
            ("费用", _costs(expense)),
            *((f"发票 {one.number}", f"{day_words(one.on)}，{grouped(one.amount_fen)} 元") for one in expense.invoices),
            ("从授权人的账户报销", f"{grouped(fen)} 元"),
            ("付到授权人的银行账户", case.asked["payee"]),
        ],
        notes=(note,) if note else (),
        papers=papers,
    )


def _costs(expense: Expense) -> str:
    words = (BillKind(expense.visit.kind).label, CATEGORIES.get(expense.visit.category, ""))
    return "，".join(filter(None, words))


def _expense(case: Case) -> Expense | None:
    """Return what the case asks to be reimbursed; None until somebody was named and the form filled in."""
    asked = case.asked
    if case.other is None or not asked.get("invoices"):
        return None
    kind, level = asked["place"].split(":")
    visit = Visit(
        issuer_code=asked["issuer_code"],
        issuer_name=asked["issuer_name"],
        institution_kind=kind,
        level=int(level),
        kind=asked["kind"],
        category=asked["category"],
    )
    invoices = [Invoice(number, date.fromisoformat(day), fen) for number, day, fen in asked["invoices"]]
    return expense_of(case.subject, case.other, case.region, visit, invoices)


def _execute(act: Act, case: Case) -> Outcome:
    expense = _expense(case)
    assert expense is not None  # assessed under the same lock
    paid = reimburse(
        act=act,
        payer=expense.payer,
        person=expense.person,
        region=expense.region,
        visit=expense.visit,
        invoices=expense.invoices,
        payee=case.asked["payee"],
    )
    said = f"已报销 {grouped(paid.account_fen)} 元（编号 {paid.no}），付到授权人{paid.payee}的银行账户"
    return Outcome(said, {"reimbursement": paid.no})


def _undo(act: Act, case: Case) -> str:
    found = take_back(act=act, no=case.record["reimbursement"], reason=case.note)
    return f"手工报销 {found.no} 已收回，{grouped(found.account_fen)} 元回到授权人的账户"


register(
    CaseHandler(
        kind=CaseKind.REIMBURSE,
        assess=_assess,
        execute=_execute,
        undo=_undo,
        undo_proof="退款凭据号",  # paid to a bank account: without it the same money would be there twice
        other="看病的家人",
    )
)
