"""What happened in somebody's life, and what was done about their account: each with the paper that proves it."""

from django.db import models
from django.db.models import Q

from accounts.codes import LifeEventKind, ProofKind

# The records that have become part of another one: nothing counts for them any more.
MERGED_AWAY = "SELECT (detail ->> 'gone')::bigint FROM accounts_lifeevent WHERE kind = 'merge'"
# Everywhere, not in one region.
_OF_THE_PERSON = [str(kind) for kind in (LifeEventKind.DEATH, LifeEventKind.ALIVE, LifeEventKind.MERGE)]
# Who died: whose last report says so.
DEAD = """
    SELECT DISTINCT ON (person_id) person_id, kind, "on", at FROM accounts_lifeevent WHERE kind IN ('death', 'alive')
    ORDER BY person_id, id DESC
"""


class LifeEvent(models.Model):
    """人生大事：死亡、继承、转移、清退、冻结、核销、调账、合并。谁凭什么材料从哪天起办的。不可修改，改了是新的一条。

    Whether an account is frozen on a day is what its last freeze or release by then says.
    """

    kind = models.CharField("事项", max_length=12, choices=LifeEventKind.choices)
    person = models.ForeignKey("Person", models.PROTECT, related_name="life_events", verbose_name="参保人")
    region = models.CharField("统筹区", max_length=6, blank=True)  # empty: of the person, everywhere
    on = models.DateField("日期")
    proof = models.CharField("材料", max_length=24, choices=ProofKind.choices)
    document = models.CharField("材料编号", max_length=80)
    reason = models.CharField("原因", max_length=200)
    # Fen and ids, and the last digits of where money was paid to: never names or whole numbers.
    detail = models.JSONField("内容", default=dict)
    actor = models.CharField("经办", max_length=64)
    at = models.DateTimeField("时间")
    approval = models.OneToOneField(
        "Approval", models.PROTECT, null=True, related_name="life_event", verbose_name="双人复核"
    )

    class Meta:
        verbose_name = verbose_name_plural = "人生大事"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=LifeEventKind.values), name="life_event_kind_known"),
            models.CheckConstraint(
                condition=Q(proof__in=ProofKind.values) & ~Q(document="") & ~Q(reason=""), name="life_event_is_proved"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=_OF_THE_PERSON, region="") | ~Q(kind__in=_OF_THE_PERSON) & ~Q(region=""),
                name="life_event_names_region",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[LifeEventKind.DEATH, LifeEventKind.FREEZE, LifeEventKind.RELEASE])
                | Q(approval__isnull=False),
                name="life_event_that_moves_money_takes_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
