"""A database of that many people, made by the real imports; later months are copied by SQL, which is not measured."""

import io
import time
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from accounts.identity.actors import Actor
from accounts.roster.contributions import import_contributions
from accounts.roster.people import import_roster
from payments.demo import files
from tests.factories.acts import act_on
from yibao.lib.months import Month

ACTOR = Actor.system("bench")
FIRST, TODAY = Month(2023, 1), date(2026, 1, 1)


def fresh_database(*, with_rules: bool = True) -> None:
    """Empty the bench database: drop everything and migrate again. The demo brings its rules itself, in its past."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    call_command("migrate", verbosity=0)
    if with_rules:
        call_command("load_policies", stdout=io.StringIO())
    with connection.cursor() as cursor:
        # Vacuum keeps a core busy when it likes, in the middle of one sample and not of the next: `vacuum` does its work.
        cursor.execute("ALTER TABLE accounts_transfer SET (autovacuum_enabled = false)")
        cursor.execute("ALTER TABLE accounts_pot SET (autovacuum_enabled = false)")


def populate(people: int, region: str) -> dict[str, float]:
    """Import the people and one month of contributions; return rows per second of both imports."""
    roster = settle(people, region)
    path = files.write_contributions(_folder() / "paid.csv", files.population_contributions(people, region, FIRST))
    writing = time.perf_counter()
    import_contributions(act=act_on(TODAY), path=path)
    done = time.perf_counter()
    vacuum()
    return {"roster": roster, "contributions": people * 0.9 / (done - writing)}


def settle(people: int, region: str, *, with_phones: bool = False) -> float:
    """Import the people alone; return rows per second."""
    rows = files.population_roster(people, region, with_phones=with_phones)
    roster = files.write_roster(_folder() / "people.csv", rows)
    started = time.perf_counter()
    import_roster(act=act_on(TODAY), path=roster)
    return people / (time.perf_counter() - started)


def _folder() -> Path:
    return Path(settings.VAR) / "files"


def copy_month(region: str, month: Month) -> None:
    """Give everybody the contribution of the first month again, for another month."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO accounts_contribution (person_id, region, month, base_fen, received_on, late, source_id)
               SELECT person_id, region, %s, base_fen, %s, false, source_id FROM accounts_contribution
               WHERE region = %s AND month = %s ORDER BY person_id""",
            [month.first, month.first, region, FIRST.first],
        )
    vacuum()


def vacuum() -> None:
    """Bring every sample to the same start: no dead rows, fresh statistics, nothing left to write."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE accounts_pot")
        cursor.execute("VACUUM ANALYZE accounts_transfer")
        cursor.execute("ANALYZE accounts_contribution")
        cursor.execute("ANALYZE accounts_enrolment")
        cursor.execute("CHECKPOINT")
