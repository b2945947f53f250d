"""What was reimbursed by hand: costs of relatives insured elsewhere in the province, invoice by invoice."""

from django.db import models
from django.db.models import F, Q

from accounts.codes import InstitutionKind, InstitutionLevel
from payments.bills.codes import CATEGORIES, BillKind
from payments.reimbursements.codes import ReimbursementState

# What becomes of a reimbursement. The rest of its row is final (payments.apps).
BECOMES = ("state", "ended_at", "reason")


class Reimbursement(models.Model):
    """手工报销：家人在省内别处参保，凭发票从出钱的人的账户报销一次就诊的费用，付到出钱的人的银行账户。

    Locked before years, pots and bonds where it is taken back (docs/locking.md).
    """

    no = models.CharField("编号", max_length=24, unique=True)
    payer = models.ForeignKey("accounts.Person", models.PROTECT, related_name="reimbursements", verbose_name="出钱的人")
    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", verbose_name="看病的家人")
    region = models.CharField("统筹区", max_length=6)
    issuer_code = models.CharField("开票机构编码", max_length=20)
    issuer_name = models.CharField("开票机构", max_length=100)
    institution_kind = models.CharField("机构类型", max_length=12, choices=InstitutionKind.choices)
    level = models.SmallIntegerField("机构等级", choices=InstitutionLevel.choices, default=InstitutionLevel.NONE)
    kind = models.CharField("类别", max_length=12, choices=BillKind.choices)
    category = models.CharField("费用类别", max_length=16, choices=list(CATEGORIES.items()), blank=True)
    amount_fen = models.BigIntegerField("个人负担（分）")
    account_fen = models.BigIntegerField("账户支付（分）")
    payee = models.CharField("收款账户", max_length=12)  # the last four digits, in words
    voucher = models.OneToOneField("accounts.Voucher", models.PROTECT, related_name="+", verbose_name="凭证")
    state = models.CharField("状态", max_length=10, choices=ReimbursementState.choices, default=ReimbursementState.PAID)
    actor = models.CharField("经办", max_length=64)
    created_at = models.DateTimeField("报销时间")
    ended_at = models.DateTimeField("收回时间", null=True)
    reason = models.CharField("收回原因", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "手工报销"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ReimbursementState.values), name="reimbursement_state_known"),
            models.CheckConstraint(
                condition=Q(account_fen__gt=0, account_fen__lte=F("amount_fen")), name="reimbursement_account_within"
            ),
            models.CheckConstraint(
                condition=Q(state=ReimbursementState.PAID, ended_at=None)
                | Q(state=ReimbursementState.TAKEN_BACK, ended_at__isnull=False) & ~Q(reason=""),
                name="reimbursement_taken_back_says_why",
            ),
        ]
        indexes = [models.Index(fields=["region", "created_at"], name="reimbursement_region_day")]

    def __str__(self) -> str:
        return f"手工报销 {self.no}"

    @property
    def cash_fen(self) -> int:
        """What the account could not pay: it stays with whoever paid it (fen)."""
        return self.amount_fen - self.account_fen


class ReimbursedInvoice(models.Model):
    """报销过的发票：哪家机构开的、号码、日期、金额。一张发票只报一次；收回以后只有同一个人可以再报。"""

    reimbursement = models.ForeignKey(Reimbursement, models.PROTECT, related_name="invoices", verbose_name="手工报销")
    issuer_code = models.CharField("开票机构编码", max_length=20)
    number = models.CharField("发票号码", max_length=30)
    on = models.DateField("发票日期")
    amount_fen = models.BigIntegerField("个人负担（分）")
    counts = models.BooleanField("有效", default=True)  # not any more once the reimbursement was taken back

    class Meta:
        verbose_name = verbose_name_plural = "报销过的发票"
        constraints = [
            models.UniqueConstraint(
                fields=["issuer_code", "number"], condition=Q(counts=True), name="reimbursed_invoice_once"
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="reimbursed_invoice_amount_positive"),
        ]
        # Whose an invoice was is asked of those that were taken back too.
        indexes = [models.Index(fields=["issuer_code", "number"], name="reimbursed_invoice_number")]

    def __str__(self) -> str:
        return f"发票 {self.pk}"
