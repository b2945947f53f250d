"""Seals over what must not change."""

from django.db import models
from django.db.models import F, Q


class Seal(models.Model):
    """封条：一段凭证、分录、双人复核或审计记录的带密钥摘要，一个接一个。库里的内容被改过、删过、插过，封条就对不上。

    Written by accounts.operations.seals only; what it covers and how, accounts.sealing.chain says.
    """

    number = models.BigIntegerField("序号", primary_key=True)
    table = models.CharField("表", max_length=32)
    form = models.SmallIntegerField("写法")
    after_id = models.BigIntegerField("从这一行以后")
    last_id = models.BigIntegerField("到这一行为止")
    rows = models.IntegerField("行数")
    tags = models.BinaryField("每行的摘要")
    digest = models.CharField("摘要（HMAC-SM3）", max_length=64)
    key_id = models.BinaryField("密钥编号")
    actor = models.CharField("经办", max_length=64)
    at = models.DateTimeField("加封时间")

    class Meta:
        verbose_name = verbose_name_plural = "封条"
        indexes = [models.Index(fields=["table", "-number"], name="seal_table_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(number__gt=0), name="seal_number_positive"),
            models.CheckConstraint(condition=Q(last_id__gt=F("after_id")), name="seal_covers_rows"),
        ]

    def __str__(self) -> str:
        return f"封条 {self.number}"
