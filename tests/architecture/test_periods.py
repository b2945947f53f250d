"""How a period is written ("2025", "2025-03", "2025/2") is known to yibao.lib.periods and to nobody else."""

import re

import pytest

from tests.architecture.test_shape import APPS, ROOT, files, named

GRAMMAR = re.compile(
    r"\b(int|len|Month\.parse)\([^()]*period\b"  # its parts
    r"|\bperiod(\[|\.(r?partition|r?split|startswith|endswith|remove(pre|suf)fix|replace)\()"
    r"|\bperiod__(contains|startswith|endswith|like)\b"
    r"|\bperiod::|\bperiod LIKE .*['/]|\b(substr|substring|left|right|split_part)\([^()]*period"  # the same in SQL
    r"|period\b[^{}\"']*\}[-/]|'YYYY-MM'"  # putting one together
)


def test_no_period_is_taken_apart_or_put_together_elsewhere():
    found = [
        f"{named(path)}:{number}"
        for path in files(".py", ".html", under=(*APPS, "templates"))
        if path != ROOT / "yibao/lib/periods.py"
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if GRAMMAR.search(line)
    ]
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        "year = int(run.period)",
        "return len(self.period) == 7",
        "month = Month.parse(voucher.period)",
        'return voucher.period.partition("/")[0]',
        'Run.objects.filter(kind=JobKind.ACCRUAL, period__contains="-")',
        "make_date(v.period::int, 1, 1)",
        "OR v.period LIKE %(period)s || '/%%'",
        "WHERE left(t.period, 4) = '2025'",
        'return f"{run.period}/{case.posted.corrections + 1}"',
        "AND t.period = to_char(c.month, 'YYYY-MM')",
    ],
)
def test_what_used_to_be_written_is_found(line):
    assert GRAMMAR.search(line)
