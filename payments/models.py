"""Where Django looks for the tables of this app; they stand in the rooms that keep them."""

from payments.bills.models import Bill, BillShare, Institution
from payments.premiums.models import (
    PremiumOrder,
    PremiumOrderEvent,
    PremiumPaid,
    PremiumReminder,
    PremiumVoucher,
    RefundClaim,
    TaxPayment,
    TaxRefund,
)
from payments.premiums.tax_office.models import TaxAnswer, TaxBatch, TaxBatchFile
from payments.reconciliation.models import DayReport
from payments.reimbursements.models import ReimbursedInvoice, Reimbursement

__all__ = [
    "Bill",
    "BillShare",
    "DayReport",
    "Institution",
    "PremiumOrder",
    "PremiumOrderEvent",
    "PremiumPaid",
    "PremiumReminder",
    "PremiumVoucher",
    "RefundClaim",
    "ReimbursedInvoice",
    "Reimbursement",
    "TaxAnswer",
    "TaxBatch",
    "TaxBatchFile",
    "TaxPayment",
    "TaxRefund",
]
