"""What the counter asks about a correction: only what is to be different is filled in."""

from django import forms

from accounts.codes import CaseKind, Gender
from accounts.forms.counter import CaseForm, register
from accounts.forms.fields import CertnoField, NameField
from accounts.roster.correction_cases import REASONS


class CorrectionForm(CaseForm):
    personal = frozenset({"name", "certno"})

    name = NameField(label="正确的姓名", required=False, help_text="不改的空着。")
    certno = CertnoField(label="正确的证件号码", required=False, help_text="不改的空着；光标在这里时可以刷卡。")
    gender = forms.ChoiceField(label="正确的性别", required=False, choices=[("", "不改"), *Gender.choices])
    reason = forms.ChoiceField(
        label="为什么更正",
        choices=list(REASONS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "请选为什么更正"},
    )


register(CaseKind.CORRECTION, CorrectionForm)
