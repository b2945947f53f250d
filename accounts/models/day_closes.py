"""The end of a clerk's day at a counter."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class DayClose(models.Model):
    """日结：一名经办一天的业务和打出的回执对一遍，差的写明编号。每人每天一次，不可修改。"""

    office = models.CharField("网点代码", max_length=12)
    clerk = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name="经办"
    )
    day = models.DateField("日期")
    submitted = models.IntegerField("已受理件数")
    receipts = models.IntegerField("打出回执的件数")
    without_receipt = models.JSONField("没有打回执的业务", default=list)
    still_open = models.JSONField("还没办完的业务", default=list)
    at = models.DateTimeField("日结时间")

    class Meta:
        verbose_name = verbose_name_plural = "日结"
        constraints = [
            models.UniqueConstraint(fields=["clerk", "day"], name="day_close_once"),
            models.CheckConstraint(
                condition=Q(submitted__gte=0, receipts__gte=0, receipts__lte=models.F("submitted")),
                name="day_close_counts",
            ),
        ]

    def __str__(self) -> str:
        return f"日结 {self.day} {self.office}"
