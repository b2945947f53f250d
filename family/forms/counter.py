"""What the pages of sharing's case kinds ask (accounts.forms.counter)."""

from datetime import date
from typing import Any

from django import forms

from accounts.codes import CaseKind, Scope
from accounts.forms.counter import CaseForm, register
from accounts.forms.fields import DayField
from accounts.policies import registry
from family.forms.limits import LimitMixin, limit_initial
from family.queries.eligibility import relations_offered
from yibao.lib.days import day_words

# TV-23: asked for every week, and in no region's terms. Chosen, it is refused in the words of the rules.
_IN_LAW = ("配偶的父母", "9 配偶的父母（岳父母、公婆）")
_UNTIL_HELP = "例如 2027年12月31日。不填就是长期有效。"


class BindForm(LimitMixin, CaseForm):
    """被授权人是授权人的什么人, for what, how much, until when. A digit chooses the relation."""

    relation = forms.ChoiceField(
        label="被授权人是授权人的",
        error_messages={"required": "请选被授权人是授权人的什么人", "invalid_choice": "请选被授权人是授权人的什么人"},
    )
    scopes = forms.MultipleChoiceField(
        label="用来做什么",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选一样", "invalid_choice": "请至少选一样"},
    )
    until = DayField(label="用到哪一天", required=False, help_text=_UNTIL_HELP)
    user_present = forms.BooleanField(label="被授权人本人（未成年的由父母）在场，同意使用", required=False)

    field_order = ("relation", "limit", "limit_other", "scopes", "until", "user_present")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        terms = registry.sharing_or_none(self.case.region, self.act.on)
        offered = [(code, f"{code} {names}") for code, names in relations_offered(self.case.region, self.act.on)]
        self.fields["relation"].choices = [("", "请选择"), *offered, _IN_LAW]  # type: ignore[attr-defined]
        scopes = terms.scopes if terms else ()
        self.fields["scopes"].choices = [(code, Scope(code).label) for code in scopes]  # type: ignore[attr-defined]
        self.initial.setdefault("scopes", list(scopes))
        self.fields["until"].counted_from(self.act.on)  # type: ignore[attr-defined]
        if not (terms and terms.accept_required):
            del self.fields["user_present"]

    def from_case(self, known: dict[str, Any]) -> dict[str, Any]:
        return _terms_of(known)


def _terms_of(known: dict[str, Any]) -> dict[str, Any]:
    """Return how a limit and a last day stand in the form: as they would be typed."""
    shown = {**known, **limit_initial(known.get("limit_fen"))}
    if until := known.get("until"):
        shown["until"] = day_words(date.fromisoformat(until))
    return shown


register(CaseKind.BIND, BindForm)
