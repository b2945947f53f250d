"""政策和常见问题: found by whatever people call it, with the rules of their region; and the accessibility statement."""

from datetime import date

import pytest
from django.test import Client

from accounts.help import articles, search
from accounts.policies import registry
from accounts.policies.terms import KINDS, CreditTerms, SharingTerms, parameters
from accounts.queries.answers import QUESTIONS
from tests.accounts.citizen_pages import browser_of, seen, words, worker
from tests.personas import insured

pytestmark = pytest.mark.usefixtures("policies_loaded", "november")


NOVEMBER = date(2026, 11, 21)


@pytest.fixture
def regions() -> list[str]:
    return list(registry.region_names())


def article(name: str, **query: str) -> str:
    response = Client().get(f"/help/{name}/", query)
    assert response.status_code == 200
    return words(response)


class TestSearch:
    @pytest.mark.parametrize(
        ("typed", "name"),
        [
            ("亲情账户", "family-code"),
            ("长辈版", "large-letters"),
            ("关怀版", "large-letters"),
            ("绑定", "who-can-use"),
            ("解绑", "unbind"),
            ("不划钱", "stopped"),
            ("没进账", "not-arriving"),
            ("变少了", "less"),
            ("清零", "year-end"),
            ("岳父母", "who-can-use"),
            ("孩子怎么绑定", "who-can-use"),
            ("医保转移", "moving"),
            ("长者版", "large-letters"),
            ("利息", "year-end"),
            ("密码", "identity"),
            ("报销", "claims"),
            ("去世", "death"),
            ("继承", "death"),
            ("对账单", "month-by-month"),
        ],
    )
    def test_other_names_find_the_article_first(self, typed, name):
        assert search(typed)[0].name == name

    def test_the_four_questions_stand_at_the_top(self):
        assert [one.name for one in search("")[:4]] == list(QUESTIONS)

    def test_nothing_found_says_whom_to_ask(self):
        page = words(Client().get("/help/", {"q": "航天飞机"}))
        assert "没有找到“航天飞机”。换个说法试试，或打65895523问。" in page

    def test_what_was_typed_is_shown_as_text(self):
        page = Client().get("/help/", {"q": "<script>alert(1)</script>"}).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page

    def test_a_search_is_sent_only_when_somebody_submits_it(self):
        page = Client().get("/help/").content.decode()
        assert "hx-trigger" not in page
        assert '<form class="search" method="get" action="/help/" role="search">' in page


class TestArticles:
    @pytest.mark.parametrize("one", articles(), ids=lambda one: one.name)
    def test_every_article_opens_and_its_rules_exist(self, one):
        known = {f"{kind}.{key}" for kind, terms in KINDS.items() for key, _, _ in parameters(terms)}
        assert {*one.shows, *(key for line in one.lines for key in line.where)} <= known
        page = article(one.name)
        assert all("".join(line.text.split()) in page for line in one.lines if not line.where)

    @pytest.mark.parametrize("one", articles(), ids=lambda one: one.name)
    def test_sentences_are_short(self, one):
        sentences = [part for line in one.text for part in line.replace("；", "。").split("。")]
        assert max(len(sentence) for sentence in sentences) <= 45

    def test_the_word_that_people_mix_up_stands_in_the_help_only(self):
        named = [one.name for one in articles() if any("亲情账户" in line for line in (one.title, *one.text))]
        assert named == ["family-code"]

    def test_the_region_since_when_by_which_document_and_what_changed(self):
        page = article("stopped", region="330381")
        assert "瑞安市的规定" in page
        assert "地区瑞安市记入方式年度开始时一次记入（预划）在职个人缴费划入比例2%" in page
        assert "开始执行2023年1月1日出处" in page
        assert "国办发〔2021〕14号" in page
        assert "单位缴费划入方式：从“按单位缴费的比例划入”变成“不划入，全部记入统筹基金”" in page

    def test_the_rules_in_force_are_printed_though_they_did_not_change(self):
        page = article("premium", region="330381")
        assert "个人缴费标准400.00元开始缴费2026年9月1日最后一天" in page
        assert "个人缴费标准：" not in page, "the price did not change"
        page = article("who-can-use", region="330381")
        assert "共济方式授权使用" in page
        assert "亲属关系配偶、子女、父母" in page
        assert "上年末余额门槛（含）2,000.00元" in page
        assert "停保后自己还能用余额是" in article("suspended", region="350500")

    def test_what_does_not_apply_any_more_is_not_called_abolished(self, regions):
        for one in articles():
            for region in regions:
                page = article(one.name, region=region)
                assert "没有规定" not in page
                assert "退休人员定额（按年龄）：" not in page or region != "350500"

    def test_sentences_that_are_false_for_a_region_are_not_said_there(self, regions):
        for region in regions:
            pages = {one.name: article(one.name, region=region) for one in articles() if one.kinds}
            told = {name: page.partition("的规定看哪里的规定")[0] for name, page in pages.items()}
            credit, sharing = (
                registry.version_on(region, kind, NOVEMBER).terms for kind in (CreditTerms, SharingTerms)
            )
            assert ("新年时当年账户会变成零" in told["less"]) == credit.has_buckets
            assert ("历年结余里付" in told["who-can-use"]) == (sharing.funds == "carried")
            assert ("从共济账户里付" in told["who-can-use"]) == (sharing.model == "pool")
            assert ("这里一年记一次" in told["not-arriving"]) == (credit.accrual == "yearly")
            assert ("停保期间家人不能用您的钱" in told["suspended"]) == (sharing.payer_status == "normal")

    def test_how_premiums_are_paid_is_said_as_it_is_done_there(self):
        direct, refund = article("premium", region="350500"), article("premium", region="410000")
        assert "核对从哪里出多少钱，确认以后才扣款" in direct
        assert "凭税票号码申请" not in direct
        assert "凭税票号码申请" in refund
        assert "确认以后才扣款" not in refund

    def test_nothing_is_said_not_to_be_done_here_yet(self):
        assert not [line.text for one in articles() for line in one.lines if "还不能" in line.text]

    def test_a_first_version_has_no_before(self):
        page = article("two-balances", region="310000")
        assert "这是我们有记录的第一版，没有更早的可以比。" in page

    def test_rules_that_are_not_on_file_are_not_made_up(self):
        assert "上海市这方面的规定还没有录入" in article("premium", region="310000")

    def test_a_reader_sees_the_rules_of_their_own_region_first(self):
        assert "泉州市的规定" in seen(insured("350500"), "/help/stopped/")

    def test_what_is_the_same_everywhere_asks_for_no_region(self):
        assert "各地一样。" in article("frauds")

    def test_an_article_that_is_not_there(self):
        assert Client().get("/help/nothing/").status_code == 404

    def test_the_four_questions_are_answered_for_the_reader(self):
        page = words(browser_of(worker()).get("/help/not-arriving/"))
        assert "您的情况今年的钱已在1月1日记入，共1,440.00元。" in page


def test_the_accessibility_statement_names_what_is_missing():
    page = words(Client().get("/accessibility/"))
    assert "还做不到的" in page
    assert "所以不说“符合”这两个标准" in page
