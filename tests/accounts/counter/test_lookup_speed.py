"""A look-up asks the database as often among a thousand people as among ten, and counts right in many windows."""

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from accounts.codes import LookupPurpose
from accounts.models import Enrolment, Lookup, LookupCount, Person, User
from accounts.operations import lookups
from tests.concurrency import all_at_once, is_lost
from tests.factories.counter import REGION, act_of, clerk_at, insured_here
from tests.factories.people import EnrolmentFactory, PersonFactory

AT_ONCE, MOST = 8, 3


def look_up(clerk: User, typed: str) -> lookups.Found:
    return lookups.look_up(act=act_of(clerk), typed=typed, purpose=LookupPurpose.QUESTION)


def statements(clerk: User, typed: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        look_up(clerk, typed)
    return len(queries)


def grow(count: int) -> None:
    people = Person.objects.bulk_create(PersonFactory.build_batch(count))
    Enrolment.objects.bulk_create(EnrolmentFactory.build(person=person, region=REGION) for person in people)


@pytest.mark.django_db
def test_a_look_up_takes_as_many_statements_among_a_thousand_as_among_ten():
    clerk, person = clerk_at(), insured_here(phone="19900077777")
    look_up(clerk, person.certno)  # the first of the day begins its count
    grow(10)
    few = [statements(clerk, typed) for typed in (person.certno, person.phone)]
    grow(1000)
    many = [statements(clerk, typed) for typed in (person.certno, person.phone)]
    assert few == many
    assert max(many) <= 20


@pytest.mark.usefixtures("transactional_db")
def test_the_days_look_ups_are_exactly_as_many_in_many_windows_at_once(settings):
    settings.COUNTER_LOOKUPS_PER_DAY = MOST
    clerk, person = clerk_at(), insured_here()
    outcome = all_at_once(*[lambda: bool(look_up(clerk, person.certno).lookup)] * AT_ONCE)
    assert outcome.count(True) == MOST
    assert outcome.count(lookups.LookupsUsedUpError) == AT_ONCE - MOST
    assert Lookup.objects.count() == MOST


@pytest.mark.usefixtures("transactional_db")
def test_counting_first_and_then_adding_would_let_more_through(settings):
    """The control: without the condition in the statement itself the race is lost."""
    settings.COUNTER_LOOKUPS_PER_DAY = MOST
    clerk = clerk_at()

    def careless() -> bool:
        count = LookupCount.objects.get(clerk=clerk)
        if count.used >= count.most:
            return False
        LookupCount.objects.filter(pk=count.pk).update(used=F("used") + 1)
        return True

    def is_overrun() -> bool:
        LookupCount.objects.all().delete()
        LookupCount.objects.create(clerk=clerk, day=act_of(clerk).on, most=MOST)
        return all_at_once(*[careless] * AT_ONCE).count(True) > MOST

    assert is_lost(is_overrun)
