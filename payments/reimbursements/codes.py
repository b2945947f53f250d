"""Codes of manual reimbursement: how one stands."""

from yibao.lib.codes import TextCode


class ReimbursementState(TextCode):
    """Where a reimbursement stands. Taken back, its money is in the account again and its invoices may be handed in anew."""

    PAID = "paid", "已报销"
    TAKEN_BACK = "taken_back", "已收回"
