"""What stands between a stranger and an account: limits, codes, and forms kept while signing in again."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.sealing.fields import SealedField


class Allowance(models.Model):
    """限次：一件事对一个号码、一个用户或一个网络地址最近几次发生的时间。由一条 SQL 判断并记下，所以并发也不会多。"""

    what = models.CharField("事项", max_length=24)
    # A keyed digest: numbers and addresses are not kept here.
    whose = models.CharField("对象摘要", max_length=64)
    recent = ArrayField(models.DateTimeField(), verbose_name="最近几次", default=list)

    class Meta:
        verbose_name = verbose_name_plural = "限次"
        constraints = [models.UniqueConstraint(fields=["what", "whose"], name="allowance_once")]

    def __str__(self) -> str:
        return f"{self.what} {self.pk}"


class DayCount(models.Model):
    """每日总量：全站一天最多做多少次的一件事（例如发短信），做一次加一。分在几行里数，谁也不等谁。"""

    what = models.CharField("事项", max_length=24)
    day = models.DateField("日期")
    shard = models.SmallIntegerField("第几行", default=0)
    used = models.IntegerField("已用")

    class Meta:
        verbose_name = verbose_name_plural = "每日总量"
        constraints = [models.UniqueConstraint(fields=["what", "day", "shard"], name="day_count_shard_once")]

    def __str__(self) -> str:
        return f"{self.what} {self.day}: {self.used}"


class PhoneCode(models.Model):
    """验证码：发到一个手机号、只为一件事、只能用一次。只存摘要。"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField("用途", max_length=16)
    # Digest of what exactly is agreed to (whom, how much), so that a code for one thing never opens another.
    about = models.CharField("事项摘要", max_length=64, blank=True)
    phone = SealedField("手机号")
    digest = models.CharField("验证码摘要", max_length=64)
    sent_at = models.DateTimeField("发送时间")
    expires_at = models.DateTimeField("有效期至")
    used_at = models.DateTimeField("使用时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "验证码"

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class IdentityCode(models.Model):
    """核验码：窗口核对证件后给参保人的8位码，用来把登录和参保人绑定。只存摘要，只能用一次。"""

    person = models.ForeignKey("Person", models.PROTECT, related_name="+", verbose_name="参保人")
    digest = models.CharField("核验码摘要", max_length=64, unique=True)
    issued_by = models.CharField("经办", max_length=64)
    issued_at = models.DateTimeField("发出时间")
    expires_at = models.DateTimeField("有效期至")
    used_at = models.DateTimeField("使用时间", null=True)
    used_by = models.ForeignKey("User", models.PROTECT, null=True, related_name="+", verbose_name="使用人")

    class Meta:
        verbose_name = verbose_name_plural = "核验码"

    def __str__(self) -> str:
        return f"核验码 {self.pk}"


class SetupCode(models.Model):
    """设置码：同事或管理员当面给一位工作人员的8位码，凭密码和它才能设置动态码。只存摘要，只能用一次。"""

    user = models.ForeignKey("User", models.CASCADE, related_name="+", verbose_name="工作人员")
    digest = models.CharField("设置码摘要", max_length=64, unique=True)
    issued_by = models.CharField("发出的人", max_length=64)
    issued_at = models.DateTimeField("发出时间")
    expires_at = models.DateTimeField("有效期至")
    used_at = models.DateTimeField("使用时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "设置码"

    def __str__(self) -> str:
        return f"设置码 {self.pk}"


class UnfinishedForm(models.Model):
    """没办完的表单：登录过期时正要提交的内容，加密保存，只有同一个人重新登录后能接着办。"""

    user = models.OneToOneField("User", models.CASCADE, related_name="+", verbose_name="用户")
    path = models.CharField("地址", max_length=200)
    body = SealedField("内容")
    expires_at = models.DateTimeField("保存至")

    class Meta:
        verbose_name = verbose_name_plural = "没办完的表单"

    def __str__(self) -> str:
        return f"{self.path} {self.pk}"
