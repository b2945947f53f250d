"""What the pages of payments' case kinds ask (accounts.forms.counter)."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField

from accounts.codes import CaseKind
from accounts.forms.counter import CaseForm, register
from accounts.forms.fields import DayField, ReadField, YuanField
from accounts.operations.life_events.events import LifeEventError
from accounts.operations.life_events.moving import masked_payee
from payments.bills.codes import CATEGORIES, BillKind
from payments.reimbursements.counter import PLACES
from payments.reimbursements.rules import NAME_LENGTH, ReimbursementError, read_issuer_code, read_number
from yibao.lib.fen import grouped, yuan

ROWS = 6  # invoices on one page; of a visit with more, the rest is another case
_KEPT = re.compile(r"尾号\d{4}", re.ASCII)
_PARTS = ("number", "on", "amount")


def _read(reader: Callable[[str], str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            return reader(text)
        except (ReimbursementError, LifeEventError) as error:
            raise ValueError(error.message) from None

    return read


def _payee(text: str) -> str:
    """Of a whole account number only the last digits are kept; what is kept may be sent once more."""
    return text if _KEPT.fullmatch(text) else masked_payee(text)


class ReimburseForm(CaseForm):
    """One visit: where it was, its invoices, and where the money goes."""

    issuer_code = ReadField(
        read=_read(read_issuer_code),
        label="开票机构编码",
        help_text="发票上的机构编码，或统一社会信用代码。",
        error_messages={"required": "请填开票机构编码"},
    )
    issuer_name = forms.CharField(
        label="开票机构名称",
        max_length=NAME_LENGTH,
        error_messages={"required": "请填开票机构名称", "max_length": f"最长{NAME_LENGTH}个字"},
    )
    place = forms.ChoiceField(label="机构类型", choices=PLACES.items(), error_messages={"required": "请选机构类型"})
    kind = forms.ChoiceField(label="类别", choices=BillKind.choices, error_messages={"required": "请选类别"})
    category = forms.ChoiceField(label="费用类别", choices=[("", "没有写明"), *CATEGORIES.items()], required=False)
    payee = ReadField(
        read=_read(_payee),
        label="授权人的银行账号",
        help_text="整个账号，只保存尾号。",
        error_messages={"required": "请填授权人的银行账号"},
    )

    rows_title = f"发票（至少填一张，最多{ROWS}张）"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for row in range(1, ROWS + 1):
            of_row = (
                ReadField(read=_read(read_number), label=f"第{row}张的号码", required=False),
                DayField(label=f"第{row}张的日期", required=False),
                YuanField(label=f"第{row}张个人负担（元）", required=False),
            )
            for part, field in zip(_PARTS, of_row, strict=True):
                field.depends = True  # type: ignore[attr-defined]
                self.fields[f"{part}_{row}"] = field
        self.fields["total"] = YuanField(
            label="个人负担合计（元）",
            help_text="照发票另算一遍，不照上面抄：和各张加起来一样才能保存。",
            error_messages={"required": "请填个人负担的合计"},
        )

    @property
    def rows(self) -> list[list[BoundField]]:
        return [*([self[f"{part}_{row}"] for part in _PARTS] for row in range(1, ROWS + 1)), [self["total"]]]

    def from_case(self, known: dict[str, Any]) -> dict[str, Any]:
        shown = dict(known)
        for row, (number, day, fen) in enumerate(known.get("invoices", ()), start=1):
            shown |= {f"number_{row}": number, f"on_{row}": day, f"amount_{row}": yuan(fen)}
        if fens := [fen for _, _, fen in known.get("invoices", ())]:
            shown["total"] = yuan(sum(fens))
        return shown

    def clean(self) -> dict[str, Any]:
        """Refuse a row that is filled in by half, a form without any, and a total that is another: an amount is mistyped."""
        cleaned = super().clean() or self.cleaned_data
        for row in range(1, ROWS + 1):
            missing = [part for part in _PARTS if cleaned.get(f"{part}_{row}") in (None, "")]
            for part in missing if len(missing) < len(_PARTS) else ():
                if f"{part}_{row}" not in self.errors:
                    self.add_error(f"{part}_{row}", f"第{row}张发票要填全：号码、日期、金额")
        if not self.errors and not self._invoices(cleaned):
            self.add_error("number_1", "请至少填一张发票")
        added_fen = sum(fen for _, _, fen in self._invoices(cleaned))
        if not self.errors and cleaned.get("total") != added_fen:
            self.add_error("total", f"和各张发票加起来的 {grouped(added_fen)} 元不一样，请逐张和发票核对")
        return cleaned

    def asked(self) -> dict[str, Any]:
        kept = {name: self.cleaned_data[name] for name in self.base_fields}
        return kept | {"invoices": self._invoices(self.cleaned_data)}

    def _invoices(self, cleaned: dict[str, Any]) -> list[tuple[str, str, int]]:
        found = []
        for row in range(1, ROWS + 1):
            number, on, fen = (cleaned.get(f"{part}_{row}") for part in _PARTS)
            if isinstance(number, str) and isinstance(on, date) and isinstance(fen, int):
                found.append((number, on.isoformat(), fen))
        return found


register(CaseKind.REIMBURSE, ReimburseForm)
