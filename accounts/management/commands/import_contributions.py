"""Import contributions: `import_contributions FILE [--hold] [--expect-rows N] [--expect-sum YUAN]`."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from accounts.management.imports import FactsImportCommand, yuan_argument
from accounts.roster.contributions import import_contributions


class Command(FactsImportCommand):
    help = "Import contributions (缴费记录) from CSV or a workbook; a damaged file or a bad row refuses it, with --hold only the row."
    operation = staticmethod(import_contributions)

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--expect-sum", type=yuan_argument, metavar="YUAN", help="refuse the file unless its bases sum up to this"
        )

    def expected(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().expected(options), "expect_sum_fen": options["expect_sum"]}
