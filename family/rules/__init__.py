"""What is allowed, and how much comes from whom. Pure: dataclasses, fen and days, no Django."""

from family.rules.spending import Source, Take, spending_plan

__all__ = ["Source", "Take", "spending_plan"]
