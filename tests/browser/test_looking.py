"""The checks of the sweep can fail: each finds the fault it was written for."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.looking import AXE, FEW_LOOKS, axe_problems, layout_problems, look_over

PAGE = """<!doctype html><html lang="zh-Hans"><title>试</title>
<style>body {{ font: 18px/1.7 sans-serif; margin: 16px }} button {{ font: inherit }}
.btn {{ display: inline-block; min-width: 60px; min-height: 60px }} {css}</style>
<main><h1>试</h1>{body}</main></html>"""


def show(page: Page, body: str, css: str = "") -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.set_content(PAGE.format(body=body, css=css))


def test_a_sound_page_has_no_problems(page):
    show(page, '<p>请打<a href="#">65895523</a>问。</p><button class="btn">同意</button>')
    assert layout_problems(page, "elder") == []
    assert axe_problems(page) == []


@pytest.mark.parametrize(
    ("problem", "body", "css"),
    [
        ("too wide", '<p id="wide">一段话</p>', "#wide { width: 600px }"),
        ("less than 4 em", "<p>近七年年末历年结余的变化</p>", "p { width: 1em }"),
        ("text leaves its box", "<p>1234567890123456789012345678901234567890</p>", "p { width: 200px }"),
        ("text is cut off", "<p>近七年年末历年结余</p>", "p { width: 90px; height: 20px; overflow: hidden }"),
        ("small print", "<p>小字</p>", "p { font-size: 13px }"),
        ("target smaller than 44 px", '<p><a class="x" href="#">退出</a></p>', ".x { display: inline-flex }"),
        ("target smaller than 44 px", '<p><a href="#">只有链接的一行</a></p>', ""),
        ("closer than 24 px", '<p>请打<a href="#">电话</a>问</p>', "p, a { font-size: 16px; line-height: 1 }"),
    ],
)
def test_a_fault_of_layout_is_found(page, problem, body, css):
    show(page, body, css)
    assert any(problem in found for found in layout_problems(page)), layout_problems(page)


def test_a_button_of_48_px_is_large_enough_except_in_the_elder_size(page):
    show(page, "<button>同意</button>", "button { width: 48px; height: 48px }")
    assert layout_problems(page, "standard") == []
    assert any("target smaller than 60 px" in found for found in layout_problems(page, "elder"))


def test_a_data_table_may_be_wider_than_the_screen_in_its_own_scroller(page):
    show(
        page,
        '<div class="scroller" tabindex="0"><table><tr><td>很宽的表格</td></tr></table></div>',
        ".scroller { overflow-x: auto } table { width: 800px }",
    )
    assert layout_problems(page) == []


def test_axe_finds_a_missing_label_and_weak_contrast(page):
    show(page, '<input name="certno"><p>淡字</p>', "p { color: #999 }")
    found = " ".join(axe_problems(page))
    assert "axe label" in found
    assert "axe color-contrast" in found


@pytest.mark.parametrize(
    "weak",
    [
        '<p class="weak">淡字</p>',
        '<div class="grey"><p>淡字</p></div>',
        '<button class="weak" disabled>淡字</button><button class="weak">淡字</button>',
        '<p class="weak" hidden>淡字</p><p class="weak">淡字</p>',
    ],
)
def test_weak_contrast_is_found_among_much_that_is_sound(page, weak):
    show(page, "<p>一段话</p>" * 50 + weak, "p { color: #444 } .weak { color: #999 } .grey { background: #666 }")
    assert "axe color-contrast" in " ".join(axe_problems(page))


def test_a_contrast_is_read_once_for_all_that_look_the_same(page):
    show(page, '<p class="weak">淡字</p>' * 3, ".weak { color: #999 }")
    assert " ".join(axe_problems(page)).count("axe color-contrast") == 1


@pytest.mark.parametrize(
    ("changed", "css"),
    [
        ("contrast", '[data-contrast="high"] p { color: #999 }'),
        ("size", '[data-size="largest"] div { height: 30px; overflow: auto }'),
        ("what is shown", "@media (width < 350px) { label { display: none } }"),
        ("the words shown", "@media (width < 350px) { label span { display: none } }"),
    ],
)
def test_a_fault_of_the_second_look_alone_is_found(page, changed, css):
    show(page, f"<label for=a><span>名</span></label><input id=a class=btn><div>{'<p>一段话</p>' * 9}</div>", css)
    assert look_over(page, FEW_LOOKS[:1]) == []
    assert any("[largest 320 high]" in problem and "axe" in problem for problem in look_over(page, FEW_LOOKS)), changed


class Slow(BaseHTTPRequestHandler):
    """Answers at once, but the first letter of what it says comes later."""

    def do_GET(self) -> None:
        script = self.path == AXE
        self.send_response(200)
        self.send_header("Content-Type", f"text/{'javascript' if script else 'html'}; charset=utf-8")
        self.end_headers()
        self.wfile.flush()
        time.sleep(0.5)
        text = Axe().axe_script if script else PAGE.format(body="<p>小字</p>", css="p { color: #999; font-size: 13px }")
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def slow() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize(
    ("look", "fault"),
    [(lambda page: look_over(page, FEW_LOOKS[:1]), "small print"), (axe_problems, "axe color-contrast")],
)
def test_a_page_that_is_still_coming_is_waited_for(page, slow, look, fault):
    show(page, f'<a class="btn" href="{slow}">去</a>')
    page.get_by_text("去").click()
    assert fault in " ".join(look(page))
