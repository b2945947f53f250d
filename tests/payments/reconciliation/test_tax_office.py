"""对账 with the tax office: what is owed is what orders, batches and answers say; books that were falsified are found."""

from datetime import date

import pytest
from django.db import connection

from payments.models import TaxBatchFile
from tests.payments.tax_office.kit import answer, imported, reconciled, results_file
from tests.payments.tax_office.orders import debited, handed_over

pytestmark = pytest.mark.usefixtures("policies_loaded")

BEFORE, PAID_DAY, ANSWERED_DAY = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 25)


@pytest.fixture
def orders(policies_loaded):
    """Three orders in a batch, and one that is not handed over yet."""
    orders = handed_over(3)[1]
    debited()
    return orders


def orders_by_state(day: date) -> dict[str, tuple[int, str]]:
    return {row["state"]: (row["orders"], row["sum"]) for row in reconciled(day)["tax_office"]["orders"]}


class TestADay:
    def test_what_is_owed_is_what_orders_say_state_by_state(self, orders, tmp_path):
        imported(
            "import_premium_results",
            results_file(tmp_path / "r.csv", [answer(orders[0]), answer(orders[1], "退回")]),
        )
        report = reconciled(ANSWERED_DAY)
        assert orders_by_state(ANSWERED_DAY) == {
            "debited": (1, "400.00"),
            "handed_over": (1, "400.00"),
            "confirmed": (1, "400.00"),
            "rejected": (1, "400.00"),
        }
        assert report["tax_office"]["owed"] == "1200.00"
        assert report["tax_office"]["each"] == [
            {"insuplc_admdvs": "350500", "owed": "1200.00", "to_pay": "800.00", "paid": "0.00"}
        ]
        assert report["differences"] == []

    def test_a_day_that_is_over_is_told_as_it_was(self, orders, tmp_path):
        imported("import_premium_results", results_file(tmp_path / "r.csv", [answer(orders[0])]))
        assert orders_by_state(PAID_DAY) == {"debited": (1, "400.00"), "handed_over": (3, "1200.00")}
        assert orders_by_state(BEFORE) == {}
        assert reconciled(BEFORE)["differences"] == []

    def test_a_batch_is_listed_until_all_of_it_is_answered(self, orders, tmp_path):
        (batch,) = reconciled(ANSWERED_DAY)["tax_office"]["batches"]
        assert (batch["rows"], batch["sum"], batch["waiting"]) == (3, "1200.00", 3)
        rows = [answer(orders[0]), answer(orders[1], "退回"), answer(orders[2])]
        imported("import_premium_results", results_file(tmp_path / "r.csv", rows))
        assert reconciled(ANSWERED_DAY)["tax_office"]["batches"] == []


class TestFalsified:
    @pytest.mark.parametrize(
        ("table", "sql", "name"),
        [
            (
                "payments_premiumorder",
                "UPDATE payments_premiumorder SET amount_fen = amount_fen + 1 WHERE id = %(order)s",
                "代缴单的状态与付出的钱不符",
            ),
            ("payments_premiumvoucher", "DELETE FROM payments_premiumvoucher", "代缴待解缴的记账没有代缴单"),
            (
                "payments_premiumorder",
                "UPDATE payments_premiumorder SET batch_id = NULL WHERE id = %(order)s",
                "已交税务的代缴单不在任何批次里",
            ),
            ("payments_taxbatch", "UPDATE payments_taxbatch SET rows = rows + 1", "交税务批次与批次里的代缴单不符"),
        ],
    )
    def test_it_is_named(self, orders, table, sql, name):
        self.falsify(table, sql, order=orders[0].pk)
        assert name in {one["name"] for one in reconciled(PAID_DAY)["differences"]}

    def test_content_that_was_replaced_is_named(self, orders):
        file = TaxBatchFile.objects.get()
        TaxBatchFile.objects.filter(pk=file.pk).update(content=file.content.replace("400.00", "040.00", 1))
        assert [one["name"] for one in reconciled(PAID_DAY)["differences"]] == ["交税务批次的内容与交出去时不同"]

    def falsify(self, table: str, sql: str, **about: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(sql, about)
            assert cursor.rowcount
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
