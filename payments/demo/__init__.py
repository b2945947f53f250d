"""Demonstration people: synthetic files, imported and worked off by the same imports and jobs a bureau would run."""

from accounts.models import Person


def is_empty() -> bool:
    """Say whether nobody is on the roster yet; only then may demo people move in."""
    return not Person.objects.exists()
