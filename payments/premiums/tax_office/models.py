"""What went to the tax office and what it said: batches and answers."""

from django.db import models
from django.db.models import Q

from accounts.sealing.fields import SealedField
from payments.premiums.codes import AnswerResult


class TaxBatch(models.Model):
    """交税务批次：一次交给税务的代缴单，和告知税务的退费。文件内容另外保存，所以随时可以一字不差地再出一份。

    Whatever breaks while the file is written, the batch and its content are there; an order is in one batch for ever.
    """

    no = models.CharField("批次号", max_length=20, unique=True)
    region = models.CharField("参保地", max_length=6)
    premium_year = models.SmallIntegerField("保费年度")
    number = models.IntegerField("第几批")
    rows = models.IntegerField("份数")
    sum_fen = models.BigIntegerField("金额合计（分）")
    refund_rows = models.IntegerField("退费份数", default=0)
    refund_fen = models.BigIntegerField("退费金额合计（分）", default=0)
    digest = models.CharField("内容摘要（SM3）", max_length=64)
    actor = models.CharField("经办", max_length=64)
    made_at = models.DateTimeField("成批时间")
    written_at = models.DateTimeField("出文件时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "交税务批次"
        constraints = [
            models.UniqueConstraint(fields=["region", "premium_year", "number"], name="tax_batch_number_once"),
            models.CheckConstraint(
                condition=Q(rows__gt=0, sum_fen__gt=0, refund_rows__gte=0, refund_fen__gte=0)
                | Q(rows=0, sum_fen=0, refund_rows__gt=0, refund_fen__gt=0),
                name="tax_batch_not_empty",
            ),
        ]
        indexes = [
            models.Index(fields=["region"], condition=Q(written_at=None), name="tax_batch_to_write"),
        ]

    def __str__(self) -> str:
        return f"交税务批次 {self.no}"


class TaxBatchFile(models.Model):
    """交税务文件：一个批次交出去的文件的内容，加密保存，一个字也不改。

    It stands apart from the batch: who asks for an order with its batch must not carry a megabyte along.
    """

    batch = models.OneToOneField(TaxBatch, models.PROTECT, related_name="file", verbose_name="批次")
    content = SealedField("内容", context="taxbatch:content")

    class Meta:
        verbose_name = verbose_name_plural = "交税务文件"

    def __str__(self) -> str:
        return f"交税务文件 {self.batch_id}"


class TaxAnswer(models.Model):
    """税务答复：税务文件里对一张代缴单的答复，先登记，再逐张办理。写下后只能补上何时办的、没办成的原因。"""

    source = models.ForeignKey("accounts.Import", models.PROTECT, related_name="+", verbose_name="来源")
    row = models.IntegerField("行号")
    # One that says the same once more is counted and not kept; one that says something else is laid aside.
    order = models.OneToOneField(
        "payments.PremiumOrder", models.PROTECT, related_name="tax_answer", verbose_name="代缴单"
    )
    result = models.CharField("结果", max_length=10, choices=AnswerResult.choices)
    receipt_no = models.CharField("税票号码", max_length=40, blank=True)
    decided_on = models.DateField("税务办理日期")
    reason = models.CharField("说明", max_length=100, blank=True)
    at = models.DateTimeField("登记时间")
    done_at = models.DateTimeField("办理时间", null=True)
    trouble = models.CharField("没办成的原因", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "税务答复"
        constraints = [
            models.UniqueConstraint(fields=["source", "row"], name="tax_answer_row_once"),
            models.UniqueConstraint(fields=["receipt_no"], condition=~Q(receipt_no=""), name="tax_answer_receipt_once"),
            models.CheckConstraint(
                condition=Q(result=AnswerResult.CONFIRMED) & ~Q(receipt_no="")
                | Q(result=AnswerResult.REJECTED, receipt_no=""),
                name="tax_answer_confirmed_has_receipt",
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(done_at=None), name="tax_answer_to_do")]

    def __str__(self) -> str:
        return f"税务答复 {self.pk}"
