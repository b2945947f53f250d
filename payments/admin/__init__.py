"""Where money is spent, for policy staff to keep; what was paid, for staff to look up: operations and files change that."""

from payments.admin import institutions, premiums, reimbursements, tax_office  # noqa: F401  register their pages
