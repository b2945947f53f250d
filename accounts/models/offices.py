"""Counters: where they are, whom they serve since when, and which papers to bring.

Rows are dated by their start only, as policies are: the latest one not after a day is in force. So two offices can
never claim the same street and people on one day, and a change is a new row.
"""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from accounts.codes import PersonGroup, Situation


class Office(models.Model):
    """经办网点：办医保业务的窗口，地址和电话是公开的。不写经办人的名字。"""

    region = models.CharField("统筹区", max_length=6)
    code = models.CharField("网点代码", max_length=12, unique=True)
    name = models.CharField("名称", max_length=40)
    address = models.CharField("地址", max_length=100)
    phone = models.CharField("咨询电话", max_length=20)
    # Empty where no document says it: then the page asks people to phone first.
    hours = models.CharField("办公时间", max_length=100, blank=True)
    access = models.CharField("无障碍设施", max_length=100, blank=True)
    source = models.CharField("出处", max_length=200)
    history = HistoricalRecords(verbose_name="网点变更")

    class Meta:
        verbose_name = verbose_name_plural = "经办网点"
        constraints = [
            models.CheckConstraint(condition=Q(region__regex=r"^[0-9]{6}$"), name="office_region_code"),
            models.CheckConstraint(condition=Q(code__regex=r"^[A-Za-z0-9-]+$"), name="office_code_plain"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(address="") & ~Q(phone=""), name="office_can_be_found"),
        ]

    def __str__(self) -> str:
        return self.name


class Duty(models.Model):
    """辖区：从某天起，某街道的某类人由哪个网点受理；到同一街道同一类人的下一行为止。"""

    office = models.ForeignKey(Office, models.PROTECT, related_name="duties", verbose_name="网点")
    region = models.CharField("统筹区", max_length=6)
    street = models.CharField("街道（乡镇）", max_length=40)
    group = models.CharField("人员类别", max_length=8, choices=PersonGroup.choices)
    from_on = models.DateField("起始日期")
    source = models.CharField("出处", max_length=200)
    history = HistoricalRecords(verbose_name="辖区变更")

    class Meta:
        verbose_name = verbose_name_plural = "网点辖区"
        constraints = [
            models.UniqueConstraint(
                fields=["region", "street", "group", "from_on"],
                name="duty_one_office_a_day",
                violation_error_message="这个街道、这类人从这一天起已经有一个网点了。",
            ),
            models.CheckConstraint(condition=Q(group__in=PersonGroup.values), name="duty_group_known"),
            models.CheckConstraint(condition=~Q(street=""), name="duty_has_street"),
        ]

    def __str__(self) -> str:
        return f"{self.street} {self.get_group_display()} {self.from_on}起"

    def clean(self) -> None:
        """Refuse an office of another region: nobody's fund is run there."""
        if self.office_id and self.office.region != self.region:
            raise ValidationError({"office": f"这个网点在统筹区 {self.office.region}，不在 {self.region}"})

    @property
    def group_words(self) -> str:
        """What the people are served for: 参加职工医保, 享受公务员医疗补助."""
        return ("享受" if self.group == PersonGroup.CIVIL else "参加") + self.get_group_display()


class Paper(models.Model):
    """材料：一种情形要带的一样东西。同一情形同一天起的几行合成一份清单，到下一份为止。"""

    region = models.CharField("统筹区", max_length=6)
    situation = models.CharField("情形", max_length=8, choices=Situation.choices)
    place = models.SmallIntegerField("第几样")
    name = models.CharField("材料", max_length=60)
    note = models.CharField("说明", max_length=100, blank=True)
    from_on = models.DateField("起始日期")
    source = models.CharField("出处", max_length=200)
    history = HistoricalRecords(verbose_name="材料变更")

    class Meta:
        verbose_name = verbose_name_plural = "材料清单"
        constraints = [
            models.UniqueConstraint(
                fields=["region", "situation", "from_on", "place"],
                name="paper_once",
                violation_error_message="这份清单里已经有第几样相同的材料了。",
            ),
            models.CheckConstraint(condition=Q(situation__in=Situation.values), name="paper_situation_known"),
            models.CheckConstraint(condition=Q(place__gte=1), name="paper_place_from_one"),
            models.CheckConstraint(condition=~Q(name=""), name="paper_has_name"),
        ]

    def __str__(self) -> str:
        return self.name
