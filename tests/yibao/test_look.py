"""The style sheet's own promises: contrast of every pair of colours, sizes of type, weight of the files."""

import gzip
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

STATIC = Path(__file__).parents[2] / "static"
CSS = (STATIC / "css" / "site.css").read_text()
JS = (STATIC / "js" / "site.js").read_text()


def tokens(selector: str) -> dict[str, str]:
    """Return the custom properties that a selector of the tokens layer sets."""
    found: dict[str, str] = {}
    for body in re.findall(rf"^  {re.escape(selector)} {{(.*?)}}", CSS, re.S | re.M):
        found |= dict(re.findall(r"--([\w-]+):\s*([^;]+);", body))
    return found


STANDARD = tokens(":root")
HIGH = STANDARD | tokens('[data-contrast="high"]')


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


TEXT_PAIRS = [
    ("ink", "page"), ("ink", "card"), ("ink-2", "page"), ("ink-2", "card"), ("brand", "page"), ("brand", "card"),
    ("brand-dark", "card"), ("visited", "page"), ("on-brand", "brand"), ("on-brand", "brand-dark"), ("on-brand", "err"),
    ("card", "ok"), ("card", "pend"), ("err", "card"), ("err", "page"), ("brand", "brand-tint"), ("ink", "brand-tint"),
    ("ok", "ok-tint"), ("warn", "warn-tint"), ("err", "err-tint"), ("pend", "pend-tint"), ("ink-2", "dead-tint"),
    ("ink", "ok-tint"), ("ink", "warn-tint"), ("ink", "err-tint"), ("ink-2", "brand-tint"), ("ink", "focus"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_has_enough_contrast_in_both_modes(text, ground):
    body = text in ("ink", "ink-2")
    assert contrast(STANDARD[text], STANDARD[ground]) >= (6.7 if body else 4.5)
    if ground != "focus":
        assert contrast(HIGH[text], HIGH[ground]) >= 10


def test_body_text_has_seven_to_one_on_the_page():
    assert contrast(STANDARD["ink"], STANDARD["page"]) >= 7
    assert contrast(STANDARD["ink-2"], STANDARD["page"]) >= 7


@pytest.mark.parametrize("mark", ["edge", "brand", "ok", "err", "warn", "pend"])
@pytest.mark.parametrize("ground", ["page", "card"])
def test_borders_bars_and_marks_have_three_to_one(mark, ground):
    assert contrast(STANDARD[mark], STANDARD[ground]) >= 3
    assert contrast(HIGH[mark], HIGH[ground]) >= 3


def test_the_focus_ring_shows_on_every_ground():
    for ground in ("page", "card", "brand", "ok", "err"):
        rings = (contrast(STANDARD["focus"], STANDARD[ground]), contrast("#16202a", STANDARD[ground]))
        assert max(rings) >= 3


@pytest.mark.parametrize(
    ("size", "body", "note", "tap"),
    [("standard", 18, 16, 48), ("large", 22, 18, 52), ("elder", 26, 22, 60), ("largest", 30, 26, 64)],
)
def test_the_four_sizes_are_those_of_the_design(size, body, note, tap):
    selector = ':root, [data-size="standard"]' if size == "standard" else f'[data-size="{size}"]'
    scale = tokens(selector)
    assert [float(scale[name].removesuffix("rem")) * 16 for name in ("body", "note", "tap")] == [body, note, tap]


def test_lines_are_at_least_one_and_a_half_and_paragraphs_one_em_apart():
    assert "font: 400 var(--body)/1.7" in CSS
    assert "p + p { margin-block-start: 1em; }" in CSS


def test_the_files_keep_their_weight():
    assert len(gzip.compress(CSS.encode(), 9)) <= 10_000
    assert len(gzip.compress(JS.encode(), 9)) <= 3_072


def test_nothing_is_inline_and_nothing_comes_from_elsewhere():
    templates = STATIC.parent / "templates"
    for path in templates.rglob("*.html"):
        html = path.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\bsrc=)", html), path
        assert not re.search(r"""(src|href)=["']https?://""", html), path
    assert "http" not in CSS
    assert "@font-face" not in CSS
