"""What the number of a bill is, and how much of what is given back of a bill goes back to accounts. Pure: fen."""

import re

from yibao.lib.half_width import half_width

_DASHES = re.compile("[\u2010-\u2015\u2212]")


def one_form(number: str) -> str:
    """Return a bill's number as it is kept: in half width, without spaces, with one kind of dash.

    However it is typed the next time, it is the same bill: a number of an institution counts once. An apostrophe in
    front is a spreadsheet's, which takes what follows for text. Small and capital letters stay apart.
    """
    plain = half_width(number)
    return _DASHES.sub("-", plain).removeprefix("'")


def account_part(*, amount_fen: int, account_fen: int, before_fen: int, back_fen: int) -> int:
    """Return the fen of a reversal that go back to accounts, the rest being cash.

    A bill is paid by accounts first and cash last, so cash goes back first: what stays paid is then what a bill of the
    remaining amount would have taken (decision 0026). `before_fen` was given back of the bill before.
    """
    cash_fen = amount_fen - account_fen
    return max(before_fen + back_fen, cash_fen) - max(before_fen, cash_fen)
