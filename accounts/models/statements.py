"""Statements that were issued on paper, so that whoever holds one can ask whether it is ours."""

from django.db import models
from django.db.models import Q


class AnnualStatement(models.Model):
    """对账单：给本人出具过的一份年度对账单。只留编号、两头的余额和内容的摘要；不可修改，再出具是新的一份。

    The lines are not kept: the books only grow, and up to `booked_to` they say today what they said then.
    """

    # Not to be guessed: whoever knows it may ask about it.
    number = models.CharField("编号", max_length=24, unique=True)
    person = models.ForeignKey("Person", models.PROTECT, related_name="statements", verbose_name="参保人")
    region = models.CharField("统筹区", max_length=6)
    year = models.SmallIntegerField("年度")
    closes_on = models.DateField("截至日期")
    opening_fen = models.BigIntegerField("期初余额（分）")
    closing_fen = models.BigIntegerField("期末余额（分）")
    booked_to = models.BigIntegerField("最后一笔分录")
    digest = models.CharField("内容摘要", max_length=64)
    actor = models.CharField("经办", max_length=64)
    issued_at = models.DateTimeField("出具时间")

    class Meta:
        verbose_name = verbose_name_plural = "对账单"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "region", "year", "digest", "booked_to"], name="annual_statement_once"
            ),
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"),
                name="annual_statement_has_digest",
            ),
        ]

    def __str__(self) -> str:
        return self.number
