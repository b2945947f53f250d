"""Forms of proving who one is."""

from typing import Any

from django import forms

from accounts.forms.fields import CertnoField, NameField
from accounts.operations.proving import CODE_LENGTH, normalise

BY_RECORD = "record"
BY_CODE = "code"


class WayForm(forms.Form):
    way = forms.ChoiceField(
        label="您想怎样确认身份？",
        choices=[(BY_RECORD, "用姓名和证件号码"), (BY_CODE, "用窗口给的核验码")],
        widget=forms.RadioSelect,
        error_messages={"required": "请选一种方式", "invalid_choice": "请选一种方式"},
    )


class RecordForm(forms.Form):
    """What is on the card. Only the shape is checked here; whether it is right is never said field by field."""

    name = NameField()
    certno = CertnoField(help_text="身份证上的18位号码；没有身份证的，填参保时用的证件上的号码。")
    region = forms.ChoiceField(
        label="参保地", help_text="交医保的地方，不一定是您住的地方。",
        error_messages={"required": "请选参保地", "invalid_choice": "请选参保地"},
    )  # fmt: skip

    def __init__(self, *args: Any, regions: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["region"].choices = [("", "请选择"), *regions]  # type: ignore[attr-defined]


class CounterCodeForm(forms.Form):
    code = forms.CharField(
        label="核验码", help_text=f"窗口工作人员打印给您的{CODE_LENGTH}个字母和数字，大小写都可以。",
        error_messages={"required": "请填核验码"},
    )  # fmt: skip

    def clean_code(self) -> str:
        code = normalise(self.cleaned_data["code"])
        if len(code) != CODE_LENGTH:
            raise forms.ValidationError(f"核验码是{CODE_LENGTH}个字母和数字，请对着纸上再填一次", code="shape")
        return code
