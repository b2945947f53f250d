"""What a file of counters must look like before anything is made of it: sections, keys, kinds of values."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

_KEYS = {
    "offices": {"code", "name", "address", "phone", "hours", "access", "source", "assumed"},
    "duties": {"from_on", "office", "streets", "groups", "source", "assumed"},
    "papers": {"from_on", "situation", "items", "source", "assumed"},
}
_MAY_LACK = {"hours", "access", "source", "assumed"}
_OPTIONAL_SECTIONS = {"papers"}
_CODE = re.compile("[A-Za-z0-9-]+")


def shape_problems(raw: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is missing, unknown or of the wrong form, in Chinese, each with its place."""
    region = raw.get("region")
    if not (isinstance(region, str) and len(region) == 6 and region.isascii() and region.isdigit()):
        yield "region 应为六位统筹区代码"
    documents = raw.get("documents", {})
    yield from _document_problems(documents)
    for kind in _KEYS:
        rows = raw.get(kind, [])
        if not _are_tables(rows):
            yield f"{kind} 应写成一段一段的 [[{kind}]]"
        elif not rows and kind not in _OPTIONAL_SECTIONS:
            yield f"没有 {kind}：请至少写一段 [[{kind}]]"
        else:
            for number, row in enumerate(rows, start=1):
                problems = (*_row_problems(kind, row, documents), *_value_problems(row))
                yield from (f"{kind} 第{number}项：{problem}" for problem in problems)


def _document_problems(documents: Any) -> Iterator[str]:
    if not isinstance(documents, dict):
        yield "documents 应写成一段一段的 [documents.名称]"
        return
    for key, document in documents.items():
        if not (isinstance(document, dict) and document.get("title") and all(map(_is_text, document.values()))):
            yield f"documents.{key} 应写 title（标题）；各项都是带引号的文字"


def _row_problems(kind: str, row: Mapping[str, Any], documents: Any) -> Iterator[str]:
    keys = _KEYS[kind]
    if unknown := sorted(set(row) - keys):
        yield f"不认识 {'、'.join(unknown)}"
    if missing := sorted(keys - _MAY_LACK - set(row)):
        yield f"缺少 {'、'.join(missing)}"
    if ("source" in row) == ("assumed" in row):
        yield "写 source（出处），没有文件的写 assumed（为什么这样推定），二者有一"
    elif "source" in row and row["source"] not in documents:
        yield f"出处 {row['source']} 没有列在 documents 里"


def _value_problems(row: Mapping[str, Any]) -> Iterator[str]:
    for key, value in row.items():
        fits, words = _FORMS.get(key, (_is_text, "带引号的文字"))
        if not fits(value):
            yield f"{key} 应写作 {words}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and bool(_CODE.fullmatch(value))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _are_items(value: Any) -> bool:
    return _are_tables(value) and bool(value) and all(_is_text(item.get("name")) for item in value)


_FORMS = {
    "from_on": (lambda value: type(value) is date, "2017-05-08"),
    "code": (_is_code, "字母、数字和短横，带引号"),
    "streets": (lambda value: value == "all" or _are_texts(value), '["玉海街道", "锦湖街道"]，或 "all"'),
    "groups": (_are_texts, '["employee", "resident"]'),
    "items": (_are_items, '[{ name = "身份证" }]，说明写 note'),
}
