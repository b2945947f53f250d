"""A term that no rule reads, and a code that nothing writes, promise what is not done: each is used, or is not there."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

import accounts.codes
import family.codes
import payments.premiums.codes
from accounts.policies.terms import KINDS
from tests.architecture.test_shape import APPS, ROOT, files, named
from yibao.lib.codes import IntegerCode, TextCode

# What the fourth step of the project brings: bills at institutions, and premiums.
BILLS, PREMIUMS = "Bills: what an account may pay, by category", "Resident premium"
# Terms that no rule reads yet, or that people read and no formula may.
UNREAD = {
    "premium.payout": "whose card the money goes to, for people to read",
    "premium.subsidy_floor_fen": "what the budget adds, for people to read",
    "credit.average_wage_fen": "kept beside the base so that nobody mistakes one for the other (C1)",
    "credit.average_wage_year": "of which year that wage is",
    "counter.result_days": "by when people are told that there is a result: they read it, no rule obeys it",
    "credit.retiree_min_years": "who is retired the roster says (psn_type); staff read the years on the policy page",
}
# Codes that nothing writes yet.
UNWRITTEN = {
    "PotKind.POOLED": BILLS,
}
# Codes that come from outside, each value as it is: which module takes them all in.
TAKEN_IN = {
    "CaseKind": "accounts/operations/cases/desk.py",
    "Contrast": "accounts/views/display.py",
    "DocumentKind": "accounts/policies/documents.py",
    "EnrolmentEndReason": "accounts/roster/people.py",
    "InstitutionLevel": "payments/bills/models.py",
    "LookupPurpose": "accounts/queries/lookups.py",
    "OtherInsurance": "accounts/roster/people.py",
    "PaymentType": "accounts/roster/cells.py",
    "PersonGroup": "accounts/offices/__init__.py",
    "PersonType": "accounts/roster/cells.py",
    "ProofKind": "accounts/operations/life_events/events.py",
    "RefundReason": "payments/premiums/operations/progress.py",
    "Relation": "family/roster.py",
    "Situation": "accounts/offices/__init__.py",
    "TextSize": "accounts/views/display.py",
}
PAGES = {"terms", "views", "admin", "forms"}  # who only shows a term does not obey it
ASKING = {"filter", "exclude", "get", "Q", "When", "aggregate", "annotate"}


@cache
def production() -> dict[Path, str]:
    return {path: path.read_text() for path in files(".py", under=APPS) if "codes" not in path.with_suffix("").parts}


@cache
def read_by_rules() -> list[tuple[str, set[str]]]:
    """Return the text of every module that may obey a term, and the attributes it reads. Pages do not count."""
    return [
        (text, set(re.findall(r"\.(\w+)\b", text)))
        for path, text in production().items()
        if not PAGES & {*path.parts} and "accounts/queries" not in named(path)
    ]


def is_read(kind: str, name: str) -> bool:
    """Say whether a module that knows this kind of terms reads the field."""
    knows = re.compile(rf"\b{kind.title()}Terms\b|registry\.{kind}\b|\b{kind}_or_none\b|\.{kind}\b|\bterms\b")
    return any(name in read and knows.search(text) for text, read in read_by_rules())


TERMS = [f"{kind}.{declared.name}" for kind, cls in KINDS.items() for declared in fields(cls)]


@pytest.mark.parametrize("term", TERMS)
def test_every_term_is_read_by_a_rule(term):
    assert is_read(*term.split(".")) or term in UNREAD


def test_what_is_said_to_be_unread_is_a_term():
    assert set(UNREAD) <= set(TERMS)


def codes() -> Iterator[type[TextCode] | type[IntegerCode]]:
    for module in (accounts.codes, family.codes, payments.premiums.codes):
        for found in vars(module).values():
            if isinstance(found, type) and issubclass(found, TextCode | IntegerCode) and len(found):
                yield found


def written() -> set[str]:
    """Return every `Class.MEMBER` that production code names other than to compare or to ask the database for it."""
    named_at_all = re.compile(rf"\b({'|'.join(code.__name__ for code in codes())})\s*\.")
    found = set()
    left: list[tuple[ast.AST, bool]] = [
        (ast.parse(text), False) for text in production().values() if named_at_all.search(text)
    ]
    while left:
        node, asked = left.pop()
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and not asked:
            found.add(f"{node.value.id}.{node.attr}")
        for child in ast.iter_child_nodes(node):
            left.append((child, not isinstance(child, ast.stmt) and (asked or _asks(node, child))))
    return found


def _asks(node: ast.AST, child: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return child is not node.func and _name(node.func) in ASKING
    return isinstance(node, ast.Compare | ast.MatchValue)


def _name(function: ast.expr) -> str:
    return str(getattr(function, "attr", getattr(function, "id", "")))


def test_every_code_has_a_writer():
    names = written()
    idle = [
        f"{code.__name__}.{member.name}"
        for code in codes()
        if code.__name__ not in TAKEN_IN
        for member in code
        if f"{code.__name__}.{member.name}" not in names
    ]
    assert sorted(set(idle)) == sorted(UNWRITTEN)


@pytest.mark.parametrize("name", TAKEN_IN)
def test_codes_from_outside_are_taken_in_whole(name):
    text = (ROOT / TAKEN_IN[name]).read_text()
    assert re.search(rf"\b{name}(\(|\.values|\.choices|\))|in {name}\b", text), named(ROOT / TAKEN_IN[name])
