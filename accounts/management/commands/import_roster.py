"""Import a roster: `import_roster FILE`."""

from accounts.management.imports import ImportCommand
from accounts.roster.people import import_roster


class Command(ImportCommand):
    help = "Import a roster (参保名册) from CSV or a workbook: all rows, or none and a list of what is wrong."
    operation = staticmethod(import_roster)
