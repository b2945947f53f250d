"""Import relations of family sharing: `import_bonds FILE`."""

from argparse import ArgumentParser

from accounts.management.imports import ImportCommand
from accounts.management.staff import add_by
from family.roster import import_bonds


class Command(ImportCommand):
    help = "Import relations (共济关系) that exist in the old system: all rows, or none and a list of what is wrong."
    operation = staticmethod(import_bonds)

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        add_by(parser)
