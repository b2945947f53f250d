"""The ledger as a pot sees it: one leg a row, on whichever side of its transfer the pot stands."""

# Of people's pots only: a region's own keep no balance. `change` and `balance` (after it) are fen, `id` is the
# transfer's, `other` the pot on its other side. The condition stands outside of the union: only so does the planner
# take the sides apart, and finds each by its own index for the pots of a join.
LEGS = """
    SELECT * FROM (
        SELECT target_id AS pot, amount_fen AS change, target_balance_fen AS balance, kind, period, id, voucher_id,
               facts, source_id AS other
        FROM accounts_transfer
        UNION ALL
        SELECT source_id, -amount_fen, source_balance_fen, kind, period, id, voucher_id, facts, target_id
        FROM accounts_transfer
    ) side WHERE balance IS NOT NULL
"""
