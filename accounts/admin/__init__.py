"""Pages of policy staff and administrators."""

from accounts.admin import approvals, held, imports, jobs, ledger, notices, offices, policies, regions, signin, staff  # noqa: F401  registers by being imported
