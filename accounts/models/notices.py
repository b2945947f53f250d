"""What we tell people, and what they tell us."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from accounts.codes import NoticeKind

TITLE_LENGTH, TEXT_LENGTH = 60, 400  # characters


class Notice(models.Model):
    """通知：告诉参保人的一件事，短信说的是同一件事。没有链接，所以带链接的一定不是我们发的。

    Written by accounts.operations.notices only: the kind and the facts. accounts.wording puts them into words. Those
    written before there were facts have no template, and keep their words.
    """

    person = models.ForeignKey("Person", models.PROTECT, related_name="+", db_index=False, verbose_name="参保人")
    kind = models.CharField("类别", max_length=8, choices=NoticeKind.choices)
    template = models.CharField("事由", max_length=32, blank=True, default="", db_default="")
    facts = models.JSONField("事实", default=dict, db_default={}, encoder=DjangoJSONEncoder)
    title = models.CharField("标题", max_length=TITLE_LENGTH, blank=True, default="", db_default="")
    text = models.CharField("内容", max_length=TEXT_LENGTH, blank=True, default="", db_default="")
    # What it is about: "bond:12", "invitation:GJ…"; the link to it is made when shown.
    about = models.CharField("关于", max_length=40, blank=True, default="", db_default="")
    at = models.DateTimeField("时间")
    read_at = models.DateTimeField("看过的时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="notice_kind_known"),
            models.CheckConstraint(
                condition=Q(template="", facts={}) & ~Q(title="") & ~Q(text="")
                | ~Q(template="") & Q(title="", text=""),
                name="notice_has_facts_or_words",
            ),
            models.CheckConstraint(
                condition=~Q(text__iregex=r"://|www\.") & ~Q(title__iregex=r"://|www\."), name="notice_has_no_link"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-at"], name="notice_person_at"),
            models.Index(fields=["person"], condition=Q(read_at=None), name="notice_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class Feedback(models.Model):
    """反映和评价：参保人对一笔账、一次办事或一个页面说的话，以及我们的答复。号码和证件号码在保存前隐去。"""

    number = models.CharField("编号", max_length=20, unique=True)
    # Who said it, when they were signed in; a stranger may speak too, but is answered by phone only.
    person = models.ForeignKey("Person", models.PROTECT, null=True, related_name="+", verbose_name="参保人")
    # What it is about: a code such as "entry:12" or a case number; one rating for each (好差评，一事一评).
    about = models.CharField("关于", max_length=40, blank=True)
    about_text = models.CharField("关于什么", max_length=120, blank=True)
    score = models.SmallIntegerField("评价", null=True)
    text = models.CharField("内容", max_length=1000, blank=True)
    at = models.DateTimeField("时间")
    answer = models.CharField("答复", max_length=400, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True)
    answered_by = models.CharField("答复人", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "反映和评价"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "about"],
                condition=Q(score__isnull=False) & ~Q(about=""),
                name="feedback_one_rating_each",
            ),
            models.CheckConstraint(condition=Q(score=None) | Q(score__range=(1, 5)), name="feedback_score_one_to_five"),
            models.CheckConstraint(condition=Q(score__isnull=False) | ~Q(text=""), name="feedback_says_something"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None) | ~Q(answer="") & Q(answered_at__isnull=False),
                name="feedback_answer_has_time",
            ),
        ]
        indexes = [models.Index(fields=["person", "-at"], name="feedback_person_at")]

    def __str__(self) -> str:
        return self.number
