"""List premium orders: `premium_orders [--region CODE] [--year YEAR] [--state STATE] [--json]`. Names are masked."""

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from accounts.management.base import BaseCommand
from accounts.management.days import year_argument
from accounts.management.regions import known_region
from payments.premiums.codes import OrderState
from payments.premiums.models import PremiumOrder
from yibao.lib.clock import SHANGHAI
from yibao.lib.fen import yuan
from yibao.lib.masking import masked_certno, masked_name


class Command(BaseCommand):
    help = "List premium orders: who paid for whom, how much, and where it stands. Names and numbers are masked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--region", help="only of people insured in this 统筹区, e.g. 350500")
        parser.add_argument("--year", type=year_argument, help="only of this premium year")
        parser.add_argument("--state", choices=OrderState.values, help="only in this state")

    def handle(self, *args: object, **options: Any) -> None:
        if options["region"] is not None:
            known_region(options["region"])
        asked = {"region": options["region"], "premium_year": options["year"], "state": options["state"]}
        orders = PremiumOrder.objects.filter(**{name: value for name, value in asked.items() if value})
        rows = list(_rows(orders.select_related("payer", "person", "batch").order_by("pk")))
        if options["json"]:
            self.answer({"orders": rows})
            return
        for row in rows:
            self.stdout.write(
                f"{row['order_no']} {row['payer']} 给 {row['psn_name']} 交 {row['premium_year']}年度 "
                f"{row['amount']} 元：{OrderState(row['state']).label}"
            )
        self.stdout.write(f"共 {len(rows):,} 张")


def _rows(orders: Any) -> Iterator[dict[str, Any]]:
    for order in orders.iterator(chunk_size=1_000):
        yield {
            "order_no": order.no,
            "payer": masked_name(order.payer.name),
            "psn_name": masked_name(order.person.name),
            "certno": masked_certno(order.person.certno),
            "insuplc_admdvs": order.region,
            "premium_year": order.premium_year,
            "amount": yuan(order.amount_fen),
            "state": order.state,
            "debited_at": _at(order.debited_at),
            "batch_no": order.batch.no if order.batch else "",
            "receipt_no": order.receipt_no,
            "decided_at": _at(order.decided_at),
            "reason": order.reason,
        }


def _at(moment: datetime | None) -> str:
    return moment.astimezone(SHANGHAI).isoformat(timespec="seconds") if moment else ""
