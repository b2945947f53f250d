"""Import opening balances: `import_balances FILE --expect-rows 10000 --expect-sum 12345678.90`."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from accounts.management.imports import ImportCommand, yuan_argument
from accounts.management.staff import add_by
from accounts.roster.openings import import_balances


class Command(ImportCommand):
    help = "Import opening balances (期初余额) of the old system: all rows, or none and a list of what is wrong."
    operation = staticmethod(import_balances)

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--expect-rows", type=int, metavar="N", help="refuse a file with another number of rows")
        parser.add_argument(
            "--expect-sum", type=yuan_argument, metavar="YUAN", help="refuse a file with another sum of balances"
        )
        add_by(parser)

    def expected(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {"expect_rows": options["expect_rows"], "expect_sum_fen": options["expect_sum"]}
