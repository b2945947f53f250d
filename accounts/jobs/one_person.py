"""What the daily jobs would do, at once and for one person: before their money is moved, what it is must be settled."""

from copy import copy

from django.db import connection

from accounts.codes import JobKind
from accounts.identity.actors import Act
from accounts.jobs.monthly import run as monthly
from accounts.jobs.yearly import run as yearly
from accounts.models import Chunk, Run
from yibao.lib.periods import Period


def settle_person(*, act: Act, person_id: int, region: str) -> int:
    """Post what the facts of today make due, or too much, for one person, in the caller's transaction; return fen moved.

    The runs that credited the region are gone through again for this person: every year of its own, and the last month.
    Repeating it posts nothing more. Whoever is left out and why, the daily run writes down.
    """
    total_fen = 0
    for run in _runs(region):
        again = copy(run)
        # Another execution, on the day of the act, signed by whoever acts. Never stored: the run itself stands as it is.
        again.on, again.actor, again.execution = act.on, str(act.actor), run.execution + 1
        chunk = Chunk(pk=_number(), run=again, from_person=person_id, until_person=person_id + 1)
        if Period.parse(run.period).is_year:
            outcome = yearly.settle(again, chunk)
        else:
            outcome = monthly.credit_month(again, chunk, recheck={person_id})
        total_fen += outcome.total_fen
    return total_fen


def _runs(region: str) -> list[Run]:
    accruals = list(Run.objects.filter(kind=JobKind.ACCRUAL, region=region).order_by("period"))
    months = [run for run in accruals if Period.parse(run.period).is_month]
    return [run for run in accruals if Period.parse(run.period).is_year] + months[-1:]


def _number() -> int:
    """Return a chunk's number that no other chunk has or will have: vouchers are keyed by it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('accounts_chunk', 'id'))")
        return int(cursor.fetchone()[0])
