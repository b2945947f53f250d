"""Who did what to whom, and who looked at whose data."""

from django.db import models


class AuditEvent(models.Model):
    """审计记录：谁、在哪个网点、为哪件业务、做了什么、涉及谁。与所做的事在同一事务写入，不可修改。

    Written by accounts.identity.audit.record only. Never holds personal data: people are named by their ids.
    """

    at = models.DateTimeField("时间")
    verb = models.CharField("事项", max_length=48)
    actor = models.CharField("经办", max_length=64)
    office = models.CharField("网点", max_length=12, blank=True)
    case = models.CharField("业务编号", max_length=24, blank=True)
    subject = models.ForeignKey(
        "Person", models.PROTECT, null=True, related_name="+", db_index=False, verbose_name="涉及的参保人"
    )
    detail = models.JSONField("详情", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        indexes = [
            models.Index(fields=["subject", "-at"], name="audit_subject_at"),
            models.Index(fields=["verb", "-at"], name="audit_verb_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb}"
