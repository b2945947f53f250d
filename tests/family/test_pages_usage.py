"""共济使用记录 (C17): both directions; the payer never learns the place, the user sees only their own use."""

import csv
import io
from datetime import date, timedelta

import pytest

from family.models import Bond
from family.views.citizen.usage import COLUMNS
from payments.bills.operations import pay, refund
from payments.models import Institution
from tests.factories.acts import act_on
from tests.factories.family import ACT, NOW, RUIAN, TODAY, insured
from tests.family.family_pages import at, bound, browser_of, chen, page, words

pytestmark = pytest.mark.usefixtures("policies_loaded", "today")

PLACE = "安阳街道秘密卫生院"


@pytest.fixture
def clinic(policies_loaded) -> Institution:
    return Institution.objects.create(code="H1", name=PLACE, kind="hospital", level=1, region=RUIAN)


def used(user, clinic, fen: int, key: str, on: date = TODAY):
    return pay(act=act_on(on), institution=clinic, person=user, region=RUIAN, amount_fen=fen, on=on, bill_no=key)


def rows(person, path: str) -> list[list[str]]:
    response = browser_of(person).get(path)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_each_side_sees_its_own_direction(clinic):
    payer, user = chen(), insured(name="陈伟", gender=1)
    bound(payer, user)
    used(user, clinic, 3_850, "a")
    mine = page(browser_of(payer), "/family/usage/")
    assert "陈伟（父亲）一共¥38.50" in mine
    assert "陈伟（父亲）看病买药使用−38.502026年3月10日（周二）一级医疗机构" in mine
    theirs = page(browser_of(user), "/family/usage/others/")
    assert "陈静（女儿）一共¥38.50" in theirs
    assert "家人还没有用过您的钱。" in page(browser_of(user), "/family/usage/")


def test_who_has_no_account_is_not_told_that_nobody_has_used_it_yet():
    said = page(browser_of(insured(resident=True)), "/family/usage/")
    assert "您没有个人账户，没有钱可以给家人用。" in said
    assert "还没有用过您的钱" not in said


def test_who_used_how_much_is_drawn_by_month_without_what_was_given_back(clinic):
    payer, user = chen(), insured(name="陈伟", gender=1)
    bound(payer, user)
    used(user, clinic, 3_850, "a")
    back = used(user, clinic, 1_000, "b")
    refund(act=ACT, bill=back, bill_no="r", reason="退药")
    said = page(browser_of(payer), "/family/usage/")
    assert "陈伟（父亲）每月用的（元）3月38.50没用的月份不列。" in said
    assert "陈伟（父亲）每年用的（元）2026年38.50" in page(browser_of(payer), "/family/usage/?year=")


def test_the_account_page_says_how_much_of_each_limit_is_used(clinic):
    payer, user, other = chen(), insured(name="陈伟", gender=1), insured(name="林强", gender=1, serial=9_003)
    bound(payer, user, limit_fen=100_000)
    unlimited = bound(payer, other, relation="1", limit_fen=None)
    assert "林强（丈夫）今年用了¥0.00，最多¥1,000.00" in words(browser_of(payer).get("/account/")), "until it is shown"
    Bond.objects.filter(pk=unlimited.pk).update(declared=False)
    used(user, clinic, 25_000, "a")
    response = browser_of(payer).get("/account/")
    assert "陈伟（父亲）今年用了¥250.00，最多¥1,000.00" in words(response)
    assert "林强（丈夫）今年用了¥0.00，不限额度" in words(response)
    assert response.content.decode().count('class="meter"') == 1
    assert '<rect width="25.0%"' in response.content.decode()


def test_the_payer_never_learns_the_place_anywhere(clinic):
    payer, user = chen(), insured(name="陈伟", gender=1)
    bond = bound(payer, user)
    used(user, clinic, 3_850, "a")
    browser = browser_of(payer)
    paths = ("/family/", "/family/usage/", "/family/usage/file/", f"/family/members/{bond.pk}/", "/messages/",
             "/account/", "/account/entries/", "/account/entries/file/", "/cases/", "/family/close/")  # fmt: skip
    for path in paths:
        said = browser.get(path).content.decode()
        assert PLACE not in said, path
    assert "用了您的钱 38.50 元" in browser.get("/messages/").content.decode()


def test_the_file_has_day_kind_of_place_and_amount_and_no_more(clinic):
    payer, user = chen(), insured(name="陈伟", gender=1)
    bound(payer, user)
    used(user, clinic, 3_850, "a")
    head, *lines = rows(payer, "/family/usage/file/")
    assert head == ["日期", "家人", "关系", "用来", "在哪类地方", "金额（元）", "说明"]
    assert lines == [["2026-03-10", "陈伟", "父亲", "看病买药", "一级医疗机构", "38.50", ""]]
    assert rows(user, "/family/usage/others/file/")[1][1:3] == ["陈静", "女儿"]


def test_a_member_sees_nothing_of_another_members_use(clinic):
    payer, user, other = chen(), insured(name="陈伟", gender=1), insured(name="林强", gender=1, serial=9_001)
    bond, _ = bound(payer, user), bound(payer, other, relation="1")
    used(other, clinic, 7_777, "b")
    browser = browser_of(user)
    for path in (
        "/family/",
        "/family/from-others/",
        f"/family/from-others/{bond.pk}/",
        "/family/usage/others/",
        "/messages/",
    ):
        said = page(browser, path)
        assert "77.77" not in said, path
        assert "林强" not in said, path


def test_by_person_and_by_year_with_totals(clinic):
    payer, user, other = chen(), insured(name="陈伟", gender=1), insured(name="林强", gender=1, serial=9_001)
    bound(payer, user)
    bound(payer, other, relation="1")
    used(user, clinic, 1_000, "a")
    used(other, clinic, 2_000, "b")
    browser = browser_of(payer)
    said = page(browser, "/family/usage/", person=str(user.pk))
    assert "陈伟（父亲）一共¥10.00" in said
    assert "林强（丈夫）一共" not in said
    with at(NOW + timedelta(days=365)):
        later = browser_of(payer)
        assert "2027年没有记录" in page(later, "/family/usage/")
        assert "一共¥10.00" in page(later, "/family/usage/", year="2026")
        assert "一共¥10.00" in page(later, "/family/usage/", year="")
    part = browser.get("/family/usage/", {"person": user.pk}, headers={"HX-Request": "true"}).content.decode()
    assert '<div id="status" hx-swap-oob="innerHTML">找到1笔记录。</div>' in part


@pytest.mark.parametrize("query", ["person=x", "person=999999", "year=abc"])
@pytest.mark.parametrize("door", ["", "file/"])
def test_a_choice_that_is_not_understood_is_said_and_never_means_everybody(query, door, clinic):
    payer, user = chen(), insured(name="陈伟", gender=1)
    bound(payer, user)
    used(user, clinic, 1_000, "a")
    response = browser_of(payer).get(f"/family/usage/{door}?{query}")
    assert response.status_code == 422
    assert "所以一条也没有列出" in words(response)
    assert "10.00" not in words(response)


def test_a_relative_who_has_used_nothing_is_asked_for_by_name(clinic):
    payer, user, other = chen(), insured(name="陈伟", gender=1), insured(name="林强", gender=1, serial=9_001)
    bound(payer, user)
    bound(payer, other, relation="1")
    used(user, clinic, 1_000, "a")
    said = page(browser_of(payer), "/family/usage/", person=str(other.pk))
    assert "林强（丈夫）还没有用过您的钱。" in said
    assert "10.00" not in said
    assert rows(payer, f"/family/usage/file/?person={other.pk}") == [list(COLUMNS)]


def test_what_was_given_back_says_so_and_does_not_count(clinic):
    payer, user = chen(), insured(name="陈伟", gender=1)
    bound(payer, user)
    bill = used(user, clinic, 1_000, "a")
    refund(act=ACT, bill=bill, bill_no="r", reason="退药退费")
    said = page(browser_of(payer), "/family/usage/")
    assert "陈伟（父亲）一共¥0.00" in said
    assert "已退回" in said


def test_many_uses_come_in_pages(clinic):
    payer, user = chen(), insured(name="陈伟", gender=1)
    bound(payer, user)
    for number in range(25):
        used(user, clinic, 100, f"k{number}")
    said = page(browser_of(payer), "/family/usage/?page=2")
    assert "第2页，共2页" in said
    assert "一共¥25.00" in said


def test_a_name_that_looks_like_a_formula_stays_a_name(clinic):
    payer, user = chen(), insured(name="=cmd|' /C calc'!A1")
    bound(payer, user)
    used(user, clinic, 100, "a")
    assert rows(payer, "/family/usage/file/")[1][1].startswith("'=cmd")
