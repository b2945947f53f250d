"""What people tell us, and how they rate a finished act."""

from django import forms

MOST_CHARACTERS = 1000
SCORES = ((5, "很满意"), (4, "满意"), (3, "一般"), (2, "不满意"), (1, "很不满意"))


class FeedbackForm(forms.Form):
    score = forms.TypedChoiceField(
        label="这次办得怎么样",
        choices=SCORES,
        coerce=int,
        empty_value=None,
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": "请从五个里选一个，也可以不选"},
    )
    text = forms.CharField(
        label="想说的话",
        max_length=MOST_CHARACTERS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="不要写证件号码、手机号和验证码。",
        error_messages={"required": "请写下想说的话", "max_length": f"写得太长了，请不要超过{MOST_CHARACTERS}个字"},
    )

    def __init__(self, *args: object, asks_score: bool, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        if not asks_score:
            del self.fields["score"]
            self.fields["text"].required = True

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("score") and not cleaned.get("text"):
            self.add_error("text", "请写下想说的话，或选一个评价")
        return cleaned
