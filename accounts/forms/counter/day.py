"""Which of a day's cases are listed."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from accounts.codes import CaseKind, CaseState
from accounts.forms.fields import DayField
from yibao.lib.days import day_words

ANY = ("", "全部")


class DayForm(forms.Form):
    """A filter: what cannot be understood is said, and filters nothing."""

    day = DayField(label="日期", required=False)
    kind = forms.ChoiceField(label="业务", required=False, choices=[ANY, *CaseKind.choices])
    state = forms.ChoiceField(label="状态", required=False, choices=[ANY, *CaseState.choices])
    clerk = forms.ChoiceField(label="经办", required=False)

    def __init__(self, data: Any, *, today: date, clerks: Iterable[tuple[int, str]]) -> None:
        filled = {name: data[name] for name in self.base_fields if name in data}
        super().__init__({"day": day_words(today)} | filled)
        for field in self.fields.values():
            field.depends = True  # type: ignore[attr-defined]
        self.fields["clerk"].choices = [ANY, *((str(pk), name) for pk, name in clerks)]  # type: ignore[attr-defined]
        self.is_valid()

    def chosen(self) -> dict[str, str]:
        """Return what was chosen besides the day and the clerk, by the name of the case's field."""
        return {name: value for name in ("kind", "state") if (value := self.cleaned_data.get(name))}
