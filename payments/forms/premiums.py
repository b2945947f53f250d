"""Forms of residents' premiums: whom to pay for, why it should be given back, and the receipt of what was paid in advance."""

from collections.abc import Iterable
from typing import Any

from django import forms

from payments.premiums.candidates import Payable
from payments.premiums.codes import RefundReason

NOBODY = "请至少选一个人"
NO_REASON = "请选为什么退费"


class PeopleForm(forms.Form):
    """Who is paid for, among those who can be. Cleaned to their ids."""

    people = forms.TypedMultipleChoiceField(
        label="给谁交",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": NOBODY, "invalid_choice": "您选的人里，有的现在不能代缴，请重新选"},
    )

    def __init__(self, *args: Any, payable: Iterable[Payable], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["people"].choices = [(one.person.pk, one.called) for one in payable]  # type: ignore[attr-defined]


class RefundForm(forms.Form):
    reason = forms.ChoiceField(
        label="为什么退费",
        widget=forms.RadioSelect,
        choices=RefundReason.choices,
        error_messages={"required": NO_REASON, "invalid_choice": NO_REASON},
    )
