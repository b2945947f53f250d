"""Residents' premiums: orders paid from accounts, what was paid elsewhere, and claims for what was paid in advance."""

from django.db import models
from django.db.models import Q

from accounts.models import Voucher
from accounts.sealing.fields import SealedField
from payments.premiums.codes import LIVE_CLAIMS, LIVE_STATES, AnswerResult, ClaimState, OrderState

_UNPAID = (OrderState.CHECKED, OrderState.DEBITED, OrderState.UNDONE)
_DECIDED = (OrderState.CONFIRMED, OrderState.REJECTED)
# What becomes of an order. The rest of its row is final: the application's role may not write it (payments.apps).
BECOMES = ("state", "debited_at", "undo_until", "handed_over_at", "batch_id", "decided_at", "receipt_no", "reason")


class PremiumOrder(models.Model):
    """代缴单：谁用账户的钱给谁交哪一年的居民医保，钱到了哪一步。一个人一年只有一张有效的。

    Orders are locked before years, pots and bonds (docs/locking.md). What happened to one is in its `events`.
    """

    no = models.CharField("编号", max_length=24, unique=True)
    payer = models.ForeignKey("accounts.Person", models.PROTECT, related_name="premiums_ordered", verbose_name="缴费人")
    # The unique constraint of live orders begins with the person.
    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="premium_orders", verbose_name="参保人")
    region = models.CharField("参保地", max_length=6)
    premium_year = models.SmallIntegerField("保费年度")
    amount_fen = models.BigIntegerField("金额（分）")
    state = models.CharField("状态", max_length=12, choices=OrderState.choices, default=OrderState.CHECKED)
    actor = models.CharField("经办", max_length=64)
    key = models.CharField("幂等键", max_length=100, unique=True)
    created_at = models.DateTimeField("核对时间")
    debited_at = models.DateTimeField("扣款时间", null=True)
    undo_until = models.DateTimeField("可撤回至", null=True)
    handed_over_at = models.DateTimeField("交税务时间", null=True)
    batch = models.ForeignKey(
        "payments.TaxBatch", models.PROTECT, null=True, related_name="orders", verbose_name="交税务批次"
    )
    decided_at = models.DateTimeField("答复时间", null=True)
    # By the tax office, once it has confirmed.
    receipt_no = models.CharField("税票号码", max_length=40, blank=True)
    reason = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "代缴单"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "premium_year"], condition=Q(state__in=LIVE_STATES), name="premium_order_one_live"
            ),
            models.UniqueConstraint(
                fields=["receipt_no"], condition=~Q(receipt_no=""), name="premium_order_receipt_once"
            ),
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="premium_order_state_known"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="premium_order_amount_positive"),
            models.CheckConstraint(
                condition=Q(state=OrderState.CHECKED, debited_at=None, undo_until=None)
                | ~Q(state=OrderState.CHECKED) & Q(debited_at__isnull=False, undo_until__isnull=False),
                name="premium_order_debited_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=(*_UNPAID, OrderState.REFUNDED)) | Q(handed_over_at__isnull=False),
                name="premium_order_handed_over_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_DECIDED) | Q(decided_at__isnull=False), name="premium_order_decided_has_time"
            ),
        ]
        indexes = [
            models.Index(fields=["region", "state", "premium_year"], name="premium_order_region_state"),
        ]

    def __str__(self) -> str:
        return f"代缴单 {self.no}"

    @property
    def vouchers(self) -> list[Voucher]:
        """The vouchers that paid it, one per region that paid, that of the payer's region first."""
        return [link.voucher for link in self.voucher_links.select_related("voucher").order_by("pk")]


class PremiumOrderEvent(models.Model):
    """代缴经过：代缴单的每一步，何时、谁办的、为什么。不可修改。"""

    order = models.ForeignKey(PremiumOrder, models.PROTECT, related_name="events", verbose_name="代缴单")
    state = models.CharField("状态", max_length=12, choices=OrderState.choices)
    at = models.DateTimeField("时间")
    actor = models.CharField("经办", max_length=64)
    reason = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "代缴经过"

    def __str__(self) -> str:
        return f"代缴经过 {self.pk}"


class PremiumPaid(models.Model):
    """已缴记录：税务说某人某年度的居民医保已经交了，在哪天、什么渠道、税票号码。一张税票只记一次。不可修改。"""

    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="premiums_paid", verbose_name="参保人")
    premium_year = models.SmallIntegerField("保费年度")
    region = models.CharField("参保地", max_length=6)
    paid_on = models.DateField("缴费日期")
    channel = models.CharField("缴费渠道", max_length=40)
    receipt_no = models.CharField("税票号码", max_length=40, unique=True)
    amount_fen = models.BigIntegerField("金额（分）")
    source = models.ForeignKey("accounts.Import", models.PROTECT, null=True, related_name="+", verbose_name="来源")

    class Meta:
        verbose_name = verbose_name_plural = "已缴记录"
        constraints = [
            models.CheckConstraint(condition=~Q(receipt_no=""), name="premium_paid_has_receipt"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="premium_paid_amount_positive"),
        ]
        indexes = [models.Index(fields=["region", "premium_year"], name="premium_paid_region_year")]

    def __str__(self) -> str:
        return f"已缴记录 {self.pk}"


class RefundClaim(models.Model):
    """返还申请：先自己交了居民医保，再凭税票申请用账户的钱返还；等税务文件证明。一张税票只用一次。"""

    no = models.CharField("编号", max_length=24, unique=True)
    payer = models.ForeignKey("accounts.Person", models.PROTECT, related_name="premium_claims", verbose_name="申请人")
    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", verbose_name="参保人")
    region = models.CharField("参保地", max_length=6)
    premium_year = models.SmallIntegerField("保费年度")
    receipt_no = models.CharField("税票号码", max_length=40)
    amount_fen = models.BigIntegerField("金额（分）")
    state = models.CharField("状态", max_length=10, choices=ClaimState.choices, default=ClaimState.WAITING)
    bank_card = SealedField("收款银行卡", blank=True, default="")
    actor = models.CharField("经办", max_length=64)
    created_at = models.DateTimeField("申请时间")
    decided_at = models.DateTimeField("办结时间", null=True)
    reason = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "返还申请"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "premium_year"], condition=Q(state__in=LIVE_CLAIMS), name="refund_claim_one_live"
            ),
            # One that was refused, such as for a number mistyped, keeps nobody from claiming by the receipt rightly.
            models.UniqueConstraint(
                fields=["receipt_no"], condition=Q(state__in=LIVE_CLAIMS), name="refund_claim_receipt_once"
            ),
            models.CheckConstraint(condition=Q(state__in=ClaimState.values), name="refund_claim_state_known"),
            models.CheckConstraint(condition=~Q(receipt_no=""), name="refund_claim_has_receipt"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_claim_amount_positive"),
        ]
        indexes = [models.Index(fields=["region", "state"], name="refund_claim_region_state")]

    def __str__(self) -> str:
        return f"返还申请 {self.no}"

    @property
    def vouchers(self) -> list[Voucher]:
        """The vouchers that paid it out, one per region that paid."""
        return [link.voucher for link in self.voucher_links.select_related("voucher").order_by("pk")]


class PremiumVoucher(models.Model):
    """代缴凭证：一张代缴单或返还申请用到的记账凭证，每个出钱的统筹区一张。不可修改。"""

    order = models.ForeignKey(
        PremiumOrder, models.PROTECT, null=True, related_name="voucher_links", verbose_name="代缴单"
    )
    claim = models.ForeignKey(
        RefundClaim, models.PROTECT, null=True, related_name="voucher_links", verbose_name="返还申请"
    )
    voucher = models.OneToOneField("accounts.Voucher", models.PROTECT, related_name="+", verbose_name="凭证")

    class Meta:
        verbose_name = verbose_name_plural = "代缴凭证"
        constraints = [
            models.CheckConstraint(
                condition=Q(order__isnull=False, claim=None) | Q(order=None, claim__isnull=False),
                name="premium_voucher_of_order_or_claim",
            ),
        ]

    def __str__(self) -> str:
        return f"代缴凭证 {self.pk}"


class TaxPayment(models.Model):
    """解缴：财政把一个统筹区账户付的居民医保转给参保地的税务，付到哪一批为止。一份凭据只登记一次。不可修改。"""

    region = models.CharField("统筹区", max_length=6)
    insured_region = models.CharField("参保地", max_length=6)
    up_to = models.ForeignKey("payments.TaxBatch", models.PROTECT, related_name="payments", verbose_name="付到哪一批")
    amount_fen = models.BigIntegerField("金额（分）")
    document = models.CharField("凭据编号", max_length=60)
    voucher = models.OneToOneField("accounts.Voucher", models.PROTECT, related_name="+", verbose_name="凭证")
    actor = models.CharField("登记人", max_length=64)
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "解缴"
        constraints = [
            models.UniqueConstraint(fields=["region", "document"], name="tax_payment_document_once"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="tax_payment_amount_positive"),
        ]

    def __str__(self) -> str:
        return f"解缴 {self.pk}"


class TaxRefund(models.Model):
    """告知税务的退费：税务确认以后又退给账户的代缴单，写进下一批文件，等税务答复。写下后只补上批次和答复。"""

    order = models.OneToOneField(PremiumOrder, models.PROTECT, related_name="tax_refund", verbose_name="代缴单")
    at = models.DateTimeField("退费时间")
    batch = models.ForeignKey(
        "payments.TaxBatch", models.PROTECT, null=True, related_name="refunds", verbose_name="告知批次"
    )
    result = models.CharField("税务答复", max_length=10, choices=AnswerResult.choices, blank=True)
    decided_on = models.DateField("税务办理日期", null=True)
    reason = models.CharField("说明", max_length=100, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "告知税务的退费"
        constraints = [
            models.CheckConstraint(
                condition=Q(result="", decided_on=None)
                | Q(result__in=AnswerResult.values, decided_on__isnull=False, batch__isnull=False),
                name="tax_refund_answered_in_a_batch",
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(batch=None), name="tax_refund_to_tell")]

    def __str__(self) -> str:
        return f"告知税务的退费 {self.pk}"


class PremiumReminder(models.Model):
    """代缴提醒：一个缴费期里给谁看过、提醒过几位家人没交。每人每个缴费期只看一次。"""

    payer = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", db_index=False, verbose_name="缴费人"
    )
    region = models.CharField("参保地", max_length=6)
    premium_year = models.SmallIntegerField("保费年度")
    people = models.IntegerField("没交的家人")  # 0: there was nothing to remind of
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "代缴提醒"
        constraints = [
            models.UniqueConstraint(fields=["payer", "region", "premium_year"], name="premium_reminder_once"),
        ]

    def __str__(self) -> str:
        return f"代缴提醒 {self.pk}"
