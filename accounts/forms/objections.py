"""「不是我来办的」 and what is answered."""

from django import forms

from accounts.models.objections import ANSWER_LENGTH, WORDS_LENGTH


class ObjectionForm(forms.Form):
    words = forms.CharField(
        label="想补充的话",
        max_length=WORDS_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="例如：那天我在外地。不要写证件号码和手机号。",
        error_messages={"max_length": f"写得太长了，请不要超过{WORDS_LENGTH}个字"},
    )


class AnswerForm(forms.Form):
    text = forms.CharField(
        label="答复",
        max_length=ANSWER_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="本人在“通知”和“办事进度”里看到。不要写证件号码、手机号和链接。",
        error_messages={"required": "请写答复", "max_length": f"写得太长了，请不要超过{ANSWER_LENGTH}个字"},
    )
