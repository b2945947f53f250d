"""Every event of an invitation, a bond or a pool: what both sides see, and what undoing needs to know."""

from django.db import models
from django.db.models import Q

from family.codes import EventKind
from family.models.bonds import Bond
from family.models.invitations import Invitation


class Event(models.Model):
    """经过：邀请、共济关系、共济账户的每一步，双方都看得到。不可修改；撤回是新的一步。"""

    kind = models.CharField("事项", max_length=12, choices=EventKind.choices)
    at = models.DateTimeField("时间")
    on = models.DateField("日期")
    actor = models.CharField("经办", max_length=64)
    # On whose behalf: the payer, the user or a parent; empty for what happens by itself.
    by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, related_name="+", verbose_name="谁")
    payer = models.ForeignKey(
        "accounts.Person", models.PROTECT, related_name="+", db_index=False, verbose_name="出钱人"
    )
    region = models.CharField("统筹区", max_length=6)
    invitation = models.ForeignKey(Invitation, models.PROTECT, null=True, related_name="events", verbose_name="邀请")
    bond = models.ForeignKey(Bond, models.PROTECT, null=True, related_name="events", verbose_name="共济关系")
    voucher = models.ForeignKey("accounts.Voucher", models.PROTECT, null=True, related_name="+", verbose_name="凭证")
    # What it was before, for undoing and for the history: codes, fen and ISO days, never numbers of people.
    detail = models.JSONField("内容", default=dict)
    undo_until = models.DateTimeField("可撤回至", null=True)
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="undone_by", verbose_name="撤回的事项"
    )
    # The event this one came with: closing a family ends its bonds.
    part_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="parts", verbose_name="属于")

    class Meta:
        verbose_name = verbose_name_plural = "共济经过"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=EventKind.UNDONE, undoes__isnull=False) | ~Q(kind=EventKind.UNDONE) & Q(undoes=None),
                name="event_undone_names_event",
            ),
        ]
        indexes = [models.Index(fields=["payer", "region", "on"], name="event_payer_on")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
