"""退回: why a reviewer sends a case back: one reason of a list, and what the clerk should do."""

from typing import Any

from django import forms

from accounts.operations.cases.desk import NOTE_LENGTH

REASONS = (
    ("papers", "材料不齐或看不清"),
    ("identity", "人证不符"),
    ("facts", "填写的内容与材料不一致"),
    ("doubt", "有疑问，要再核实"),
)


class SendBackForm(forms.Form):
    reason = forms.ChoiceField(
        label="退回的原因", choices=REASONS, widget=forms.RadioSelect, error_messages={"required": "请选退回的原因"}
    )
    text = forms.CharField(
        label="请经办怎么做",
        help_text=f"最长{NOTE_LENGTH}个字，不写证件号码和手机号。",
        max_length=NOTE_LENGTH,
        error_messages={"required": "请写清楚要经办做什么"},
    )

    @property
    def note(self) -> str:
        """What the clerk reads: the reason, and what to do."""
        cleaned: dict[str, Any] = self.cleaned_data
        return f"{dict(REASONS)[cleaned['reason']]}：{cleaned['text']}"
