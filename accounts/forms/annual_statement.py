"""Which year's 对账单 is wanted; and what stands on one that is to be checked."""

from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.forms.fields import ReadField, YuanField
from accounts.operations.annual_statement import EXAMPLE, read_number


class YearForm(forms.Form):
    year = forms.ChoiceField(
        label="哪一年的", error_messages={"required": "请选哪一年的", "invalid_choice": "没有这一年的，请重新选"}
    )

    def __init__(self, *args: Any, years: Iterable[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["year"].choices = [(str(year), words) for year, words in years]  # type: ignore[attr-defined]


class CheckForm(forms.Form):
    number = ReadField(
        read_number,
        label="编号",
        help_text=f"印在对账单上面，例如 {EXAMPLE}。",
        error_messages={"required": "请填编号"},
    )
    closing = YuanField(
        label="期末余额（元）",
        help_text="照对账单上的数字填。",
        error_messages={"required": "请填期末余额"},
    )
