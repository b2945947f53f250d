"""Who may use whose money, and what was drawn."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.codes import Relation, Scope
from family.codes import ACTIVE_STATES, BondState, Consent, EndReason
from family.models.invitations import Invitation
from yibao.lib.plain_rows import PlainRow


class Bond(PlainRow):
    """共济关系：谁（使用人）可以用谁（出钱人）在哪个统筹区的钱，用来做什么，每年最多多少，到哪天为止。

    In a region with 共济账户 the payer owns the pool and the user is its member.
    """

    payer = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="bonds_given", db_index=False, verbose_name="出钱人"
    )
    user = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="bonds_received", db_index=False, verbose_name="使用人"
    )
    region = models.CharField("出钱的统筹区", max_length=6)
    relation = models.CharField("使用人是出钱人的", max_length=1, choices=Relation.choices)
    scopes = ArrayField(models.CharField(max_length=8, choices=Scope.choices), verbose_name="用来")
    limit_fen = models.BigIntegerField("每年额度（分）", null=True)
    # The user's own order: the money of place 1 is used up before that of place 2 is touched.
    place = models.SmallIntegerField("使用先后")
    from_on = models.DateField("开始日期")
    until_on = models.DateField("结束日期", null=True)
    state = models.CharField("状态", max_length=10, choices=BondState.choices, default=BondState.ACTIVE)
    state_at = models.DateTimeField("状态时间")
    end_reason = models.CharField("结束原因", max_length=16, choices=EndReason.choices, blank=True)
    # 临时成员: not fully identified, so good for paying the premium only.
    temporary = models.BooleanField("临时成员", default=False)
    # Nobody has seen papers that show how the two are related: the region's low limit holds until somebody has.
    declared = models.BooleanField("关系只是本人说的", default=False)
    consent = models.CharField("同意方式", max_length=8, choices=Consent.choices)
    of_age_at = models.DateTimeField("告知已满独立同意年龄的时间", null=True)
    invitation = models.ForeignKey(Invitation, models.PROTECT, null=True, related_name="bonds", verbose_name="邀请")

    xmin: int  # the server's own number of what the row says, where it was read with it (operations.locks)

    class Meta:
        verbose_name = verbose_name_plural = "共济关系"
        constraints = [
            models.UniqueConstraint(
                fields=["payer", "user"], condition=Q(state__in=ACTIVE_STATES), name="bond_one_per_pair"
            ),
            models.CheckConstraint(condition=~Q(payer=F("user")), name="bond_between_two_people"),
            models.CheckConstraint(condition=Q(state__in=BondState.values), name="bond_state_known"),
            models.CheckConstraint(condition=Q(relation__in=Relation.values), name="bond_relation_known"),
            models.CheckConstraint(
                condition=Q(state=BondState.ENDED) & ~Q(end_reason="") | ~Q(state=BondState.ENDED) & Q(end_reason=""),
                name="bond_ended_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(scopes__len__gt=0, scopes__contained_by=Scope.values), name="bond_scopes_known"
            ),
            models.CheckConstraint(
                condition=Q(temporary=False) | Q(scopes=[Scope.PREMIUM]), name="bond_temporary_pays_premium_only"
            ),
            models.CheckConstraint(condition=Q(limit_fen=None) | Q(limit_fen__gt=0), name="bond_limit_positive"),
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")), name="bond_ends_after_start"
            ),
        ]
        indexes = [
            models.Index(fields=["payer", "state"], name="bond_payer"),
            models.Index(fields=["user", "state", "place"], name="bond_user"),
        ]

    def __str__(self) -> str:
        return f"共济关系 {self.pk}"

    @property
    def has_ended(self) -> bool:
        return self.state == BondState.ENDED


class Draw(models.Model):
    """共济使用：一张凭证里用了一个人多少钱。退回了多少，看凭证的冲正。不可修改。"""

    bond = models.ForeignKey(Bond, models.PROTECT, related_name="draws", db_index=False, verbose_name="共济关系")
    voucher = models.ForeignKey("accounts.Voucher", models.PROTECT, related_name="draws", verbose_name="凭证")
    amount_fen = models.BigIntegerField("金额（分）")
    on = models.DateField("日期")
    # The benefit year of the payer's region, which a yearly limit counts by.
    year = models.SmallIntegerField("年度")

    class Meta:
        verbose_name = verbose_name_plural = "共济使用"
        constraints = [
            models.UniqueConstraint(fields=["bond", "voucher"], name="draw_once"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="draw_amount_positive"),
        ]
        indexes = [models.Index(fields=["bond", "year"], name="draw_bond_year")]

    def __str__(self) -> str:
        return f"共济使用 {self.pk}"
