"""What begins the work on a case: its kind and a card, or its number."""

from typing import Any

from django import forms

from accounts.forms.counter.sections import SCANNED
from accounts.operations.cases import handlers


class OpenForm(forms.Form):
    kind = forms.ChoiceField(label="办什么", error_messages={"required": "请选办什么", "invalid_choice": "请选办什么"})
    typed = forms.CharField(label=SCANNED, help_text="光标在这里时刷卡", required=False)
    token = forms.UUIDField(widget=forms.HiddenInput, required=False)  # of a look-up that was made before

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offered = [(kind.value, kind.label) for kind in handlers.kinds()]
        self.fields["kind"].choices = [("", "请选择"), *offered]  # type: ignore[attr-defined]

        self.fields["typed"].depends = True  # type: ignore[attr-defined]

    @property
    def next(self) -> str:
        """Return the id of the control to begin with."""
        return str(self["typed" if self["kind"].value() else "kind"].auto_id)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("typed") and not cleaned.get("token"):
            self.add_error("typed", "请刷身份证，或输入证件号码")
        return cleaned


class NumberForm(forms.Form):
    number = forms.CharField(
        label="业务编号",
        help_text="扫告知单上的条码，或输入编号",
        error_messages={"required": "请扫条码，或输入业务编号"},
    )

    def clean_number(self) -> str:
        return str(self.cleaned_data["number"]).strip().upper()
