"""Numbers of tax receipts and of bank cards: in the one form in which they are kept, however they were typed. Pure."""

import re
import unicodedata

from stdnum import luhn

from payments.premiums.rules import PremiumError

RECEIPT_USED = "这张税票已经申请过返还，一张税票只能用一次。号码没有填错的，请带税票到窗口办"
RECEIPT_LENGTH, CARD_LENGTH = (6, 40), (16, 19)  # from, to


def receipt_form(text: str) -> str:
    """Return the number of a tax receipt in the one form in which it is kept, from wherever it comes."""
    return _without_signs(text).upper()


def read_receipt_no(text: str) -> str:
    """Return the number of a tax receipt as it is kept. Raises PremiumError when it cannot be one."""
    number = receipt_form(text)
    low, high = RECEIPT_LENGTH
    if not (low <= len(number) <= high and number.isascii() and number.isalnum()):
        raise PremiumError(f"税票号码不对：只有数字和字母，{low}到{high}位。请照税票上的“电子税票号码”填")
    return number


def read_bank_card(text: str) -> str:
    """Return the number of a bank card as it is kept. Raises PremiumError when its check digit does not fit."""
    number = _without_signs(text)
    low, high = CARD_LENGTH
    if not (low <= len(number) <= high and number.isascii() and number.isdigit()):
        raise PremiumError(f"银行卡号不对：应为{low}到{high}位数字。请照卡面上的号码再填一次")
    if not luhn.is_valid(number):
        raise PremiumError("银行卡号不对：里面有数字填错了。请照卡面上的号码一位一位再看一遍")
    return number


def _without_signs(text: str) -> str:
    """Return a number in half width, without the spaces and dashes that it is grouped by."""
    return re.sub(r"[\s\u2010-\u2015\u2212-]", "", unicodedata.normalize("NFKC", text))
