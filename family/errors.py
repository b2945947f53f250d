"""The one kind of error that the family's operations raise."""

from accounts.errors import AccountsError


class FamilyError(AccountsError):
    """共济办不成：nothing was written; `message` says why, to people."""
