"""What the tests of imports share: calling an import, reading its refusal, and seeing whether anything changed."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.roster.contributions import import_contributions
from accounts.roster.drafts import ImportResult
from accounts.roster.people import import_roster
from accounts.roster.problems import ImportRefusedError
from tests.factories.acts import act_on

TODAY = date(2025, 6, 30)
TABLES = (
    "person",
    "formercertificate",
    "personchange",
    "enrolment",
    "contribution",
    "import",
    "factchange",
    "heldrow",
    "auditevent",
    "pot",
    "voucher",
    "transfer",
)


def roster(path: Path, on: date = TODAY, **options: Any) -> ImportResult:
    return import_roster(act=act_on(on), path=path, **options)


def contributions(path: Path, on: date = TODAY, **options: Any) -> ImportResult:
    return import_contributions(act=act_on(on), path=path, **options)


def held(result: ImportResult) -> list[tuple[int, str, str]]:
    """Return what an import laid aside, as (row, column, reason code)."""
    return [(row.row, row.column, row.reason_code) for row in result.held]


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
