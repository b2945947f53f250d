"""What the monthly credit owes to retirees: the month's quota."""

from collections.abc import Iterator

from django.db import connection

from accounts.codes import Capacity, InsuranceType, PersonType, VoucherKind
from accounts.jobs import people, posted
from accounts.jobs.monthly.contributions import Due
from accounts.jobs.monthly.window import Window
from accounts.jobs.places import Places, verdict
from accounts.models import Chunk, Run
from accounts.policies.entitlement import Place


def retired(run: Run, chunk: Chunk, span: Window, elsewhere: Places, but: set[int]) -> Iterator[Due]:
    """Yield the month of whoever is a retiree in it, `but` those whose months are all looked at again anyway.

    Of those insured in several regions, only where the month belongs here.
    """
    histories = people.histories(
        chunk, run.region, until=span.month.next_first, only=sorted(set(_ever_retired(run, chunk, span)) - but)
    )
    births = people.births(list(histories))
    done = set() if span.fresh else posted.people_with(run, chunk, VoucherKind.ACCRUAL, only=list(histories))
    for person, history in histories.items():
        status, _ = verdict(run.region, Place(history, ()), span.month, elsewhere.get(person))
        if status and status.is_retiree and person not in done:
            yield Due(person, span.month.first, Capacity.RETIREE, None, births[person], status.pension_fen)


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
