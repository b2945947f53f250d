"""Who was looked up at a counter, by whom and why; and how often a clerk has done so today."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class Lookup(models.Model):
    """查人：窗口的经办为一件事查到一个人；凭它看这个人的资料，有时限，别人不能用。不可修改。

    The look-up that found nobody, or was refused, has no row: accounts.AuditEvent says that it was tried.
    """

    token = models.UUIDField("凭据", primary_key=True, default=uuid.uuid4, editable=False)
    clerk = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name="经办"
    )
    office = models.CharField("网点代码", max_length=12)
    region = models.CharField("统筹区", max_length=6)
    person = models.ForeignKey("Person", models.PROTECT, related_name="+", db_index=False, verbose_name="参保人")
    purpose = models.CharField("目的", max_length=24)
    case = models.CharField("业务编号", max_length=24, blank=True)
    # What a card reader read besides the number; empty where the number was typed.
    name_agrees = models.BooleanField("卡上的姓名与登记一致", null=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "查人"
        constraints = [
            models.CheckConstraint(condition=~Q(purpose=""), name="lookup_has_purpose"),
            models.CheckConstraint(condition=Q(region__regex=r"^[0-9]{6}$"), name="lookup_region_code"),
        ]
        indexes = [models.Index(fields=["clerk", "-at"], name="lookup_clerk_at")]

    def __str__(self) -> str:
        return f"查人 {self.at:%Y-%m-%d %H:%M}"


class LookupCount(models.Model):
    """查人次数：一名经办一天查过几次、最多几次。没查到的算两次。"""

    clerk = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name="经办"
    )
    day = models.DateField("日期")
    used = models.IntegerField("已用次数", default=0)
    most = models.IntegerField("最多次数")

    class Meta:
        verbose_name = verbose_name_plural = "查人次数"
        constraints = [
            models.UniqueConstraint(fields=["clerk", "day"], name="lookup_count_once"),
            models.CheckConstraint(condition=Q(used__gte=0, most__gte=0), name="lookup_count_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.used}/{self.most}"

    @property
    def left(self) -> int:
        """How many more are allowed on the day."""
        return max(0, self.most - self.used)
