"""What the monthly credit owes for contributions: the month's own, and earlier months that were paid late (补划)."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from accounts.codes import Capacity, EnrolmentStatus, InsuranceType, JobKind
from accounts.jobs import people, posted, rows
from accounts.jobs.monthly.window import Window
from accounts.jobs.places import Places, verdict
from accounts.models import Chunk, Run
from accounts.policies.entitlement import NotDue, Place
from accounts.policies.formulas import capacity_in_sql
from yibao.lib.months import Month
from yibao.lib.periods import month_in_sql

PAID_AND_RETIRED = "paid_and_retired"

NotCounting = tuple[int, Month, NotDue]  # person, a month paid for, and why it is not credited here


class Due(NamedTuple):
    """One month of one person, not credited yet: the month's first day, and what the formula needs."""

    person: int
    month: date
    capacity: str
    base_fen: int | None
    birth_on: date
    pension_fen: int | None


# Almost everybody is what their last row says, since before the month. Who changed since is left open here: '', and so
# is who has no row that counts: it was withdrawn.
_PAID = """
    SELECT c.person_id AS person, c.month,
           CASE WHEN e.person_id IS NULL OR c.month < e.from_on OR e.status <> %(normal)s THEN ''
                WHEN e.flex THEN %(flex)s ELSE %(employee)s END AS capacity,
           c.base_fen, p.birth_on, NULL AS pension_fen
    FROM accounts_contribution c
    JOIN accounts_person p ON p.id = c.person_id
    LEFT JOIN (SELECT DISTINCT ON (person_id) person_id, flex, from_on, status FROM accounts_enrolment
               WHERE region = %(region)s AND insurance = %(insurance)s AND from_on < %(next)s AND counts
                 AND person_id >= %(low)s AND person_id < %(high)s
               ORDER BY person_id, from_on DESC, seq DESC) e ON e.person_id = c.person_id
    WHERE c.region = %(region)s AND c.person_id >= %(low)s AND c.person_id < %(high)s AND c.counts
"""
_MONTH = month_in_sql("c.month")
_NOT_CREDITED = f" AND NOT EXISTS ({posted.OF_MONTH})"
# Months of pre-credited years are left out, and money that came in when the region was credited elsewhere.
_LATE = """
    AND c.month < %(month)s AND c.late AND c.month = ANY(%(months)s)
    AND (c.month >= %(live)s OR c.received_on >= %(live)s)
"""


def paid(run: Run, chunk: Chunk, window: Window, elsewhere: Places, not_due: list[NotCounting]) -> Iterator[Due]:
    """Yield the months that are paid for: this one, and earlier ones that were paid late.

    Of whoever has changed since, or is insured in several regions, only what counts here; the rest goes to `not_due`.
    """
    fresh = "AND c.month = %(month)s" + ("" if window.fresh else _NOT_CREDITED)
    for slice_ in (fresh, _LATE + _NOT_CREDITED):
        dues = rows.fetch(Due, _PAID + slice_, _parameters(run, chunk, window))
        changed = sorted({due.person for due in dues if not due.capacity or due.person in elsewhere})
        # Also who is known here only since a later month: an earlier one may be gone through again.
        histories = people.histories(chunk, run.region, until=date.max, only=changed) if changed else {}
        for due in dues:
            if due.capacity and due.person not in elsewhere:
                yield due
                continue
            month = Month.of(due.month)
            place = Place(histories.get(due.person, ()), (month,))
            status, reason = verdict(run.region, place, month, elsewhere.get(due.person))
            if status is not None:
                yield due._replace(capacity=Capacity.FLEX if status.flex else Capacity.EMPLOYEE)
            elif reason is not None:
                not_due.append((due.person, month, reason))


def conflicting(run: Run, chunk: Chunk, window: Window) -> list[tuple[int, str]]:
    """Return (person, month) of late payments for months credited to a retiree, where no other run has said so."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT c.person_id, {_MONTH} FROM accounts_contribution c
            WHERE c.region = %(region)s AND c.person_id >= %(low)s AND c.person_id < %(high)s
              AND c.counts AND c.late AND c.month <= %(month)s
              AND EXISTS ({posted.OF_MONTH} AND {capacity_in_sql("leg.facts")} = %(retiree)s)
              AND NOT EXISTS (SELECT 1 FROM accounts_skip s JOIN accounts_run r ON r.id = s.run_id
                              WHERE s.person_id = c.person_id AND s.period = {_MONTH}
                                AND s.reason = %(reason)s AND r.region = c.region AND r.kind = %(job)s
                                AND r.id <> %(run)s)
            ORDER BY c.person_id, c.month
            """,
            _parameters(run, chunk, window),
        )
        return cursor.fetchall()


def _parameters(run: Run, chunk: Chunk, window: Window) -> dict[str, Any]:
    return {
        "region": run.region,
        "insurance": InsuranceType.EMPLOYEE,
        "normal": EnrolmentStatus.NORMAL,
        "employee": Capacity.EMPLOYEE,
        "flex": Capacity.FLEX,
        "retiree": Capacity.RETIREE,
        "job": JobKind.ACCRUAL,
        "reason": PAID_AND_RETIRED,
        "run": run.pk,
        "low": chunk.from_person,
        "high": chunk.until_person,
        "month": window.month.first,
        "next": window.month.next_first,
        "live": window.live.first,
        "months": [month.first for month in window.months],
    }
