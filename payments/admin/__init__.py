"""What was paid, for staff to look up. Nothing is changed here: operations and files do that."""

from payments.admin import premiums, tax_office  # noqa: F401  register their pages
