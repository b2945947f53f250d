"""A benchmark writes past the application: what the database has come to refuse must not stop it unnoticed."""

from family.models import Bond
from tests.benchmarks import lookups, population
from tests.factories.counter import REGION, clerk_at


def test_the_city_in_which_people_are_looked_up_is_let_in_by_the_database(committed_db):
    population.settle(60, REGION, with_phones=True)
    lookups._past_years(clerk_at(serial=3_500_001))
    assert Bond.objects.count() == 12
