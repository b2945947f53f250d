"""Compare vouchers, transfers, audit events and approvals with their seals, and scans with the audit; exit 1 and the first bad row when one does not fit."""

from argparse import ArgumentParser
from dataclasses import asdict

from django.db import transaction
from django.db.models import Sum

from accounts.errors import AccountsError
from accounts.management.base import BaseCommand, CommandError
from accounts.models import Seal
from accounts.queries import sealed_rows
from accounts.sealing import heads


class Command(BaseCommand):
    help = "Verify the seals: no sealed row was changed, deleted or put in, and the chain was not cut."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--head", metavar="HEAD", help="number and digest that were kept elsewhere")

    @transaction.atomic
    def handle(self, *args: object, **options: object) -> None:
        try:
            known = [
                *heads.kept(sealed_rows.database()),
                *([heads.read(str(options["head"]))] if options["head"] else []),
            ]
            found = sealed_rows.first_findings(known)
        except AccountsError as error:
            raise CommandError(error.message) from None
        count = Seal.objects.aggregate(rows=Sum("rows"))["rows"] or 0
        if not known and count:
            found.append(sealed_rows.BadRow("accounts_seal", 0, "库外没有封条头，看不出有没有被截掉"))
        if options["json"]:
            rows = [asdict(row) for row in found]
            self.answer({"ok": not found, "sealed": count, "rows": rows})
        elif not found:
            self.stdout.write(f"封条都对得上：{count} 行凭证、分录、双人复核和审计记录，加封以后没有改过。")
        if found:
            raise CommandError("\n".join(f"{row.table} 第 {row.id} 行{row.what}" for row in found))
