"""Handing orders over to the tax office (交税务): batches in the database first, files made from them.

A batch and the state of its orders are one transaction; the file is written from what the batch keeps. A process that
is killed in between leaves a batch without a file, which the next run writes: the same number, the same bytes.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, QuerySet

from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.ledger.freezing import known_deaths
from payments.premiums.codes import OrderState
from payments.premiums.models import PremiumOrder, PremiumOrderEvent, TaxRefund
from payments.premiums.operations.life_events import stop_for_the_dead
from payments.premiums.tax_office.files import sealed
from payments.premiums.tax_office.models import TaxBatch, TaxBatchFile
from yibao.lib.csv_files import write_private
from yibao.lib.fen import yuan

MOST_ORDERS = 5_000  # in one batch: a file that people can look into, a transaction of seconds
COLUMNS = (
    "batch_no",
    "order_no",
    "psn_cert_type",
    "certno",
    "psn_name",
    "insuplc_admdvs",
    "premium_year",
    "amount",
    "row_type",
    "receipt_no",  # of what is refunded
)
PAYMENT, REFUND = "缴费", "退费"


class NoBatchError(AccountsError):
    """There is no batch of this number."""

    message = "这个统筹区没有这个批次，请核对统筹区和批次号"


def export(*, act: Act, region: str, ready_by: datetime | None = None) -> Iterator[tuple[TaxBatch, Path]]:
    """Hand over every order of the region whose time of undoing is over; yield each batch with its file.

    Orders for people who have died are given back instead.

    With `ready_by` only those whose time was over by then. Batches that were made before and have no file yet come first.
    """
    yield from write_missing(act=act, region=region)
    stop_for_the_dead(act=act, region=region)
    while batch := hand_over(act=act, region=region, ready_by=ready_by):
        yield batch, write(act=act, batch=batch)


def regions_to_hand_over() -> list[str]:
    """Return the regions with orders that are paid and not handed over, refunds to be told, or batches without a file."""
    debited = PremiumOrder.objects.filter(state=OrderState.DEBITED).values_list("region", flat=True)
    refunded = TaxRefund.objects.filter(batch=None).values_list("order__region", flat=True)
    unwritten = TaxBatch.objects.filter(written_at=None).values_list("region", flat=True)
    return sorted({*debited.distinct(), *refunded.distinct(), *unwritten})


def write_missing(*, act: Act, region: str) -> Iterator[tuple[TaxBatch, Path]]:
    """Write the files that a run which was broken off has left out; yield each batch with its file."""
    for batch in TaxBatch.objects.filter(region=region, written_at=None).order_by("number"):
        yield batch, write(act=act, batch=batch)


@transaction.atomic
def hand_over(*, act: Act, region: str, ready_by: datetime | None = None) -> TaxBatch | None:
    """Make the next batch of a region and set its orders to 已交税务; None when nothing is ready.

    A batch holds orders and refunds of one premium year. Whoever undoes or refunds an order first keeps it out: rows are
    locked. Refunds of what the tax office had confirmed go along, or alone.
    """
    _one_at_a_time(region)
    ready = list(_ready(region, ready_by or act.at)[:MOST_ORDERS])
    died = known_deaths({order.person_id for order in ready})
    orders = [order for order in ready if order.person_id not in died]
    refunds = list(_to_tell(region)[:MOST_ORDERS])
    if not orders and not refunds:
        return None
    year = min(order.premium_year for order in (*orders, *(refund.order for refund in refunds)))
    orders = [order for order in orders if order.premium_year == year]
    refunds = [refund for refund in refunds if refund.order.premium_year == year]
    batch = _batch_of(act, region, year, orders, refunds)
    PremiumOrder.objects.filter(pk__in=[order.pk for order in orders]).update(
        state=OrderState.HANDED_OVER, handed_over_at=act.at, batch=batch
    )
    PremiumOrderEvent.objects.bulk_create(
        PremiumOrderEvent(
            order=order, state=OrderState.HANDED_OVER, at=act.at, actor=str(act.actor), reason=f"批次 {batch.no}"
        )
        for order in orders
    )
    TaxRefund.objects.filter(pk__in=[refund.pk for refund in refunds]).update(batch=batch)
    audit.record(act=act, verb="premium_batch.made", detail={"batch": batch.no, "rows": batch.rows})
    return batch


def write(*, act: Act, batch: TaxBatch) -> Path:
    """Write a batch's file, as often as asked for always the same, and return where it is: its owner's alone."""
    folder = settings.TAX_OFFICE_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{batch.no}.csv"
    write_private(path, batch.file.content.encode())
    with transaction.atomic():
        TaxBatch.objects.filter(pk=batch.pk, written_at=None).update(written_at=act.at)
        audit.record(act=act, verb="premium_batch.written", detail={"batch": batch.no})
    return path


def find(no: str, *, region: str) -> TaxBatch:
    """Return a batch of a region by its number. Raises NoBatchError, also for another region's."""
    batch = TaxBatch.objects.filter(no=no, region=region).first()
    if batch is None:
        raise NoBatchError
    return batch


def _one_at_a_time(region: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"tax_batch:{region}"])


def _ready(region: str, at: datetime) -> QuerySet[PremiumOrder]:
    """Return the orders that may go, locked: of the oldest premium year first, then as they were made."""
    ready = PremiumOrder.objects.filter(region=region, state=OrderState.DEBITED, undo_until__lte=at, batch=None)
    return ready.select_for_update(of=("self",)).select_related("person").order_by("premium_year", "pk")


def _to_tell(region: str) -> QuerySet[TaxRefund]:
    """Return the refunds that the tax office was not told of yet, locked."""
    waiting = TaxRefund.objects.filter(order__region=region, batch=None).select_for_update(of=("self",))
    return waiting.select_related("order__person").order_by("order__premium_year", "pk")


def _batch_of(
    act: Act, region: str, year: int, orders: Sequence[PremiumOrder], refunds: Sequence[TaxRefund]
) -> TaxBatch:
    of_year = TaxBatch.objects.filter(region=region, premium_year=year)
    number = (of_year.aggregate(last=Max("number"))["last"] or 0) + 1
    no = f"{region}-{year}-{number:04d}"
    sum_fen = sum(order.amount_fen for order in orders)
    refund_fen = sum(refund.order.amount_fen for refund in refunds)
    cells = [_cells(no, order, PAYMENT) for order in orders] + [_cells(no, one.order, REFUND) for one in refunds]
    file = sealed(COLUMNS, cells, sum_fen + refund_fen)
    batch = TaxBatch.objects.create(
        no=no,
        region=region,
        premium_year=year,
        number=number,
        rows=len(orders),
        sum_fen=sum_fen,
        refund_rows=len(refunds),
        refund_fen=refund_fen,
        digest=file.digest,
        actor=str(act.actor),
        made_at=act.at,
    )
    TaxBatchFile.objects.create(batch=batch, content=file.content)
    return batch


def _cells(no: str, order: PremiumOrder, row_type: str) -> tuple[str, ...]:
    person = order.person
    return (
        no,
        order.no,
        person.cert_type,
        str(person.certno),
        person.name,
        order.region,
        str(order.premium_year),
        yuan(order.amount_fen),
        row_type,
        order.receipt_no,
    )
