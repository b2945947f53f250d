"""What a formula is given, as small immutable values. They are stored beside the amount, so it can be explained.

Named tuples rather than dataclasses: a city's run makes millions, and a tuple is made three times as fast.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from accounts.codes import Capacity
from accounts.errors import AccountsError


class CannotCreditError(AccountsError):
    """Nothing can be worked out for this person: a stable reason code and a Chinese message saying what is missing."""

    def __init__(self, reason_code: str, message: str) -> None:
        super().__init__(message)
        self.reason_code = reason_code


class MonthFacts(NamedTuple):
    """One month of one person: in which capacity (accounts.codes.Capacity), on what base (fen), at what age, with what monthly pension (fen)."""

    capacity: str
    base_fen: int | None
    age: int
    pension_fen: int | None = None
    # True when pension_fen is this year's monthly average because there is none for last year (TV-26).
    pension_is_current: bool = False


class Span(NamedTuple):
    """Some months of a benefit year with the same facts, and the policy version that is in force in them.

    `since`: the first of them (1 to 12); the others follow it. 0 where that was not recorded.
    """

    facts: MonthFacts
    months: int
    version: str
    since: int = 0


class YearFacts(NamedTuple):
    """A benefit year as runs of equal months; for a correction also what had been credited for it before (fen)."""

    spans: tuple[Span, ...]
    credited_before: int | None = None


class InterestFacts(NamedTuple):
    """Sums of the month-end balances of a benefit year (fen × months): of 当年, negative if overdrawn, and 历年.

    `corrected_product_fen`: how much of them is of money that was posted later and counts as if it had been posted in time.
    For a correction also the interest that had been credited before (fen).
    """

    current_product_fen: int
    carried_product_fen: int
    corrected_product_fen: int = 0
    credited_before: int | None = None


Facts = MonthFacts | YearFacts | InterestFacts


class Credit(NamedTuple):
    """What goes into the account (fen), and what the person owes for it in all, credited or not (fen)."""

    amount_fen: int
    owed_fen: int = 0


def pack(facts: Facts) -> str:
    """Return the facts as compact JSON text for the ledger row; what is empty is left out. `unpack` undoes it.

    Nobody else knows how facts are written.
    """
    if isinstance(facts, MonthFacts):
        return f"{{{_month_text(facts)}}}"
    if isinstance(facts, InterestFacts):
        corrected = f',"corrected_product_fen":{facts.corrected_product_fen}' if facts.corrected_product_fen else ""
        products = (
            f'"current_product_fen":{facts.current_product_fen},"carried_product_fen":{facts.carried_product_fen}'
        )
        return f"{{{products}{corrected}{_before_text(facts.credited_before)}}}"
    spans = ",".join(
        f'{{{_since_text(span)}"months":{span.months},"version":{json.dumps(span.version)},{_month_text(span.facts)}}}'
        for span in facts.spans
    )
    return f'{{"spans":[{spans}]{_before_text(facts.credited_before)}}}'


def _before_text(credited_fen: int | None) -> str:
    return "" if credited_fen is None else f',"credited_fen":{credited_fen}'


def _since_text(span: Span) -> str:
    return f'"since":{span.since},' if span.since else ""


def _month_text(facts: MonthFacts) -> str:
    capacity, base_fen, age, pension_fen, pension_is_current = facts
    text = f'"capacity":"{capacity}","age":{age}'
    if base_fen is not None:
        text += f',"base_fen":{base_fen}'
    if pension_fen is not None:
        text += f',"pension_fen":{pension_fen}'
    if pension_is_current:
        text += ',"pension_is_current":true'
    return text


def unpack(data: str | Mapping[str, Any]) -> Facts:
    """Return the facts from JSON text, or from what the database already decoded of it."""
    loaded: Mapping[str, Any] = json.loads(data) if isinstance(data, str) else data
    if "spans" in loaded:
        spans = tuple(
            Span(_month_of(span), span["months"], span["version"], span.get("since", 0)) for span in loaded["spans"]
        )
        return YearFacts(spans, loaded.get("credited_fen"))
    if "current_product_fen" in loaded:
        return InterestFacts(
            loaded["current_product_fen"],
            loaded["carried_product_fen"],
            loaded.get("corrected_product_fen", 0),
            loaded.get("credited_fen"),
        )
    return _month_of(loaded)


def _month_of(data: Mapping[str, Any]) -> MonthFacts:
    return MonthFacts(
        data["capacity"],
        data.get("base_fen"),
        data["age"],
        data.get("pension_fen"),
        data.get("pension_is_current", False),
    )


def contributor_months_in_sql(column: str) -> str:
    """Return the SQL for how many months of a year's stored facts are an employee's or a flexible worker's."""
    return (
        f"(SELECT coalesce(sum((span ->> 'months')::int), 0) FROM jsonb_array_elements({column} -> 'spans') span"
        f" WHERE span ->> 'capacity' <> '{Capacity.RETIREE}')"
    )


def capacity_in_sql(column: str) -> str:
    """Return the SQL for the capacity in a month's stored facts; NULL for other facts."""
    return f"{column} ->> 'capacity'"
