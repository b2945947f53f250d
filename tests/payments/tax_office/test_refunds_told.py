"""退费 after the tax office has confirmed: it is told with the next file, and its answer is written down."""

import csv
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.codes import PotKind, Role
from accounts.ledger.verify import findings
from accounts.models import Approval, HeldRow, Notice, Pot
from accounts.wording import worded
from payments.demo.tax_office import Mood, work_off
from payments.models import TaxRefund
from payments.premiums.codes import OrderState, RefundReason
from payments.premiums.operations import progress
from payments.premiums.tax_office import batches
from tests.factories.people import certno
from tests.factories.users import official
from tests.payments.tax_office.kit import ANSWERED_ON, NOW, answer, imported, reconciled, results_file
from tests.payments.tax_office.orders import AFTER_UNDO, PAID_AT, REGION, debited, handed_over
from tests.personas import spend

pytestmark = pytest.mark.usefixtures("policies_loaded")


@pytest.fixture
def refunded(policies_loaded, monkeypatch, tmp_path):
    """An order that the tax office has confirmed and that was given back since."""
    _, (order,) = handed_over(1)
    path = results_file(tmp_path / "confirmed.csv", [answer(order, receipt_no="SP00000001")])
    assert imported("import_premium_results", path)["premium_answers"] == 1
    monkeypatch.setattr(progress, "why_not_refunded", lambda *asked: "")
    return progress.refund(act=AFTER_UNDO, payer=order.payer, no=order.no, reason=RefundReason.DEATH)


def next_file():
    *_, (batch, path) = batches.export(act=AFTER_UNDO, region=REGION)  # the first writes what was not written yet
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()[:-1]))
    return batch, rows, path.read_text("utf-8").splitlines()[-1]


def told(**changes):
    refund = TaxRefund.objects.select_related("order", "batch").get()
    said = {"batch_no": refund.batch.no, "receipt_no": refund.order.receipt_no, **changes}
    return answer(refund.order, said.pop("result", "确认"), **said)


def test_it_goes_into_the_next_file_beside_new_orders(refunded):
    paid = debited()
    batch, rows, last = next_file()
    assert [(row["order_no"], row["row_type"], row["receipt_no"]) for row in rows] == [
        (paid.no, "缴费", ""),
        (refunded.no, "退费", "SP00000001"),
    ]
    assert (batch.rows, batch.sum_fen, batch.refund_rows, batch.refund_fen) == (1, 400_00, 1, 400_00)
    assert last.startswith("#TOTAL,2,800.00,")
    assert list(batches.export(act=AFTER_UNDO, region=REGION)) == []


def test_it_goes_alone_where_nothing_else_does(refunded):
    assert REGION in batches.regions_to_hand_over()
    batch, rows, _ = next_file()
    assert (batch.rows, len(rows)) == (0, 1)
    assert reconciled(ANSWERED_ON)["differences"] == []
    paid, told_of = reconciled(PAID_AT.date())["tax_office"]["batches"]
    assert (paid["confirmed"], paid["returned"], told_of["refunds"]) == (1, 0, 1)
    refunded.refresh_from_db()
    assert refunded.state == OrderState.REFUNDED


def test_what_was_given_back_before_it_was_handed_over_is_not_told():
    order = debited()
    progress.stop(act=AFTER_UNDO, order_id=order.pk, reason="不是本人办的")
    assert TaxRefund.objects.count() == 0


def test_its_answer_is_written_down_once(refunded, tmp_path):
    next_file()
    assert reconciled(ANSWERED_ON)["tax_office"]["batches"][-1]["refunds_waiting"] == 1
    said = imported("import_premium_results", results_file(tmp_path / "a.csv", [told()]))
    assert said["premium_answers"] == 1
    assert TaxRefund.objects.get().result == "confirmed"
    again = results_file(tmp_path / "b.csv", [told(), told()])
    assert imported("import_premium_results", again)["known_rows"] == 2
    assert reconciled(ANSWERED_ON)["tax_office"]["batches"] == []


def two_officials() -> None:
    official(Role.CLERK, "clerk", certno=certno(901))
    official(Role.REVIEWER, "checker", certno=certno(902))


@pytest.fixture
def refused(refunded, tmp_path):
    """An order that was given back, and the tax office keeps it."""
    next_file()
    imported("import_premium_results", results_file(tmp_path / "a.csv", [told(result="退回", receipt_no="")]))
    two_officials()
    return refunded


def recovered(order, *by: str) -> str:
    out = StringIO()
    names = [part for name in by or ("clerk", "checker") for part in ("--by", name)]
    with NOW:
        call_command(
            "recover_refund", order.no, "--reason", "税务来函不退", "--document", "税函1号", *names, stdout=out
        )
    return out.getvalue()


def account_fen(order) -> int:
    return Pot.objects.get(person=order.payer, kind=PotKind.CARRIED).balance_fen


def test_a_refund_that_the_tax_office_refuses_is_a_difference(refused):
    assert [one["name"] for one in reconciled(ANSWERED_ON)["differences"]] == ["税务不同意的退费，钱已经退给账户"]


def test_two_people_take_it_back_from_the_account_it_went_to(refused, monkeypatch):
    before_fen = account_fen(refused)
    assert "已收回 400.00" in recovered(refused)
    refused.refresh_from_db()
    assert (account_fen(refused), refused.state) == (before_fen - 400_00, OrderState.CONFIRMED)
    assert reconciled(date(2026, 11, 25))["differences"] == []
    assert list(findings()) == []
    (told_last,) = worded([Notice.objects.filter(person=refused.payer).latest("pk")])
    assert "400.00 元已经从账户收回" in told_last.text
    monkeypatch.undo()
    assert progress.why_not_refunded(refused, RefundReason.DEATH, ANSWERED_ON) == "税务已经答复这一笔不退"


def test_one_person_alone_only_submits_it(refused):
    before_fen = account_fen(refused)
    with pytest.raises(CommandError, match="还没有办成，等另一位同事复核"):
        recovered(refused, "clerk")
    assert account_fen(refused) == before_fen


def test_an_account_that_has_spent_it_keeps_what_it_has(refused):
    spend(refused.payer, account_fen(refused) - 100_00, on=ANSWERED_ON, key="spent", region=REGION)
    with pytest.raises(CommandError, match="还差 300.00"):
        recovered(refused)
    assert account_fen(refused) == 100_00
    assert Approval.objects.count() == 0


def test_nothing_is_taken_back_where_the_tax_office_has_not_refused(refunded):
    two_officials()
    with pytest.raises(CommandError, match="没有税务答复不退的代缴单"):
        recovered(refunded)


def test_nothing_is_taken_back_twice(refused):
    recovered(refused)
    with pytest.raises(CommandError, match="没有要收回的钱"):
        recovered(refused)


def test_a_tax_office_that_gives_it_back_after_all_is_heard(refused, tmp_path):
    said = imported("import_premium_results", results_file(tmp_path / "b.csv", [told()]))
    assert said["premium_answers"] == 1
    assert reconciled(ANSWERED_ON)["differences"] == []


def test_once_taken_back_an_answer_that_gives_it_back_is_laid_aside(refused, tmp_path):
    recovered(refused)
    imported("import_premium_results", results_file(tmp_path / "b.csv", [told()]))
    assert TaxRefund.objects.get().result == "rejected"
    assert HeldRow.objects.count() == 1


def test_a_file_that_says_yes_and_no_of_one_refund_is_believed_in_neither(refunded, tmp_path):
    next_file()
    said = imported(
        "import_premium_results", results_file(tmp_path / "a.csv", [told(result="退回", receipt_no=""), told()])
    )
    assert [held["row"] for held in said["held"]] == [2, 3]
    assert TaxRefund.objects.get().result == ""


@pytest.mark.parametrize("changes", [{"amount": "40.00"}, {"receipt_no": "SP99999999"}, {"decided_on": "2026-11-19"}])
def test_an_answer_that_contradicts_is_laid_aside(refunded, tmp_path, changes):
    next_file()
    imported("import_premium_results", results_file(tmp_path / "a.csv", [told(**changes)]))
    assert TaxRefund.objects.get().result == ""
    assert HeldRow.objects.count() == 1


def test_the_simulator_answers_it(refunded, folder):
    next_file()
    *_, path = work_off(folder, on=ANSWERED_ON, mood=Mood())
    imported("import_premium_results", path)
    assert TaxRefund.objects.get().result == "confirmed"
