"""What the monthly credit owes to retirees: the month's quota."""

from collections.abc import Iterator

from django.db import connection

from accounts.codes import Capacity, InsuranceType, PersonType, VoucherKind
from accounts.jobs import people
from accounts.jobs.monthly.contributions import Due
from accounts.jobs.monthly.window import Window
from accounts.models import Chunk, Run
from accounts.policies.status import status_in


def retired(run: Run, chunk: Chunk, span: Window, but: set[int]) -> Iterator[Due]:
    """Yield the month of whoever is a retiree in it, `but` those whose months are all looked at again anyway."""
    histories = people.histories(
        chunk, run.region, until=span.month.next_first, only=sorted(set(_ever_retired(run, chunk, span)) - but)
    )
    births = people.births(list(histories))
    pots = people.pots(chunk, run.region, only=list(histories))
    done = set() if span.fresh else _credited(run, list(histories), span)
    for person, history in histories.items():
        status = status_in(history, span.month)
        if status and status.is_retiree and person not in done:
            yield Due(
                person, span.month.first, Capacity.RETIREE, None, births[person], status.pension_fen, *pots[person]
            )


def _ever_retired(run: Run, chunk: Chunk, span: Window) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT person_id FROM accounts_enrolment
               WHERE region = %s AND insurance = %s AND person_id >= %s AND person_id < %s AND from_on < %s AND counts
                 AND starts_with(person_type, %s)""",
            [
                run.region,
                InsuranceType.EMPLOYEE,
                chunk.from_person,
                chunk.until_person,
                span.month.next_first,
                PersonType.RETIRED,
            ],
        )
        return [row[0] for row in cursor.fetchall()]


def _credited(run: Run, only: list[int], span: Window) -> set[int]:
    """Return who of these was credited the month already."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p.person_id FROM accounts_pot p JOIN accounts_transfer t ON t.target_id = p.id
               WHERE p.region = %s AND p.person_id = ANY(%s) AND t.kind = %s AND t.period = %s
                 AND t.target_balance_fen IS NOT NULL""",
            [run.region, only, VoucherKind.ACCRUAL, str(span.month)],
        )
        return {person for (person,) in cursor.fetchall()}
