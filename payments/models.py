"""Where Django looks for the tables of this app; they stand in the rooms that keep them."""

from payments.bills.models import Bill, BillShare, Institution

__all__ = ["Bill", "BillShare", "Institution"]
