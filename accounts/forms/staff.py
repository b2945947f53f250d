"""What an administrator says of an account of the staff: who it is for, and what it may do."""

from typing import Any

from django import forms

from accounts.codes import Role
from accounts.forms.approvals import ProposalForm
from accounts.identity.access import HEADQUARTERS
from accounts.models import Office, User

ROLE_CHOICES = [("", "请选择"), *Role.choices]


def _offices() -> list[tuple[str, str]]:
    rows = Office.objects.order_by("region", "code").values_list("code", "name")
    return [("", "请选择"), *((code, f"{name}（{code}）") for code, name in rows), (HEADQUARTERS, "不在窗口")]


class NewAccountForm(ProposalForm):
    """Name and certificate number go into the sealed account and nowhere else."""

    field_order = ("username", "name", "certno", "role", "office")
    username = forms.CharField(label="账号", help_text="小写字母开头，3至32个小写字母、数字、点、横线。以后不能改。")
    name = forms.CharField(label="姓名")
    certno = forms.CharField(
        label="证件号码",
        help_text="加密保存，以后不能改；同一个人的几个账号算一个人。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 30}),
    )
    role = forms.ChoiceField(label="岗位", choices=ROLE_CHOICES)
    office = forms.ChoiceField(label="网点", choices=_offices)


class AccountChangeForm(ProposalForm):
    """Role, office, and whether they may sign in; of an administrator only the last."""

    field_order = ("role", "office", "active")
    role = forms.ChoiceField(label="岗位", choices=ROLE_CHOICES)
    office = forms.ChoiceField(label="网点", choices=_offices)
    active = forms.BooleanField(label="可以登录", required=False)

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        options["initial"] = {"role": user.role, "office": user.office, "active": user.is_active or not user.role}
        super().__init__(*args, **options)
        if user.is_superuser:
            del self.fields["role"], self.fields["office"]

    @property
    def changes(self) -> dict[str, Any]:
        """What of a valid form the account shall be."""
        return {name: self.cleaned_data[name] for name in ("role", "office", "active") if name in self.fields}
