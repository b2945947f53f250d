"""The rules of the regions, by date: loaded from files or published by policy staff, and never changed since."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact, IsNull

from accounts.codes import PolicyKind, PolicyState
from accounts.errors import AccountsError


class PublishedVersionError(AccountsError):
    """A published policy version is law that money was computed by: it is never changed, a new version follows it."""

    message = "已发布的政策版本不能修改或删除；规定变了，请新增一个版本。"


def _account(field: str) -> Func:
    """Return the account in a stored actor (a field), without office and case: "staff:7" of "staff:7@R01"."""
    return Func(F(field), Value("@"), Value(1), function="split_part", output_field=models.CharField())


class Region(models.Model):
    """统筹区：一个地方的医保基金，有自己的规则和账。"""

    code = models.CharField("统筹区代码", max_length=6, primary_key=True)
    name = models.CharField("名称", max_length=40)
    # Months before the one this day lies in were credited by the old system; empty: nothing was kept before.
    live_on = models.DateField("上线日", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "统筹区"
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[0-9]{6}$"), name="region_code_has_six_digits"),
            models.CheckConstraint(condition=~Q(name=""), name="region_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyVersion(models.Model):
    """政策版本：一个统筹区某一类规则从某天起的全部参数。到下一版本开始前有效，所以版本之间不会重叠。

    Only the start is stored. `terms` holds the values as policy staff write them ("2%", "4462.00"), `sources` says
    for each key which document it comes from, or that it is assumed. Read them through accounts.policies.registry.
    """

    region = models.ForeignKey(Region, models.PROTECT, related_name="versions", verbose_name="统筹区")
    kind = models.CharField("类别", max_length=8, choices=PolicyKind.choices)
    effective_from = models.DateField("开始执行")
    terms = models.JSONField("参数")
    sources = models.JSONField("出处")
    note = models.TextField("说明", blank=True)
    state = models.CharField("状态", max_length=9, choices=PolicyState.choices, default=PolicyState.DRAFT)
    drafted_by = models.CharField("起草", max_length=64)
    # Every account that worked on it, as "staff:7": each is an author, and no author publishes.
    editors = ArrayField(models.CharField(max_length=64), verbose_name="编写", default=list, editable=False)
    # What it would change of what is posted already, as computed before publishing (accounts.operations.policy_effect).
    effect = models.JSONField("影响", null=True, editable=False)
    published_by = models.CharField("发布", max_length=64, blank=True)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "政策版本"
        ordering = ["region", "kind", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "kind", "effective_from"],
                name="policy_one_version_a_day",
                violation_error_message="这一天已经有一个版本（或草稿）了。",
            ),
            models.CheckConstraint(condition=Q(kind__in=PolicyKind.values), name="policy_kind_known"),
            models.CheckConstraint(condition=~Q(drafted_by=""), name="policy_has_author"),
            models.CheckConstraint(
                condition=Q(state=PolicyState.DRAFT, published_at=None, published_by="")
                | Q(state=PolicyState.PUBLISHED, published_at__isnull=False) & ~Q(published_by=""),
                name="policy_published_names_who_and_when",
            ),
            # Versions that come with a region's first file are drafted and published by the system.
            models.CheckConstraint(
                condition=Q(published_by="")
                | Q(drafted_by__startswith="system:")
                | ~Q(Exact(_account("drafted_by"), _account("published_by"))),
                name="policy_published_by_another",
            ),
            models.CheckConstraint(
                condition=Q(
                    IsNull(
                        Func(
                            F("editors"),
                            _account("published_by"),
                            function="array_position",
                            output_field=models.IntegerField(),
                        ),
                        True,
                    )
                ),
                name="policy_no_author_publishes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.get_kind_display()} {self.effective_from}起"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save a draft, or publish it. Raises PublishedVersionError when the stored version is published."""
        self._refuse_if_published()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Throw a draft away. Raises PublishedVersionError."""
        self._refuse_if_published()
        return super().delete(*args, **kwargs)

    def _refuse_if_published(self) -> None:
        if self.pk and PolicyVersion.objects.filter(pk=self.pk, state=PolicyState.PUBLISHED).exists():
            raise PublishedVersionError
