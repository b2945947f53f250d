"""Import a roster: `import_roster FILE [--hold] [--expect-rows N]`."""

from accounts.management.imports import FactsImportCommand
from accounts.roster.people import import_roster


class Command(FactsImportCommand):
    help = "Import a roster (参保名册) from CSV or a workbook; a damaged file or a bad row refuses it, with --hold only the row."
    operation = staticmethod(import_roster)
