"""Which entries somebody wants to see. Nothing chosen means all of them; what is not understood is said, and shows none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from accounts.codes import PotKind
from accounts.policies import formulas
from accounts.policies.terms import CreditTerms
from accounts.queries.lines import pot_name
from yibao.lib.months import Month

NOT_OFFERED = "没有这一项，请重新选"


class FilterField(forms.ChoiceField):
    """A choice that may be left open: 全部."""

    def __init__(self, label: str) -> None:
        super().__init__(label=label, required=False, error_messages={"invalid_choice": NOT_OFFERED})

    def offer(self, choices: Iterable[tuple[str, str]]) -> None:
        self.choices = [("", "全部"), *choices]


class EntriesForm(forms.Form):
    year = FilterField("年份")
    month = FilterField("月份")
    pot = FilterField("账户")

    def __init__(self, data: QueryDict, *, years: Iterable[int], pots: Iterable[PotKind], terms: CreditTerms) -> None:
        super().__init__(data, auto_id="filter_%s")
        ending = "年" if terms.year_start_month == 1 else f"年度（{terms.year_start_month}月起）"
        months = [Month(1, (terms.year_start_month - 1 + place) % 12 + 1).month for place in range(12)]
        self._offer("year", [(str(year), f"{year}{ending}") for year in sorted(years, reverse=True)])
        self._offer("month", [(str(month), f"{month}月") for month in months])
        self._offer("pot", [(str(pot.value), pot_name(pot, terms.has_buckets)) for pot in pots])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].offer(choices)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("month") and not cleaned.get("year") and "year" not in self.errors:
            self.add_error("month", "选月份要先选年份")
        return cleaned


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen: a benefit year, a month of it, a pot; None is all."""

    year: int | None = None
    month: Month | None = None
    pot: PotKind | None = None

    @classmethod
    def of(cls, form: EntriesForm, terms: CreditTerms) -> "Choice":
        """Return what was chosen; everything where the form has errors."""
        chosen = form.cleaned_data if form.is_valid() else {}
        year = int(chosen["year"]) if chosen.get("year") else None
        number = int(chosen["month"]) if chosen.get("month") else None
        month = None
        if year and number:
            month = next(month for month in formulas.months_of(year, terms) if month.month == number)
        return cls(year, month, PotKind(chosen["pot"]) if chosen.get("pot") else None)

    def days(self, terms: CreditTerms) -> tuple[date, date] | None:
        """Return the first day of the year or month that was chosen, and the first day after it; None is all."""
        if self.month is not None:
            return self.month.first, self.month.next_first
        return formulas.year_range(self.year, terms) if self.year else None

    def covers(self, month: Month, terms: CreditTerms) -> bool:
        if self.month is not None:
            return month == self.month
        return self.year is None or formulas.benefit_year(month.first, terms) == self.year
