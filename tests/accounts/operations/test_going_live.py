"""上线日: set by two people, and fixed once something is credited here."""

import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from accounts.codes import JobKind, Role
from accounts.jobs.runs import open_run
from accounts.jobs.schedule import due_jobs
from accounts.ledger import pots
from accounts.models import Approval, AuditEvent, Region
from accounts.operations import going_live
from accounts.operations.going_live import GoLiveError, set_live_on
from tests.accounts.operations.renaming import staff
from tests.factories.acts import act_on
from tests.factories.people import EnrolmentFactory
from yibao.lib.periods import Period

pytestmark = pytest.mark.usefixtures("policies_loaded")


def live_on(region: str = "330900") -> date | None:
    return Region.objects.get(code=region).live_on


def go_live(*arguments: str) -> str:
    out = io.StringIO()
    call_command("go_live", "--region", "330900", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def officials() -> list[str]:
    return [staff(Role.POLICY, "maker", 1).username, staff(Role.APPROVER, "checker", 2).username]


@pytest.fixture
def for_real(settings) -> None:
    settings.DEMO = settings.REHEARSAL = False


def opened(region: str, period: Period, on: date) -> None:
    EnrolmentFactory(region=region)
    pots.open_missing([region])
    open_run(act=act_on(on), kind=JobKind.ACCRUAL, region=region, period=period, on=on)


@pytest.mark.usefixtures("for_real")
class TestTwoPeople:
    def test_one_submits_and_another_approves(self, officials):
        maker, checker = officials
        with pytest.raises(CommandError, match="还没有办成，等另一位同事复核"):
            go_live("--on", "2026-07-01", "--by", maker)
        assert live_on() is None
        (waiting,) = Approval.objects.all()
        call_command("approvals", "--approve", str(waiting.pk), "--by", checker, stdout=io.StringIO())
        assert live_on() == date(2026, 7, 1)

    def test_both_names_at_once_do_it_in_one_go(self, officials):
        maker, checker = officials
        assert "上线日已设为 2026-07-01" in go_live("--on", "2026-07-01", "--by", maker, "--by", checker)
        assert live_on() == date(2026, 7, 1)
        assert AuditEvent.objects.filter(verb="region.live_on").count() == 1

    def test_nobody_does_it_alone(self, officials):
        with pytest.raises(CommandError, match="设上线日要两个人"):
            go_live("--on", "2026-07-01")
        assert live_on() is None


def test_in_a_rehearsal_it_is_set_at_once(settings):
    settings.REHEARSAL = True
    go_live("--on", "2026-07-01")
    assert live_on() == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("region", "period", "first"), [("330900", Period(2026), "2026-07"), ("350500", Period(2026, 8), "2026-08")]
)
def test_once_something_is_credited_here_the_month_stays(region, period, first):
    if region == "330900":
        set_live_on(act=act_on(date(2026, 6, 1)), region=region, on=date(2026, 7, 1))
    opened(region, period, date(2026, 8, 20))
    for month in (6, 9):
        with pytest.raises(GoLiveError, match=f"从 {first} 起已在这里划入，上线日不能改到 2026-0{month}"):
            set_live_on(act=act_on(date(2026, 8, 21)), region=region, on=date(2026, month, 1))
    set_live_on(act=act_on(date(2026, 8, 21)), region=region, on=date(2026, int(first[-2:]), 1))
    assert going_live.first_credited(region) is not None


def test_nothing_is_due_before_the_day_and_then_what_begins_with_it():
    EnrolmentFactory(region="330900")
    EnrolmentFactory(region="350500")
    pots.open_missing(["330900", "350500"])
    for region in ("330900", "350500"):
        set_live_on(act=act_on(date(2026, 6, 1)), region=region, on=date(2026, 7, 1))
    assert due_jobs(date(2026, 6, 30)) == []
    due = due_jobs(date(2026, 8, 25))
    assert [(job.region, str(job.period), job.since) for job in due] == [
        ("330900", "2026", date(2026, 7, 1)),
        ("350500", "2026-07", date(2026, 7, 20)),
        ("350500", "2026-08", date(2026, 8, 20)),
    ]


def test_balances_of_the_last_day_of_a_month_and_of_the_first_go_live_on_the_same_day():
    assert going_live.live_after(date(2026, 6, 30)) == going_live.live_after(date(2026, 7, 1)) == date(2026, 7, 1)
    assert going_live.live_after(date(2026, 12, 31)) == date(2027, 1, 1)
