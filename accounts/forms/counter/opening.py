"""What begins the work on a case: its kind and a card, or its number."""

from typing import Any

from django import forms

from accounts.forms.counter.sections import SCANNED
from accounts.operations.cases import handlers


class OpenForm(forms.Form):
    kind = forms.ChoiceField(label="办什么", error_messages={"required": "请选办什么", "invalid_choice": "请选办什么"})
    typed = forms.CharField(
        label=SCANNED, help_text="光标在这里时刷卡", error_messages={"required": "请刷身份证，或输入证件号码"}
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offered = [(kind.value, kind.label) for kind in handlers.kinds()]
        self.fields["kind"].choices = [("", "请选择"), *offered]  # type: ignore[attr-defined]

    @property
    def next(self) -> str:
        """Return the id of the control to begin with."""
        return str(self["typed" if self["kind"].value() else "kind"].auto_id)


class NumberForm(forms.Form):
    number = forms.CharField(
        label="业务编号",
        help_text="扫告知单上的条码，或输入编号",
        error_messages={"required": "请扫条码，或输入业务编号"},
    )

    def clean_number(self) -> str:
        return str(self.cleaned_data["number"]).strip().upper()
