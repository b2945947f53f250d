"""Components that need more than an include: blocks with content, form controls, bars. Manuals: their templates."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()

ALERTS = {
    "ok": ("ok", "已完成"), "success": ("ok", "已完成"),
    "warn": ("warn", "注意"), "warning": ("warn", "注意"),
    "err": ("err", "出错"), "error": ("err", "出错"),
}  # fmt: skip

# The server checks on submit and says in words what is wrong. These would let the browser cut or refuse first.
UNWANTED = {"required", "maxlength", "minlength", "min", "max", "step", "pattern", "placeholder"}


@register.simple_block_tag
def alert(content: str, kind: str = "note", title: str = "", word: str = "", id: str = "", focus: bool = False) -> str:
    css, usual_word = ALERTS.get(kind, ("", "提示"))
    return render_to_string(
        "components/alert.html",
        {"content": content, "css": css, "word": word or usual_word, "title": title, "id": id, "focus": focus},
    )


@register.simple_block_tag
def member(content: str, name: str, kin: str, tone: str, tag: str, id: str = "") -> str:
    return render_to_string(
        "components/member_card.html",
        {"content": content, "name": name, "kin": kin, "tone": tone, "tag": tag, "id": id},
    )


@register.inclusion_tag("components/progress_bar.html")
def progress_bar(now: int, of: int, name: str) -> dict[str, Any]:
    states = ["done" if step < now else "now" if step == now else "" for step in range(1, of + 1)]
    return {"states": states, "now": now, "of": of, "name": name}


@register.inclusion_tag("components/summary_row.html")
def summary_row(key: str, value: object, change_url: str = "") -> dict[str, Any]:
    return {"key": key, "value": value, "change_url": change_url}


@register.inclusion_tag("components/bar_table.html")
def bar_table(rows: Iterable[tuple], caption: str, largest: int = 0) -> dict[str, Any]:
    """Give each row the width of its bar in percent of the largest, with one decimal; below zero there is none.

    `largest` (fen) is that of several tables drawn to one scale; 0 takes the largest of these rows.
    """
    rows = [tuple(row) for row in rows]
    largest = largest or max((row[1] for row in rows), default=0)
    return {
        "caption": caption,
        "rows": [
            {
                "label": row[0],
                "fen": row[1],
                "url": row[2] if len(row) > 2 else "",
                "percent": f"{max(row[1], 0) * 100 / largest:.1f}" if largest > 0 else "0",
            }
            for row in rows
        ],
    }


@register.inclusion_tag("components/meter.html")
def meter(used_fen: int, limit_fen: int | None) -> dict[str, Any]:
    """Give how much of a limit is used, in percent with one decimal, at most 100; None where there is no limit."""
    if limit_fen is None:
        return {"percent": None}
    return {"percent": f"{min(used_fen / limit_fen, 1) * 100:.1f}" if limit_fen > 0 else "100"}


def _described_by(bound: BoundField) -> str:
    ids = [f"{bound.auto_id}_helptext"] if bound.help_text else []
    return " ".join(ids + ([f"{bound.auto_id}_error"] if bound.errors else []))


def _control(bound: BoundField, attrs: Mapping[str, str]) -> SafeString:
    widget = copy.deepcopy(bound.field.widget)
    if isinstance(widget, forms.NumberInput):
        widget.input_type = "text"
        widget.attrs.setdefault("inputmode", "numeric")
    widget.attrs = {name: value for name, value in widget.attrs.items() if name not in UNWANTED}
    widget.is_required = False
    bound.form.use_required_attribute = False
    return bound.as_widget(widget, attrs=dict(attrs))


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField,
    label: str = "",
    width: str = "",
    inputmode: str = "",
    autocomplete: str = "",
    kind: str = "",
    accesskey: str = "",
) -> dict[str, Any]:
    classes = [f"w-{width}"] if width else []
    classes += [f"{kind}-input"] if kind else []
    given = {
        "class": " ".join(classes),
        "inputmode": inputmode or ("decimal" if kind == "money" else "numeric" if kind == "code" else ""),
        "autocomplete": autocomplete,
        "accesskey": accesskey,
        "spellcheck": "false",
        "aria-describedby": _described_by(bound),
    }
    return {
        "bound": bound,
        "label": label or bound.label,
        "control": _control(bound, {name: value for name, value in given.items() if value}),
    }


@register.inclusion_tag("components/choices.html")
def choices(
    bound: BoundField, legend: str = "", as_heading: bool = False, hints: Mapping[Any, str] | None = None
) -> dict[str, Any]:
    by_value = {str(value): text for value, text in (hints or {}).items()}
    options = []
    for subwidget in bound.subwidgets:
        data = subwidget.data
        if data["value"] in ("", None):
            continue  # Django's "---------": nothing chosen is simply no radio checked
        options.append(
            {
                "id": data["attrs"].get("id", f"{bound.auto_id}_{data['index']}"),
                "type": data["type"],
                "value": data["value"],
                "label": data["label"],
                "checked": data["selected"],
                "hint": by_value.get(str(data["value"]), ""),
            }
        )
    return {
        "bound": bound,
        "legend": legend or bound.label,
        "as_heading": as_heading,
        "describedby": _described_by(bound),
        "options": options,
    }


@register.inclusion_tag("components/checkbox.html")
def checkbox(bound: BoundField, label: str = "") -> dict[str, Any]:
    return {
        "bound": bound,
        "label": label or bound.label,
        "checked": bool(bound.value()),
        "describedby": _described_by(bound),
    }


def _first_control(bound: BoundField) -> str:
    """Return the id of what a person would click: the first option of a group, else the control."""
    if isinstance(bound.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return f"{bound.auto_id}_0"
    return bound.id_for_label


@register.inclusion_tag("components/error_summary.html")
def error_summary(*all_forms: forms.BaseForm) -> dict[str, Any]:
    errors: list[dict[str, str]] = []
    for form in all_forms:
        if not form or not form.errors:
            continue
        errors += [{"href": "", "message": str(message)} for message in form.non_field_errors()]
        for bound in form.visible_fields():
            errors += [{"href": f"#{_first_control(bound)}", "message": str(message)} for message in bound.errors]
        for bound in form.hidden_fields():
            errors += [{"href": "", "message": str(message)} for message in bound.errors]
    return {"errors": errors}
