"""People insured in more than one region: what each of them knows, so that a month is credited in one region only."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db import connection

from accounts.codes import InsuranceType
from accounts.jobs.people import STATUS
from accounts.models import Chunk
from accounts.policies.entitlement import NotDue, Place, Verdict, month_in, region_of
from accounts.policies.status import Status
from yibao.lib.months import Month

Places = dict[int, dict[str, Place]]  # person id → region → what it knows


def places(chunk: Chunk, region: str) -> Places:
    """Return what every region knows of the chunk's people who are or were in 职工医保 in this region and another."""
    histories: dict[int, dict[str, list[Status]]] = defaultdict(lambda: defaultdict(list))
    paid: dict[tuple[int, str], set[Month]] = defaultdict(set)
    within: dict[str, Any] = {
        "low": chunk.from_person,
        "high": chunk.until_person,
        "region": region,
        "kind": InsuranceType.EMPLOYEE,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT person_id, region, {STATUS} FROM accounts_enrolment
            WHERE insurance = %(kind)s AND counts AND person_id IN (
                SELECT person_id FROM accounts_enrolment
                WHERE person_id >= %(low)s AND person_id < %(high)s AND insurance = %(kind)s AND counts
                GROUP BY person_id HAVING bool_or(region = %(region)s) AND bool_or(region <> %(region)s)
            ) ORDER BY person_id, region, from_on, seq
            """,
            within,
        )
        for person, code, *row in cursor.fetchall():
            histories[person][code].append(Status(*row))
        if histories:
            cursor.execute(
                "SELECT person_id, region, month FROM accounts_contribution WHERE counts AND person_id = ANY(%s)",
                [list(histories)],
            )
            for person, code, month in cursor.fetchall():
                paid[person, code].add(Month.of(month))
    return {
        person: {code: Place(history, paid[person, code]) for code, history in by_region.items()}
        for person, by_region in histories.items()
    }


def verdict(
    region: str, place: Place, month: Month, everywhere: dict[str, Place] | None, *, paid_only: bool = False
) -> Verdict:
    """Return what a month comes to in this region; `everywhere` is given for people insured in several."""
    found = month_in(place, month, paid_only=paid_only)
    if found.status is None or everywhere is None or region_of(everywhere, month) == region:
        return found
    return Verdict(reason=NotDue.ELSEWHERE)


def has_paid(places: Collection[Place], since: Month, until: Month) -> bool:
    """Say whether any month from `since` up to, not including, `until` is paid for, in whatever region."""
    return any(since <= month < until for place in places for month in place.paid)
