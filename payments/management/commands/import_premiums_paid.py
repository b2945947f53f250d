"""Import what was paid elsewhere: `import_premiums_paid FILE [--hold] [--expect-rows N] [--expect-sum YUAN]`."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from accounts.management.imports import FactsImportCommand, yuan_argument
from payments.premiums.tax_office.paid import import_premiums_paid


class Command(FactsImportCommand):
    help = "Import premiums that were paid through other channels (居民医保已缴记录) from CSV or a workbook."
    operation = staticmethod(import_premiums_paid)

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--expect-sum", type=yuan_argument, metavar="YUAN", help="refuse the file unless its amounts sum up to this"
        )

    def expected(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().expected(options), "expect_sum_fen": options["expect_sum"]}
