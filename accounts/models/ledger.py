"""The ledger: pots hold money, vouchers say what happened, transfers move fen from one pot to another.

Invariants, kept by the database and checked by `verify_ledger`:
1. Every transfer has one source and one target, so a voucher cannot be unbalanced.
2. Vouchers and transfers are append-only (triggers against UPDATE, DELETE, TRUNCATE). Corrections are reversals.
3. A personal pot's balance is the sum of its transfers and never negative (a receivable never positive).
4. A batch posts to a pot at most once per kind and period.
"""

from django.db import models
from django.db.models import Q

from accounts.codes import BATCH_KINDS, PERSONAL_POTS, PotKind, VoucherKind
from yibao.lib import clock
from yibao.lib.plain_rows import PlainRow


class Pot(PlainRow):
    """资金账户：一个人在一个统筹区的一份钱（当年、历年、共济、待追回），或统筹区自己的科目。"""

    # No index of its own: that of pot_once_per_person begins with the person.
    person = models.ForeignKey(
        "Person", models.PROTECT, null=True, related_name="pots", db_index=False, verbose_name="参保人"
    )
    region = models.CharField("统筹区", max_length=6)
    kind = models.CharField("科目", max_length=12, choices=PotKind.choices)
    # Empty for system pots: a shared balance would make every posting queue on one hot row.
    balance_fen = models.BigIntegerField("余额（分）", null=True)
    # 当年账户 only: the benefit year whose money it holds. Rolling over moves the year on under the same row
    # lock as the money, so a late spend of a closed year can never reach the new year's money.
    year = models.SmallIntegerField("年度", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "资金账户"
        constraints = [
            models.UniqueConstraint(fields=["person", "region", "kind"], name="pot_once_per_person"),
            models.UniqueConstraint(fields=["region", "kind"], condition=Q(person=None), name="pot_once_per_region"),
            models.CheckConstraint(
                condition=Q(person=None, balance_fen=None) & ~Q(kind__in=PERSONAL_POTS)
                | Q(person__isnull=False, balance_fen__isnull=False, kind__in=PERSONAL_POTS),
                name="pot_personal_has_balance",
            ),
            models.CheckConstraint(
                condition=Q(kind=PotKind.RECEIVABLE, balance_fen__lte=0)
                | ~Q(kind=PotKind.RECEIVABLE) & (Q(balance_fen__gte=0) | Q(balance_fen=None)),
                name="pot_never_overdrawn",
            ),
            models.CheckConstraint(
                condition=Q(kind=PotKind.CURRENT, year__isnull=False) | ~Q(kind=PotKind.CURRENT) & Q(year=None),
                name="pot_current_has_year",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class Voucher(PlainRow):
    """凭证：发生了什么、谁办的、按哪一版政策。一张凭证含一笔或多笔分录。"""

    kind = models.CharField("业务", max_length=16, choices=VoucherKind.choices)
    region = models.CharField("统筹区", max_length=6)
    occurred_on = models.DateField("发生日期")
    recorded_at = models.DateTimeField("记账时间", default=clock.now)
    period = models.CharField("所属期", max_length=10)
    actor = models.CharField("经办", max_length=64)
    reason = models.CharField("说明", max_length=200, blank=True)
    # Who used the money; for relatives this differs from whose money it was.
    subject = models.ForeignKey("Person", models.PROTECT, null=True, related_name="+", verbose_name="使用人")
    # Where the money was used. Who pays for somebody else sees the kind of place only, never its name.
    place_kind = models.CharField("机构类别", max_length=20, blank=True)
    place = models.CharField("机构名称", max_length=100, blank=True)
    key = models.CharField("幂等键", max_length=120, unique=True)
    payload_hash = models.CharField("内容摘要", max_length=64)
    # A voucher may be given back in parts; that their sum keeps within it, the posting sees under the locks.
    reverses = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="reversals", db_index=False, verbose_name="冲正的凭证"
    )
    # Of rules and runs only batches know: no bill writes into their indexes.
    policy = models.ForeignKey(
        "PolicyVersion", models.PROTECT, null=True, related_name="+", db_index=False, verbose_name="政策版本"
    )
    run = models.ForeignKey(
        "Run", models.PROTECT, null=True, related_name="vouchers", db_index=False, verbose_name="批次"
    )
    # By whom it was signed, where no formula gives the amount.
    approval = models.ForeignKey(
        "Approval", models.PROTECT, null=True, related_name="vouchers", db_index=False, verbose_name="双人复核"
    )

    class Meta:
        verbose_name = verbose_name_plural = "凭证"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=VoucherKind.REVERSAL, reverses__isnull=False)
                | ~Q(kind=VoucherKind.REVERSAL) & Q(reverses=None),
                name="voucher_reversal_names_original",
            ),
        ]
        indexes = [
            models.Index(fields=["region", "kind", "period"], name="voucher_region_kind_period"),
            models.Index(fields=["reverses"], condition=Q(reverses__isnull=False), name="voucher_reverses"),
            models.Index(fields=["approval"], condition=Q(approval__isnull=False), name="voucher_approval"),
            models.Index(fields=["policy"], condition=Q(policy__isnull=False), name="voucher_policy"),
            models.Index(fields=["run"], condition=Q(run__isnull=False), name="voucher_run"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class Transfer(PlainRow):
    """分录：从一个资金账户到另一个的一笔钱，两边写在同一行，所以不可能不平。"""

    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="transfers", verbose_name="凭证")
    source = models.ForeignKey(Pot, models.PROTECT, related_name="+", db_index=False, verbose_name="付方")
    target = models.ForeignKey(Pot, models.PROTECT, related_name="+", db_index=False, verbose_name="收方")
    amount_fen = models.BigIntegerField("金额（分）")
    # Running balances after this transfer; empty on the side of a system pot.
    source_balance_fen = models.BigIntegerField("付方余额（分）", null=True)
    target_balance_fen = models.BigIntegerField("收方余额（分）", null=True)
    # Repeated from the voucher, because a unique index cannot reach across tables.
    kind = models.CharField("业务", max_length=16, choices=VoucherKind.choices)
    period = models.CharField("所属期", max_length=10)
    region = models.CharField("统筹区", max_length=6)
    # What the formula was given. With the voucher's policy version it explains the amount for ever.
    facts = models.JSONField("计算依据", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "分录"
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="transfer_amount_positive"),
            models.CheckConstraint(condition=~Q(source=models.F("target")), name="transfer_between_two_pots"),
            # Exactly once, whatever the code does: a batch touches a pot once per kind and period, on either side.
            # The period comes before the pot, so that a run writes one stretch of the index and not every page of it.
            models.UniqueConstraint(
                fields=["kind", "period", "target"],
                condition=Q(kind__in=BATCH_KINDS, target_balance_fen__isnull=False),
                name="transfer_batch_credits_once",
            ),
            models.UniqueConstraint(
                fields=["kind", "period", "source"],
                condition=Q(kind__in=BATCH_KINDS, source_balance_fen__isnull=False),
                name="transfer_batch_debits_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["target", "id"], condition=Q(target_balance_fen__isnull=False), name="transfer_into_pot"
            ),
            models.Index(
                fields=["source", "id"], condition=Q(source_balance_fen__isnull=False), name="transfer_out_of_pot"
            ),
        ]

    def __str__(self) -> str:
        return f"分录 {self.pk}"


class OpeningBalance(models.Model):
    """期初余额：上线时从原系统转入的余额，一个人在一个统筹区只登记一次。不可修改。

    The money itself is one voucher per pot (VoucherKind.OPENING, key `opening:<pot>`); a zero needs none.
    """

    # The unique constraint begins with the person; one region's are read as a whole.
    person = models.ForeignKey(
        "Person", models.PROTECT, related_name="opening_balances", db_index=False, verbose_name="参保人"
    )
    region = models.CharField("统筹区", max_length=6)
    as_of = models.DateField("截至")
    current_fen = models.BigIntegerField("当年账户（分）")
    carried_fen = models.BigIntegerField("历年结余（分）")
    pool_fen = models.BigIntegerField("共济账户（分）")
    # What a gate on last year's balance looks at until a year has been closed here; empty: not told.
    last_year_carried_fen = models.BigIntegerField("上年末余额（分）", null=True)
    source = models.ForeignKey("Import", models.PROTECT, related_name="+", db_index=False, verbose_name="来源")

    class Meta:
        verbose_name = verbose_name_plural = "期初余额"
        constraints = [
            models.UniqueConstraint(fields=["person", "region"], name="opening_balance_once"),
            models.CheckConstraint(
                condition=Q(current_fen__gte=0, carried_fen__gte=0, pool_fen__gte=0)
                & (Q(last_year_carried_fen=None) | Q(last_year_carried_fen__gte=0)),
                name="opening_balance_not_negative",
            ),
        ]
        indexes = [models.Index(fields=["region", "as_of"], name="opening_balance_region")]

    def __str__(self) -> str:
        return f"期初余额 {self.pk}"


class BookYear(models.Model):
    """账期：一个统筹区的一个年度。每笔记账都先共享锁住它，结账时改它，所以结账后不会再有这一年的记账。"""

    region = models.CharField("统筹区", max_length=6)
    year = models.SmallIntegerField("年度")
    closed_at = models.DateTimeField("结账时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "账期"
        constraints = [models.UniqueConstraint(fields=["region", "year"], name="book_year_once")]

    def __str__(self) -> str:
        return f"{self.region} {self.year}"
