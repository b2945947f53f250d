"""What somebody says was not done or looked at for them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.codes import ObjectionState

WORDS_LENGTH, ANSWER_LENGTH = 200, 400


class Objection(models.Model):
    """异议：参保人对窗口的一次查看或一件业务说“不是我来办的”，以及复核人员的答复。每次查看、每件业务只反映一次。

    `event` is the audit event objected to; `case` stands with it where it is about an act, not about a look.
    """

    number = models.CharField("编号", max_length=24, unique=True)
    subject = models.ForeignKey("Person", models.PROTECT, related_name="+", db_index=False, verbose_name="参保人")
    event = models.OneToOneField("AuditEvent", models.PROTECT, related_name="objection", verbose_name="哪一次")
    case = models.ForeignKey("Case", models.PROTECT, null=True, related_name="objections", verbose_name="窗口业务")
    # Whose reviewers answer: the region of the office, else where the person is insured.
    region = models.CharField("统筹区", max_length=6)
    words = models.CharField("说明", max_length=WORDS_LENGTH, blank=True)
    at = models.DateTimeField("时间")
    state = models.CharField("状态", max_length=8, choices=ObjectionState.choices, default=ObjectionState.OPEN)
    answer = models.CharField("答复", max_length=ANSWER_LENGTH, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="答复人"
    )
    answered_at = models.DateTimeField("答复时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "异议"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "case"], condition=Q(case__isnull=False), name="objection_once_a_case"
            ),
            models.CheckConstraint(
                condition=Q(state=ObjectionState.OPEN, answer="", answered_by=None, answered_at=None)
                | Q(state=ObjectionState.ANSWERED, answered_by__isnull=False, answered_at__isnull=False)
                & ~Q(answer=""),
                name="objection_answered_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(answered_at__gte=F("at")), name="objection_answered_later"
            ),
        ]
        indexes = [
            models.Index(fields=["subject", "-at"], name="objection_subject_at"),
            models.Index(fields=["region", "state", "at"], name="objection_region_state"),
        ]

    def __str__(self) -> str:
        return f"异议 {self.number}"
