"""What a screen reader reads: Chromium's accessibility tree of the chief pages, in its order."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sweep import POOLED, WORKER

PAGES = [
    (WORKER, "/account/"),
    (WORKER, "/account/entries/"),
    (WORKER, "/account/years/"),
    (POOLED, "/account/"),
    (POOLED, "/family/"),
    (POOLED, "/premium/"),
    (POOLED, "/try/premium/check/"),
]
# What means nothing to somebody who does not see it, unless it has a name.
NAMED = {
    "link",
    "button",
    "checkbox",
    "radio",
    "textbox",
    "combobox",
    "heading",
    "table",
    "navigation",
    "region",
    "img",
}


class Node(NamedTuple):
    role: str
    name: str
    facts: dict


def read_aloud(page: Page) -> list[Node]:
    """Return what is in the accessibility tree, in reading order."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}

    def walk(node: dict) -> Iterator[Node]:
        if not node.get("ignored"):
            facts = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
            yield Node(node["role"]["value"], node.get("name", {}).get("value", "").strip(), facts)
        for child in node.get("childIds", []):
            if child in by_id:
                yield from walk(by_id[child])

    return list(walk(nodes[0]))


def place(nodes: list[Node], role: str) -> int:
    return next(at for at, node in enumerate(nodes) if node.role == role)


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_everything_has_a_name_and_stands_in_its_order(who, path, page, visit, sign_in):
    sign_in(page, who)
    visit(page, path)
    nodes = read_aloud(page)
    assert [node for node in nodes if node.role in NAMED and not node.name] == []

    levels = [node.facts["level"] for node in nodes if node.role == "heading"]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(deeper <= level + 1 for level, deeper in zip(levels, levels[1:], strict=False)), levels

    first_link = next(node for node in nodes if node.role == "link")
    assert first_link.name == "跳到正文"
    order = [place(nodes, role) for role in ("banner", "main", "alert", "status", "heading", "contentinfo")]
    assert order == sorted(order)
    live = {node.role: node.facts.get("live") for node in nodes if node.role in ("alert", "status")}
    assert live == {"alert": "assertive", "status": "polite"}


def test_an_amount_is_read_with_what_it_is(page, visit, sign_in):
    sign_in(page, WORKER)
    visit(page, "/account/")
    nodes = read_aloud(page)
    terms = [node.name for node in nodes if node.role == "term"]
    assert terms[:2] == ["历年结余（可给家人用）", "当年账户（只能自己用）"]
    used = next(node.name for node in nodes if node.role == "link" and "医疗机构" in node.name)
    assert "使用 −" in used


def test_what_changes_in_place_is_said(page, visit, sign_in):
    sign_in(page, WORKER)
    visit(page, "/account/")
    page.get_by_role("link", name="刷新").click()
    expect(page.get_by_role("status")).not_to_be_empty()
    nodes = read_aloud(page)
    said = nodes[place(nodes, "status") :][1]
    assert said.role == "StaticText"
    assert said.name
