"""What the counter asks about sign-ins."""

from typing import Any

from django import forms

from accounts.codes import CaseKind
from accounts.forms.counter import CaseForm, register
from accounts.forms.fields import PhoneField
from accounts.operations.cases.sign_ins import BY_CODE, BY_PHONE, words_of_code


class TakeBackForm(CaseForm):
    personal = frozenset({"phone"})

    way = forms.ChoiceField(
        label="本人以后怎么登录",
        widget=forms.RadioSelect,
        error_messages={"required": "请选一种", "invalid_choice": "请选一种"},
    )
    phone = PhoneField(label="本人的登录手机号", required=False, help_text="选第二种的才填。")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["phone"].depends = True  # type: ignore[attr-defined]
        by_code = "：".join(words_of_code(self.act, self.case))
        by_phone = "本人已用自己的手机号登录过：换到它"
        self.fields["way"].choices = [(BY_CODE, by_code), (BY_PHONE, by_phone)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("way") == BY_PHONE and "phone" in cleaned and not cleaned["phone"]:
            self.add_error("phone", "请填本人的登录手机号")
        return cleaned


class NewPhoneForm(CaseForm):
    personal = frozenset({"phone"})

    phone = PhoneField(label="新的登录手机号", help_text="请让本人当场拨打或收短信，核对号码是本人在用。")


register(CaseKind.TAKE_BACK, TakeBackForm)
register(CaseKind.PHONE, NewPhoneForm)
