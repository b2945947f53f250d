"""转入共济账户 (C14): what must stay is said first, the check page counts, one click moves once."""

import re

import pytest

from accounts.codes import PotKind
from family.codes import EventKind
from tests.factories.family import QUANZHOU, balance_of, insured
from tests.family.family_pages import bound, browser_of, chen, huang, last_event, page, words

pytestmark = pytest.mark.usefixtures("policies_loaded", "today")


def choose(browser, **form):
    return browser.post("/family/transfer/", form)


def key_of(browser) -> str:
    return re.search(rb'name="key" value="(\w+)"', browser.get("/family/transfer/check/").content)[1].decode()


class TestMovingIn:
    def test_what_stays_and_the_most_are_said_before_anything_is_typed(self):
        said = page(browser_of(huang()), "/family/transfer/")
        assert "账户里要留¥2,000.00，最多能转¥1,500.00。" in said
        assert "100.00元500.00元全部可转的1,500.00元其他金额" in said

    def test_check_then_done_then_undone(self):
        payer = huang()
        browser = browser_of(payer)
        assert choose(browser, pick="50000").url == "/family/transfer/check/"
        said = page(browser, "/family/transfer/check/")
        assert "点了“转入”以后才算数" in said
        assert "转入后个人账户还剩¥3,000.00转入后共济账户有¥500.00" in said
        assert balance_of(payer, QUANZHOU, PotKind.POOL) == 0
        response = browser.post("/family/transfer/check/", {"key": key_of(browser)}, follow=True)
        assert "已转入500.00元" in words(response)
        assert "共济账户里有¥500.00" in page(browser, "/family/")
        browser.post(f"/family/done/{last_event(EventKind.MOVED_IN).pk}/undo/")
        assert balance_of(payer, QUANZHOU, PotKind.POOL) == 0
        assert balance_of(payer, QUANZHOU) == 350_000

    @pytest.mark.parametrize(
        ("choice", "said"),
        [
            ({"pick": "50000"}, "转入后，个人账户还剩¥3,000.00，共济账户有¥500.00。"),
            ({"pick": "other", "amount": "0.01"}, "转入后，个人账户还剩¥3,499.99，共济账户有¥0.01。"),
            ({"pick": "other", "amount": ""}, ""),
            ({"pick": "other", "amount": "9999"}, ""),
            ({}, ""),
        ],
    )
    def test_what_would_be_left_is_said_while_choosing(self, choice, said):
        browser = browser_of(huang())
        assert words(browser.get("/family/transfer/left/", choice, headers={"HX-Request": "true"})) == said
        assert browser.get("/family/transfer/left/", choice).url == "/family/transfer/"

    def test_two_clicks_move_once(self):
        payer = huang()
        browser = browser_of(payer)
        choose(browser, pick="other", amount="100")
        key = key_of(browser)
        urls = {browser.post("/family/transfer/check/", {"key": key}).url for _ in range(2)}
        assert len(urls) == 1
        assert balance_of(payer, QUANZHOU, PotKind.POOL) == 10_000

    @pytest.mark.parametrize(
        ("form", "said"),
        [
            ({}, "请选转入多少"),
            ({"pick": "other"}, "请填要转入的金额"),
            ({"pick": "other", "amount": "1500.01"}, "最多能转1,500.00元"),
            ({"pick": "other", "amount": "一百"}, "金额只写数字"),
            ({"pick": "77"}, "请选转入多少"),
        ],
    )
    def test_what_cannot_be_is_said(self, form, said):
        response = choose(browser_of(huang()), **form)
        assert response.status_code == 422
        assert said in words(response)

    def test_everything_that_may_move(self):
        payer = huang()
        browser = browser_of(payer)
        choose(browser, pick="all")
        browser.post("/family/transfer/check/", {"key": key_of(browser)})
        assert balance_of(payer, QUANZHOU) == 200_000
        assert "现在还不能转入" in page(browser, "/family/transfer/")
        assert "账户里要留2,000.00元，超过的部分才能转入" in page(browser, "/family/transfer/")

    def test_a_form_of_another_page_moves_nothing(self):
        payer = huang()
        browser = browser_of(payer)
        choose(browser, pick="10000")
        assert browser.post("/family/transfer/check/", {"key": "0" * 32}).status_code == 409
        assert browser.post("/family/transfer/check/").status_code == 409
        assert balance_of(payer, QUANZHOU, PotKind.POOL) == 0

    def test_where_there_is_no_pool_there_is_no_page(self):
        browser = browser_of(chen())
        assert browser.get("/family/transfer/").status_code == 404
        assert browser.get("/family/transfer/check/").status_code == 404

    def test_closing_brings_it_back(self):
        payer = huang()
        browser = browser_of(payer)
        bound(payer, insured(QUANZHOU, resident=True), QUANZHOU)
        choose(browser, pick="50000")
        browser.post("/family/transfer/check/", {"key": key_of(browser)})
        assert "共济账户里的¥500.00转回您的个人账户" in page(browser, "/family/close/")
        response = browser.post("/family/close/", follow=True)
        assert "共济账户里剩下的钱已经转回您的个人账户。" in words(response)
        assert balance_of(payer, QUANZHOU) == 350_000
