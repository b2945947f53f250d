"""Where the money was spent: designated institutions, and the bills that accounts have paid."""

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from accounts.codes import InstitutionKind, InstitutionLevel
from accounts.models import Voucher
from payments.bills.codes import CATEGORIES, BillKind, HospitalLevel


class Institution(models.Model):
    """定点医药机构：可以用个人账户付费的医院、诊所、药店。"""

    code = models.CharField("机构编码", max_length=20, unique=True)
    name = models.CharField("名称", max_length=100)
    kind = models.CharField("类型", max_length=12, choices=InstitutionKind.choices)
    level = models.SmallIntegerField("等级", choices=InstitutionLevel.choices, default=InstitutionLevel.NONE)
    # The national code of level and grade, from which the level follows; empty for those that were never told.
    hosp_lv = models.CharField("医院等级代码", max_length=2, choices=HospitalLevel.choices, blank=True)
    region = models.CharField("统筹区", max_length=6)
    history = HistoricalRecords(verbose_name="机构变更")

    class Meta:
        verbose_name = verbose_name_plural = "定点医药机构"
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind=InstitutionKind.PHARMACY) | Q(level=InstitutionLevel.NONE),
                name="institution_pharmacy_has_no_level",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kind_shown(self) -> str:
        """What a relative who pays may know of the place."""
        if self.kind == InstitutionKind.PHARMACY:
            return "药店"
        return "医疗机构" if self.level == InstitutionLevel.NONE else f"{InstitutionLevel(self.level).label}医疗机构"


class Bill(models.Model):
    """结算单：一次看病买药中由个人负担的部分，账户付了多少，现金付了多少；或退回其中的一部分。不可修改。

    One that `reverses` another gives back what it says: `account_fen` to the pots that paid, the rest in cash.
    """

    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="bills", db_index=False, verbose_name="机构"
    )
    bill_no = models.CharField("单号", max_length=100)
    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="bills", verbose_name="使用人")
    region = models.CharField("统筹区", max_length=6)
    on = models.DateField("日期")
    kind = models.CharField("类别", max_length=12, choices=BillKind.choices)
    category = models.CharField("费用类别", max_length=16, choices=list(CATEGORIES.items()), blank=True)
    amount_fen = models.BigIntegerField("个人负担（分）")
    account_fen = models.BigIntegerField("账户支付（分）")
    reverses = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="reversals", db_index=False, verbose_name="退回的结算单"
    )
    # How much of the bill was given back before: no two reversals begin at the same fen.
    before_fen = models.BigIntegerField("此前已退（分）", null=True)
    # Empty when no account had anything to pay with and all was cash. One voucher belongs to one region: what a relative's
    # account in another region paid is in `shares`.
    voucher = models.OneToOneField("accounts.Voucher", models.PROTECT, null=True, related_name="+", verbose_name="凭证")

    class Meta:
        verbose_name = verbose_name_plural = "结算单"
        constraints = [
            # For ever: also when it was given back, and for reversals too.
            models.UniqueConstraint(fields=["institution", "bill_no"], name="bill_number_once"),
            models.UniqueConstraint(fields=["reverses", "before_fen"], name="bill_reversed_once_per_fen"),
            models.CheckConstraint(
                condition=Q(reverses=None, before_fen=None) | Q(reverses__isnull=False, before_fen__gte=0),
                name="bill_reversal_says_from_where",
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="bill_amount_positive"),
            models.CheckConstraint(
                condition=Q(account_fen__gte=0, account_fen__lte=F("amount_fen")), name="bill_account_part_within"
            ),
            models.CheckConstraint(
                condition=Q(account_fen=0, voucher=None) | Q(account_fen__gt=0, voucher__isnull=False),
                name="bill_paid_part_has_voucher",
            ),
        ]
        indexes = [models.Index(fields=["on", "region"], name="bill_day_region")]

    def __str__(self) -> str:
        return f"结算单 {self.pk}"

    @property
    def cash_fen(self) -> int:
        return self.amount_fen - self.account_fen

    @property
    def vouchers(self) -> list[Voucher]:
        """Every voucher of this bill, one per region that paid, the first one first."""
        first = [self.voucher] if self.voucher else []
        return first + [share.voucher for share in self.shares.select_related("voucher").order_by("pk")]


class BillShare(models.Model):
    """结算单的另一张凭证：家人在别的统筹区的账户付的那部分。"""

    bill = models.ForeignKey(Bill, models.PROTECT, related_name="shares", verbose_name="结算单")
    voucher = models.OneToOneField("accounts.Voucher", models.PROTECT, related_name="+", verbose_name="凭证")

    class Meta:
        verbose_name = verbose_name_plural = "结算单的其他凭证"

    def __str__(self) -> str:
        return f"结算单 {self.bill_id} 的凭证 {self.voucher_id}"
