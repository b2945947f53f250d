"""Import the tax office's answers: `import_premium_results FILE [--hold]`."""

from accounts.management.imports import ImportCommand
from payments.premiums.tax_office.answers import import_premium_results


class Command(ImportCommand):
    help = "Import what the tax office answered (税务答复); what fits no order is laid aside, a file that is not whole refused."
    operation = staticmethod(import_premium_results)
