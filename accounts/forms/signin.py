"""Forms of signing in: one question each."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms

from accounts.forms.fields import PhoneField
from accounts.identity import codes

SIX_DIGITS = "请填收到的6位数字"


class PhoneForm(forms.Form):
    phone = PhoneField(help_text="用来收验证码，只用于登录和提醒您账户的变动。")


class CodeForm(forms.Form):
    """The six digits; whether they are the right ones is for accounts.identity.codes."""

    code = forms.CharField(label="验证码", help_text=SIX_DIGITS, error_messages={"required": SIX_DIGITS})

    def clean_code(self) -> str:
        code = codes.normalise(self.cleaned_data["code"])
        if len(code) != codes.DIGITS or not (code.isascii() and code.isdigit()):
            raise forms.ValidationError("验证码是6位数字，请看清短信再填", code="shape")
        return code


class StaffSignInForm(LoginForm):
    """账号 and 密码 of the staff; the second factor is the next page."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _relabel(self.fields["login"], "账号", "请填账号")
        _relabel(self.fields["password"], "密码", "请填密码")


class SecondFactorForm(AuthenticateForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        help_text = "打开手机上的验证器，填本系统那一行的6位数字。"
        _relabel(self.fields["code"], "动态码", "请填手机上现在的6位数字", help_text)


class NewSecondFactorForm(ActivateTOTPForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _relabel(self.fields["code"], "验证器上显示的6位数字", "请填验证器上显示的6位数字")


def _relabel(field: forms.Field, label: str, when_empty: str, help_text: str = "") -> None:
    field.label, field.help_text = label, help_text
    field.error_messages["required"] = when_empty
