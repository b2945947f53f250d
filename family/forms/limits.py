"""How much a relative may use in a year, as a question that has to be answered: 不限 is one of the answers."""

from typing import Any

from django import forms

from accounts.forms.fields import YuanField
from family.rules.eligibility import period_reasons
from family.rules.facts import Pair
from yibao.lib.fen import grouped, yuan

UNLIMITED, OTHER = "none", "other"
QUICK_PICKS_FEN = (500_00, 1_000_00, 3_000_00)


def limit_initial(limit_fen: int | None) -> dict[str, str]:
    """Return how a limit (fen, None for none) stands in a form that has LimitMixin."""
    if limit_fen is None:
        return {"limit": UNLIMITED}
    if limit_fen in QUICK_PICKS_FEN:
        return {"limit": str(limit_fen // 100)}
    return {"limit": OTHER, "limit_other": yuan(limit_fen)}


class LimitMixin(forms.Form):
    """每年最多用多少: a quick pick, no limit, or an amount of one's own. Cleaned to limit_fen, None for no limit."""

    limit = forms.ChoiceField(
        label="每年最多用多少",
        widget=forms.RadioSelect,
        choices=[
            *((str(fen // 100), f"{grouped(fen)} 元") for fen in QUICK_PICKS_FEN),
            (UNLIMITED, "不限"),
            (OTHER, "其他金额"),
        ],
        error_messages={"required": "请选每年最多用多少", "invalid_choice": "请选每年最多用多少"},
    )
    limit_other = YuanField(label="其他金额（元）", required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["limit_other"].depends = True  # type: ignore[attr-defined]  # needed with 其他金额: never 可不填

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        pick = cleaned.get("limit")
        if pick is None or (pick == OTHER and "limit_other" in self.errors):
            return cleaned
        self.errors.pop("limit_other", None)  # a leftover beside another answer
        cleaned["limit_fen"] = self._fen(pick, cleaned.get("limit_other"))
        return cleaned

    def _fen(self, pick: str, other_fen: int | None) -> int | None:
        if pick == UNLIMITED:
            return None
        if pick != OTHER:
            return int(pick) * 100
        if other_fen is None:
            self.add_error("limit_other", "请填每年最多用多少元")
        for reason in period_reasons(Pair(limit_fen=other_fen)):
            self.add_error("limit_other", f"{reason.why}。{reason.remedy}")
        return other_fen
