"""Answers that are taken in at the same moment, or by a process that is killed: every fen once, out or back."""

import random

import pytest
from django.core.management import call_command

from accounts.codes import PotKind
from accounts.ledger.verify import findings
from payments.models import TaxAnswer
from payments.premiums.codes import OrderState
from payments.premiums.tax_office import applying, batches
from payments.premiums.tax_office.answers import import_premium_results
from tests.concurrency import all_at_once
from tests.factories.acts import act_on
from tests.factories.family import balance_of
from tests.payments.tax_office.kit import ANSWERED_ON, answer, imported, reconciled, results_file
from tests.payments.tax_office.orders import AFTER_UNDO, PREMIUM_FEN, REGION, debited, handed_over
from tests.payments.tax_office.processes import killed_when_it_comes_to

ACT = act_on(ANSWERED_ON)
TO_DO = ("税务的答复登记了，还没有办",)


def states(orders) -> list[str]:
    for order in orders:
        order.refresh_from_db()
    return [order.state for order in orders]


def all_is_accounted_for(orders, *, but: tuple[str, ...] = ()) -> None:
    """No fen is lost or doubled: each order's money is out or back, and the report owes what is out and nothing else.

    `but` names what the report says is still to be done.
    """
    out = 0
    for order in orders:
        is_out = order.state in (OrderState.HANDED_OVER, OrderState.UNKNOWN, OrderState.CONFIRMED, OrderState.DEBITED)
        out += is_out * PREMIUM_FEN
        assert balance_of(order.payer, REGION, PotKind.CARRIED) == 5000_00 - is_out * PREMIUM_FEN
    report = reconciled(ANSWERED_ON.replace(day=28))
    assert report["tax_office"]["owed"] == f"{out // 100}.00"
    paid = [row for row in report["tax_office"]["orders"] if row["state"] not in ("rejected", "refunded", "undone")]
    assert sum(float(row["sum"]) for row in paid) * 100 == out
    assert [one["name"] for one in report["differences"]] == list(but)
    assert list(findings()) == []


def test_eight_imports_of_the_same_answers_at_once_give_back_once(committed_db, tmp_path):
    orders = handed_over(3)[1]
    rows = [answer(orders[0], "退回"), answer(orders[1]), answer(orders[2], "退回")]
    files = [results_file(tmp_path / f"{n}.csv", rows[n % 3 :] + rows[: n % 3]) for n in range(8)]
    results = all_at_once(*[lambda path=path: import_premium_results(act=ACT, path=path) for path in files], told=str)
    assert not [result for result in results if isinstance(result, str)]
    assert states(orders) == [OrderState.REJECTED, OrderState.CONFIRMED, OrderState.REJECTED]
    assert TaxAnswer.objects.count() == 3
    all_is_accounted_for(orders)


@pytest.mark.parametrize(
    ("table", "event", "left"),
    [
        ("payments_taxanswer", "INSERT", ()),  # while the answers are written down
        ("accounts_transfer", "INSERT", TO_DO),  # while the money of a rejected order goes back
        ("payments_taxanswer", "UPDATE", TO_DO),  # when it is back, and not noted yet
    ],
)
def test_killed_half_way_the_next_run_ends_it(committed_db, tmp_path, table, event, left):
    orders = handed_over(3)[1]
    rows = [answer(orders[0], "退回"), answer(orders[1], "退回"), answer(orders[2])]
    path = results_file(tmp_path / "r.csv", rows)
    killed_when_it_comes_to(committed_db, table, event, ["import_premium_results", str(path)])
    all_is_accounted_for(orders, but=left)
    imported("import_premium_results", path)
    assert states(orders) == [OrderState.REJECTED, OrderState.REJECTED, OrderState.CONFIRMED]
    all_is_accounted_for(orders)


def test_the_daily_job_ends_it_too(committed_db, tmp_path):
    orders = handed_over(2)[1]
    path = results_file(tmp_path / "r.csv", [answer(order, "退回") for order in orders])
    killed_when_it_comes_to(committed_db, "accounts_transfer", "INSERT", ["import_premium_results", str(path)])
    call_command("payments_daily", verbosity=0)
    assert states(orders) == [OrderState.REJECTED] * 2
    all_is_accounted_for(orders)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.usefixtures("policies_loaded")
def test_whatever_the_tax_office_does_in_whatever_order_the_report_accounts_for_every_fen(seed, tmp_path):
    dice = random.Random(seed)
    orders, rows = [], []
    for step in range(12):
        match dice.choice(["pay", "hand over", "answer", "answer", "again", "contradict", "unknown order"]):
            case "pay":
                orders += [debited() for _ in range(dice.randint(1, 3))]
            case "hand over":
                list(batches.export(act=AFTER_UNDO, region=REGION))
            case "answer":
                states(orders)
                waiting = [order for order in orders if order.state == OrderState.HANDED_OVER]
                new = [answer(order, dice.choice(["确认", "确认", "退回"])) for order in waiting if dice.random() < 0.6]
                rows += new
                _import(tmp_path / f"{step}.csv", new)
            case "again":
                _import(tmp_path / f"{step}.csv", dice.sample(rows, k=len(rows)))
            case "contradict" if rows:
                row = dice.choice(rows)
                _import(tmp_path / f"{step}.csv", [row | {"result": "退回", "receipt_no": ""}])
            case "unknown order" if rows:
                _import(tmp_path / f"{step}.csv", [dice.choice(rows) | {"order_no": f"DJ{step}"}])
        applying.apply_answers(act=ACT)
    states(orders)
    all_is_accounted_for(orders)


def _import(path, rows: list[dict[str, str]]) -> None:
    if rows:
        imported("import_premium_results", results_file(path, rows))
