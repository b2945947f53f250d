"""How much interest a benefit year earns (计息)."""

from accounts.policies.formulas.facts import CannotCreditError, Credit, InterestFacts
from accounts.policies.terms import InterestTerms
from yibao.lib.fen import half_up

# A product is fen × months, a rate is bp a year.
YEARLY_BP = 12 * 10_000


def interest(facts: InterestFacts, terms: InterestTerms) -> Credit:
    """Return the interest of a year: 当年 at its own rate, 历年 at the term rate, one rounding, never negative.

    An overdrawn 当年 (product ≤ 0) is taken off the 历年 product by its absolute value: the published formula
    prints "P_h − P_c", which would add the overdraft. Raises CannotCreditError when no rate is loaded.
    """
    return Credit(half_up(interest_parts(facts, terms), YEARLY_BP))


def interest_parts(facts: InterestFacts, terms: InterestTerms) -> int:
    """Return the interest exactly, in 1/YEARLY_BP fen. Raises CannotCreditError."""
    if terms.current_rate_bp is None or terms.carried_rate_bp is None:
        raise CannotCreditError("no_interest_rate", "本地没有载入利率，不计息")
    current, carried = facts.current_product_fen, facts.carried_product_fen
    if current > 0:
        return current * terms.current_rate_bp + carried * terms.carried_rate_bp
    return max(0, carried + current) * terms.carried_rate_bp
