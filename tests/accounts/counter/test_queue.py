"""Numbers at an office: each once, called at one window, and never one for two clerks."""

from datetime import timedelta

import pytest

from accounts.codes import Role, TicketState
from accounts.identity.actors import Act
from accounts.models import Ticket
from accounts.operations import queue
from accounts.operations.cases.access import CaseError
from accounts.queries.queue import on_display, queue_of
from tests.concurrency import all_at_once, is_lost
from tests.factories.counter import act_of, clerk_at, office
from tests.factories.users import official
from yibao.lib import clock


def take(clerk, count: int = 1) -> list[int]:
    return [queue.take_ticket(act=act_of(clerk)).number for _ in range(count)]


def call(clerk, window="1号窗口"):
    """Call the next, as the clerk's page does: it names the number that the clerk has."""
    act = act_of(clerk)
    current = queue_of(clerk, clerk.office, act.on).current
    return queue.call_next(act=act, window=window, seen=current.pk if current else None)


@pytest.mark.django_db
class TestNumbers:
    def test_they_begin_anew_at_every_office_and_every_day(self):
        here, there = clerk_at(), clerk_at("R02", serial=990_002)
        assert take(here, 2) == [1, 2]
        assert take(there) == [1]
        tomorrow = Act(act_of(here).actor, clock.now() + timedelta(days=1))
        assert queue.take_ticket(act=tomorrow).number == 1

    def test_only_who_works_at_a_counter_gives_them_out(self):
        office()
        for user in (official(Role.POLICY), official(Role.APPROVER), official(office="R99")):
            with pytest.raises(CaseError):
                take(user)
        assert not Ticket.objects.exists()


@pytest.mark.django_db
class TestCalling:
    def test_they_are_called_in_order_and_the_last_one_is_done(self):
        clerk = clerk_at()
        take(clerk, 2)
        assert [call(clerk).number, call(clerk).number, call(clerk)] == [1, 2, None]
        assert set(Ticket.objects.values_list("state", flat=True)) == {TicketState.DONE}

    def test_a_second_click_calls_nobody_else(self):
        clerk = clerk_at()
        take(clerk, 2)
        for _ in range(2):
            assert queue.call_next(act=act_of(clerk), window="1号窗口").number == 1
        assert queue_of(clerk, "R01", act_of(clerk).on).waiting == 1

    def test_whoever_does_not_come_is_passed_over_and_may_come_later(self):
        clerk = clerk_at()
        take(clerk, 2)
        late = call(clerk)
        assert queue.recall(act=act_of(clerk), window="1号窗口").calls == 2
        queue.close(act=act_of(clerk), state=TicketState.ABSENT)
        assert call(clerk).number == 2
        with pytest.raises(queue.QueueError, match="没有办完"):
            queue.call_absent(act=act_of(clerk), window="1号窗口", ticket_id=late.pk)
        queue.close(act=act_of(clerk), state=TicketState.DONE)
        assert queue.call_absent(act=act_of(clerk), window="2号窗口", ticket_id=late.pk).window == "2号窗口"

    def test_a_window_needs_a_name_and_a_number_to_recall(self):
        clerk = clerk_at()
        take(clerk)
        with pytest.raises(queue.QueueError, match="几号窗口"):
            call(clerk, " ")
        with pytest.raises(queue.QueueError, match="没有叫号"):
            queue.recall(act=act_of(clerk), window="1号窗口")

    def test_what_was_left_from_yesterday_does_not_stand_in_the_way(self):
        clerk = clerk_at()
        yesterday = Act(act_of(clerk).actor, clock.now() - timedelta(days=1))
        queue.take_ticket(act=yesterday)
        queue.call_next(act=yesterday, window="1号窗口")
        take(clerk)
        assert call(clerk).day == act_of(clerk).on

    def test_another_offices_numbers_are_not_called(self):
        here, there = clerk_at(), clerk_at("R02", serial=990_002)
        take(there)
        assert call(here) is None

    def test_the_hall_shows_numbers_and_windows_the_latest_first(self):
        one, two = clerk_at(), clerk_at(serial=990_002)
        take(one, 2)
        call(one, "1号窗口")
        call(two, "2号窗口")
        shown = on_display("R01", act_of(one).on)
        assert [(str(ticket), ticket.window) for ticket in shown] == [("002", "2号窗口"), ("001", "1号窗口")]


@pytest.mark.usefixtures("transactional_db")
class TestAtOnce:
    WINDOWS = 4

    def test_clerks_who_call_at_once_get_a_number_each(self):
        clerks = [clerk_at(serial=990_010 + window) for window in range(self.WINDOWS)]
        take(clerks[0], self.WINDOWS)
        called = all_at_once(*[lambda clerk=clerk: call(clerk).number for clerk in clerks])
        assert sorted(called) == list(range(1, self.WINDOWS + 1))

    def test_without_the_lock_two_would_call_the_same(self):
        """The control."""
        clerks = [clerk_at(serial=990_010 + window) for window in range(self.WINDOWS)]
        take(clerks[0], self.WINDOWS)

        def careless(clerk):
            ticket = Ticket.objects.filter(state=TicketState.WAITING).order_by("number").first()
            Ticket.objects.filter(pk=ticket.pk).update(state=TicketState.CALLED, clerk=clerk, called_at=clock.now())
            return ticket.number

        def is_called_twice() -> bool:
            Ticket.objects.update(state=TicketState.WAITING, clerk=None)
            called = all_at_once(*[lambda clerk=clerk: careless(clerk) for clerk in clerks])
            return len(set(called)) < self.WINDOWS

        assert is_lost(is_called_twice)

    def test_numbers_taken_at_once_are_all_different(self):
        clerk = clerk_at()
        taken = all_at_once(*[lambda: queue.take_ticket(act=act_of(clerk)).number] * 8)
        assert sorted(taken) == list(range(1, 9))
