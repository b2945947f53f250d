"""Days and years on the command line: read as people write them; a daily command acts on no day to come."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, datetime, time

from django.conf import settings
from django.core.management.base import CommandError

from accounts.identity.actors import Act, Actor
from yibao.lib import clock
from yibao.lib.values import BadValueError
from yibao.lib.values.days import read_day

EARLIEST_YEAR = 1950  # before any medical insurance: a slip
LATEST_YEAR = 2999  # later ones are slips, or 9999 as other systems write "for ever"


def day_argument(text: str) -> date:
    """Read a day on the command line (2026-03-10, 2026年3月10日…). Raises ArgumentTypeError with the reason."""
    try:
        day = read_day(text)
    except BadValueError as error:
        raise ArgumentTypeError(f"{text}：{error}") from None
    if day.year > LATEST_YEAR:
        raise ArgumentTypeError(f"{text}：年份太晚，请核对")
    return day


def year_argument(text: str) -> int:
    """Read a year on the command line. Raises ArgumentTypeError with the reason."""
    if not (text.isascii() and text.isdigit() and EARLIEST_YEAR <= int(text) <= LATEST_YEAR):
        raise ArgumentTypeError(f"{text}：年度要写四位数字，例如 2025")
    return int(text)


def add_on(parser: ArgumentParser) -> None:
    """Let a daily command take --on DAY, for days that were missed. It comes as options["on"], None for now."""
    parser.add_argument(
        "--on", type=day_argument, metavar="YYYY-MM-DD", help="business date, default today; its last second"
    )


def refuse_future_day(day: date) -> None:
    """Raise CommandError for a day after today, except in a rehearsal database."""
    today = clock.today()
    if day > today and not settings.REHEARSAL:
        raise CommandError(f"{day} 在今天（{today}）之后，请核对日期。演练要用专门的数据库，并设 YIBAO_REHEARSAL=1")


def act_on(name: str, day: date | None) -> Act:
    """Return the system acting as `name` now, or at the end of a day that was missed.

    Raises CommandError for a day to come, except in a rehearsal: what has not run out yet would end for good.
    """
    now, actor = clock.now(), Actor.system(name)
    if day is None:
        return Act(actor, now)
    refuse_future_day(day)
    end = datetime.combine(day, time(23, 59, 59), clock.SHANGHAI)
    return Act(actor, end if settings.REHEARSAL else min(end, now))
