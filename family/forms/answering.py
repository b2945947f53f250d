"""Forms of answering an invitation (C11): with one's own code, for a child, with a code from paper, saying no."""

import re
import unicodedata

from django import forms

from accounts.forms.fields import CertnoField, NameField
from accounts.forms.signin import CodeForm
from family.models.invitations import NUMBER
from yibao.lib.half_width import half_width
from yibao.lib.links import has_link

LAST_FOUR = "请填证件号码的最后4位"


class RefusalForm(forms.Form):
    """Why not: only if one wants to say so."""

    answer = forms.CharField(
        label="想对家人说的话", required=False, max_length=100, help_text="不写也可以。写了，对方会看到。"
    )

    def clean_answer(self) -> str:
        """It is told in a notice, and ours never hold a link."""
        text = self.cleaned_data["answer"]
        if has_link(text):
            raise forms.ValidationError("这里不能写网址，请只写想说的话", code="link")
        return text


class CodeAcceptForm(CodeForm):
    """The invited person's own words on the inviter's phone: name, last four, and the code their phone received."""

    name = NameField(label="您的姓名")
    last_four = forms.CharField(label="您的证件号码最后4位", error_messages={"required": LAST_FOUR})
    field_order = ("name", "last_four", "code")

    def clean_last_four(self) -> str:
        text = unicodedata.normalize("NFKC", self.cleaned_data["last_four"]).upper().strip()
        if not re.fullmatch(r"\d{3}[\dX]", text, re.ASCII):
            raise forms.ValidationError(LAST_FOUR, code="shape")
        return text


class NumberForm(forms.Form):
    """Which invitation a parent has on paper."""

    number = forms.CharField(label="邀请编号", error_messages={"required": "请填邀请编号"})

    def clean_number(self) -> str:
        number = half_width(self.cleaned_data["number"]).upper()
        if not re.fullmatch(NUMBER, number):
            raise forms.ValidationError("邀请编号不对，应该像 GJ2026-1121-7F3AK 这样", code="shape")
        return number


class ChildForm(forms.Form):
    """Which child."""

    name = NameField(label="孩子的姓名", error_messages={"required": "请填孩子的姓名"})
    certno = CertnoField(label="孩子的证件号码")


class DeclareForm(forms.Form):
    """承诺书: that one is the parent."""

    declared = forms.BooleanField(
        label="我是这个孩子的父亲或母亲，所填属实，同意孩子用这份钱",
        error_messages={"required": "请先确认您是孩子的父亲或母亲，再勾选"},
    )
