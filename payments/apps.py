"""Django app registration."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "结算与代缴"

    def ready(self) -> None:
        from accounts import triggers
        from accounts.ledger import verify
        from payments.bills.triggers import TRIGGERS
        from payments.premiums import invariants

        triggers.protect("payments_bill", "payments_billshare", "payments_historicalinstitution")
        triggers.add(*TRIGGERS)
        triggers.protect("payments_premiumorderevent", "payments_premiumpaid", "payments_premiumvoucher")
        # What an order says is final; what becomes of it is not, nor under which record of a person it stands.
        became = (
            "state",
            "debited_at",
            "undo_until",
            "handed_over_at",
            "batch_id",
            "decided_at",
            "receipt_no",
            "reason",
        )
        triggers.protect("payments_premiumorder", but=(*became, "payer_id", "person_id"))
        # The same content is sealed with a newer key.
        triggers.protect("payments_taxbatch", but=("content", "written_at"))
        triggers.protect("payments_taxanswer", but=("done_at", "trouble"))
        verify.OF_OTHER_APPS.update(invariants.INVARIANTS)
