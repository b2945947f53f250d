"""Asking somebody to use one's money."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.codes import Relation, Scope
from accounts.sealing.fields import BlindIndexField, SealedField
from family.codes import OPEN, Consent, InvitationState

NUMBER = r"GJ[0-9]{4}-[0-9]{4}-[0-9A-Z]{5}"  # GJ2026-1121-7F3AK, in addresses and wherever one is typed


class Invitation(models.Model):
    """邀请：一个人请一位家人用自己的钱。对方同意以前，只有邀请人自己填写的内容，加密保存。

    Whether somebody with this certificate number exists is never looked up for the inviter: the invited person
    finds the invitation by their own number. What is asked never changes after sending; changing it is a new
    invitation. After acceptance `user` says who it was.
    """

    number = models.CharField("编号", max_length=20, unique=True, null=True)
    payer = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="invitations_sent", db_index=False, verbose_name="邀请人"
    )
    region = models.CharField("出钱的统筹区", max_length=6)
    relation = models.CharField("对方是邀请人的", max_length=1, choices=Relation.choices, blank=True)
    scopes = ArrayField(models.CharField(max_length=8, choices=Scope.choices), verbose_name="用来", default=list)
    limit_fen = models.BigIntegerField("每年额度（分）", null=True)
    until_on = models.DateField("用到哪天", null=True)
    invitee_name = SealedField("对方姓名", default="")
    invitee_certno = SealedField("对方证件号码", default="")
    invitee_index = BlindIndexField("对方证件号码索引", of="invitee_certno", null=True, db_index=True)
    invitee_phone = SealedField("对方手机号", default="")
    state = models.CharField("状态", max_length=10, choices=InvitationState.choices, default=InvitationState.DRAFTED)
    # HMAC of a 256-bit secret that is handed over on paper or as a code; used up by the first look.
    token_digest = models.CharField("凭据摘要", max_length=64, blank=True)
    sends = models.SmallIntegerField("发送次数", default=0)
    drafted_at = models.DateTimeField("填写时间")
    sent_at = models.DateTimeField("发出时间", null=True)
    seen_at = models.DateTimeField("看到时间", null=True)
    reminded_at = models.DateTimeField("提醒时间", null=True)
    expires_at = models.DateTimeField("有效期至", null=True)
    closed_at = models.DateTimeField("了结时间", null=True)
    answer = models.CharField("对方说明", max_length=100, blank=True)
    # 这不是我的家人: the invited person is rid of it; for the inviter it goes on waiting until it expires.
    sender_unknown = models.BooleanField("对方说不是家人", default=False)
    consent = models.CharField("同意方式", max_length=8, choices=Consent.choices, blank=True)
    user = models.ForeignKey("accounts.Person", models.PROTECT, null=True, related_name="+", verbose_name="使用人")

    class Meta:
        verbose_name = verbose_name_plural = "共济邀请"
        constraints = [
            models.UniqueConstraint(
                fields=["payer", "invitee_index"], condition=Q(state__in=OPEN), name="invitation_one_open_per_pair"
            ),
            models.UniqueConstraint(
                fields=["payer", "region"],
                condition=Q(state=InvitationState.DRAFTED),
                name="invitation_one_draft",
            ),
            models.CheckConstraint(condition=Q(state__in=InvitationState.values), name="invitation_state_known"),
            models.CheckConstraint(
                condition=Q(state=InvitationState.DRAFTED, number=None, sent_at=None)
                | ~Q(state=InvitationState.DRAFTED)
                & Q(number__isnull=False, sent_at__isnull=False, expires_at__isnull=False, scopes__len__gt=0)
                & ~Q(relation=""),
                name="invitation_sent_is_complete",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=OPEN) | Q(invitee_index__isnull=False, closed_at=None),
                name="invitation_open_names_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state=InvitationState.DRAFTED) | Q(state__in=OPEN) | Q(closed_at__isnull=False),
                name="invitation_closed_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state=InvitationState.ACCEPTED) & Q(user=None, consent="")
                | Q(state=InvitationState.ACCEPTED, user__isnull=False) & ~Q(consent=""),
                name="invitation_accepted_by_somebody",
            ),
            models.CheckConstraint(condition=Q(limit_fen=None) | Q(limit_fen__gt=0), name="invitation_limit_positive"),
            models.CheckConstraint(condition=Q(scopes__contained_by=Scope.values), name="invitation_scopes_known"),
        ]
        indexes = [
            models.Index(fields=["payer", "-sent_at"], name="invitation_payer"),
            models.Index(fields=["expires_at"], condition=Q(state__in=OPEN), name="invitation_lapsing"),
        ]

    def __str__(self) -> str:
        return self.number or f"邀请草稿 {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def state_for_payer(self) -> InvitationState:
        """How the inviter sees it. Before an answer nothing shows whether the invited person exists or has looked."""
        if self.state == InvitationState.SEEN:
            return InvitationState.SENT
        return InvitationState(self.state)
