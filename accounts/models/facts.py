"""What files say, and what became of it: rows that count, corrections, and rows laid aside for a person."""

from typing import TypeVar

from django.db import models
from django.db.models import Q

from accounts.codes import FactChangeKind, Gender, HeldReason, HeldState, ImportKind
from accounts.sealing.fields import BlindIndexField, SealedField


class FactChange(models.Model):
    """更正记录：哪些已登记的事实不再算数（或又算数了），为什么，谁办的。不可修改。

    The rows it concerns name it in `changed_by`. `at` is when it was recorded, for runs to find what they have not seen; since
    when it holds (a day of death, of a new status) stands in the rows themselves.
    """

    kind = models.CharField("种类", max_length=12, choices=FactChangeKind.choices)
    source = models.ForeignKey(
        "Import", models.PROTECT, null=True, related_name="changes", verbose_name="导入"
    )  # the import that brought the correction, or that was withdrawn
    reason = models.CharField("原因", max_length=200)
    actor = models.CharField("经办", max_length=64)
    at = models.DateTimeField("时间")
    approval = models.ForeignKey("Approval", models.PROTECT, null=True, related_name="changes", verbose_name="双人复核")

    class Meta:
        verbose_name = verbose_name_plural = "更正记录"
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=Q(kind=FactChangeKind.WITHDRAWN), name="import_withdrawn_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="fact_change_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


_Fact = TypeVar("_Fact", bound=models.Model)


class CountingManager(models.Manager[_Fact]):
    """The rows that count. What was corrected or withdrawn is reached through `all_rows` only."""

    def get_queryset(self) -> models.QuerySet[_Fact]:
        return super().get_queryset().filter(counts=True)


class Fact(models.Model):
    """事实：文件里说的一件事。内容不可修改；说错了，由更正记录使它不再算数，另写一行。

    Whoever reads facts in SQL asks for `counts`; the database lets nothing but these two columns change.
    """

    counts = models.BooleanField("算数", default=True, db_default=True)
    changed_by = models.ForeignKey(
        FactChange, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name="更正记录"
    )
    # Imports are never deleted, so the database need not check the key a million times.
    source = models.ForeignKey(
        "accounts.Import",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name="来源",
    )

    class Meta:
        abstract = True


class FormerCertificate(Fact):
    """曾用证件号码：这个人以前登记用的证件号码。按旧号码也找得到本人，除非换号码的那次导入已撤回。

    Kind of certificate and birthday are as they were under this number; none where nobody had been registered under it.
    """

    person = models.ForeignKey("Person", models.PROTECT, related_name="former_certificates", verbose_name="参保人")
    # Sealed and indexed as the person's own number, so that it moves here as it is and both are found by one index.
    certno = SealedField("证件号码", context="person:certno")
    certno_index = BlindIndexField("证件号码索引", of="certno")
    cert_type = models.CharField("证件类型", max_length=6, blank=True, default="", db_default="")
    birth_on = models.DateField("出生日期", null=True)
    actor = models.CharField("经办", max_length=64)
    at = models.DateTimeField("更换时间")

    objects = CountingManager["FormerCertificate"]()
    all_rows = models.Manager["FormerCertificate"]()

    class Meta:
        verbose_name = verbose_name_plural = "曾用证件号码"
        constraints = [
            models.UniqueConstraint(
                fields=["certno_index"], condition=Q(counts=True), name="former_certificate_counts_once"
            ),
            models.CheckConstraint(
                condition=Q(counts=True) | Q(changed_by__isnull=False),
                name="former_certificate_says_why_not_counting",
            ),
        ]

    def __str__(self) -> str:
        return f"参保人 {self.person_id} 的曾用证件号码"


class PersonChange(Fact):
    """资料变化：某次名册改了某人的姓名、性别、出生日期或手机号，这里留着改以前的。撤回那次导入时改回去。不可修改。

    One row for each import that changed any of it, and for each that said it again since. The columns are those that
    accounts.roster.people_sql takes over.
    """

    person = models.ForeignKey("Person", models.PROTECT, related_name="changes", verbose_name="参保人")
    name = models.CharField("原姓名", max_length=50)
    gender = models.SmallIntegerField("原性别", choices=Gender.choices)
    # None: as old as this column, or its number was changed by the same import, which keeps the day (FormerCertificate).
    birth_on = models.DateField("原出生日期", null=True)
    phone = SealedField("原手机号", context="person:phone", blank=True, default="")
    phone_index = BlindIndexField("原手机号索引", of="phone", null=True)
    phone_changed_at = models.DateTimeField("原换手机号时间", null=True)
    facts_on = models.DateField("原资料日期", null=True)

    objects = CountingManager["PersonChange"]()
    all_rows = models.Manager["PersonChange"]()

    class Meta:
        verbose_name = verbose_name_plural = "资料变化"
        constraints = [
            models.CheckConstraint(
                condition=Q(counts=True) | Q(changed_by__isnull=False), name="person_change_says_why_not_counting"
            ),
        ]
        indexes = [models.Index(fields=["source"], name="person_change_of_import")]

    def __str__(self) -> str:
        return f"参保人 {self.person_id} 的资料变化"


class PersonCorrection(models.Model):
    """资料更正：窗口凭材料、由两个人更正的姓名、性别或证件号码，更正以前和以后的。不可修改。

    A roster that says again what was corrected away changes nothing (accounts.roster.correcting). The number given up
    stands in `former`; birthday and kind of certificate follow the number.
    """

    person = models.ForeignKey("Person", models.PROTECT, related_name="corrections", verbose_name="参保人")
    name_before = models.CharField("更正前的姓名", max_length=50)
    name = models.CharField("姓名", max_length=50)
    gender_before = models.SmallIntegerField("更正前的性别", choices=Gender.choices)
    gender = models.SmallIntegerField("性别", choices=Gender.choices)
    former = models.ForeignKey(
        FormerCertificate, models.PROTECT, null=True, related_name="corrections", verbose_name="更正前的证件号码"
    )
    reason = models.CharField("原因", max_length=100)
    actor = models.CharField("经办", max_length=64)
    at = models.DateTimeField("时间")
    approval = models.ForeignKey("Approval", models.PROTECT, related_name="+", verbose_name="双人复核")

    class Meta:
        verbose_name = verbose_name_plural = "资料更正"
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=models.F("name_before"))
                | ~Q(gender=models.F("gender_before"))
                | Q(former__isnull=False),
                name="person_correction_changes_something",
            ),
        ]

    def __str__(self) -> str:
        return f"资料更正 {self.pk}"


class HeldRow(models.Model):
    """待处理的行：导入时读不懂、与已登记的矛盾或不可信，先放在一边，由人改正、确认或放弃。内容加密保存。"""

    kind = models.CharField("文件", max_length=16, choices=ImportKind.choices)
    source = models.ForeignKey("Import", models.PROTECT, null=True, related_name="held_rows", verbose_name="导入")
    row = models.IntegerField("行号")
    cells = SealedField("内容")  # JSON: column → text as it stood in the file
    column = models.CharField("列", max_length=40, blank=True)
    value = models.CharField("值（已遮盖）", max_length=40, blank=True)
    reason_code = models.CharField("原因代码", max_length=32, choices=HeldReason.choices)
    reason = models.CharField("原因", max_length=300)
    state = models.CharField("状态", max_length=10, choices=HeldState.choices, default=HeldState.WAITING)
    at = models.DateTimeField("时间")
    decided_by = models.CharField("处理人", max_length=64, blank=True)
    decided_at = models.DateTimeField("处理时间", null=True)
    # The import that took the row in after all.
    became = models.ForeignKey("Import", models.PROTECT, null=True, related_name="+", verbose_name="确认后的导入")

    class Meta:
        verbose_name = verbose_name_plural = "待处理的行"
        indexes = [models.Index(fields=["kind", "id"], condition=Q(state=HeldState.WAITING), name="held_row_waiting")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=HeldState.WAITING, decided_at=None, decided_by="")
                | ~Q(state=HeldState.WAITING) & Q(decided_at__isnull=False) & ~Q(decided_by=""),
                name="held_row_decided_names_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"待处理的行 {self.pk}"
