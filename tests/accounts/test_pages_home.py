"""首页: what a visitor needs to know before signing in."""

from datetime import datetime

import pytest
from django.test import Client

from tests.accounts.citizen_pages import browser_of, words, worker
from tests.factories.users import official, signed_in
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("policies_loaded", "november")


def home() -> str:
    response = Client().get("/")
    assert response.status_code == 200
    return words(response)


def at(monkeypatch, *day: int) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(*day, 9, 0, tzinfo=clock.SHANGHAI))


def test_a_visitor_learns_what_is_needed_and_what_we_never_ask():
    page = home()
    assert "登录要用手机号收验证码。第一次用，还要填姓名和身份证号码。" in page
    assert "我们不会打电话向您要验证码，短信里也不会有链接。" in page
    assert "65895523" in page


def test_the_deadline_of_each_region_with_the_days_that_are_left():
    page = home()
    assert "瑞安市、舟山市、河南省：2027年度到2026年12月31日（周四）结束，还有41天。" in page
    assert "泉州市：2027年度到2027年2月28日（周日）结束，还有100天。" in page


def test_the_last_day_is_still_open(monkeypatch):
    at(monkeypatch, 2026, 12, 31)
    assert "2026年12月31日（周四）结束，今天截止。" in home()


def test_before_it_opens_it_says_when(monkeypatch):
    at(monkeypatch, 2026, 8, 20)
    assert "2027年度从2026年9月1日（周二）开始缴费，到2026年12月31日（周四）结束。" in home()


def test_after_the_last_known_period_nothing_is_promised(monkeypatch):
    at(monkeypatch, 2028, 6, 1)
    assert "现在不是缴费的时候。下一次的时间公布后，会写在这里。" in home()


def test_whoever_is_signed_in_starts_on_their_own_page():
    assert browser_of(worker()).get("/").url == "/account/"
    assert signed_in(official("clerk")).get("/").url == "/counter/"
