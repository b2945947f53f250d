"""What the page of a case asks besides people and papers. One form per kind; kinds that ask nothing have none.

An app registers its forms when it starts (AppConfig.ready imports the module that holds them).
"""

import json
from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField

from accounts.codes import CaseKind
from accounts.identity.actors import Act
from accounts.models import Case


class CaseForm(forms.Form):
    """The section of a kind: it fills itself from the case, and gives back what the case keeps.

    Fields named in `personal` are kept sealed (Case.private), all others in Case.asked: text, numbers, lists, days as ISO
    text. `act` says who asks and when, for choices that depend on it.
    """

    personal: frozenset[str] = frozenset()
    rows_title = ""

    def __init__(self, data: Any, case: Case, act: Act, **options: Any) -> None:
        self.case, self.act = case, act
        known = {**case.asked, **case.private_answers}
        super().__init__(data, initial={**self.from_case(known), **options.pop("initial", {})}, **options)

    @property
    def is_open(self) -> bool:
        """Whether there is anything to answer now: a field, and something to choose from wherever one must choose."""
        fields = [bound.field for bound in self.visible_fields()]
        return bool(fields) and all(getattr(field, "choices", True) for field in fields if field.required)

    @property
    def rows(self) -> list[list[BoundField]]:
        """Return the fields that stand beside one another, row by row, under `rows_title`."""
        return []

    @property
    def single_fields(self) -> list[BoundField]:
        """Return the fields that stand in no row."""
        in_rows = {bound.name for row in self.rows for bound in row}
        return [bound for bound in self.visible_fields() if bound.name not in in_rows]

    def from_case(self, known: dict[str, Any]) -> dict[str, Any]:
        """Return what the fields show for what is known; other where a field is not kept as it is typed (fen)."""
        return known

    def asked(self) -> dict[str, Any]:
        """Return what the case keeps of what was typed, without what is personal."""
        return {name: _plain(value) for name, value in self.cleaned_data.items() if name not in self.personal}

    def private(self) -> str:
        """Return what is personal of it, as the case keeps it sealed; "" where nothing is."""
        kept = {name: _plain(value) for name, value in self.cleaned_data.items() if name in self.personal}
        return json.dumps(kept, ensure_ascii=False, sort_keys=True) if any(kept.values()) else ""


_forms: dict[str, type[CaseForm]] = {}


def register(kind: CaseKind, form: type[CaseForm]) -> None:
    """Make known what the page of a kind asks. Registering a kind again replaces it."""
    _forms[kind] = form


def form_of(kind: str) -> type[CaseForm] | None:
    """Return the form of a case kind; None where it asks nothing."""
    return _forms.get(kind)


def is_answered(case: Case) -> bool:
    """Whether what the kind asks has been answered, or it asks nothing."""
    return form_of(case.kind) is None or bool(case.asked or case.private)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
