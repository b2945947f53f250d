"""Addresses of what is paid from accounts: residents' premiums."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from payments.views.citizen import claims, orders, paying, taking_back


class ClaimNumber(StringConverter):
    """The number of a claim of pay-then-refund."""

    regex = r"FH[0-9]{4}-[0-9]{4}-[0-9A-Z]{5,12}"


class OrderNumber(StringConverter):
    """The number of a premium order; whatever is not shaped like one is no address."""

    regex = r"DJ[0-9]{4}-[0-9]{4}-[0-9A-Z]{5,12}"


register_converter(ClaimNumber, "claim")
register_converter(OrderNumber, "order")

urlpatterns = [
    # Paying, in two steps
    path("premium/", paying.premium, name="premium"),
    path("premium/check/", paying.check, name="premium_check"),
    path("premium/done/", paying.done, name="premium_done"),
    # What became of it
    path("premium/history/", orders.history, name="premium_history"),
    path("premium/<order:no>/", orders.order, name="premium_order"),
    path("premium/<order:no>/receipt/", orders.receipt, name="premium_receipt"),
    path("premium/<order:no>/undo/", taking_back.undo, name="premium_undo"),
    path("premium/<order:no>/refund/", taking_back.refund, name="premium_refund"),
    # Where one pays first: claiming it by the tax receipt
    path("premium/claim/", claims.enter, name="premium_claim"),
    path("premium/claim/check/", claims.check, name="premium_claim_check"),
    path("premium/claims/<claim:no>/", claims.claim, name="premium_claim_result"),
]
