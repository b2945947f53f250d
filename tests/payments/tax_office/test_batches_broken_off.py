"""A hand-over that is killed half-way, or done by several at once: each order in one batch, each batch with its file."""

from payments.models import PremiumOrder, TaxBatch
from payments.premiums.codes import OrderState
from payments.premiums.tax_office import batches
from tests.concurrency import all_at_once
from tests.payments.tax_office.orders import AFTER_UNDO, REGION, debited
from tests.payments.tax_office.processes import killed_when_it_comes_to

EXPORT = ["export_premiums", "--region", REGION]


def test_eight_exports_at_once_make_each_order_part_of_one_batch(committed_db, monkeypatch):
    monkeypatch.setattr(batches, "MOST_ORDERS", 3)
    for _ in range(9):
        debited()
    results = all_at_once(*[lambda: list(batches.export(act=AFTER_UNDO, region=REGION))] * 8)
    assert not [result for result in results if isinstance(result, type)]
    assert sorted(TaxBatch.objects.values_list("number", "rows")) == [(1, 3), (2, 3), (3, 3)]
    assert PremiumOrder.objects.filter(batch__isnull=False, state=OrderState.HANDED_OVER).count() == 9


def test_killed_while_the_batch_is_made_nothing_has_happened(committed_db, folder):
    order = debited()
    killed_when_it_comes_to(committed_db, "payments_premiumorderevent", "INSERT", EXPORT)
    order.refresh_from_db()
    assert (order.state, TaxBatch.objects.count(), folder.exists()) == (OrderState.DEBITED, 0, False)
    ((batch, path),) = batches.export(act=AFTER_UNDO, region=REGION)
    assert (batch.number, batch.file.content.encode()) == (1, path.read_bytes())


def test_killed_when_the_file_is_there_and_not_noted_the_next_run_writes_the_same(committed_db, folder):
    debited()
    killed_when_it_comes_to(committed_db, "payments_taxbatch", "UPDATE", EXPORT)
    (path,) = folder.iterdir()
    before = path.read_bytes()
    assert TaxBatch.objects.get().written_at is None
    ((batch, again),) = batches.export(act=AFTER_UNDO, region=REGION)
    assert (again, again.read_bytes(), batch.number) == (path, before, 1)
    assert list(batches.export(act=AFTER_UNDO, region=REGION)) == []
