"""Django app registration."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "结算与代缴"

    def ready(self) -> None:
        from accounts import triggers
        from accounts.codes import ImportKind
        from accounts.ledger import verify
        from accounts.roster import laid_aside
        from payments import page_hooks  # noqa: F401  registers what premiums say on the citizen's pages
        from payments.bills import invariants as of_bills
        from payments.bills.triggers import TRIGGERS
        from payments.forms import counter as asked  # noqa: F401  what the page of a case asks
        from payments.premiums import invariants
        from payments.premiums.jobs import reminders  # noqa: F401  registers how a reminder is worded
        from payments.premiums.models import BECOMES
        from payments.premiums.operations import life_events, recovering, taking_back  # noqa: F401  register what they do
        from payments.premiums.tax_office import answers, paid
        from payments.reconciliation import invariants as of_books
        from payments.reimbursements import counter  # noqa: F401  registers what a counter does
        from payments.reimbursements import invariants as of_reimbursements
        from payments.reimbursements.models import BECOMES as OF_REIMBURSEMENTS

        laid_aside.register(ImportKind.PREMIUM_RESULTS, answers.COLUMNS, answers.take_in)
        laid_aside.register(ImportKind.PREMIUMS_PAID, paid.COLUMNS, paid.take_in)
        triggers.protect("payments_bill", "payments_billshare", "payments_historicalinstitution")
        triggers.add(*TRIGGERS)
        triggers.protect("payments_premiumorderevent", "payments_premiumvoucher")
        triggers.protect("payments_premiumpaid", but=("person_id",))
        # What an order says is final; what becomes of it is not, nor under which record of a person it stands.
        triggers.protect("payments_premiumorder", but=(*BECOMES, "payer_id", "person_id"))
        triggers.protect("payments_taxbatch", but=("written_at",))
        # The same content is sealed with a newer key.
        triggers.protect("payments_taxbatchfile", but=("content",))
        triggers.protect("payments_taxpayment")
        triggers.protect("payments_taxrefund", but=("batch_id", "result", "decided_on", "reason"))
        triggers.protect("payments_taxanswer", but=("done_at", "trouble"))
        triggers.protect("payments_reimbursement", but=(*OF_REIMBURSEMENTS, "payer_id", "person_id"))
        triggers.protect("payments_reimbursedinvoice", but=("counts",))
        triggers.protect("payments_premiumreminder", "payments_dayreport")
        verify.OF_OTHER_APPS.update(invariants.INVARIANTS)
        verify.OF_OTHER_APPS.update(of_bills.INVARIANTS)
        verify.OF_OTHER_APPS.update(of_books.INVARIANTS)
        verify.OF_OTHER_APPS.update(of_reimbursements.INVARIANTS)
