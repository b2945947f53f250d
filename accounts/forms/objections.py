"""「不是我来办的」 and what is answered."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.models.objections import ANSWER_LENGTH, WORDS_LENGTH
from accounts.queries.trace import Trace
from yibao.lib.clock import SHANGHAI
from yibao.lib.days import day_words


class ObjectionForm(forms.Form):
    words = forms.CharField(
        label="想补充的话",
        max_length=WORDS_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="例如：那天我在外地。不要写证件号码和手机号。",
        error_messages={"max_length": f"写得太长了，请不要超过{WORDS_LENGTH}个字"},
    )


class TakeForm(ObjectionForm):
    """At the window: which look or act, in the person's words, and that the card was held against who said it."""

    event = forms.TypedChoiceField(
        label="哪一次",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "请选哪一次", "invalid_choice": "请选哪一次"},
    )
    is_present = forms.BooleanField(
        label="来人就是本人，人证一致，我已核对", error_messages={"required": "请核对来人和证件，再勾选"}
    )

    field_order = ("event", "words", "is_present")

    def __init__(self, data: Any, offered: Sequence[Trace]) -> None:
        super().__init__(data)
        self.fields["event"].choices = [(one.event.pk, _called(one)) for one in offered]  # type: ignore[attr-defined]


def _called(trace: Trace) -> str:
    at = trace.event.at.astimezone(SHANGHAI)
    return f"{day_words(at.date())} {at:%H:%M}，{trace.office}：{trace.words}"


class AnswerForm(forms.Form):
    text = forms.CharField(
        label="答复",
        max_length=ANSWER_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="本人在“通知”和“办事进度”里看到。不要写证件号码、手机号和链接。",
        error_messages={"required": "请写答复", "max_length": f"写得太长了，请不要超过{ANSWER_LENGTH}个字"},
    )
