"""Looking somebody up, and the window at which one sits."""

from typing import Any

from django import forms

from accounts.identity.card_reader import MOST_TYPED
from accounts.models.queue import WINDOW_LENGTH
from accounts.queries.lookups import purposes


class FindForm(forms.Form):
    """One box that a card reader, or a person, types into; and why. `chosen` is one of several of one phone."""

    typed = forms.CharField(
        label="刷卡，或输入证件号码、手机号、业务编号",
        help_text="光标在这里时刷卡。按 Alt+S 回到这里。",
        max_length=MOST_TYPED,
        strip=True,
        error_messages={"required": "请刷卡，或输入号码", "max_length": "读到的内容太长了，请清空以后再刷一次"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    purpose = forms.ChoiceField(
        label="为什么查",
        help_text="本人在网上看得到什么时候、在哪个窗口、为什么查过；查的人是谁，复核人员看得到。",
        error_messages={"required": "请选为什么查这个人", "invalid_choice": "请选为什么查这个人"},
    )
    chosen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["purpose"].choices = [("", "请选择"), *purposes().items()]  # type: ignore[attr-defined]


class WindowForm(forms.Form):
    window = forms.CharField(
        label="您在几号窗口",
        help_text="大厅的屏幕照这样显示，例如：3号窗口。",
        max_length=WINDOW_LENGTH,
        error_messages={"required": "请填您在几号窗口", "max_length": f"请不要超过{WINDOW_LENGTH}个字"},
    )
