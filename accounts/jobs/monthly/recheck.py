"""Whose past months are looked at again: facts about them came in, or a rule for the past was published, since."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection

from accounts.codes import InsuranceType
from accounts.jobs import posted
from accounts.jobs.monthly import window
from accounts.jobs.monthly.window import Window
from accounts.models import Chunk, FactChange, Import, PolicyVersion, Run
from accounts.policies.terms import CreditTerms

# Covers an import that was under way when the run before opened; what was credited is known anyway.
GRACE = timedelta(days=1)


def people_to_recheck(run: Run, chunk: Chunk, span: Window, elsewhere: Collection[int]) -> set[int]:
    """Return the chunk's people of whom something about earlier months was recorded after the run before had opened.

    `elsewhere`: those insured in several regions.
    """
    previous = window.monthly_runs(run.region).filter(period__lt=run.period).order_by("-period").first()
    if previous is None:
        return everybody(run.region, chunk) if run.execution > 1 else set()
    since = previous.opened_at - GRACE
    if _rules_changed(run.region, span, previous.opened_at):
        return everybody(run.region, chunk)
    return (
        _enrolled_since(chunk, span, since) | _changed_since(chunk, since) | _paid_since(run, chunk, since, elsewhere)
    )


def _rules_changed(region: str, span: Window, since: datetime) -> bool:
    return PolicyVersion.objects.filter(
        region=region, kind=CreditTerms.kind, published_at__gte=since, effective_from__lt=span.credited_until
    ).exists()


def everybody(region: str, chunk: Chunk) -> set[int]:
    return _people(
        """SELECT DISTINCT person_id FROM accounts_enrolment
           WHERE region = %s AND insurance = %s AND counts AND person_id >= %s AND person_id < %s""",
        [region, InsuranceType.EMPLOYEE, chunk.from_person, chunk.until_person],
    )


def _enrolled_since(chunk: Chunk, span: Window, since: datetime) -> set[int]:
    """Also what another region recorded counts: a month belongs to one of them."""
    imports = list(Import.objects.filter(kind="roster", at__gte=since).values_list("id", flat=True))
    if not imports:
        return set()
    return _people(
        """SELECT DISTINCT person_id FROM accounts_enrolment
           WHERE person_id >= %s AND person_id < %s AND insurance = %s AND from_on < %s AND counts
             AND source_id = ANY(%s)""",
        [chunk.from_person, chunk.until_person, InsuranceType.EMPLOYEE, span.credited_until, imports],
    )


def _changed_since(chunk: Chunk, since: datetime) -> set[int]:
    changes = list(FactChange.objects.filter(at__gte=since).values_list("id", flat=True))
    if not changes:
        return set()
    return _people(
        """SELECT person_id FROM accounts_enrolment
           WHERE changed_by_id = ANY(%(changes)s) AND person_id >= %(low)s AND person_id < %(high)s
           UNION SELECT person_id FROM accounts_contribution
           WHERE changed_by_id = ANY(%(changes)s) AND person_id >= %(low)s AND person_id < %(high)s""",
        {"changes": changes, "low": chunk.from_person, "high": chunk.until_person},
    )


def _paid_since(run: Run, chunk: Chunk, since: datetime, elsewhere: Collection[int]) -> set[int]:
    """Who paid late for a month that had been credited, so it was taken back since; or paid in another region."""
    imports = list(Import.objects.filter(kind="contributions", at__gte=since).values_list("id", flat=True))
    if not imports:
        return set()
    return _people(
        f"""SELECT c.person_id FROM accounts_contribution c
            WHERE c.region = %(region)s AND c.person_id >= %(low)s AND c.person_id < %(high)s AND c.late AND c.counts
              AND c.source_id = ANY(%(imports)s) AND EXISTS ({posted.OF_MONTH})
            UNION SELECT c.person_id FROM accounts_contribution c
            WHERE c.person_id = ANY(%(elsewhere)s) AND c.counts AND c.source_id = ANY(%(imports)s)""",
        {
            "region": run.region,
            "low": chunk.from_person,
            "high": chunk.until_person,
            "imports": imports,
            "elsewhere": list(elsewhere),
        },
    )


def _people(statement: str, parameters: list | dict) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return {person for (person,) in cursor.fetchall()}
