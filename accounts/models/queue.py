"""Who waits at an office: a number each, and nobody's name."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.codes import TicketState

WINDOW_LENGTH = 10  # characters of a window's name


class Ticket(models.Model):
    """排队号：某网点某天的第几号。不记姓名，只记在哪个窗口、叫过几次、办没办完。"""

    office = models.CharField("网点代码", max_length=12)
    day = models.DateField("日期")
    number = models.SmallIntegerField("号码")
    state = models.CharField("状态", max_length=8, choices=TicketState.choices, default=TicketState.WAITING)
    taken_at = models.DateTimeField("取号时间")
    clerk = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="经办"
    )
    window = models.CharField("窗口", max_length=WINDOW_LENGTH, blank=True)
    calls = models.SmallIntegerField("叫过几次", default=0)
    called_at = models.DateTimeField("最近叫号时间", null=True)
    closed_at = models.DateTimeField("办完或过号时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "排队号"
        constraints = [
            models.UniqueConstraint(fields=["office", "day", "number"], name="ticket_once"),
            models.UniqueConstraint(
                fields=["clerk"], condition=Q(state=TicketState.CALLED), name="ticket_one_at_a_window"
            ),
            models.CheckConstraint(condition=Q(state__in=TicketState.values), name="ticket_state_known"),
            models.CheckConstraint(condition=Q(number__gt=0), name="ticket_number_from_one"),
            models.CheckConstraint(
                condition=Q(state=TicketState.WAITING, clerk=None)
                | ~Q(state=TicketState.WAITING) & Q(clerk__isnull=False, called_at__isnull=False),
                name="ticket_called_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number:03d}"
