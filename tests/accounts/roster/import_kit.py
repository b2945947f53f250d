"""What the tests of imports share: calling an import, reading its refusal, and seeing whether anything changed."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.db import connection

from accounts.roster.contributions import import_contributions
from accounts.roster.files import ImportRefusedError, ImportResult
from accounts.roster.people import import_roster
from tests.factories.acts import act_on

TODAY = date(2025, 6, 30)
TABLES = ("person", "enrolment", "contribution", "import", "auditevent", "pot", "voucher", "transfer")


def roster(path: Path) -> ImportResult:
    return import_roster(act=act_on(TODAY), path=path)


def contributions(path: Path) -> ImportResult:
    return import_contributions(act=act_on(TODAY), path=path)


def kept() -> dict[str, str]:
    """Return a digest of every table that an import could write to."""
    with connection.cursor() as cursor:
        digests = {}
        for table in TABLES:
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY id), '')) FROM accounts_{table} t")
            digests[table] = cursor.fetchone()[0]
    return digests


def refusal(operation: Callable[[Path], ImportResult], path: Path) -> list[tuple[int, str, str]]:
    """Import a bad file; return its problems as (row, column, reason), having seen that nothing has changed."""
    before = kept()
    with pytest.raises(ImportRefusedError) as refused:
        operation(path)
    assert kept() == before
    assert "没有导入任何内容" in str(refused.value)
    return [(problem.row, problem.column, problem.reason) for problem in refused.value.problems]
