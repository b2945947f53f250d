"""What is allowed, and how much comes from whom. Pure: dataclasses, fen and days, no Django."""

from family.rules.reasons import CannotUndo, Changed, IncompleteDraft, NoMatch, Reason, ReasonCode, Refused
from family.rules.spending import Source, Take, premium_plan, spending_plan
from family.rules.use import Where

__all__ = [
    "CannotUndo",
    "Changed",
    "IncompleteDraft",
    "NoMatch",
    "Reason",
    "ReasonCode",
    "Refused",
    "Source",
    "Take",
    "Where",
    "premium_plan",
    "spending_plan",
]
