"""排队叫号: numbers of an office and a day, taken in the hall and called at the windows."""

from django.db import transaction
from django.db.models import Max

from accounts.codes import COUNTER_ROLES, TicketState
from accounts.identity.actors import Act
from accounts.models import Office, Ticket, User
from accounts.models.queue import WINDOW_LENGTH
from accounts.operations.cases.access import CaseError, staff_at_counter


class QueueError(CaseError):
    """The number cannot be called, or nobody is at the window. Nothing has changed."""


@transaction.atomic
def take_ticket(*, act: Act) -> Ticket:
    """Return the next number of the office of whoever acts. Raises CaseError for who does not work at a counter."""
    _, office = staff_at_counter(act, COUNTER_ROLES)
    Office.objects.select_for_update(no_key=True).get(pk=office.pk)  # one number at a time, and none twice
    rows = Ticket.objects.filter(office=office.code, day=act.on)
    last = rows.aggregate(last=Max("number"))["last"] or 0
    return Ticket.objects.create(office=office.code, day=act.on, number=last + 1, taken_at=act.at)


@transaction.atomic
def call_next(*, act: Act, window: str, seen: int | None = None) -> Ticket | None:
    """Finish with the number at the clerk's window and call the next; None where nobody waits.

    `seen` is the id of the ticket that the clerk saw as theirs when asking: asked twice, the next is called once.
    Raises CaseError, QueueError without the name of a window.
    """
    clerk, office = _at_window(act, window)
    current = _current(act, clerk, office)
    if current is not None and current.pk != seen:
        return current
    if current is not None:
        _close(act, current, TicketState.DONE)
    waiting = Ticket.objects.filter(office=office.code, day=act.on, state=TicketState.WAITING)
    # Whom another window is calling at this moment is passed over, not waited for.
    ticket = waiting.select_for_update(skip_locked=True).order_by("number").first()
    return _called(act, clerk, window, ticket) if ticket else None


@transaction.atomic
def call_absent(*, act: Act, window: str, ticket_id: int) -> Ticket:
    """Call somebody who was not there when called, and has come after all. Raises CaseError, QueueError."""
    clerk, office = _at_window(act, window)
    if _current(act, clerk, office) is not None:
        raise QueueError("您的窗口还有一个号没有办完，先点「办完了」")
    rows = Ticket.objects.filter(office=office.code, day=act.on, state=TicketState.ABSENT)
    ticket = rows.select_for_update().filter(pk=ticket_id).first()
    if ticket is None:
        raise QueueError("这个号已经叫过了")
    return _called(act, clerk, window, ticket)


@transaction.atomic
def recall(*, act: Act, window: str) -> Ticket:
    """Call the number at the clerk's window once more. Raises CaseError, QueueError where there is none."""
    clerk, office = _at_window(act, window)
    return _called(act, clerk, window, _required(act, clerk, office))


@transaction.atomic
def close(*, act: Act, state: TicketState) -> Ticket:
    """Finish with the number at the clerk's window: DONE, or ABSENT where nobody came. Raises CaseError, QueueError."""
    if state not in (TicketState.DONE, TicketState.ABSENT):
        raise ValueError("a ticket is closed as done or absent")
    clerk, office = staff_at_counter(act, COUNTER_ROLES)
    return _close(act, _required(act, clerk, office), state)


def _at_window(act: Act, window: str) -> tuple[User, Office]:
    """Return who acts, locked so that a second click waits, and their office."""
    clerk, office = staff_at_counter(act, COUNTER_ROLES)
    if not window.strip() or len(window) > WINDOW_LENGTH:
        raise QueueError("请先填您在几号窗口，大厅的屏幕要显示")
    User.objects.select_for_update(no_key=True, of=("self",)).get(pk=clerk.pk)
    return clerk, office


def _current(act: Act, clerk: User, office: Office) -> Ticket | None:
    """Return the clerk's number; what was left called on another day, or at another office, is done."""
    called = list(Ticket.objects.select_for_update().filter(clerk=clerk, state=TicketState.CALLED))
    for ticket in called:
        if (ticket.office, ticket.day) == (office.code, act.on):
            return ticket
        _close(act, ticket, TicketState.DONE)
    return None


def _required(act: Act, clerk: User, office: Office) -> Ticket:
    ticket = _current(act, clerk, office)
    if ticket is None:
        raise QueueError("您的窗口现在没有叫号")
    return ticket


def _called(act: Act, clerk: User, window: str, ticket: Ticket) -> Ticket:
    ticket.state, ticket.clerk, ticket.window = TicketState.CALLED, clerk, window.strip()
    ticket.calls, ticket.called_at, ticket.closed_at = ticket.calls + 1, act.at, None
    ticket.save()
    return ticket


def _close(act: Act, ticket: Ticket, state: TicketState) -> Ticket:
    ticket.state, ticket.closed_at = state, act.at
    ticket.save(update_fields=["state", "closed_at"])
    return ticket
