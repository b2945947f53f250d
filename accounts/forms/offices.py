"""Who is looking for a counter: where they live, whom the counter divides them as, and on which day they go."""

from collections.abc import Iterable
from datetime import date

from django import forms
from django.http import QueryDict

from accounts.codes import PersonGroup, Situation

DAY_PARTS = ("year", "month", "day")
WRONG_DAY = "日期要写成年、月、日三个数，例如 2017、7、1。不写就按今天查"


class OfficeForm(forms.Form):
    street = forms.ChoiceField(
        label="住在哪个街道（乡镇）",
        error_messages={"required": "请选街道（乡镇）", "invalid_choice": "请选街道（乡镇）"},
    )
    group = forms.ChoiceField(
        label="参保类别",
        choices=PersonGroup.choices,
        widget=forms.RadioSelect,
        help_text="在机关事业单位工作、享受公务员医疗补助的，选第二个。",
        error_messages={"required": "请选参保类别", "invalid_choice": "请选参保类别"},
    )
    year = forms.CharField(label="年", required=False)
    month = forms.CharField(label="月", required=False)
    day = forms.CharField(label="日", required=False)

    def __init__(self, data: QueryDict | None, *, streets: Iterable[str], today: date) -> None:
        super().__init__(data)
        self.today = today
        self.fields["street"].choices = [("", "请选择"), *((street, street) for street in streets)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        """Put the day together: the three numbers, or today when none is written."""
        cleaned = super().clean() or {}
        parts = [(cleaned.get(name) or "").strip() for name in DAY_PARTS]
        cleaned["on"] = self.today
        if any(parts):
            try:
                cleaned["on"] = date(*(int(part) for part in parts))
            except (ValueError, OverflowError):
                self.add_error("year", WRONG_DAY)
        return cleaned


class PapersForm(OfficeForm):
    """Who goes to the counter too: decides what to bring. `situations` are those whose papers are on file."""

    situation = forms.ChoiceField(
        label="谁去办",
        widget=forms.RadioSelect,
        error_messages={"required": "请选谁去办", "invalid_choice": "请选谁去办"},
    )

    def __init__(
        self, data: QueryDict | None, *, streets: Iterable[str], today: date, situations: Iterable[Situation]
    ) -> None:
        super().__init__(data, streets=streets, today=today)
        self.fields["situation"].choices = [(one.value, one.label) for one in situations]  # type: ignore[attr-defined]
