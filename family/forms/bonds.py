"""Forms about one relative's terms, moving money into the pool, and looking at what was used."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from accounts.forms.entries import FilterField
from accounts.forms.fields import DayField, YuanField
from family.forms.limits import OTHER as OTHER_LIMIT
from family.forms.limits import UNLIMITED, LimitMixin
from family.queries.preview import MOST_FEN
from family.rules.eligibility import declared_reasons
from yibao.lib.fen import grouped

ALL, OTHER = "all", "other"
QUICK_PICKS_FEN = (100_00, 500_00)


class LimitForm(LimitMixin):
    """How much from now on. `most_fen`: what the relation allows until it is shown; nothing above it is offered."""

    def __init__(self, *args: Any, most_fen: int | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        if most_fen is not None:
            field = self.fields["limit"]
            field.choices = [  # type: ignore[attr-defined]
                (pick, words)
                for pick, words in field.choices  # type: ignore[attr-defined]
                if pick == OTHER_LIMIT or (pick != UNLIMITED and int(pick) * 100 <= most_fen)
            ]
        self.most_fen = most_fen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if (limit_fen := cleaned.get("limit_fen")) is not None:
            for reason in declared_reasons(limit_fen, self.most_fen):
                self.add_error("limit_other", f"{reason.why}。{reason.remedy}")
        return cleaned


class EndDayForm(forms.Form):
    until = DayField(label="用到哪一天", required=False, help_text="例如 2027年12月31日。不填就是长期有效。")

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["until"].counted_from(today)  # type: ignore[attr-defined]


class AmountForm(forms.Form):
    """How much to move into the pool: a quick pick, everything, or an amount of one's own (fen)."""

    pick = forms.ChoiceField(
        label="转入多少",
        widget=forms.RadioSelect,
        error_messages={"required": "请选转入多少", "invalid_choice": "请选转入多少"},
    )
    amount = YuanField(label="其他金额（元）", required=False)

    def __init__(self, *args: Any, most_fen: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.most_fen = most_fen
        self.fields["amount"].depends = True  # type: ignore[attr-defined]  # needed with 其他金额: never 可不填
        picks = [(str(fen), f"{grouped(fen)} 元") for fen in QUICK_PICKS_FEN if fen < most_fen]
        everything = (ALL, f"全部可转的 {grouped(most_fen)} 元")
        self.fields["pick"].choices = [*picks, everything, (OTHER, "其他金额")]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        pick = cleaned.get("pick")
        if pick is None or "amount" in self.errors:
            return cleaned
        chosen = self.most_fen if pick == ALL else cleaned.get("amount") if pick == OTHER else int(pick)
        if not chosen:
            self.add_error("amount", "请填要转入的金额")
        elif chosen > self.most_fen:
            self.add_error("amount", f"最多能转 {grouped(self.most_fen)} 元")
        cleaned["fen"] = chosen
        return cleaned


class UsageForm(forms.Form):
    """Whose use, and of which year. Nothing chosen means everybody's, of all years."""

    person = FilterField("家人")
    year = FilterField("年份")

    def __init__(self, data: Any, *, people: Iterable[tuple[int, str]], years: Iterable[int]) -> None:
        super().__init__(data, auto_id="filter_%s")
        self.fields["person"].offer((str(pk), name) for pk, name in people)  # type: ignore[attr-defined]
        self.fields["year"].offer((str(year), f"{year}年") for year in years)  # type: ignore[attr-defined]


class PreviewForm(forms.Form):
    """A bill to try: how much, and where. Not any amount: a relative's money is not to be measured with it."""

    amount = YuanField(
        label="这一笔要付多少（元）",
        help_text=f"最多 {grouped(MOST_FEN)} 元：试得再大，就能看出家人有多少钱了。",
        error_messages={"required": "请填金额"},
    )
    place = forms.ChoiceField(
        label="在哪里用", error_messages={"required": "请选在哪里用", "invalid_choice": "请选在哪里用"}
    )

    def __init__(self, *args: Any, places: Iterable[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["place"].choices = [("", "请选择"), *places]  # type: ignore[attr-defined]

    def clean_amount(self) -> int:
        fen = self.cleaned_data["amount"]
        if not fen:
            raise forms.ValidationError("金额要大于零", code="amount")
        if fen > MOST_FEN:
            raise forms.ValidationError(f"一次最多试算 {grouped(MOST_FEN)} 元", code="amount")
        return fen
