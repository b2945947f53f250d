"""What is handed in to be reimbursed, as it is kept, and what stands against an invoice. Pure: fen and days."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from accounts.codes import InstitutionKind, InstitutionLevel
from accounts.errors import AccountsError
from payments.bills.codes import CATEGORIES, BillKind
from yibao.lib.days import day_words
from yibao.lib.fen import grouped

CODE_LENGTH, NAME_LENGTH = 20, 100
NUMBER_LENGTH = (6, 30)
MOST_INVOICES = 20  # of one visit
MOST_FEN = 100_000_000  # a million yuan: more on one invoice is a slip of the comma
_CODE = re.compile(rf"[0-9A-Z]{{4,{CODE_LENGTH}}}", re.ASCII)
_NUMBER = re.compile(rf"[0-9A-Z]{{{NUMBER_LENGTH[0]},{NUMBER_LENGTH[1]}}}", re.ASCII)


class ReimbursementError(AccountsError):
    """手工报销办不成：nothing was written; `message` says why, to people."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """发票：号码、日期、个人负担的金额（分）。"""

    number: str
    on: date
    amount_fen: int

    def may_be(self, number: str, on: date, amount_fen: int) -> bool:
        """Say whether another one may be the same paper: of that day and amount, its number written without its code.

        Whatever code of its issuer was typed: one institution has several.
        """
        is_alike = self.number.endswith(number) or number.endswith(self.number)
        return is_alike and (self.on, self.amount_fen) == (on, amount_fen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """就诊：在哪家机构、什么类别的费用。 One visit's invoices are handed in together."""

    issuer_code: str
    issuer_name: str
    institution_kind: str
    level: int
    kind: str = BillKind.OUTPATIENT
    category: str = ""

    @property
    def place(self) -> str:
        """What a relative may know of where it was: 药店, 三级医疗机构."""
        if self.institution_kind == InstitutionKind.PHARMACY:
            return "药店"
        return f"{InstitutionLevel(self.level).label}医疗机构" if self.level else "医疗机构"


def read_issuer_code(text: str) -> str:
    """Return the code of who issued an invoice, as it is kept. Raises ReimbursementError."""
    code = _plain(text)
    if not _CODE.fullmatch(code):
        raise ReimbursementError(
            f"机构编码应为数字和字母，4到{CODE_LENGTH}位。请照发票上的机构编码或统一社会信用代码填"
        )
    return code


def read_number(text: str) -> str:
    """Return the number of an invoice, as it is kept: however it is spaced, it is the same. Raises ReimbursementError."""
    number = _plain(text)
    if not _NUMBER.fullmatch(number):
        low, high = NUMBER_LENGTH
        raise ReimbursementError(
            f"发票号码应为数字和字母，{low}到{high}位。请照发票右上角的号码填，有发票代码的写在前面"
        )
    return number


def _plain(text: str) -> str:
    return re.sub(r"[\s\-_/]", "", unicodedata.normalize("NFKC", text)).upper()


def _has_one_twice(invoices: Sequence[Invoice]) -> bool:
    return any(
        one.number == other.number or one.may_be(other.number, other.on, other.amount_fen)
        for one, other in combinations(invoices, 2)
    )


def misfits(visit: Visit, invoices: Sequence[Invoice], *, bound_from: date, on: date) -> Iterator[str]:
    """Yield what is wrong with what was handed in, whoever's it is; `bound_from` is when the sharing began."""
    if not visit.issuer_name.strip() or len(visit.issuer_name) > NAME_LENGTH:
        yield f"请写开票机构的名称，最长{NAME_LENGTH}个字"
    if visit.institution_kind == InstitutionKind.PHARMACY and (visit.level or visit.kind != BillKind.PURCHASE):
        yield f"药店没有等级，只能报{BillKind.PURCHASE.label}"
    if visit.kind not in BillKind.values or visit.category not in ("", *CATEGORIES):
        yield "没有这种费用类别，请重新选"
    if not 0 < len(invoices) <= MOST_INVOICES:
        yield f"一次报 1 到 {MOST_INVOICES} 张发票，请至少填一张"
    if _has_one_twice(invoices):
        yield "同一张发票填了两次，请去掉一张"
    for invoice in invoices:
        if not 0 < invoice.amount_fen <= MOST_FEN:
            yield f"发票 {invoice.number} 的金额应大于 0，不超过 {grouped(MOST_FEN)} 元"
        if invoice.on > on:
            yield f"发票 {invoice.number} 的日期在今天之后，请核对"
        elif invoice.on < bound_from:
            yield f"发票 {invoice.number} 是{day_words(invoice.on)}的，那时还没有约定家庭共济，不能报"
