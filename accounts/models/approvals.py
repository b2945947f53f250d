"""What takes two people: who proposed it, exactly what it was, and who let it happen."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.codes import ApprovalState

DOCUMENT_LENGTH = 80


class Approval(models.Model):
    """双人复核：一人提交、另一人通过才生效的一件事。通过的是内容的摘要；内容此后变了，这一份就失效，要重新提交。

    `asked` is what the maker asks for beyond the subject, `content` what will be done and the state it relies on, as
    the kind computes it (accounts.operations.approvals), `words` the same for people: pairs of label and value. None
    holds personal data: people are named by their ids.
    """

    kind = models.CharField("事项", max_length=32)
    subject = models.CharField("对象", max_length=64)
    asked = models.JSONField("要求", default=dict)
    content = models.JSONField("内容")
    words = models.JSONField("说明", default=list)
    digest = models.CharField("内容摘要（SM3）", max_length=64)
    reason = models.TextField("理由")
    document = models.CharField("文号", max_length=DOCUMENT_LENGTH, blank=True)
    state = models.CharField("状态", max_length=9, choices=ApprovalState.choices, default=ApprovalState.WAITING)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="提交人")
    # Blind indexes of their certificate numbers under one key: two accounts of one person are one.
    maker_identity = models.BinaryField("提交人身份")
    made_at = models.DateTimeField("提交时间")
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="复核人"
    )
    checker_identity = models.BinaryField("复核人身份", null=True)
    decided_at = models.DateTimeField("办结时间", null=True)
    note = models.TextField("复核意见", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "双人复核"
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ApprovalState.values), name="approval_state_known"),
            models.CheckConstraint(condition=Q(checker=None) | ~Q(maker=F("checker")), name="approval_two_accounts"),
            models.CheckConstraint(
                condition=Q(checker_identity=None) | ~Q(maker_identity=F("checker_identity")),
                name="approval_two_people",
            ),
            models.CheckConstraint(
                condition=Q(checker=None, checker_identity=None)
                | Q(checker__isnull=False, checker_identity__isnull=False),
                name="approval_checker_is_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state=ApprovalState.WAITING, checker=None, decided_at=None)
                | Q(state__in=[ApprovalState.WITHDRAWN, ApprovalState.MOVED], decided_at__isnull=False)
                | Q(state=ApprovalState.APPROVED, checker__isnull=False, decided_at__isnull=False)
                | Q(state=ApprovalState.REJECTED, checker__isnull=False, decided_at__isnull=False) & ~Q(note=""),
                name="approval_decided_names_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(digest__regex="^[0-9a-f]{64}$") & ~Q(reason="") & ~Q(subject=""),
                name="approval_says_what_and_why",
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(state=ApprovalState.WAITING), name="approval_waits_once"
            ),
        ]

    def __str__(self) -> str:
        return f"双人复核 {self.pk}"
