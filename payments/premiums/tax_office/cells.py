"""What may stand in a cell of the tax office's files, besides what all files have (ValueError says why not); what may not stand beside it."""

import re
from collections.abc import Hashable, Iterable
from typing import TypeVar

from accounts.roster.cells import short_text
from payments.premiums.receipts import receipt_form
from yibao.lib.fen import grouped
from yibao.lib.masking import scrubbed
from yibao.lib.values.amounts import read_yuan

MOST_FEN = 1_000_000  # ten thousand yuan: no resident pays so much for a year
RECEIPT_LENGTH = CHANNEL_LENGTH = 40  # characters
K = TypeVar("K", bound=Hashable)
_RECEIPT = re.compile(rf"[0-9A-Z]{{1,{RECEIPT_LENGTH}}}", re.ASCII)


def contradicted(said: Iterable[tuple[K, Hashable]]) -> set[K]:
    """Return the keys of which one file says more than one thing: which of them is right, nobody can tell from it."""
    first: dict[K, Hashable] = {}
    return {key for key, what in said if first.setdefault(key, what) != what}


def amount(text: str) -> int:
    """What one person pays for a year, in yuan, as fen."""
    fen = read_yuan(text)
    if not 0 < fen <= MOST_FEN:
        raise ValueError(f"金额应大于 0，不超过 {grouped(MOST_FEN)} 元，请核对小数点")
    return fen


def receipt_no(text: str) -> str:
    """The number of a tax receipt (税票) as it is kept, as people who claim a refund type it too; or nothing."""
    number = receipt_form(text)
    if text and not _RECEIPT.fullmatch(number):
        raise ValueError(f"税票号码应为至多{RECEIPT_LENGTH}位的数字和字母")
    return number


def premium_year(text: str) -> int:
    """The year that a premium is for."""
    if not re.fullmatch(r"20\d\d", text, re.ASCII):
        raise ValueError("保费年度应为四位数字，例如 2027")
    return int(text)


def channel(text: str) -> str:
    """Through what it was paid, in words."""
    if not text:
        raise ValueError("没有填写缴费渠道，例如 微信、银行、税务窗口")
    return said(text, CHANNEL_LENGTH)


def said(text: str, most: int) -> str:
    """What the tax office says in its own words, as people may see it: no numbers of persons or phones, cut to a length."""
    return short_text(scrubbed(text)[:most])
