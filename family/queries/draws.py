"""What was given back of a draw: the ledger says it, so nothing is subtracted twice (decision 0010)."""

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import Transfer

_BACK = Transfer.objects.filter(voucher__reverses=OuterRef("voucher"), target__person=OuterRef("bond__payer"))

# Of a row of Draw: the fen that reversals of its voucher gave back to the payer.
RETURNED = Coalesce(
    Subquery(_BACK.order_by().values("voucher__reverses").annotate(fen=Sum("amount_fen")).values("fen")), 0
)
