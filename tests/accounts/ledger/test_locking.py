"""Who waits for whom: always the same way round."""

from datetime import date

import pytest
from django.db import connection, transaction

from accounts.models import Pot
from tests.concurrency import in_a_session_of_its_own, somebody_waits, wait_until
from tests.personas import Balances, balances, give, insured, pot, spend

pytestmark = pytest.mark.usefixtures("committed_db")

DAY = date(2025, 3, 3)


def test_a_payment_that_waits_for_the_year_end_holds_nothing_the_year_end_needs():
    """The year end holds a 当年 and is about to pay into the 历年 beside it, when its owner pays a bill."""
    person = insured()
    give(person, 1_000, on=DAY, key="carried")
    give(person, 300, on=DAY, key="current", into="current")
    current, carried = pot(person, "current"), pot(person, "carried")

    with transaction.atomic():
        Pot.objects.select_for_update().get(pk=current.pk)
        payment = in_a_session_of_its_own(lambda: spend(person, 1_100, on=DAY, key="bill"))
        wait_until(somebody_waits, unless=lambda: not payment.is_alive())
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '300ms'")
        assert Pot.objects.filter(pk=carried.pk).update(balance_fen=1_000) == 1
    payment.join()
    assert balances(person) == Balances(current=0, carried=200)
