"""List bills: `bills [--region CODE] [--day DAY] [--institution CODE] [--json]`. Names and numbers are masked."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from accounts.management.base import BaseCommand, CommandError
from accounts.management.days import day_argument, refuse_future_day
from accounts.management.regions import known_region
from payments.bills.models import Bill, Institution
from payments.bills.queries import institution_of, parts_of
from yibao.lib.fen import yuan
from yibao.lib.masking import masked_certno, masked_name

AT_ONCE = 1_000


class Command(BaseCommand):
    help = "List bills: which pots paid how much, what was given back. Names and numbers are masked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--region", help="only of people insured in this 统筹区, e.g. 330900")
        parser.add_argument("--day", type=day_argument, metavar="YYYY-MM-DD", help="only of this day")
        parser.add_argument("--institution", metavar="CODE", help="only of this institution")

    def handle(self, *args: object, **options: Any) -> None:
        asked: dict[str, Any] = {}
        if options["region"] is not None:
            asked["region"] = known_region(options["region"])
        if options["day"] is not None:
            refuse_future_day(options["day"])
            asked["on"] = options["day"]
        if options["institution"] is not None:
            asked["institution"] = _institution(options["institution"])
        rows = list(_rows(asked))
        if options["json"]:
            self.answer({"bills": rows})
            return
        for row in rows:
            what = f"{row['kind']} {row['category']}".strip() + (f"，退 {row['reverses']}" if row["reverses"] else "")
            paid = "，".join(f"{_WORDS[name]} {row[name]}" for name in _WORDS if row[name] not in ("0.00", "-0.00"))
            self.stdout.write(f"{row['day']} {row['fixmedins_code']} {row['bill_no']} {row['psn_name']} {what}：{paid}")
        self.stdout.write(f"共 {len(rows):,} 张")


_WORDS = {"current": "当年", "carried": "历年", "pool": "共济账户", "relatives": "家人", "cash": "现金"}


def _institution(code: str) -> Institution:
    found = institution_of(code)
    if found is None:
        raise CommandError(f"没有编码为 {code} 的定点机构，请核对编码或先运行 import_institutions")
    return found


def _rows(asked: dict[str, Any]) -> Iterator[dict[str, str]]:
    newest = 0
    bills = Bill.objects.filter(**asked).select_related("institution", "person", "reverses").order_by("pk")
    while page := list(bills.filter(pk__gt=newest)[:AT_ONCE]):
        parts = parts_of(page)
        for bill in page:
            yield {
                "fixmedins_code": bill.institution.code,
                "fixmedins_name": bill.institution.name,
                "bill_no": bill.bill_no,
                "day": bill.on.isoformat(),
                "kind": bill.get_kind_display(),
                "category": bill.get_category_display(),
                "reverses": bill.reverses.bill_no if bill.reverses else "",
                "psn_name": masked_name(bill.person.name),
                "certno": masked_certno(bill.person.certno),
                "region": bill.region,
                "amount": yuan(-bill.amount_fen if bill.reverses_id else bill.amount_fen),
                **{name: yuan(fen) for name, fen in parts[bill.pk].by_name().items()},
            }
        newest = page[-1].pk
