"""接着办: what was filled in on a page, in the words of its form. What is no answer to a question on it is left out."""

from typing import Any

from django import forms

from accounts.identity.drafts import Told


def told(does: str, form: forms.Form) -> Told:
    """Return what a kept form would do, with the label and the value of each question that was answered.

    form is that of the page, bound to what was typed. Choices are said as they are read on the page, one that is not
    offered (any more) not at all; the page refuses it.
    """
    answers = [(str(bound.label), _said(bound.field, bound.data)) for bound in form.visible_fields()]
    return Told(does, [(label, said) for label, said in answers if said])


def _said(field: forms.Field, data: Any) -> str:
    if isinstance(field, forms.BooleanField):
        return "是" if data else ""
    if isinstance(field, forms.ChoiceField):
        words = {str(code): str(label) for code, label in field.choices if code != ""}  # type: ignore[union-attr, misc]
        chosen = data if isinstance(data, list) else [data]
        return "、".join(words[code] for code in chosen if code in words)
    return str(data or "").strip()
