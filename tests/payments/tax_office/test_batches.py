"""交税务: every order goes once, in a file that says itself whether it is whole, and that only its owner reads."""

import csv
import json
import stat
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from payments.models import TaxBatch, TaxBatchFile
from payments.premiums.codes import OrderState
from payments.premiums.tax_office import batches
from payments.premiums.tax_office.batches import COLUMNS
from payments.premiums.tax_office.files import TaxFile
from tests.payments.tax_office.orders import AFTER_UNDO, PREMIUM_FEN, REGION, YEAR, debited, handed_over

pytestmark = pytest.mark.usefixtures("policies_loaded")


def export(*more: str) -> list[dict]:
    out = StringIO()
    with time_machine.travel(AFTER_UNDO.at, tick=False):
        call_command("export_premiums", "--region", REGION, "--json", *more, stdout=out)
    return json.loads(out.getvalue())["batches"]


def read(path: str) -> list[dict[str, str]]:
    """Return the rows of a file without its last line."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file.read().splitlines()[:-1]))


class TestTheFile:
    def test_it_names_each_order_with_whom_it_is_for_and_never_who_pays(self):
        order = debited()
        (batch,) = export()
        (row,) = read(batch["file"])
        assert tuple(row) == COLUMNS
        assert row == {
            "batch_no": batch["batch_no"],
            "order_no": order.no,
            "psn_cert_type": "01",
            "certno": str(order.person.certno),
            "psn_name": order.person.name,
            "insuplc_admdvs": REGION,
            "premium_year": str(YEAR),
            "amount": "400.00",
            "row_type": "缴费",
            "receipt_no": "",
        }
        content = Path(batch["file"]).read_text("utf-8")
        assert str(order.payer.certno) not in content
        assert order.payer.name not in content

    def test_its_last_line_says_rows_sum_and_digest(self):
        for _ in range(3):
            debited()
        (batch,) = export()
        assert (batch["rows"], batch["sum"]) == (3, "1200.00")
        last = Path(batch["file"]).read_text("utf-8").splitlines()[-1]
        assert last == f"#TOTAL,3,1200.00,{batch['digest']}"
        file = TaxFile(Path(batch["file"]), COLUMNS)
        assert (file.total.rows, file.total.sum_fen) == (3, 3 * PREMIUM_FEN)

    def test_only_its_owner_reads_it(self, folder):
        debited()
        (batch,) = export()
        assert stat.S_IMODE(Path(batch["file"]).stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    def test_the_database_keeps_its_content_sealed(self):
        debited()
        export()
        stored = TaxBatchFile.objects.values_list("content", flat=True).get()
        assert repr(stored) == "<sealed>"


class TestOrders:
    def test_one_that_may_still_be_undone_stays(self):
        debited(at=AFTER_UNDO.at - timedelta(minutes=9))
        assert export() == []

    def test_one_goes_when_its_ten_minutes_are_over_and_says_so(self):
        order = debited()
        (batch,) = export()
        order.refresh_from_db()
        assert (order.state, order.batch.no, order.handed_over_at) == (
            OrderState.HANDED_OVER,
            batch["batch_no"],
            AFTER_UNDO.at,
        )
        assert list(order.events.values_list("state", "reason"))[-1] == (
            OrderState.HANDED_OVER,
            f"批次 {batch['batch_no']}",
        )

    def test_none_goes_twice(self):
        debited()
        assert len(export()) == 1
        assert export() == []

    def test_years_go_in_batches_of_their_own(self):
        debited(year=2026), debited(year=2027)
        assert [batch["batch_no"] for batch in export()] == [f"{REGION}-2026-0001", f"{REGION}-2027-0001"]

    def test_no_more_go_in_a_batch_than_fit(self, monkeypatch):
        monkeypatch.setattr(batches, "MOST_ORDERS", 2)
        for _ in range(5):
            debited()
        assert [batch["rows"] for batch in export()] == [2, 2, 1]

    def test_what_is_owed_to_the_tax_office_is_what_the_files_say(self):
        for _ in range(3):
            debited()
        total = sum(batch.sum_fen for batch, _ in batches.export(act=AFTER_UNDO, region=REGION))
        out = StringIO()
        call_command("reconcile", "--region", REGION, "--day", "2026-11-20", "--json", stdout=out)
        assert json.loads(out.getvalue())["tax_office"]["owed"] == "1200.00"
        assert total == 1200_00


class TestAgain:
    def test_a_batch_is_written_again_with_the_same_bytes_whatever_has_changed_since(self):
        batch, (order,) = handed_over(1)
        path = batches.write(act=AFTER_UNDO, batch=batch)
        before = path.read_bytes()
        order.person.name = "改名"
        order.person.save()
        path.unlink()
        assert [one["batch_no"] for one in export("--again", batch.no)] == [batch.no]
        assert path.read_bytes() == before

    def test_a_batch_whose_file_was_never_written_is_written_by_the_next_run_first(self):
        batch, _ = handed_over(2)
        debited()
        numbers = [one["batch_no"] for one in export()]
        assert numbers == [batch.no, f"{REGION}-{YEAR}-0002"]
        assert export() == []

    def test_a_number_that_is_no_batchs_is_refused_in_words(self):
        with pytest.raises(CommandError, match="没有这个批次"):
            export("--again", "350500-2027-9999")

    def test_a_folder_that_cannot_be_written_to_loses_nothing(self, folder):
        order = debited()
        folder.write_text("a file where the folder should be")
        with pytest.raises(CommandError, match="批次已经登记"):
            export()
        order.refresh_from_db()
        assert order.state == OrderState.HANDED_OVER
        folder.unlink()
        assert [one["batch_no"] for one in export()] == [order.batch.no]

    def test_what_a_batch_says_is_never_rewritten(self):
        batch, _ = handed_over(1)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            TaxBatch.objects.filter(pk=batch.pk).update(sum_fen=1)
