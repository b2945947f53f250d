"""The demo's tax office may be late, refuse, answer twice and lose files: no fen is lost or doubled by it."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.codes import PotKind
from accounts.ledger.verify import findings
from payments.premiums.codes import OrderState
from payments.premiums.tax_office import batches
from tests.factories.family import balance_of
from tests.payments.tax_office.kit import NOW, reconciled
from tests.payments.tax_office.orders import AFTER_UNDO, REGION, handed_over

pytestmark = pytest.mark.usefixtures("policies_loaded")


def simulate(*more: str) -> str:
    out = StringIO()
    with NOW:
        call_command("simulate_tax_office", "--import", *more, stdout=out)
    return out.getvalue()


@pytest.fixture
def orders(policies_loaded, settings):
    settings.DEMO = True
    batch, orders = handed_over(4)
    batches.write(act=AFTER_UNDO, batch=batch)
    return orders


def states(orders) -> list[str]:
    for order in orders:
        order.refresh_from_db()
    return [str(order.state) for order in orders]


def accounted_for(orders) -> None:
    """Every order's money is out, or back where it came from, and the report of the day owes just what is out."""
    out = [order for order in orders if order.state in (OrderState.HANDED_OVER, OrderState.CONFIRMED)]
    for order in orders:
        assert balance_of(order.payer, REGION, PotKind.CARRIED) == (4600_00 if order in out else 5000_00)
    report = reconciled(date(2026, 11, 26))
    assert report["tax_office"]["owed"] == f"{400 * len(out)}.00"
    assert report["differences"] == []
    assert list(findings()) == []


def test_it_confirms_what_it_gets(orders):
    simulate()
    assert states(orders) == [OrderState.CONFIRMED] * 4
    accounted_for(orders)


def test_late_is_late_and_nothing_is_guessed(orders):
    assert "没有答复" in simulate("--late")
    assert states(orders) == [OrderState.HANDED_OVER] * 4
    simulate()
    assert states(orders) == [OrderState.CONFIRMED] * 4
    accounted_for(orders)


def test_what_it_refuses_goes_back(orders):
    simulate("--reject", "2")
    assert states(orders) == [OrderState.REJECTED] * 2 + [OrderState.CONFIRMED] * 2
    accounted_for(orders)


def test_answering_twice_is_answering_once(orders):
    assert "登记 0 条，以前登记过 4 条" in simulate("--twice", "--reject", "1")
    assert states(orders) == [OrderState.REJECTED] + [OrderState.CONFIRMED] * 3
    accounted_for(orders)


def test_a_lost_file_is_sent_again_and_answered(orders, folder):
    simulate("--lose")
    assert list(folder.iterdir()) == []
    call_command("export_premiums", "--region", REGION, "--again", orders[0].batch.no, stdout=StringIO())
    simulate()
    assert states(orders) == [OrderState.CONFIRMED] * 4
    accounted_for(orders)


def test_what_contradicts_what_was_answered_before_is_said_to_wait(orders, folder):
    simulate("--reject", "1")
    (folder / f"{orders[0].batch.no}.results.csv").unlink()
    assert "登记 0 条，以前登记过 3 条，留待处理 1 行" in simulate()


def test_it_refuses_no_fewer_than_none(orders):
    with pytest.raises(CommandError, match="0 或以上"):
        simulate("--reject", "-1")
    assert states(orders) == [OrderState.HANDED_OVER] * 4


def test_outside_of_the_demo_nobody_plays_the_tax_office(orders, settings, folder):
    settings.DEMO = settings.REHEARSAL = False
    with pytest.raises(CommandError, match="只有演示环境"):
        simulate()
    assert states(orders) == [OrderState.HANDED_OVER] * 4
    assert [path.name for path in folder.iterdir()] == [f"{orders[0].batch.no}.csv"]
