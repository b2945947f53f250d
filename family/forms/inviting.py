"""Forms of inviting a relative (C09): what they are to me, who they are, how much, and that it is true."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from accounts.codes import Scope
from accounts.forms.fields import CertnoField, DayField, NameField, PhoneField
from family.forms.limits import LimitMixin

OTHER = "other"
TRUE_AND_AGREED = "请先确认关系属实，再勾选"


class RelationForm(forms.Form):
    relation = forms.ChoiceField(
        label="这位家人是您的",
        widget=forms.RadioSelect,
        error_messages={"required": "请选这位家人是您的什么人", "invalid_choice": "请选这位家人是您的什么人"},
    )

    def __init__(self, *args: Any, offered: Iterable[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["relation"].choices = [*offered, (OTHER, "不在这些里面")]  # type: ignore[attr-defined]


class PersonForm(LimitMixin):
    """Who is invited, and how much they may use a year. Whether there is such a person is never looked up."""

    name = NameField()
    certno = CertnoField()
    phone = PhoneField(label="手机号", required=False, help_text="用来发短信提醒对方登录后来看邀请，短信里没有链接。")
    no_phone = forms.BooleanField(label="对方没有手机", required=False)
    field_order = ("name", "certno", "phone", "no_phone", "limit", "limit_other")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("phone") and cleaned.get("no_phone"):
            self.add_error("no_phone", "填了手机号，又勾选了“对方没有手机”，请只留一样")
        return cleaned


class TermsForm(LimitMixin):
    """How much, until when, what for."""

    until = DayField(
        label="用到哪一天", required=False, help_text="例如 2027年12月31日。不填就是长期有效，随时可以移除。"
    )
    scopes = forms.MultipleChoiceField(
        label="用来做什么",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选一样", "invalid_choice": "请至少选一样"},
    )

    field_order = ("limit", "limit_other", "until", "scopes")

    def __init__(self, *args: Any, scopes: Iterable[str], today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["until"].counted_from(today)  # type: ignore[attr-defined]
        self.fields["scopes"].choices = [(code, Scope(code).label) for code in scopes]  # type: ignore[attr-defined]


class AgreeForm(forms.Form):
    """The checkbox before an invitation goes out. `draft` names the one draft that this page showed."""

    agree = forms.BooleanField(
        label="我已确认关系属实，同意这位家人用我的钱", error_messages={"required": TRUE_AND_AGREED}
    )
    draft = forms.IntegerField(widget=forms.HiddenInput)
