"""Django app registration."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "结算与代缴"

    def ready(self) -> None:
        from accounts import triggers

        triggers.protect("payments_bill", "payments_billshare")
        triggers.protect("payments_premiumorderevent", "payments_premiumpaid", "payments_premiumvoucher")
        # The same content is sealed with a newer key.
        triggers.protect("payments_taxbatch", but=("content", "written_at"))
        triggers.protect("payments_taxanswer", but=("done_at", "trouble"))
