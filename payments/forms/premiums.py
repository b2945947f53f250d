"""Forms of residents' premiums: whom to pay for, why it should be given back, and the receipt of what was paid in advance."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms

from payments.premiums.candidates import Payable
from payments.premiums.codes import RefundReason
from payments.premiums.receipts import RECEIPT_USED, read_bank_card, read_receipt_no
from payments.premiums.rules import PremiumError

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
        error_messages={"required": NO_REASON, "invalid_choice": NO_REASON},
    )

    def __init__(self, *args: Any, reasons: Iterable[RefundReason], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].choices = [(reason, reason.label) for reason in reasons]  # type: ignore[attr-defined]


class ClaimForm(forms.Form):
    """Whose premium was paid in cash, by which receipt, and where the money goes."""

    person = forms.TypedChoiceField(
        label="给谁交的",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "请选给谁交的", "invalid_choice": "请选给谁交的"},
    )
    receipt_no = forms.CharField(
        label="税票号码",
        help_text="在手机税务或税务窗口给的缴费凭证上，叫“电子税票号码”。",
        error_messages={"required": "请填税票号码"},
    )
    bank_card = forms.CharField(
        label="收款的银行卡号", help_text="要用您本人的银行卡。", error_messages={"required": "请填收款的银行卡号"}
    )

    def __init__(self, *args: Any, people: Iterable[Payable], is_used: Callable[[str], bool], **options: Any) -> None:
        """`is_used` says whether a receipt was claimed by already."""
        super().__init__(*args, **options)
        self._is_used = is_used
        choices = [(one.person.pk, one.called) for one in people]
        self.fields["person"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["person"].initial = choices[0][0]

    def clean_receipt_no(self) -> str:
        number = _read(read_receipt_no, self.cleaned_data["receipt_no"])
        if self._is_used(number):
            raise forms.ValidationError(RECEIPT_USED, code="used")
        return number

    def clean_bank_card(self) -> str:
        return _read(read_bank_card, self.cleaned_data["bank_card"])


def _read(reader: Callable[[str], str], text: str) -> str:
    try:
        return reader(text)
    except PremiumError as error:
        raise forms.ValidationError(error.message, code="unreadable") from None
