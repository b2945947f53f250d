"""What payer and relative are told of a reimbursement."""

from accounts import wording
from accounts.codes import NoticeKind
from accounts.wording import Told, Words
from payments.reimbursements.codes import ReimbursementState
from payments.reimbursements.models import Reimbursement
from yibao.lib.fen import grouped


@wording.template(
    "reimbursement", NoticeKind.RELATIVE, reimbursement=Reimbursement.objects.select_related("payer", "person")
)
def reimbursed(told: Told) -> Words:
    """Facts: `state` that the reimbursement came to. The relative is not told which account it went to."""
    found = told.facts["reimbursement"]
    yuan = f"{grouped(found.account_fen)} 元"
    is_payer = told.person_id == found.payer_id
    if told.facts["state"] == ReimbursementState.TAKEN_BACK:
        text = f"{yuan}已经回到{'您' if is_payer else found.payer.name}的账户。有疑问请到办理的窗口问。"
        return Words(f"手工报销 {found.no} 已经收回", text)
    whose = f"{found.person.name}的" if is_payer else "您的"
    text = f"{whose}医疗费用，从{'您' if is_payer else found.payer.name}的账户报销了{yuan}。"
    where = f"付到您{found.payee}的银行账户，几天内到账。不是您本人到窗口办的，请马上打服务电话。" if is_payer else ""
    return Words(f"手工报销 {found.no} 已经办好", f"{text}{where}")
