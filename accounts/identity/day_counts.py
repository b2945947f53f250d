"""How much of a day's total for the whole site is used, counted in several rows so that nobody waits for another.

A day's total is divided among up to SHARDS rows. Whoever counts takes a row that is free and has room; a new row is
begun when there is none. So one slow or stuck transaction holds up nobody, and no more is used than there is.
"""

from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Sum

from accounts.identity.limits import TooOftenError
from accounts.models.identity import DayCount
from yibao.lib.clock import SHANGHAI

SHARDS = 16

# What one row may hold of the total; a larger total leaves every row at least as much.
_SHARE = f"greatest(0, %(most)s - shard + {SHARDS - 1}) / {SHARDS}"
_COUNT_IN = f"""
    WITH kept AS MATERIALIZED (
        SELECT id FROM accounts_daycount WHERE what = %(what)s AND day = %(day)s AND used < {_SHARE}
        ORDER BY shard LIMIT 1 FOR UPDATE {{waiting}}
    )
    UPDATE accounts_daycount SET used = used + 1 FROM kept WHERE accounts_daycount.id = kept.id RETURNING used
"""
_FREE = _COUNT_IN.format(waiting="SKIP LOCKED")
_ANY = _COUNT_IN.format(waiting="")
# Two that begin the same row at once: the later one waits for the first, and counts in its row if there is room.
_NEW = f"""
    INSERT INTO accounts_daycount AS kept (what, day, shard, used)
    SELECT %(what)s, %(day)s, shard, 1 FROM generate_series(0, {SHARDS - 1}) AS new (shard)
    WHERE {_SHARE} > 0 AND NOT EXISTS (
        SELECT FROM accounts_daycount WHERE what = %(what)s AND day = %(day)s AND shard = new.shard)
    ORDER BY random() LIMIT 1
    ON CONFLICT (what, day, shard) DO UPDATE SET used = kept.used + 1
    WHERE kept.used < {_SHARE.replace("shard", "kept.shard")}
    RETURNING used
"""


def use_today(what: str, most: int, at: datetime) -> int:
    """Count one more of `what` for the whole site on this day in Shanghai; return how many are seen to be used.

    In the caller's transaction. Raises TooOftenError, and counts nothing, where the day's total is used up.
    """
    midnight = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    given = {"what": what, "day": midnight.date(), "most": most}
    rows = DayCount.objects.filter(what=what, day=midnight.date())
    while not (_counted(_FREE, given) or _counted(_NEW, given)):
        if rows.count() >= min(most, SHARDS):
            if _counted(_ANY, given):
                break
            raise TooOftenError(what, opens_at=midnight + timedelta(days=1))
    return used_on(what, midnight.date())


def used_on(what: str, day: date) -> int:
    """Return how many of `what` are used on a day, as far as others have committed."""
    return int(DayCount.objects.filter(what=what, day=day).aggregate(used=Sum("used"))["used"] or 0)


def _counted(statement: str, given: dict[str, object]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchone() is not None
