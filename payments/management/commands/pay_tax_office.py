"""Record what the treasury paid a tax office: `pay_tax_office --region 350500 --until DAY | --batch NO --document NO --by NAME`."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from accounts.errors import AccountsError
from accounts.management.base import BaseCommand, CommandError
from accounts.management.days import day_argument, refuse_future_day
from accounts.management.regions import known_region
from accounts.management.staff import acts_by, add_by
from payments.premiums.operations.remitting import remit
from payments.premiums.tax_office import batches
from payments.premiums.tax_office.models import TaxBatch
from yibao.lib.fen import grouped, yuan


class Command(BaseCommand):
    help = "Record the treasury's transfer of premiums to a tax office, once per document, with one voucher."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--region", required=True, help="统筹区 whose treasury pays, e.g. 350500")
        parser.add_argument(
            "--to", metavar="REGION", help="参保地 whose tax office is paid; the same region by default"
        )
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--batch", metavar="NO", help="pay up to this batch")
        which.add_argument("--until", type=day_argument, metavar="YYYY-MM-DD", help="pay the batches made by that day")
        parser.add_argument("--document", required=True, metavar="NO", help="the number of the bank's document")
        add_by(parser)

    def handle(self, *args: object, **options: Any) -> None:
        region, to = options["region"], options["to"] or options["region"]
        known_region(region), known_region(to)
        acts = acts_by(options["by"], most=1)
        if not acts:
            raise CommandError("请用 --by 写明由谁登记")
        try:
            batch = self._batch(to, options["batch"], options["until"])
            paid = remit(act=acts[0], region=region, insured_region=to, up_to=batch.pk, document=options["document"])
        except AccountsError as error:
            raise CommandError(error.message) from None
        if options["json"]:
            document = {"document": paid.document, "amount": yuan(paid.amount_fen), "up_to": batch.no}
            self.answer(document)
        else:
            self.stdout.write(
                f"已登记解缴 {grouped(paid.amount_fen)} 元，付到批次 {batch.no} 为止，凭据 {paid.document}"
            )

    def _batch(self, to: str, no: str | None, until: date | None) -> TaxBatch:
        if no:
            return batches.find(no, region=to)
        assert until is not None
        refuse_future_day(until)
        batch = TaxBatch.objects.filter(region=to, made_at__date__lte=until).order_by("-pk").first()
        if batch is None:
            raise CommandError(f"到 {until} 为止没有交给税务的批次")
        return batch
