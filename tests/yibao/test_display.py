"""Size and contrast: chosen once, kept with the browser and the user. Links of the frame exist or are not shown."""

import re

import pytest
from django.test import Client

from accounts.codes import Contrast, TextSize
from tests.factories.users import citizen, signed_in

pytestmark = pytest.mark.django_db


def choose(client: Client, **data: str):
    return client.post("/display/", data)


def shown(client: Client) -> tuple[str, ...]:
    """Return the size and the contrast the next page has."""
    page = client.get("/display/").text
    return re.search(r'data-size="(\w+)"\s+data-contrast="(\w+)"', page).groups()


def test_a_choice_is_kept_in_a_cookie_and_shown_on_the_next_page(client):
    answer = choose(client, text_size="elder", contrast="high")
    assert answer.status_code == 302
    assert client.cookies["display"]["httponly"]
    assert shown(client) == ("elder", "high")


def test_one_choice_leaves_the_other(client):
    choose(client, contrast="high")
    choose(client, text_size="large")
    assert client.cookies["display"].value == "large.high"


def test_what_is_no_choice_changes_nothing(client):
    choose(client, text_size="elder")
    choose(client, text_size="huge", contrast="<script>")
    assert client.cookies["display"].value == "elder.standard"
    client.cookies["display"] = "nonsense"
    assert shown(client) == ("standard", "standard")


def test_afterwards_one_is_back_where_one_was_but_never_on_another_site(client):
    assert choose(client, text_size="large", next="/help/?page=2").url == "/help/?page=2"
    for elsewhere in ("https://example.com/", "//example.com/", "javascript:alert(1)"):
        assert choose(client, text_size="large", next=elsewhere).url == "/display/"


def test_the_choice_follows_the_user_to_another_browser():
    user = citizen("19900000001")
    choose(signed_in(user), text_size="elder", contrast="high")
    user.refresh_from_db()
    assert (user.text_size, user.contrast) == (TextSize.ELDER, Contrast.HIGH)
    assert shown(signed_in(user)) == ("elder", "high")


def test_who_never_chose_keeps_what_the_browser_had_before_signing_in():
    client = Client()
    choose(client, text_size="large")
    signed_in(citizen("19900000002"), client)
    assert b'data-size="large"' in client.get("/display/").content


def test_htmx_gets_the_tools_and_an_event_and_the_page_stays(client):
    answer = client.post("/display/", {"text_size": "elder", "next": "/help/"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "标准版" in answer.text
    assert "<html" not in answer.text
    assert answer.headers["HX-Trigger"] == '{"display": {"size": "elder", "contrast": "standard"}}'


def test_staying_is_said_to_be_over_for_who_is_not_signed_in(client):
    assert client.get("/display/stay/").status_code == 401
    assert signed_in(citizen("19900000003")).get("/display/stay/").status_code == 204


def test_the_components_page_is_for_staff(client):
    assert client.get("/components/").status_code == 302
    assert signed_in(citizen("19900000004")).get("/components/").status_code == 403


def test_every_link_of_the_frame_is_answered(client):
    page = client.get("/display/").text
    paths = set(re.findall(r'(?:href|action)="(/[^"?#]*)', page)) - {"/"}
    assert paths
    for path in paths:
        if not path.startswith("/static/"):
            assert client.get(path).status_code in (200, 302, 405), path


@pytest.mark.urls("tests.browser.urls")
class TestErrorPages:
    @pytest.mark.parametrize(
        ("name", "status"),
        [(name, int(name[:3])) for name in ("400", "403", "403_csrf", "404", "409", "429", "500", "503")],
    )
    def test_an_error_says_what_happened_in_words_without_a_code(self, name, status):
        answer = Client(raise_request_exception=False).get(f"/errors/{name}/")
        assert answer.status_code == status
        words = answer.text.split("<main")[1]
        for banned in ("系统异常", "系统繁忙", "非法", "无效", "抱歉", "操作失败", f" {name[:3]}"):
            assert banned not in words
        assert "tel:" in words

    def test_a_fault_of_ours_has_a_number_that_can_be_read_out_and_found(self, caplog):
        answer = Client(raise_request_exception=False).get("/errors/500/")
        reference = answer.headers["X-Reference"]
        assert reference in answer.text
        assert reference in caplog.text
        assert not set(reference[-4:]) & set("01OI")

    def test_the_page_of_a_fault_needs_no_database(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            Client(raise_request_exception=False).get("/errors/500/")
