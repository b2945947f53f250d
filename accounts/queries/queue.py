"""The queue of an office today: who waits, who is called where. Numbers and windows only."""

from dataclasses import dataclass
from datetime import date

from accounts.codes import TicketState
from accounts.models import Ticket, User

ON_DISPLAY = 8


@dataclass(frozen=True, slots=True)
class Queue:
    """排队：几个人在等，自己窗口正在办的号，过了号的号。"""

    waiting: int
    current: Ticket | None
    absent: list[Ticket]


def waiting_at(office: str, day: date) -> int:
    """Return how many people wait at an office."""
    return Ticket.objects.filter(office=office, day=day, state=TicketState.WAITING).count()


def queue_of(clerk: User, office: str, day: date) -> Queue:
    """Return the queue as a clerk's window sees it (three queries)."""
    rows = Ticket.objects.filter(office=office, day=day)
    return Queue(
        waiting_at(office, day),
        current_of(clerk, office, day),
        list(rows.filter(state=TicketState.ABSENT).order_by("number")),
    )


def current_of(clerk: User, office: str, day: date) -> Ticket | None:
    """Return the number that the clerk has called and not yet finished with."""
    return Ticket.objects.filter(office=office, day=day, state=TicketState.CALLED, clerk=clerk).first()


def on_display(office: str, day: date) -> list[Ticket]:
    """Return the numbers that are called, the latest call first, for the screen in the hall."""
    rows = Ticket.objects.filter(office=office, day=day, state=TicketState.CALLED)
    return list(rows.order_by("-called_at")[:ON_DISPLAY])
