"""What the monthly credit owes to retirees: the month's quota, and earlier ones when a retirement is recorded late."""

from collections.abc import Iterator

from django.db import connection

from accounts.codes import Capacity, InsuranceType, PersonType, VoucherKind
from accounts.jobs import people
from accounts.jobs.monthly import window
from accounts.jobs.monthly.contributions import Due
from accounts.jobs.monthly.window import Window
from accounts.models import Chunk, Run
from accounts.policies.status import Status, status_in

Histories = dict[int, list[Status]]


def look_up(run: Run, chunk: Chunk, span: Window) -> tuple[Histories, set[int]]:
    """Return whoever has been a retiree by this month, and those of them whose past was recorded after the fact."""
    ever_retired = _ever_retired(run, chunk, span)
    histories = people.histories(chunk, run.region, until=span.month.next_first, only=ever_retired)
    return histories, _recorded_late(run, ever_retired, span)


def retired(run: Run, chunk: Chunk, span: Window, histories: Histories, recorded_late: set[int]) -> Iterator[Due]:
    """Yield the retirees' month, and earlier ones for those whose retirement was recorded after the fact."""
    births = people.births(list(histories))
    pots = people.pots(chunk, run.region, only=list(histories))
    done = _credited_months(run, sorted(recorded_late) if span.fresh else list(histories))
    for person, history in histories.items():
        for month in span.own_months if person in recorded_late else [span.month]:
            status = status_in(history, month)
            if status and status.is_retiree and str(month) not in done.get(person, ()):
                yield Due(
                    person, month.first, Capacity.RETIREE, None, births[person], status.pension_fen, *pots[person]
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


def _recorded_late(run: Run, only: list[int], span: Window) -> set[int]:
    """People whose status before this month was recorded after the run before this one had opened."""
    previous = window.monthly_runs(run.region).filter(period__lt=run.period).order_by("-period").first()
    if previous is None or not only:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            # A day of grace covers an import that was under way when the run opened; what was credited is known.
            """SELECT DISTINCT e.person_id FROM accounts_enrolment e JOIN accounts_import i ON i.id = e.source_id
               WHERE e.person_id = ANY(%s) AND e.region = %s AND e.insurance = %s
                 AND e.from_on < %s AND e.counts AND i.at >= %s - interval '1 day'""",
            [only, run.region, InsuranceType.EMPLOYEE, span.month.first, previous.opened_at],
        )
        return {row[0] for row in cursor.fetchall()}


def _credited_months(run: Run, only: list[int]) -> dict[int, set[str]]:
    if not only:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p.person_id, array_agg(t.period)
               FROM accounts_pot p JOIN accounts_transfer t ON t.target_id = p.id
               WHERE p.region = %s AND p.person_id = ANY(%s) AND t.kind = %s AND t.target_balance_fen IS NOT NULL
               GROUP BY p.person_id""",
            [run.region, only, VoucherKind.ACCRUAL],
        )
        return {person: set(months) for person, months in cursor.fetchall()}
