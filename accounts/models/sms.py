"""Text messages on their way to the phone."""

import uuid

from django.db import models

from accounts.codes import MessageState
from accounts.sealing.fields import SealedField


class OutboxMessage(models.Model):
    """短信：先记下，再发送。这一行就是待办，网关没有回音也不会丢；重发用同一个编号，网关据此不重复发。"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    template = models.CharField("模板", max_length=32)
    # A message about a notice has its number and words from the first attempt to send it: until then both are empty.
    notice = models.OneToOneField("Notice", models.CASCADE, null=True, related_name="message", verbose_name="通知")
    phone = SealedField("手机号", default="")
    text = SealedField("内容", default="")
    is_secret = models.BooleanField("发送后抹去内容", default=False)
    # A code nobody can use any more is not worth a message: after this instant it is not sent.
    send_before = models.DateTimeField("最迟发送时间")
    state = models.CharField("状态", max_length=8, choices=MessageState.choices, default=MessageState.WAITING)
    attempts = models.SmallIntegerField("尝试次数", default=0)
    next_at = models.DateTimeField("下次发送时间")
    queued_at = models.DateTimeField("登记时间")
    sent_at = models.DateTimeField("发送时间", null=True)
    error = models.CharField("最近的错误", max_length=100, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "短信"
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(state=MessageState.WAITING), name="sms_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.pk}"
