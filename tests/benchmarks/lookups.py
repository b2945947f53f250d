"""Looking people up at a counter: the operation, and the whole door with the page of the person; by index, never by scan."""

import time
from collections.abc import Callable
from statistics import quantiles

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.codes import LookupPurpose
from accounts.models import Person, User
from accounts.operations.lookups import NobodyFoundError, look_up
from accounts.sealing.fields import indexes
from tests.benchmarks import population
from tests.benchmarks.table import Figure
from tests.factories.counter import REGION, act_of, clerk_at
from tests.factories.people import certno
from tests.factories.users import signed_in

TRIES = 200
PURPOSE = LookupPurpose.QUESTION


def measure(people: int) -> list[Figure]:
    """Return what a clerk waits for among so many people, the statements it takes, and whether an index was used."""
    population.fresh_database()
    call_command("collectstatic", interactive=False, verbosity=0)
    population.populate(people, REGION)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE accounts_person")
    settings.COUNTER_LOOKUPS_PER_DAY = 1_000_000
    clerk = clerk_at(serial=3_500_001)
    sample = _sample(people)
    desk = signed_in(clerk, Client(SERVER_NAME="localhost"))

    def find(typed: str) -> None:
        assert desk.post("/counter/find/", {"typed": typed, "purpose": PURPOSE}, follow=True).status_code == 200

    find(str(sample[0].certno))  # templates, rules and connections are there before anybody waits
    return [
        *_waits("lookup_certificate", lambda typed: _look_up(clerk, typed), [str(one.certno) for one in sample]),
        *_waits("lookup_phone", lambda typed: _look_up(clerk, typed), [str(one.phone) for one in sample]),
        *_waits("lookup_nobody", lambda typed: _miss(clerk, typed), [certno(3_500_100 + n) for n in range(TRIES)]),
        *_waits("lookup_page", find, [str(one.certno) for one in sample], goal="≤ 300"),
        _statements(clerk, str(sample[0].certno)),
        _index_used("lookup_plan_certificate", "certno", str(sample[0].certno)),
        _index_used("lookup_plan_phone", "phone", str(sample[0].phone)),
    ]


def _sample(people: int) -> list[Person]:
    """Return people from all over the table, each with a phone of their own."""
    first = Person.objects.order_by("pk").values_list("pk", flat=True)[0]
    sample = list(Person.objects.filter(pk__in=[first + n * people // TRIES for n in range(TRIES)]))
    for number, person in enumerate(sample):
        person.phone = f"199{number:08d}"
        person.save(update_fields=["phone", "phone_index"])
    return sample


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


def _statements(clerk: User, typed: str) -> Figure:
    with CaptureQueriesContext(connection) as queries:
        _look_up(clerk, typed)
    return Figure("lookup_statements", len(queries), "")


def _index_used(name: str, field: str, typed: str) -> Figure:
    """Return 1 where the search goes by the blind index, 0 where it reads the table."""
    found = Person.objects.filter(**{f"{field}_index__in": indexes(typed, f"person:{field}")})
    plan = found.order_by("id").explain()
    return Figure(name, int("Index" in plan and "Seq Scan" not in plan), "by index", "1")
