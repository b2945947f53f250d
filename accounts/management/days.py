"""Days on the command line: read as people write them; a daily command acts on no day to come."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, datetime, time

from django.conf import settings
from django.core.management.base import CommandError

from accounts.identity.actors import Act, Actor
from yibao.lib import clock
from yibao.lib.values import BadValueError
from yibao.lib.values.days import read_day


def day_argument(text: str) -> date:
    """Read a day on the command line (2026-03-10, 2026年3月10日…)."""
    try:
        return read_day(text)
    except BadValueError as error:
        raise ArgumentTypeError(f"{text}：{error}") from None


def add_on(parser: ArgumentParser) -> None:
    """Let a daily command take --on DAY, for days that were missed. It comes as options["on"], None for now."""
    parser.add_argument(
        "--on", type=day_argument, metavar="YYYY-MM-DD", help="business date, default today; its last second"
    )


def act_on(name: str, day: date | None) -> Act:
    """Return the system acting as `name` now, or at the end of a day that was missed.

    Raises CommandError for a day to come, except in a rehearsal: what has not run out yet would end for good.
    """
    now, actor = clock.now(), Actor.system(name)
    if day is None:
        return Act(actor, now)
    if day > now.date() and not settings.REHEARSAL:
        raise CommandError(f"--on {day} 在今天（{now.date()}）之后。演练要用专门的数据库，并设 YIBAO_REHEARSAL=1")
    end = datetime.combine(day, time(23, 59, 59), clock.SHANGHAI)
    return Act(actor, end if settings.REHEARSAL else min(end, now))
