"""Import relations of family sharing: `import_bonds FILE [--hold]`."""

from accounts.management.imports import ImportCommand
from family.roster import import_bonds


class Command(ImportCommand):
    help = "Import relations (共济关系) of the old system; a bad row refuses the file, with --hold only the row."
    operation = staticmethod(import_bonds)
