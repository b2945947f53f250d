"""Looking people up at a counter: the operation, and the whole door with the page of the person; by index, never by scan."""

import time
from collections.abc import Callable
from datetime import timedelta
from statistics import quantiles

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.codes import LookupPurpose
from accounts.models import Case, Person, User
from accounts.operations.lookups import NobodyFoundError, look_up
from accounts.sealing.fields import indexes
from tests.benchmarks import population
from tests.benchmarks.table import Figure
from tests.factories.counter import REGION, act_of, clerk_at
from tests.factories.people import certno
from tests.factories.users import signed_in
from yibao.lib import clock

TRIES = 200
PURPOSE = LookupPurpose.QUESTION


def measure(people: int) -> list[Figure]:
    """Return what a clerk waits for among so many people, the statements it takes, and whether an index was used."""
    population.fresh_database()
    call_command("collectstatic", interactive=False, verbosity=0)
    rate = population.settle(people, REGION, with_phones=True)
    settings.COUNTER_LOOKUPS_PER_DAY = 1_000_000
    clerk = clerk_at(serial=3_500_001)
    _past_years(clerk)
    sample = _sample(people)
    numbers = [str(one.certno) for one in sample]
    phones = [str(one.phone) for one in sample]
    cases = list(Case.objects.filter(subject__in=sample).values_list("number", flat=True))
    desk = signed_in(clerk, Client(SERVER_NAME="localhost"))

    def find(typed: str) -> None:
        assert desk.post("/counter/find/", {"typed": typed, "purpose": PURPOSE}, follow=True).status_code == 200

    find(numbers[0])  # templates, rules and connections are there before anybody waits
    return [
        Figure("lookup_people_per_second", round(rate), "rows/s"),
        *_waits("lookup_certificate", lambda typed: _look_up(clerk, typed), numbers),
        *_waits("lookup_phone", lambda typed: _look_up(clerk, typed), phones),
        *_waits("lookup_case", lambda typed: _look_up(clerk, typed), cases),
        *_waits("lookup_nobody", lambda typed: _miss(clerk, typed), [certno(3_500_100 + n) for n in range(TRIES)]),
        *_waits("lookup_page", find, numbers, goal="≤ 300"),
        _statements("lookup_statements", lambda: _look_up(clerk, numbers[1])),
        _statements("lookup_page_statements", lambda: find(numbers[1])),
        _index_used("lookup_plan_certificate", "certno", numbers[0]),
        _index_used("lookup_plan_phone", "phone", phones[0]),
    ]


def _past_years(clerk: User) -> None:
    """Give three people in seven a case that is done, and every fifth a relative who uses their money."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO accounts_case (number, kind, state, region, office, subject_id, identities_checked,
                   agent_name, agent_certno, power_number, asked, private, papers, version, opened_by_id, opened_at,
                   submitted_by_id, submitted_at, words, note, said, record, done_at, prints)
               SELECT 'YW2026-1120-' || id, 'bind', 'done', %(region)s, %(office)s, id, true, '', '', '', '{}', '', '[]',
                   3, %(clerk)s, %(at)s, %(clerk)s, %(at)s, '[]', '', '', '{}', %(at)s, '{}'
               FROM accounts_person WHERE id %% 7 < 3""",
            {"region": REGION, "office": clerk.office, "clerk": clerk.pk, "at": clock.now() - timedelta(days=6)},
        )
        cursor.execute(
            """WITH bound AS (
                   INSERT INTO family_bond (payer_id, user_id, region, relation, scopes, place, from_on, state, state_at,
                       end_reason, temporary, declared, consent)
                   SELECT id, lead(id) OVER (ORDER BY id), %(region)s, '7', '{medical}', 1, '2026-01-01', 'active',
                       %(at)s, '', false, false, 'own'
                   FROM accounts_person WHERE id %% 5 < 2
                   ORDER BY id LIMIT (SELECT count(*) / 5 FROM accounts_person)
                   RETURNING id, payer_id, region, from_on)
               INSERT INTO family_event (kind, at, "on", actor, payer_id, region, bond_id, detail)
               SELECT 'bound', %(at)s, from_on, %(clerk)s, payer_id, region, id, '{}' FROM bound""",
            {"region": REGION, "at": clock.now(), "clerk": f"clerk:{clerk.pk}"},
        )
        for table in ("person", "enrolment", "pot", "case"):
            cursor.execute(f"VACUUM ANALYZE accounts_{table}")
        cursor.execute("VACUUM ANALYZE family_bond")


def _sample(people: int) -> list[Person]:
    """Return people from all over the table."""
    first = Person.objects.order_by("pk").values_list("pk", flat=True)[0]
    return list(Person.objects.filter(pk__in=[first + n * people // TRIES for n in range(TRIES)]))


def _look_up(clerk: User, typed: str) -> None:
    assert look_up(act=act_of(clerk), typed=typed, purpose=PURPOSE).lookup


def _miss(clerk: User, typed: str) -> None:
    try:
        _look_up(clerk, typed)
    except NobodyFoundError:
        return
    raise AssertionError("somebody was found")


def _waits(name: str, call: Callable[[str], None], typed: list[str], goal: str = "") -> list[Figure]:
    """Return the median and the 95th percentile of the milliseconds that each takes."""
    waited = []
    for one in typed:
        began = time.perf_counter()
        call(one)
        waited.append((time.perf_counter() - began) * 1000)
    cuts = quantiles(waited, n=20)
    return [Figure(f"{name}_p50", round(cuts[9], 2), "ms"), Figure(f"{name}_p95", round(cuts[18], 2), "ms", goal)]


def _statements(name: str, call: Callable[[], None]) -> Figure:
    with CaptureQueriesContext(connection) as queries:
        call()
    return Figure(name, len(queries), "")


def _index_used(name: str, field: str, typed: str) -> Figure:
    """Return 1 where the search goes by the blind index, 0 where it reads the table."""
    found = Person.objects.filter(**{f"{field}_index__in": indexes(typed, f"person:{field}")})
    plan = found.order_by("id").explain()
    return Figure(name, int("Index" in plan and "Seq Scan" not in plan), "by index", "1")
