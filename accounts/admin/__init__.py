"""Pages of policy staff and administrators."""

from accounts.admin import signin  # noqa: F401  registers by being imported
