"""Reports of days that are over, as they were made the day after."""

from django.db import models

from yibao.lib import clock


class DayReport(models.Model):
    """日对账表：一个统筹区一天的账，第二天自动做一份，以后不改；过后补记的，再对一次就看得出来。"""

    region = models.CharField("统筹区", max_length=6)
    day = models.DateField("日期")
    differences = models.IntegerField("对不上的项数")
    document = models.JSONField("内容")  # as `reconcile --json` prints it: people masked
    made_at = models.DateTimeField("做出时间", default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = "日对账表"
        constraints = [models.UniqueConstraint(fields=["region", "day"], name="day_report_once")]

    def __str__(self) -> str:
        return f"日对账表 {self.region} {self.day}"
