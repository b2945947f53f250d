"""What is allowed, and how much comes from whom. Pure: dataclasses, fen and days, no Django."""

from family.rules.reasons import (
    CannotUndoError,
    ChangedError,
    IncompleteDraftError,
    MismatchError,
    Reason,
    ReasonCode,
    RefusedError,
)
from family.rules.spending import Source, Take, premium_plan, spending_plan
from family.rules.use import Where

__all__ = [
    "CannotUndoError",
    "ChangedError",
    "IncompleteDraftError",
    "MismatchError",
    "Reason",
    "ReasonCode",
    "RefusedError",
    "Source",
    "Take",
    "Where",
    "premium_plan",
    "spending_plan",
]
