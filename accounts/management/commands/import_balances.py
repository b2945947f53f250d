"""Import opening balances: `import_balances FILE --expect-rows 10000 --expect-sum 12345678.90`."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from accounts.management.imports import FactsImportCommand, yuan_argument
from accounts.roster.openings import import_balances


class Command(FactsImportCommand):
    help = "Import opening balances (期初余额) of the old system; a bad row refuses the file, with --hold only the row."
    operation = staticmethod(import_balances)

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--expect-sum", type=yuan_argument, metavar="YUAN", help="refuse a file with another sum of balances"
        )

    def expected(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().expected(options), "expect_sum_fen": options["expect_sum"]}
