"""排队: numbers given out and called, and the screen in the hall that shows them."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.codes import COUNTER_ROLES, TicketState
from accounts.forms.counter.finding import WindowForm
from accounts.models import Office, Ticket
from accounts.operations import queue as operations
from accounts.operations.queue import QueueError
from accounts.queries.queue import on_display, queue_of, waiting_at
from accounts.views.counter.doors import Desk, counter_required
from yibao.lib import clock
from yibao.lib.values.numbers import whole_number

WINDOW = "counter_window"  # where the clerk sits, in the session


@counter_required(*COUNTER_ROLES)
@require_GET
def queue(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Give out numbers; call who was not there."""
    context = {"queue": queue_of(desk.user, desk.office.code, desk.act.on), "office": desk.office}
    return render(request, "counter/queue.html", context)


@counter_required(*COUNTER_ROLES)
@require_GET
def waiting(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Return how many wait: the part of the page that is fetched again and again, or no longer (?paused=1)."""
    context = {"waiting": waiting_at(desk.office.code, desk.act.on), "paused": bool(request.GET.get("paused"))}
    return render(request, "counter/_waiting.html", context)


@counter_required(*COUNTER_ROLES)
@require_POST
def take(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Take a number and show the slip to print."""
    ticket = operations.take_ticket(act=desk.act)
    return redirect("counter_ticket", ticket.pk)


@counter_required(*COUNTER_ROLES)
@require_GET
def ticket(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """The slip: the number, how many are before, where and when."""
    found = get_object_or_404(Ticket, pk=pk, office=desk.office.code, day=desk.act.on)
    before = Ticket.objects.filter(
        office=found.office, day=found.day, state=TicketState.WAITING, number__lt=found.number
    )
    return render(request, "counter/ticket.html", {"ticket": found, "before": before.count(), "office": desk.office})


@counter_required(*COUNTER_ROLES)
@require_POST
def window(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Keep in the session at which window the clerk sits."""
    form = WindowForm(request.POST)
    if form.is_valid():
        request.session[WINDOW] = form.cleaned_data["window"]
    else:
        messages.error(request, form.errors["window"][0])
    return redirect("counter")


@counter_required(*COUNTER_ROLES)
@require_POST
def call(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Call the next number."""
    seen = request.POST.get("seen", "")

    def next_one(at: str) -> None:
        if operations.call_next(act=desk.act, window=at, seen=whole_number(seen)) is None:
            messages.info(request, "没有人在等。")

    return _done(request, next_one)


@counter_required(*COUNTER_ROLES)
@require_POST
def call_again(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Call the number at the window once more; or one whose holder was not there (`ticket`)."""
    absent = whole_number(request.POST.get("ticket", ""))
    if absent is not None:
        return _done(request, lambda at: operations.call_absent(act=desk.act, window=at, ticket_id=absent))
    return _done(request, lambda at: operations.recall(act=desk.act, window=at))


@counter_required(*COUNTER_ROLES)
@require_POST
def close(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Finish with the number at the window: done, or nobody came (`absent`)."""
    state = TicketState.ABSENT if "absent" in request.POST else TicketState.DONE
    return _done(request, lambda at: operations.close(act=desk.act, state=state))


def _done(request: HttpRequest, act_at: Callable[[str], object]) -> HttpResponse:
    """Do something at the clerk's window; what the queue refuses is said on the workbench."""
    try:
        act_at(request.session.get(WINDOW, ""))
    except QueueError as error:
        messages.error(request, f"{error.message}。")
    return redirect("counter")


@never_cache
@login_not_required
@require_GET
def display(request: HttpRequest, code: str = "") -> HttpResponse:
    """The screen in the hall: numbers and windows, no names; it needs no sign-in, since it shows nothing of anybody."""
    if not code:
        offices = Office.objects.order_by("region", "code")
        return render(request, "counter/queue_offices.html", {"offices": offices})
    office = Office.objects.filter(code=code).first()
    if office is None:
        raise Http404
    today = clock.today()
    context = {"office": office, "called": on_display(code, today), "waiting": waiting_at(code, today)}
    template = "counter/_display.html" if request.htmx else "counter/queue_display.html"  # type: ignore[attr-defined]
    return render(request, template, context)
