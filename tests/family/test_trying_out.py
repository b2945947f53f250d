"""试算一笔: what would come from whom, without telling what a relative has."""

import pytest

from tests.factories.family import bond, insured
from tests.family.family_pages import bound, browser_of, chen, page, words

pytestmark = pytest.mark.usefixtures("policies_loaded", "today")

PREVIEW = "/family/from-others/preview/"


@pytest.fixture
def user():
    return insured(name="陈伟", gender=1, current=5_000)


def tried(user, yuan: str) -> str:
    """Return what the page says of a bill in a hospital of the second level, from the first pot to the cash."""
    said = page(browser_of(user), PREVIEW, amount=yuan, place="hospital-2")
    return said[said.index("会这样出：") + 5 : said.index("只是试算")]


def test_what_surely_suffices_is_shown_to_the_fen(user):
    bond(chen(), user)
    assert tried(user, "2000") == "1.您自己的当年账户¥50.002.陈静（女儿）的历年结余¥1,950.00现金¥0.00"


@pytest.mark.parametrize("yuan", ["2000.01", "9999999"])
def test_more_than_two_thousand_is_not_tried_out(user, yuan):
    bound(chen(), user)
    response = browser_of(user).get(PREVIEW, {"amount": yuan, "place": "hospital-2"})
    assert response.status_code == 422
    assert "一次最多试算2,000.00元" in words(response)
    assert "3,594.26" not in words(response)


def test_what_a_relative_has_is_not_said_where_it_does_not_suffice(user):
    bond(insured(carried=34_567, name="陈静", gender=2), user)
    said = tried(user, "2000")
    assert said == "1.您自己的当年账户¥50.002.陈静（女儿）的历年结余能用的会用完现金不够的部分自己付"


def test_nor_can_it_be_found_by_trying_one_amount_after_another(user):
    bond(insured(carried=34_567, name="陈静", gender=2), user)
    answers = {yuan: tried(user, str(yuan + 50)) for yuan in (300, 301, 345, 346, 399, 400)}
    assert "历年结余¥300.00现金¥0.00" in answers[300]
    assert len({answers[yuan] for yuan in (301, 345, 346, 399)}) == 1
    assert "历年结余能用的可能会用完现金不够的部分自己付" in answers[301]
    assert "历年结余能用的会用完现金不够的部分自己付" in answers[400]


def test_a_yearly_limit_is_no_way_around_it(user):
    bound(insured(carried=300_000, name="陈静", gender=2), user, limit_fen=12_345)
    assert "会用完" in tried(user, "500")
    assert "123.45" not in tried(user, "500")


def test_after_one_who_may_not_suffice_the_next_has_no_figure_either(user):
    bond(insured(carried=34_567, name="陈静", gender=2), user)
    bond(insured(carried=300_000, name="陈军", gender=1), user, place=2)
    said = tried(user, "1000")
    assert "2.陈静（女儿）的历年结余能用的会用完3.陈军（儿子）的历年结余不够时再用现金不够的部分自己付" in said
    assert said.count("¥") == 1


def test_who_is_not_reached_is_not_named(user):
    bound(chen(), user)
    bound(insured(carried=300_000, name="陈军", gender=1), user)
    assert "陈军" not in tried(user, "500")
