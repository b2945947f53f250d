"""Which entries somebody wants to see. Nothing chosen means all of them; what is not understood is said, and shows none."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from accounts.codes import PotKind
from accounts.forms.fields import YuanField
from accounts.policies import formulas
from accounts.policies.terms import CreditTerms
from accounts.queries.lines import pot_name
from accounts.queries.search import Sort, Wanted
from yibao.lib.months import Month

LOOKED_FOR = ("user", "sort", "place", "least", "most")  # fields that pick out single entries
NOT_OFFERED = "没有这一项，请重新选"


class FilterField(forms.ChoiceField):
    """A choice that may be left open: 全部."""

    def __init__(self, label: str) -> None:
        super().__init__(label=label, required=False, error_messages={"invalid_choice": NOT_OFFERED})

    def offer(self, choices: Iterable[tuple[str, str]]) -> None:
        self.choices = [("", "全部"), *choices]


class AmountField(YuanField):
    """A bound of the amount that may be left open; cleaned to fen."""

    def __init__(self, label: str) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(label=label, required=False, widget=widget)


class EntriesForm(forms.Form):
    """`users` and `places` are what may be looked for: the words of each, by its key."""

    year = FilterField("年份")
    month = FilterField("月份")
    pot = FilterField("账户")
    user = FilterField("谁用的")
    sort = FilterField("类别")
    place = FilterField("在哪里")
    least = AmountField("金额从（元）")
    most = AmountField("到（元）")

    def __init__(
        self,
        data: QueryDict,
        *,
        years: Iterable[int],
        pots: Iterable[PotKind],
        terms: CreditTerms,
        users: Mapping[int, str],
        places: Mapping[int, str],
    ) -> None:
        super().__init__(data, auto_id="filter_%s")
        self.terms, self.users, self.places = terms, users, places
        ending = "年" if terms.year_start_month == 1 else f"年度（{terms.year_start_month}月起）"
        months = [Month(1, (terms.year_start_month - 1 + place) % 12 + 1).month for place in range(12)]
        self._offer("year", [(str(year), f"{year}{ending}") for year in sorted(years, reverse=True)])
        self._offer("month", [(str(month), f"{month}月") for month in months])
        self._offer("pot", [(str(pot.value), pot_name(pot, terms.has_buckets)) for pot in pots])
        self._offer("user", [(str(key), name) for key, name in users.items()])
        self._offer("sort", Sort.choices)
        self._offer("place", [(str(key), place) for key, place in places.items()])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].offer(choices)  # type: ignore[attr-defined]

    @property
    def shown(self) -> list[forms.BoundField]:
        """The fields that leave something to choose, and those in which something was chosen."""
        return [one for one in self if self._chooses(one) or one.value()]

    def _chooses(self, one: forms.BoundField) -> bool:
        """One account, or no use yet, is nothing to choose from; a single relative or place is."""
        at_least = {"pot": 3, "user": 2, "place": 2}.get(one.name, 0)
        return len(getattr(one.field, "choices", ())) >= at_least

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("month") and not cleaned.get("year") and "year" not in self.errors:
            self.add_error("month", "选月份要先选年份")
        least_fen, most_fen = cleaned.get("least"), cleaned.get("most")
        if least_fen is not None and most_fen is not None and most_fen < least_fen:
            self.add_error("most", "“到”不能比“从”小，请改其中一个")
        return cleaned


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that was chosen: in words, what it limits, and the fields of the address that it stands in."""

    words: str
    of: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen: a benefit year, a month of it, a pot, and what to look for; None is all."""

    year: int | None = None
    month: Month | None = None
    pot: PotKind | None = None
    wanted: Wanted = field(default_factory=Wanted)
    conditions: tuple[Condition, ...] = ()

    @classmethod
    def of(cls, form: EntriesForm) -> "Choice":
        """Return what was chosen; everything where the form has errors."""
        chosen = form.cleaned_data if form.is_valid() else {}
        year = int(chosen["year"]) if chosen.get("year") else None
        number = int(chosen["month"]) if chosen.get("month") else None
        month = None
        if year and number:
            month = next(month for month in formulas.months_of(year, form.terms) if month.month == number)
        wanted = Wanted(
            user=int(chosen["user"]) if chosen.get("user") else None,
            place=form.places[int(chosen["place"])] if chosen.get("place") else None,
            sort=Sort(chosen["sort"]) if chosen.get("sort") else None,
            least_fen=chosen.get("least"),
            most_fen=chosen.get("most"),
        )
        pot = PotKind(chosen["pot"]) if chosen.get("pot") else None
        return cls(year, month, pot, wanted, tuple(_conditions(form, wanted)) if chosen else ())

    @property
    def words(self) -> str:
        """What was chosen, in a row: 2026年，历年结余，陈伟（父亲）用的，金额 10.00 元以上."""
        return "，".join(one.words for one in self.conditions)

    def days(self, terms: CreditTerms) -> tuple[date, date] | None:
        """Return the first day of the year or month that was chosen, and the first day after it; None is all."""
        if self.month is not None:
            return self.month.first, self.month.next_first
        return formulas.year_range(self.year, terms) if self.year else None

    def covers(self, month: Month, terms: CreditTerms) -> bool:
        if self.month is not None:
            return month == self.month
        return self.year is None or formulas.benefit_year(month.first, terms) == self.year


def _conditions(form: EntriesForm, wanted: Wanted) -> Iterator[Condition]:
    for name in ("year", "month", "pot", "user", "sort", "place"):
        if key := form.cleaned_data.get(name):
            words = dict(form.fields[name].choices)[key]  # type: ignore[attr-defined]
            # Without its year a month is not understood: one goes with the other.
            names = ("year", "month") if name == "year" else (name,)
            yield Condition(f"{words}用的" if name == "user" else words, str(form.fields[name].label), names)
    if wanted.amount_words:
        yield Condition(f"金额 {wanted.amount_words}", "金额", ("least", "most"))
