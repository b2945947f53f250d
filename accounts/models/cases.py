"""What is done at a counter: one case is one thing that somebody came for."""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.codes import CaseKind, CaseState
from accounts.models.approvals import DOCUMENT_LENGTH
from accounts.models.people import Person
from accounts.sealing.fields import Clear, SealedField

IN_WORK = (CaseState.OPEN, CaseState.PARKED, CaseState.RETURNED)  # may still be worked on
UNDER_WAY = (*IN_WORK, CaseState.WAITING)


class Case(models.Model):
    """窗口业务：一个人到窗口办的一件事，从受理、挂起、复核到办结或撤销。编号不含个人信息，各网点凭编号接着办。

    `asked` is what the kind's form was told, without personal data; what is personal of it (a new number, a name) is JSON
    text in `private`. `papers` lists what was seen: {"code", "name", "number"}. `words` are the pairs of label and value that were
    submitted, kept for the form that is signed; `record` what the deed left (ids), for taking it back. `version` grows
    with every change: whoever changes what somebody else has changed meanwhile is told.
    """

    number = models.CharField("业务编号", max_length=24, unique=True)
    kind = models.CharField("业务类型", max_length=16, choices=CaseKind.choices)
    state = models.CharField("状态", max_length=8, choices=CaseState.choices, default=CaseState.OPEN)
    region = models.CharField("统筹区", max_length=6)
    # Where it is worked on now: whoever goes on with it takes it to theirs.
    office = models.CharField("办理网点代码", max_length=12)
    subject = models.ForeignKey("Person", models.PROTECT, related_name="cases", verbose_name="为谁办")
    other = models.ForeignKey(
        "Person", models.PROTECT, null=True, related_name="cases_besides", verbose_name="涉及的另一人"
    )
    identities_checked = models.BooleanField("人证一致，已核对", default=False)
    agent_name = SealedField("代办人姓名", blank=True, default="")
    agent_certno = SealedField("代办人证件号码", blank=True, default="")
    power_number = models.CharField("公证委托书编号", max_length=DOCUMENT_LENGTH, blank=True)
    asked = models.JSONField("要求", default=dict)
    private = SealedField("要求中的个人信息", blank=True, default="")
    papers = models.JSONField("已收材料", default=list)
    version = models.IntegerField("第几次保存", default=0)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="正在办理的人"
    )
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="受理人")
    opened_at = models.DateTimeField("受理时间")
    parked_until = models.DateField("请在这天前补齐", null=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="提交人"
    )
    submitted_at = models.DateTimeField("提交时间", null=True)
    words = models.JSONField("提交的内容", default=list)
    approval = models.OneToOneField("Approval", models.PROTECT, null=True, related_name="case", verbose_name="双人复核")
    note = models.TextField("退回、取消或撤销的原因", blank=True)
    said = models.TextField("办理结果", blank=True)
    record = models.JSONField("办理记录", default=dict)
    done_at = models.DateTimeField("办结时间", null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="取消或撤销的人"
    )
    closed_at = models.DateTimeField("取消或撤销时间", null=True)
    prints = models.JSONField("打印次数", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "窗口业务"
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CaseKind.values), name="case_kind_known"),
            models.CheckConstraint(condition=Q(state__in=CaseState.values), name="case_state_known"),
            models.CheckConstraint(condition=Q(other=None) | ~Q(other=F("subject")), name="case_between_two_people"),
            models.CheckConstraint(
                condition=~Q(state__in=[CaseState.DONE, CaseState.UNDONE])
                | Q(done_at__isnull=False, submitted_by__isnull=False),
                name="case_done_names_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[CaseState.UNDONE, CaseState.DROPPED])
                | Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(note=""),
                name="case_closed_says_who_and_why",
            ),
            models.CheckConstraint(
                condition=~Q(state=CaseState.WAITING) | Q(approval__isnull=False), name="case_waits_for_an_approval"
            ),
            models.CheckConstraint(
                condition=~Q(state=CaseState.PARKED) | Q(parked_until__isnull=False), name="case_parked_until_a_day"
            ),
        ]
        indexes = [
            models.Index(fields=["office", "-opened_at"], name="case_office"),
            models.Index(fields=["region", "state"], name="case_region_state"),
            models.Index(fields=["subject", "-opened_at"], name="case_subject"),
        ]

    def __str__(self) -> str:
        return f"窗口业务 {self.number}"

    @property
    def has_agent(self) -> bool:
        """Whether somebody else came in the subject's place, with a notarised power of attorney."""
        return bool(self.power_number)

    @property
    def people(self) -> list[Person]:
        """Whom the case is about: the subject, and the other person where there is one."""
        return [person for person in (self.subject, self.other) if person]

    @property
    def came_certno(self) -> str:
        """The number of who came for somebody who could not; "" where that was the person or an agent."""
        return self._number("came_certno")

    @property
    def payee_certno(self) -> str:
        """The number of the heir whose bank account is paid to; "" where nobody is paid."""
        return self._number("payee_certno")

    @property
    def private_answers(self) -> dict[str, Any]:
        """What was typed of personal data (`private`), by the names of the fields."""
        known: dict[str, Any] = json.loads(self.private) if self.private else {}
        return {name: Clear(value) if isinstance(value, str) else value for name, value in known.items()}

    def _number(self, name: str) -> str:
        return self.private_answers.get(name) or Clear("")

    @property
    def is_in_work(self) -> bool:
        return self.state in IN_WORK
