"""How much of what is given back of a bill goes back to accounts. Pure: fen."""


def account_part(*, amount_fen: int, account_fen: int, before_fen: int, back_fen: int) -> int:
    """Return the fen of a reversal that go back to accounts, the rest being cash.

    A bill is paid by accounts first and cash last, so cash goes back first: what stays paid is then what a bill of the
    remaining amount would have taken (decision 0026). `before_fen` was given back of the bill before.
    """
    cash_fen = amount_fen - account_fen
    return max(before_fen + back_fen, cash_fen) - max(before_fen, cash_fen)
