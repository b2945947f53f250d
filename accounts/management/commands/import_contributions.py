"""Import contributions: `import_contributions FILE`."""

from accounts.management.imports import ImportCommand
from accounts.roster.contributions import import_contributions


class Command(ImportCommand):
    help = "Import contributions (缴费记录) from CSV or a workbook: all rows, or none and a list of what is wrong."
    operation = staticmethod(import_contributions)
