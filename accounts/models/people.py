"""Who is insured, as what and since when, and what was paid for them: what the bureau's files say."""

from django.db import models
from django.db.models import Q

from accounts.codes import (
    EnrolmentEndReason,
    EnrolmentStatus,
    Gender,
    ImportKind,
    InsuranceType,
    PaymentType,
    PersonType,
)
from accounts.models.facts import CountingManager, Fact
from accounts.sealing.fields import BlindIndexField, SealedField
from yibao.lib import clock

MAX_BASE_FEN = 10**9  # ten million yuan a month: beyond any ceiling, so a slip of the decimal point stands out
NAME_LENGTH, STREET_LENGTH = 50, 60  # characters


class Person(models.Model):
    """参保人：一个证件号码一个人。证件号码和手机号加密保存，凭索引查找（见 accounts.sealing.fields）。

    Find people with accounts.queries.people.find_by_certno. When saving with update_fields, name a number and its
    index together.
    """

    cert_type = models.CharField("证件类型", max_length=6, default="01")
    certno = SealedField("证件号码")
    certno_index = BlindIndexField("证件号码索引", of="certno")
    name = models.CharField("姓名", max_length=NAME_LENGTH)
    gender = models.SmallIntegerField("性别", choices=Gender.choices)
    birth_on = models.DateField("出生日期")
    phone = SealedField("手机号", blank=True, default="")
    phone_index = BlindIndexField("手机号索引", of="phone", null=True, db_index=True)
    phone_changed_at = models.DateTimeField(
        "换手机号时间", null=True
    )  # when the roster brought another number than before
    # The day of the roster row that name, gender and phone come from; an older row never overwrites a newer one.
    facts_on = models.DateField("资料日期", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "参保人"
        constraints = [
            models.UniqueConstraint(fields=["certno_index"], name="person_once"),
            models.CheckConstraint(condition=Q(gender__in=Gender.values), name="person_gender_known"),
            models.CheckConstraint(condition=~Q(name=""), name="person_has_name"),
        ]

    def __str__(self) -> str:
        return f"参保人 {self.pk}"


class Import(models.Model):
    """导入：一份名册或缴费文件。同一份文件（内容摘要相同）只导入一次，除非上一次已撤回。不可修改。"""

    kind = models.CharField("文件", max_length=16, choices=ImportKind.choices)
    digest = models.CharField("内容摘要（SM3）", max_length=64)
    again = models.SmallIntegerField("撤回后第几次", default=0, db_default=0)
    rows = models.IntegerField("行数")
    actor = models.CharField("经办", max_length=64)
    at = models.DateTimeField("导入时间", default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = "导入"
        constraints = [models.UniqueConstraint(fields=["kind", "digest", "again"], name="import_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


def _has_fitting_type(insurance: InsuranceType) -> Q:
    second_digits = "".join(kind[1] for kind in PersonType if kind.insurance == insurance)
    return Q(insurance=insurance, person_type__regex=f"^1[{second_digits}]")


class Enrolment(Fact):
    """参保记录：某人从某日起在某统筹区以什么身份参加什么险种。不可修改，变化写成新的一行。

    The row in force on a day is the latest one not after it; of several on one day the one with the highest `seq`.
    A new street or pension under a status that goes on is a row of its own, which names in `stas_on` since when that
    status holds.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="enrolments", db_index=False, verbose_name="参保人")
    region = models.CharField("统筹区", max_length=6)
    insurance = models.CharField("险种", max_length=3, choices=InsuranceType.choices)
    person_type = models.CharField("人员类别", max_length=6)
    status = models.SmallIntegerField("参保状态", choices=EnrolmentStatus.choices)
    flex = models.BooleanField("灵活就业", default=False)
    pension_fen = models.BigIntegerField("月养老金（分）", null=True)
    identity_type = models.CharField("身份类别", max_length=6, blank=True)
    street = models.CharField("街道（乡镇）", max_length=STREET_LENGTH, blank=True)
    from_on = models.DateField("起始日期")
    stas_on = models.DateField("状态起始日期（早于起始日期时）", null=True)
    seq = models.SmallIntegerField("同日先后", default=0, db_default=0)
    end_reason = models.SmallIntegerField("终止原因", choices=EnrolmentEndReason.choices, null=True)
    end_to = models.CharField("转往统筹区", max_length=6, blank=True, default="", db_default="")

    objects = CountingManager["Enrolment"]()
    all_rows = models.Manager["Enrolment"]()

    class Meta:
        verbose_name = verbose_name_plural = "参保记录"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "region", "insurance", "from_on", "seq"],
                condition=Q(counts=True),
                name="enrolment_counts_once",
            ),
            models.CheckConstraint(
                condition=Q(end_reason=None) | Q(status=EnrolmentStatus.ENDED), name="enrolment_end_reason_needs_end"
            ),
            models.CheckConstraint(
                condition=Q(end_to="") | Q(end_reason=EnrolmentEndReason.TRANSFERRED),
                name="enrolment_end_to_needs_transfer",
            ),
            models.CheckConstraint(
                condition=Q(counts=True) | Q(changed_by__isnull=False), name="enrolment_says_why_not_counting"
            ),
            models.CheckConstraint(condition=Q(region__regex=r"^\d{6}$"), name="enrolment_region_code"),
            models.CheckConstraint(condition=Q(status__in=EnrolmentStatus.values), name="enrolment_status_known"),
            models.CheckConstraint(
                condition=_has_fitting_type(InsuranceType.EMPLOYEE) | _has_fitting_type(InsuranceType.RESIDENT),
                name="enrolment_type_fits_insurance",
            ),
            models.CheckConstraint(
                condition=Q(pension_fen=None) | Q(pension_fen__gte=0), name="enrolment_pension_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.get_insurance_display()} {self.from_on}"


class Contribution(Fact):
    """缴费记录：某人某月的缴费基数，以及钱是哪天到账的。不可修改。

    At most one row of a person, region and month counts. 补差 and 更正 are rows that take the place of the one before
    (a 补差 with the whole base, old and difference); a 退费 leaves none; a second payer's row waits without counting.

    `late` says that the run crediting this month had been opened before the record came in, so that the next run
    picks it up as 补划.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="contributions", verbose_name="参保人")
    region = models.CharField("统筹区", max_length=6)
    month = models.DateField("所属月份（该月1日）")
    base_fen = models.BigIntegerField("缴费基数（分）")
    received_on = models.DateField("到账日期")
    late = models.BooleanField("晚于划入批次", default=False)
    clct_type = models.SmallIntegerField(
        "缴费类型", choices=PaymentType.choices, default=PaymentType.NORMAL, db_default=PaymentType.NORMAL
    )
    payer = models.CharField("缴费单位代码", max_length=30, blank=True, default="", db_default="")
    paid_fen = models.BigIntegerField("个人缴费（分）", null=True)

    objects = CountingManager["Contribution"]()
    all_rows = models.Manager["Contribution"]()

    class Meta:
        verbose_name = verbose_name_plural = "缴费记录"
        constraints = [
            # In this order it also serves the chunks of a run: one region and month, a range of people.
            models.UniqueConstraint(
                fields=["region", "month", "person"], condition=Q(counts=True), name="contribution_counts_once"
            ),
            models.CheckConstraint(
                condition=Q(counts=True) | Q(changed_by__isnull=False), name="contribution_says_why_not_counting"
            ),
            models.CheckConstraint(condition=Q(region__regex=r"^\d{6}$"), name="contribution_region_code"),
            models.CheckConstraint(condition=Q(month__day=1), name="contribution_month_first_day"),
            models.CheckConstraint(
                condition=Q(base_fen__gte=0, base_fen__lte=MAX_BASE_FEN), name="contribution_base_sane"
            ),
        ]
        indexes = [
            models.Index(fields=["region", "person"], condition=Q(late=True), name="contribution_late"),
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.month:%Y-%m}"
