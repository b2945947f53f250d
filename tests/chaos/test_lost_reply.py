"""The database has committed and the connection breaks before the reply. Whoever asks again must not pay again."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import OperationalError, connection, transaction

from accounts.ledger.verify import findings
from accounts.models import Notice, Pot
from family.models import Draw
from payments.bills import operations
from tests.chaos.faulty_proxy import FaultyProxy, faulty_proxy
from tests.concurrency import ROUNDS
from tests.factories import family
from tests.personas import balances, clinic, give, insured, pot, reverse, spend

pytestmark = pytest.mark.chaos

DAY = date(2025, 3, 3)
SPENDS = 60 * ROUNDS


@pytest.fixture
def proxy(committed_db) -> Iterator[FaultyProxy]:
    """Reach this test's database through a proxy that swallows one reply to COMMIT in five."""
    parameters = connection.get_connection_params()
    folder, port = str(parameters["host"]), parameters.get("port") or 5432
    if not folder.startswith("/"):
        pytest.skip("the proxy leads to a server on this machine")
    at, options = connection.settings_dict, dict(connection.settings_dict["OPTIONS"])
    connection.close()
    with faulty_proxy(f"{folder}/.s.PGSQL.{port}", share=0.2, seed="wire") as found:
        at.update(HOST="127.0.0.1", PORT=str(found.port), OPTIONS={k: v for k, v in options.items() if k != "host"})
        try:
            yield found
        finally:
            connection.close()
            at.update(HOST="", PORT="", OPTIONS=options)


def someone(proxy: FaultyProxy):
    share, proxy.share = proxy.share, 0.0
    person = insured()
    give(person, 10 * SPENDS, on=DAY, key="give")
    proxy.share = share
    return person


def test_a_payment_whose_reply_was_lost_is_asked_for_again_and_made_once(proxy):
    person = someone(proxy)
    for number in range(SPENDS):
        spend(person, 10, on=DAY, key=f"bill {number}")
    proxy.share = 0.0
    assert proxy.cut > SPENDS / 20, "hardly a reply was lost"
    assert balances(person).carried == 0
    assert list(findings()) == []


def test_so_is_a_bill_with_a_relatives_money_which_is_read_before_it_is_locked(proxy):
    share, proxy.share = proxy.share, 0.0
    payer, user, place = (
        family.insured(carried=10 * SPENDS, current=1),
        family.insured(resident=True),
        clinic(family.RUIAN),
    )
    family.bond(payer, user)
    proxy.share = share
    paid = [
        operations.pay(
            act=family.ACT,
            institution=place,
            person=user,
            region=family.RUIAN,
            amount_fen=10,
            on=family.TODAY,
            bill_no=f"b{number}",
        ).account_fen
        for number in range(SPENDS)
    ]
    proxy.share = 0.0
    assert proxy.cut > SPENDS / 20, "hardly a reply was lost"
    assert paid == [10] * SPENDS
    assert family.balance_of(payer) == 0
    assert Draw.objects.count() == Notice.objects.filter(person=payer).count() == SPENDS
    assert list(findings()) == []


def test_a_refund_finds_its_connection_dead_and_takes_another(proxy):
    person = someone(proxy)
    voucher = spend(person, 10, on=DAY, key="bill")
    proxy.hang_up()
    reverse(voucher, on=DAY, key="refund")
    proxy.share = 0.0
    assert balances(person).carried == 10 * SPENDS


def test_without_a_key_it_is_made_twice(proxy):
    person = someone(proxy)
    own = pot(person, "carried")
    paid = 0

    def pay() -> None:
        with transaction.atomic():
            own = Pot.objects.select_for_update().get(person=person, kind="carried")
            own.balance_fen -= 5
            own.save()

    for _ in range(SPENDS):
        while True:
            try:
                pay()
            except OperationalError:
                connection.close()
            else:
                paid += 5
                break
    proxy.share = 0.0
    own.refresh_from_db()
    assert 10 * SPENDS - own.balance_fen > paid
