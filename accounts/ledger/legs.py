"""The ledger as a pot sees it: one leg a row, on whichever side of its transfer the pot stands."""

# Of people's pots only: a region's own keep no balance. `change` and `balance` (after it) are fen, `id` is the
# transfer's, `other` the pot on its other side. A condition on pot, kind or period reaches the indexes of both sides.
LEGS = """
    SELECT target_id AS pot, amount_fen AS change, target_balance_fen AS balance, kind, period, id, voucher_id,
           facts, source_id AS other
    FROM accounts_transfer WHERE target_balance_fen IS NOT NULL
    UNION ALL
    SELECT source_id, -amount_fen, source_balance_fen, kind, period, id, voucher_id, facts, target_id
    FROM accounts_transfer WHERE source_balance_fen IS NOT NULL
"""
