"""税务答复: each order is confirmed or given back once; files that are not whole change nothing; misfits are laid aside."""

import random

import pytest

from accounts.codes import HeldReason, PotKind
from accounts.ledger.verify import findings
from accounts.models import HeldRow, Import
from accounts.roster import held
from payments.models import PremiumOrder, PremiumPaid, TaxAnswer
from payments.premiums.codes import OrderState
from payments.premiums.operations import progress
from payments.premiums.tax_office import answers, applying, batches
from payments.premiums.tax_office.files import sealed, sm3
from tests.factories.acts import act_on
from tests.factories.family import balance_of
from tests.factories.files import xlsx_file
from tests.payments.tax_office.kit import ANSWERED_ON, answer, imported, results_file
from tests.payments.tax_office.orders import PREMIUM_FEN, REGION, debited, handed_over

pytestmark = pytest.mark.usefixtures("policies_loaded")

COMMAND = "import_premium_results"


@pytest.fixture
def orders(policies_loaded):
    return handed_over(3)[1]


def states(orders) -> list[str]:
    for order in orders:
        order.refresh_from_db()
    return [order.state for order in orders]


def money_of(order) -> int:
    return balance_of(order.payer, REGION, PotKind.CARRIED)


class TestAnswers:
    def test_a_confirmed_order_has_its_receipt_and_a_rejected_one_its_money_back(self, orders, tmp_path):
        first, second, third = orders
        rows = [answer(first), answer(second, "退回"), answer(third)]
        said = imported(COMMAND, results_file(tmp_path / "r.csv", rows))
        assert (said["imported"], said["premium_answers"], said["held"]) == (True, 3, [])
        assert states(orders) == [OrderState.CONFIRMED, OrderState.REJECTED, OrderState.CONFIRMED]
        assert first.receipt_no == rows[0]["receipt_no"]
        assert [money_of(order) for order in orders] == [4600_00, 5000_00, 4600_00]
        assert list(findings()) == []

    def test_the_reason_of_a_rejection_is_kept_with_the_order(self, orders, tmp_path):
        imported(COMMAND, results_file(tmp_path / "r.csv", [answer(orders[0], "退回", reason="身份证号有误")]))
        states(orders)
        assert orders[0].reason == "身份证号有误"

    def test_a_reason_never_shows_the_number_of_a_person_or_a_phone(self, orders, tmp_path):
        reason = f"{orders[0].person.certno}信息不全，{'请核对' * 12}，电话13800138000"
        imported(COMMAND, results_file(tmp_path / "r.csv", [answer(orders[0], "退回", reason=reason)]))
        states(orders)
        assert orders[0].reason.startswith("9999**********")
        assert "1380013" not in orders[0].reason

    def test_answers_come_in_any_order_of_rows_and_files(self, tmp_path):
        both = [*handed_over(2)[1], *handed_over(2)[1]]
        rows = [answer(order) for order in both]
        random.Random(7).shuffle(rows)
        for number, row in enumerate(rows):
            imported(COMMAND, results_file(tmp_path / f"{number}.csv", [row]))
        assert set(states(both)) == {OrderState.CONFIRMED}

    def test_gb18030_and_line_ends_of_any_kind_are_read(self, orders, tmp_path):
        path = results_file(tmp_path / "r.csv", [answer(orders[0], "退回")])
        text = path.read_bytes().decode().replace("\r\n", "\n")
        body = text[: text.index("#TOTAL")].encode("gb18030")
        path.write_bytes(body + f"#TOTAL,1,400.00,{sm3(body)}\n".encode())
        assert imported(COMMAND, path)["premium_answers"] == 1
        assert states(orders)[0] == OrderState.REJECTED


class TestRepeated:
    def test_a_digest_may_be_written_in_capitals(self, orders, tmp_path):
        path = results_file(tmp_path / "r.csv", [answer(orders[0])])
        body, total = path.read_bytes().split(b"#TOTAL")
        path.write_bytes(body + b"#TOTAL" + total.upper())
        assert imported(COMMAND, path)["premium_answers"] == 1

    def test_the_same_file_again_changes_nothing(self, orders, tmp_path):
        path = results_file(tmp_path / "r.csv", [answer(orders[0]), answer(orders[1], "退回")])
        imported(COMMAND, path)
        before = [money_of(order) for order in orders]
        assert imported(COMMAND, path)["known_file"]
        assert [money_of(order) for order in orders] == before
        assert (TaxAnswer.objects.count(), Import.objects.count()) == (2, 1)

    def test_the_same_answers_in_another_file_change_nothing_and_are_counted(self, orders, tmp_path):
        rows = [answer(orders[0]), answer(orders[1], "退回")]
        imported(COMMAND, results_file(tmp_path / "r.csv", rows))
        said = imported(COMMAND, results_file(tmp_path / "again.csv", rows[::-1]))
        assert (said["premium_answers"], said["known_rows"], said["held"]) == (0, 2, [])
        assert [money_of(order) for order in orders] == [4600_00, 5000_00, 4600_00]
        assert list(findings()) == []

    def test_an_order_that_stands_in_a_file_twice_is_answered_once(self, orders, tmp_path):
        said = imported(COMMAND, results_file(tmp_path / "r.csv", [answer(orders[0])] * 2))
        assert (said["premium_answers"], said["known_rows"]) == (1, 1)


class TestNotWhole:
    """Nothing of such a file comes in: no order moves, no money, nothing is laid aside."""

    def refused(self, path, orders, *more) -> str:
        said = imported(COMMAND, path, *more)
        assert said["imported"] is False
        assert set(states(orders)) == {OrderState.HANDED_OVER}
        assert not TaxAnswer.objects.exists()
        assert not HeldRow.objects.exists()
        return said["problems"][0]["reason"]

    def test_cut_anywhere(self, orders, tmp_path):
        whole = results_file(tmp_path / "r.csv", [answer(order) for order in orders]).read_bytes()
        cut = tmp_path / "cut.csv"
        for end in range(0, len(whole) - 2, 37):
            cut.write_bytes(whole[:end])
            assert self.refused(cut, orders, "--hold")

    def test_a_total_that_was_cut_is_told_from_none(self, orders, tmp_path):
        path = results_file(tmp_path / "r.csv", [answer(order) for order in orders])
        whole = path.read_bytes()
        path.write_bytes(whole[:-9])
        assert "合计行断了或写法不对" in self.refused(path, orders)
        path.write_bytes(whole[: whole.index(b"#TOTAL")])
        assert "最后一行不是合计行" in self.refused(path, orders)

    def test_a_row_left_out(self, orders, tmp_path):
        path = results_file(tmp_path / "r.csv", [answer(order) for order in orders])
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[:2] + lines[3:]))
        assert "摘要不符" in self.refused(path, orders, "--hold")

    def test_an_amount_changed_on_the_way(self, orders, tmp_path):
        path = results_file(tmp_path / "r.csv", [answer(order) for order in orders])
        path.write_bytes(path.read_bytes().replace(b"400.00", b"040.00", 1))
        assert "摘要不符" in self.refused(path, orders)

    @pytest.mark.parametrize(
        ("total", "words"), [("2,1200.00", "合计行写着2行，实有3行"), ("3,800.00", "合计行写着800.00元")]
    )
    def test_a_total_that_is_not_the_rows(self, orders, tmp_path, total, words):
        path = results_file(tmp_path / "r.csv", [answer(order) for order in orders])
        content = path.read_bytes()
        body = content[: content.index(b"#TOTAL")]
        path.write_bytes(body + f"#TOTAL,{total},{sm3(body)}\r\n".encode())
        assert words in self.refused(path, orders, "--hold")

    def test_a_day_that_has_not_come(self, orders, tmp_path):
        path = results_file(tmp_path / "r.csv", [answer(orders[0], decided_on="2026-12-01")])
        assert "在今天之后" in self.refused(path, orders)

    def test_a_batch_of_ours_handed_in_by_mistake(self, orders, tmp_path, folder):
        path = batches.write(act=act_on(ANSWERED_ON), batch=orders[0].batch)
        assert "不认识的列名" in self.refused(path, orders)

    def test_a_file_that_was_saved_as_a_workbook(self, orders, tmp_path):
        path = xlsx_file(tmp_path / "r.xlsx", [answer(orders[0])])
        assert "这是工作簿；税务的文件要原样的 CSV" in self.refused(path, orders)

    def test_an_amount_that_cannot_be_read_is_named_and_not_taken_for_nothing(self, orders, tmp_path):
        path = results_file(tmp_path / "r.csv", [answer(orders[0]), answer(orders[1], amount="123456.00")])
        said = imported(COMMAND, path)
        assert [(problem["row"], problem["column"]) for problem in said["problems"]] == [(3, "amount")]
        rows = [tuple(row.values()) for row in (answer(orders[0]), answer(orders[1], amount="四百"))]
        path.write_text(sealed(answers.COLUMNS, rows, 800_00).content)
        assert "有的行读不出金额" in self.refused(path, orders)

    def test_a_row_that_cannot_be_read_stops_the_file_unless_bad_rows_are_laid_aside(self, orders, tmp_path):
        rows = [answer(orders[0]), answer(orders[1], result="成功")]
        path = results_file(tmp_path / "r.csv", rows)
        assert "应为 确认、退回" in self.refused(path, orders)
        said = imported(COMMAND, path, "--hold")
        assert (said["premium_answers"], len(said["held"])) == (1, 1)
        assert states(orders)[:2] == [OrderState.CONFIRMED, OrderState.HANDED_OVER]


class TestLaidAside:
    """Rows that fit no order stop nothing and are lost by nobody: they wait with their reason."""

    def aside(self, row: dict[str, str], tmp_path) -> tuple[str, str]:
        said = imported(COMMAND, results_file(tmp_path / "aside.csv", [row]))
        (row_aside,) = said["held"]
        return row_aside["reason_code"], row_aside["reason"]

    def test_an_order_that_we_do_not_have(self, orders, tmp_path):
        code, _ = self.aside(answer(orders[0], order_no="JB2026-1120-NONE"), tmp_path)
        assert code == HeldReason.UNKNOWN_ORDER

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"amount": "380.00"}, "代缴单是400.00元，这里写380.00元"),
            ({"batch_no": "350500-2027-0099"}, "不在这一批里"),
        ],
    )
    def test_another_amount_or_batch(self, orders, tmp_path, changes, words):
        code, reason = self.aside(answer(orders[0], **changes), tmp_path)
        assert code == HeldReason.CONTRADICTS_ORDER
        assert words in reason

    def test_confirmed_and_then_rejected(self, orders, tmp_path):
        imported(COMMAND, results_file(tmp_path / "r.csv", [answer(orders[0])]))
        code, reason = self.aside(answer(orders[0], "退回"), tmp_path)
        assert (code, "以前答复过“确认”" in reason) == (HeldReason.CONTRADICTS_ORDER, True)
        assert (states(orders)[0], money_of(orders[0])) == (OrderState.CONFIRMED, 4600_00)

    def test_rejected_and_then_confirmed(self, orders, tmp_path):
        imported(COMMAND, results_file(tmp_path / "r.csv", [answer(orders[0], "退回")]))
        assert self.aside(answer(orders[0]), tmp_path)[0] == HeldReason.CONTRADICTS_ORDER
        assert (states(orders)[0], money_of(orders[0])) == (OrderState.REJECTED, 5000_00)

    def test_one_receipt_for_two_orders(self, orders, tmp_path):
        imported(COMMAND, results_file(tmp_path / "r.csv", [answer(orders[0], receipt_no="SP1")]))
        code, reason = self.aside(answer(orders[1], receipt_no="SP1"), tmp_path)
        assert (code, "已经用在另一笔缴费上" in reason) == (HeldReason.CONTRADICTS_ORDER, True)

    def test_one_receipt_for_two_orders_of_one_file_is_believed_of_neither(self, orders, tmp_path):
        rows = [answer(orders[0], receipt_no="SP1"), answer(orders[1], receipt_no="SP1"), answer(orders[2])]
        said = imported(COMMAND, results_file(tmp_path / "r.csv", rows))
        assert (said["premium_answers"], [row["row"] for row in said["held"]]) == (1, [2, 3])
        assert states(orders) == [OrderState.HANDED_OVER] * 2 + [OrderState.CONFIRMED]

    @pytest.mark.parametrize("results", [("确认", "退回"), ("退回", "确认")])
    def test_a_file_that_confirms_and_rejects_one_order_moves_nothing_until_the_right_row_is_found(
        self, orders, tmp_path, results, django_capture_on_commit_callbacks
    ):
        rows = [answer(orders[0], result) for result in results]
        said = imported(COMMAND, results_file(tmp_path / "r.csv", rows))
        assert [(row["row"], "不同的答复" in row["reason"]) for row in said["held"]] == [(2, True), (3, True)]
        assert (states(orders)[0], money_of(orders[0])) == (OrderState.HANDED_OVER, 4600_00)
        right = said["held"][results.index("退回")]["id"]
        with django_capture_on_commit_callbacks(execute=True):
            held.confirm(act=act_on(ANSWERED_ON), ids=[right])
        assert (states(orders)[0], money_of(orders[0])) == (OrderState.REJECTED, 5000_00)

    def test_one_that_was_decided_before_we_asked(self, orders, tmp_path):
        code, reason = self.aside(answer(orders[0], decided_on="2026-11-19"), tmp_path)
        assert (code, "早于交税务的日期" in reason) == (HeldReason.CONTRADICTS_ORDER, True)
        said = imported(COMMAND, results_file(tmp_path / "r.csv", [answer(orders[0], decided_on="2026-11-20")]))
        assert said["premium_answers"] == 1

    def test_a_receipt_of_somebody_who_paid_elsewhere(self, orders, tmp_path):
        PremiumPaid.objects.create(
            person=orders[1].person, premium_year=2027, region=REGION, paid_on=ANSWERED_ON, channel="微信",
            receipt_no="SP1", amount_fen=PREMIUM_FEN,
        )  # fmt: skip
        assert self.aside(answer(orders[0], receipt_no="SP1"), tmp_path)[0] == HeldReason.CONTRADICTS_ORDER

    def test_an_order_that_was_never_handed_over(self, orders, tmp_path):
        code, reason = self.aside(answer(debited(), batch_no=orders[0].batch.no), tmp_path)
        assert code == HeldReason.CONTRADICTS_ORDER

    def test_it_does_not_hold_up_the_rows_beside_it(self, orders, tmp_path):
        rows = [answer(orders[0], amount="1.00"), answer(orders[1]), answer(orders[2], "退回")]
        said = imported(COMMAND, results_file(tmp_path / "r.csv", rows))
        assert (said["premium_answers"], len(said["held"])) == (2, 1)
        assert states(orders) == [OrderState.HANDED_OVER, OrderState.CONFIRMED, OrderState.REJECTED]


class TestCarryingOut:
    def test_what_was_written_down_and_broken_off_is_carried_out_by_the_next_run(self, orders, tmp_path, monkeypatch):
        path = results_file(tmp_path / "r.csv", [answer(orders[0]), answer(orders[1], "退回")])
        with monkeypatch.context() as broken:
            broken.setattr("payments.premiums.tax_office.answers.apply_answers", lambda **_: None)
            imported(COMMAND, path)
        assert set(states(orders)) == {OrderState.HANDED_OVER}
        carried = applying.apply_answers(act=act_on(ANSWERED_ON))
        assert (carried.done, carried.left) == (2, 0)
        assert states(orders)[:2] == [OrderState.CONFIRMED, OrderState.REJECTED]

    def test_importing_the_file_again_carries_out_too(self, orders, tmp_path, monkeypatch):
        path = results_file(tmp_path / "r.csv", [answer(orders[0])])
        with monkeypatch.context() as broken:
            broken.setattr("payments.premiums.tax_office.answers.apply_answers", lambda **_: None)
            imported(COMMAND, path)
        imported(COMMAND, path)
        assert states(orders)[0] == OrderState.CONFIRMED

    def test_one_that_the_database_refuses_holds_up_none_after_it(self, orders, tmp_path):
        imported(COMMAND, results_file(tmp_path / "r.csv", [answer(orders[0])]))
        states(orders)
        progress.look_into(act=act_on(ANSWERED_ON), order_id=orders[1].pk, reason="试")
        source = Import.objects.get()
        for number, order in ((90, orders[1]), (91, orders[2])):
            TaxAnswer.objects.create(
                source=source, row=number, order=order, result="confirmed", receipt_no=f"N{number}",
                decided_on=ANSWERED_ON, at=act_on(ANSWERED_ON).at,
            )  # fmt: skip
        PremiumOrder.objects.filter(pk=orders[0].pk).update(receipt_no="N90")
        carried = applying.apply_answers(act=act_on(ANSWERED_ON))
        assert (carried.done, carried.left) == (1, 1)
        assert states(orders)[1:] == [OrderState.UNKNOWN, OrderState.CONFIRMED]
        assert "数据库不接受" in TaxAnswer.objects.get(row=90).trouble

    def test_it_is_done_once(self, orders, tmp_path):
        imported(COMMAND, results_file(tmp_path / "r.csv", [answer(orders[0], "退回")]))
        assert applying.apply_answers(act=act_on(ANSWERED_ON)).done == 0
        assert money_of(orders[0]) == 5000_00
