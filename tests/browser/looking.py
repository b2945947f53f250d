"""What a browser test looks for on a page: rules of axe, layout, words of the console. Everything answers sentences."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import gt
from pathlib import Path
from urllib.parse import urljoin

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE_OPTIONS = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations", "incomplete"],
    "preload": False,
}
AXE = "/static/axe.js"  # as conftest.py serves it
# What axe reads is the same in every look that shows the same, except colours, and what has a size.
COLOURS, SIZED = ["color-contrast", "link-in-text-block"], ["target-size", "scrollable-region-focusable"]
# Most of what axe answers is what passes: it stays in the browser.
RUN_AXE = "async (options) => { const { violations, incomplete } = await axe.run(options); return { violations, incomplete }; }"
# What axe cannot decide by itself, decided by eye: rule, place, why it is sound. Anything else it is unsure of counts.
TRIAGED = (
    ("color-contrast", r"caption", "a caption lies in the box of its table; both have the page's ground"),
    ("color-contrast", r"\btime\b", "the dot drawn before it has the colour of the text"),
)
LAYOUT, CONTRASTS_ONCE = (Path(__file__).with_name(name).read_text() for name in ("layout.js", "colours.js"))

# Smallest target and letters in CSS px (experience.md A09, A10, A12).
FLOORS = {"standard": (44, 16), "large": (44, 16), "elder": (60, 18), "largest": (60, 18)}
SIZES = tuple(FLOORS)
CONTRASTS = ("standard", "high")
WIDTHS = (320, 390, 1280)

# WCAG 1.4.12: nothing may be lost when a reader spreads the text.
SPREAD = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-block-end: 2em !important; }"""
TEXT_200 = "html { font-size: 200% !important; }"


@dataclass(frozen=True)
class Look:
    """One way to look at a page."""

    size: str = "standard"
    width: int = 390
    contrast: str = "standard"

    def __str__(self) -> str:
        return f"{self.size} {self.width} {self.contrast}"


EVERY_LOOK = tuple(Look(size, width, contrast) for size in SIZES for width in WIDTHS for contrast in CONTRASTS)
# In the suite: the ordinary phone, and the largest letters on the smallest screen in high contrast.
FEW_LOOKS = (Look(), Look("largest", 320, "high"))
DESK = (Look(width=1280), Look(width=1024))  # the screens of a counter


def look_at(page: Page, look: Look) -> None:
    """Show the open page in this size, width and contrast, as the server would have written it."""
    page.wait_for_load_state()  # after a click the address is another's already and there is no document yet
    page.set_viewport_size({"width": look.width, "height": 844})
    page.evaluate(
        "([size, contrast]) => Object.assign(document.documentElement.dataset, { size, contrast })",
        [look.size, look.contrast],
    )


def axe_problems(page: Page, *, own: bool = True, structure: bool = True, colours: bool = True) -> list[str]:
    """Return what axe finds against WCAG 2.0 to 2.2 A and AA and its best practices, with the places.

    On our own pages (not on Django's admin) also what it cannot decide, unless somebody has (TRIAGED). `colours` are half
    of the work; `structure` is everything else but what has a size, which is always read.
    """
    page.wait_for_load_state()
    _bring_axe(page)
    if structure:
        chosen = {"rules": {rule: {"enabled": colours} for rule in COLOURS}}
    else:
        chosen = {"runOnly": SIZED + COLOURS if colours else SIZED}
    if colours:
        page.evaluate(CONTRASTS_ONCE)
    answer = page.evaluate(RUN_AXE, AXE_OPTIONS | chosen)
    found = answer["violations"] + ([rule for rule in map(_untriaged, answer["incomplete"]) if rule] if own else [])
    return [
        f"axe {rule['id']}: {rule['help']}: {node['target']}" + f" {node.get('failureSummary', '')}".replace("\n", " ")
        for rule in found
        for node in rule["nodes"][:3]
    ]


def _bring_axe(page: Page) -> None:
    """Let the page load axe, once per document: it is half a megabyte, which the browser keeps, and compiled."""
    if page.evaluate("'axe' in window"):
        return
    if page.url.startswith("http"):
        page.add_script_tag(url=urljoin(page.url, AXE))
    else:
        page.evaluate(Axe().axe_script)


# Which elements are shown; and of all but spans, which hold no more than words, whether some are left in them.
SHOWN = """() => {
  const all = [...document.querySelectorAll("body *")];
  const shown = (el) => Number(el.checkVisibility({ visibilityProperty: true }));
  const structure = all.filter((el) => el.tagName !== "SPAN").map((el) => shown(el) && (el.innerText?.trim() ? 2 : 1));
  return [all.map(shown), structure];
}"""


class Reading:
    """What axe has read of an open page: in another look it reads what may have become different.

    What has a size always; the structure where a width shows or hides some of it; colours where the contrast is another
    or something comes into sight. They are the same in all sizes, and larger letters may have less contrast: the first
    look decides.
    """

    def __init__(self, page: Page, *, own: bool = True) -> None:
        self.page, self.own = page, own
        self.structures: list[list[int]] = []
        self.coloured: dict[str, list[int]] = {}

    def problems(self, contrast: str = "standard") -> list[str]:
        shown, structure = self.page.evaluate(SHOWN)
        known, seen = structure in self.structures, self.coloured.get(contrast, [])
        colours = len(shown) != len(seen) or any(map(gt, shown, seen))
        if not known:
            self.structures.append(structure)
        if colours:
            self.coloured[contrast] = shown
        return axe_problems(self.page, own=self.own, structure=not known, colours=colours)


def look_over(page: Page, looks: tuple[Look, ...]) -> list[str]:
    """Look at the open page in all these ways and return what is wrong, each problem once with its looks."""
    found: dict[str, list[str]] = {}
    reading = Reading(page)
    for look in looks:
        look_at(page, look)
        for problem in layout_problems(page, look.size) + reading.problems(look.contrast):
            found.setdefault(problem, []).append(str(look))
    return [f"{problem} [{', '.join(where)}]" for problem, where in found.items()]


def _untriaged(rule: dict) -> dict | None:
    """Return a rule with the places nobody has looked at; None where there are none."""
    places = [re.compile(place) for name, place, _ in TRIAGED if name == rule["id"]]
    nodes = [node for node in rule["nodes"] if not any(place.search(str(node["target"])) for place in places)]
    return {**rule, "nodes": nodes} if nodes else None


def layout_problems(page: Page, size: str = "standard") -> list[str]:
    """Return overflow, clipped or squeezed text, small print and small targets (experience.md A02–A05, A09–A12)."""
    target, font = FLOORS[size]
    return page.evaluate(LAYOUT, {"minTarget": target, "minFont": font})


@contextmanager
def restyled(page: Page, css: str) -> Iterator[None]:
    """Add a reader's own style sheet. Constructed in script, because the page's CSP refuses <style>."""
    page.evaluate(
        "(css) => { const own = new CSSStyleSheet(); own.replaceSync(css); document.adoptedStyleSheets = [own]; }", css
    )
    yield
    page.evaluate("document.adoptedStyleSheets = []")


def spread_problems(page: Page) -> list[str]:
    """Return what is lost when the reader spreads the text, or doubles it in the standard size at 390 px."""
    problems = []
    for css in (SPREAD, TEXT_200):
        with restyled(page, css):
            problems += [
                f"{'spread text' if css is SPREAD else 'text at 200%'}: {problem}"
                for problem in page.evaluate(LAYOUT, {"minTarget": 0, "minFont": 0})
            ]
    return problems
