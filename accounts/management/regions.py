"""Regions on the command line: one without rules here is a slip, never an empty answer."""

from django.core.management.base import CommandError

from accounts.policies import registry


def known_region(code: str) -> str:
    """Return the code of a 统筹区 with rules here. Raises CommandError for any other."""
    if not registry.knows_region(code):
        raise CommandError(f"没有载入统筹区 {code} 的规则，请核对代码或先运行 load_policies")
    return code
