"""Forms of signing in: one question each."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm
from django import forms

from accounts.forms.fields import PhoneField, TypedJSONDecoder
from accounts.identity import codes, second_factor
from accounts.operations.second_factor import SETUP_VALID
from yibao.lib.days import span_words

RECEIVED = f"请填收到的{codes.DIGITS}位数字"
NO_SETUP_CODE = "请填同事或管理员给您的设置码"
SHOWN = f"{app_settings.TOTP_DIGITS}位数字"  # by the authenticator


class PhoneForm(forms.Form):
    phone = PhoneField(help_text="用来收验证码，只用于登录和提醒您账户的变动。")


class CodeForm(forms.Form):
    """The digits of a text message; whether they are the right ones is for accounts.identity.codes."""

    code = forms.CharField(label="验证码", help_text=RECEIVED, error_messages={"required": RECEIVED})

    def clean_code(self) -> str:
        code = codes.normalise(self.cleaned_data["code"])
        if len(code) != codes.DIGITS or not (code.isascii() and code.isdigit()):
            raise forms.ValidationError(f"验证码是{codes.DIGITS}位数字，请看清短信再填", code="shape")
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
        help_text = f"打开手机上的验证器，填本系统那一行的{SHOWN}。"
        _relabel(self.fields["code"], "动态码", f"请填手机上现在的{SHOWN}", help_text)

    def clean_code(self) -> str:
        """A code works once, however long it could be shown: allauth remembers it for a third of that time."""
        code = str(super().clean_code())
        if not second_factor.use_once(self.authenticator, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class PasskeyForm(AuthenticateWebAuthnForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["credential"].decoder = TypedJSONDecoder

    def clean_credential(self) -> Authenticator:
        """Let in only by a passkey that was added here: a key pair of one's own is easily put into a table."""
        passkey = super().clean_credential()
        if not second_factor.is_ours(passkey):
            raise get_adapter().validation_error("incorrect_code")
        return passkey


class NewPasskeyForm(AddWebAuthnForm):
    """A passkey as the browser made it, and a fresh code without which a session left open adds none."""

    code = forms.CharField(label="动态码", error_messages={"required": f"请填手机上现在的{SHOWN}"})

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _relabel(self.fields["name"], "叫什么", "", "例如：窗口3号的安全密钥。")
        self.fields["credential"].decoder = TypedJSONDecoder
        self.fields["credential"].error_messages["required"] = "浏览器没有给出通行密钥，请再试一次"


class NewPasswordForm(forms.Form):
    """A password of one's own, with the code that somebody has handed over; whether it may be, the operation says."""

    login = forms.CharField(label="账号", error_messages={"required": "请填账号"})
    setup_code = forms.CharField(label="设置码", error_messages={"required": NO_SETUP_CODE})
    password = forms.CharField(
        label="新密码", widget=forms.PasswordInput, strip=False, error_messages={"required": "请填新密码"}
    )
    again = forms.CharField(
        label="再填一次新密码", widget=forms.PasswordInput, strip=False, error_messages={"required": "请再填一次新密码"}
    )

    def clean_again(self) -> str:
        again = str(self.cleaned_data["again"])
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError("两次填的密码不一样，请重新填")
        return again


class UnlockForm(forms.Form):
    typed = forms.CharField(
        label="密码或动态码",
        widget=forms.PasswordInput,
        strip=False,
        help_text="哪一样都行。",
        error_messages={"required": "请填密码或动态码"},
    )


class NewSecondFactorForm(ActivateTOTPForm):
    """The first code of a new authenticator, and the code from a colleague without which a password sets up none."""

    setup_code = forms.CharField(label="设置码", error_messages={"required": NO_SETUP_CODE})

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["setup_code"].help_text = f"向管理员要，{span_words(SETUP_VALID)}内有效，只能用一次。"
        _relabel(self.fields["code"], f"验证器上显示的{SHOWN}", f"请填验证器上显示的{SHOWN}")


def _relabel(field: forms.Field, label: str, when_empty: str, help_text: str = "") -> None:
    field.label, field.help_text = label, help_text
    field.error_messages["required"] = when_empty
