"""Looking for entries: by who used the money, where, what it was and how much; on the page, as a file, on paper."""

import csv
import io
import re
from datetime import date

import pytest

from accounts.codes import PotKind
from accounts.queries.account import account_in, accounts_of
from accounts.queries.search import Sort, Wanted, lines_found, places_of
from tests.accounts.citizen_pages import browser_of, seen, used_by, words
from tests.factories.family import bond
from tests.factories.people import PersonFactory
from tests.personas import ZHOUSHAN, give, insured, reverse

pytestmark = pytest.mark.usefixtures("policies_loaded", "november")

ENTRIES = "/account/entries/"


@pytest.fixture
def father():
    return PersonFactory(name="林强")


@pytest.fixture
def person(employee, father):
    """Return the employee, whose father used 50.00 and got 20.00 of it back, 30.00 remaining used."""
    bond(employee, father, ZHOUSHAN)
    used_by(father, employee, 20_00, on=date(2026, 7, 1))
    reverse(used_by(father, employee, 30_00, on=date(2026, 8, 1)), on=date(2026, 8, 3), key="given back")
    return employee


def place_key(person, name: str) -> int:
    places = places_of(account_in(accounts_of(person), ZHOUSHAN, date(2026, 11, 20)))
    return next(key for key, place in places.items() if place == name)


class TestFound:
    def test_what_a_relative_used_and_what_was_given_back_of_it(self, person, father):
        page = seen(person, f"{ENTRIES}?user={father.pk}")
        assert "找到3笔记录：退回+30.00元，使用−50.00元。" in page
        assert "林强" in page
        assert "本人门诊" not in page
        assert "预划" not in page.partition("找到")[2]

    def test_what_one_used_oneself(self, person):
        page = seen(person, f"{ENTRIES}?user={person.pk}").partition("找到")[2]
        assert page.startswith("2笔记录：使用−200.00元。")
        assert "本人门诊，定海社区卫生院" in page
        assert "预划" not in page  # a credit is nobody's use

    def test_a_place_one_has_been_to(self, person):
        page = seen(person, f"{ENTRIES}?place={place_key(person, '定海社区卫生院')}")
        assert "找到2笔记录：使用−200.00元。只列出：定海社区卫生院。" in page

    def test_of_a_relative_the_kind_of_place_can_be_looked_for_and_the_place_never(self, person):
        page = seen(person, f"{ENTRIES}?place={place_key(person, '一级医疗机构')}").partition("找到")[2]
        assert page.startswith("3笔")
        assert "定海" not in page
        assert "定海" not in seen(insured_with_relatives_only(), ENTRIES)

    def test_amounts_between_two_bounds_which_count(self, person):
        page = seen(person, f"{ENTRIES}?least=20&most=30.00")
        assert "找到3笔记录" in page
        assert "只列出：金额20.00元到30.00元。" in page
        assert "100.00" not in page.partition("找到")[2]

    def test_amounts_as_people_write_them(self, person):
        assert "金额1,440.00元以上" in seen(person, f"{ENTRIES}?least=¥1,440元")
        assert "金额50.00元以下" in seen(person, f"{ENTRIES}?most=５０")

    def test_a_sort_of_entry(self, person):
        assert "找到1笔记录：退回+30.00元。" in seen(person, f"{ENTRIES}?sort=returned")
        assert "找到2笔记录：记入+2,640.00元。" in seen(person, f"{ENTRIES}?sort=credited")
        assert "找到1笔记录：转账1,100.00元。" in seen(person, f"{ENTRIES}?sort=moved")

    def test_everything_that_is_chosen_holds_together_with_year_month_and_account(self, person, father):
        page = seen(person, f"{ENTRIES}?year=2026&month=7&pot=carried&user={father.pk}&sort=used&least=20&most=20")
        assert "找到1笔记录：使用−20.00元。" in page
        assert f"只列出：2026年，7月，历年结余，{father.name}" in page

    def test_a_long_list_has_pages_that_keep_the_search(self):
        person = insured()
        for day in range(1, 32):
            give(person, 10_00, on=date(2026, 1, day), key=f"gift {day}")
        response = browser_of(person).get(f"{ENTRIES}?most=10&page=2")
        assert "第2页，共2页" in words(response)
        assert 'href="?most=10&amp;page=1"' in response.content.decode()


def insured_with_relatives_only():
    person = insured()
    give(person, 100_00, on=date(2026, 6, 1), key="gift")
    used_by(PersonFactory(), person, 1_00, on=date(2026, 6, 2))
    return person


class TestNothing:
    def test_it_says_what_was_looked_for_and_offers_every_wider_search(self, person, father):
        response = browser_of(person).get(f"{ENTRIES}?year=2025&user={father.pk}&least=5")
        page = words(response)
        assert "没有找到记录。选的是：2025年，" in page
        assert "用的，金额5.00元以上。" in page
        links = re.findall(r'<a href="(/account/entries/[^"]*)">(不限[^<]*|看全部明细)</a>', response.content.decode())
        assert [name for _, name in links] == ["不限年份", "不限谁用的", "不限金额", "看全部明细"]
        assert links[0][0].replace("&amp;", "&") == f"{ENTRIES}?user={father.pk}&least=5"
        assert links[2][0].replace("&amp;", "&") == f"{ENTRIES}?year=2025&user={father.pk}"

    def test_without_its_year_a_month_goes_too(self, person):
        content = browser_of(person).get(f"{ENTRIES}?year=2025&month=3&least=9000").content.decode()
        assert f'<a href="{ENTRIES}?least=9000">不限年份</a>' in content


class TestNotUnderstood:
    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("least=abc", "金额只写数字"),
            ("most=-5", "金额不能是负数"),
            ("least=50&most=20", "“到”不能比“从”小"),
            ("user=0", "没有这一项，请重新选"),
            ("place=定海", "没有这一项，请重新选"),
            ("sort=all", "没有这一项，请重新选"),
        ],
    )
    @pytest.mark.parametrize("door", ["", "file/", "print/"])
    def test_is_said_and_never_means_everything(self, person, query, said, door):
        response = browser_of(person).get(f"{ENTRIES}{door}?{query}")
        assert response.status_code == 422
        assert said in words(response)
        assert "所以一条也没有列出" in words(response)

    def test_somebody_elses_entry_names_no_place(self, person):
        stranger = insured_with_relatives_only()
        key = place_key(stranger, "一级医疗机构")
        assert browser_of(person).get(f"{ENTRIES}?place={key}").status_code == 422


class TestFileAndPaper:
    def test_the_file_has_what_was_found_and_says_that_it_is_not_all(self, person, father):
        response = browser_of(person).get(f"{ENTRIES}file/?user={father.pk}&sort=used")
        head, *rows = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
        assert head == ["日期", "事项", "账户", "类别", "金额（元）"]
        assert [(row[0], row[4]) for row in rows[:-1]] == [("2026-07-01", "-20.00"), ("2026-08-01", "-30.00")]
        assert rows[-1][1].startswith("只列出：林强")
        assert rows[-1][1].endswith("用的，使用。找到2笔记录：使用 −50.00 元。")
        assert "%E9%83%A8%E5%88%86" in response["Content-Disposition"]  # （部分）

    def test_paper_says_the_same(self, person, father):
        page = seen(person, f"{ENTRIES}print/?user={father.pk}&sort=used")
        assert "只列出林强" in page
        assert "找到2笔记录：使用−50.00元。" in page
        assert "不是全部明细" in page
        assert "期末" not in page


def test_every_entry_is_found_under_one_sort(person):
    account = account_in(accounts_of(person), ZHOUSHAN, date(2026, 11, 20))
    everything = lines_found(
        account, Wanted(least_fen=0), date(2024, 1, 1), date(2027, 1, 1), pots=list(PotKind), url=lambda _: ""
    )
    found = [
        line
        for sort in Sort
        for line in lines_found(
            account, Wanted(sort=sort), date(2024, 1, 1), date(2027, 1, 1), pots=list(PotKind), url=lambda _: ""
        )
    ]
    assert sorted(line.id for line in found) == sorted(line.id for line in everything)
