"""Where Django looks for the tables of this app; they stand in the rooms that keep them."""

from payments.bills.models import Bill, BillShare, Institution
from payments.premiums.models import PremiumOrder, PremiumOrderEvent, PremiumPaid, PremiumVoucher, RefundClaim
from payments.premiums.tax_office.models import TaxAnswer, TaxBatch

__all__ = [
    "Bill",
    "BillShare",
    "Institution",
    "PremiumOrder",
    "PremiumOrderEvent",
    "PremiumPaid",
    "PremiumVoucher",
    "RefundClaim",
    "TaxAnswer",
    "TaxBatch",
]
