"""What readers of identity cards type: the number in it is found, whatever the maker sends."""

import doctest

import pytest

from accounts.identity import card_reader
from accounts.identity.certificates import BadCertificateError
from tests.factories.people import certno

pytestmark = pytest.mark.unit

NUMBER = certno(7)  # ends in a digit
WITH_X = next(number for number in map(certno, range(100)) if number.endswith("X"))
FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


def test_the_examples_in_the_module_hold():
    assert doctest.testmod(card_reader).failed == 0
    assert doctest.testmod(card_reader).attempted > 1


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        f"{NUMBER}\n",
        f"{NUMBER}\r\n",
        f"  {NUMBER} ",
        f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}",
        NUMBER.translate(FULL_WIDTH),
        f"陈安,女,汉,19500101,浙江省瑞安市解放路1号,{NUMBER},瑞安市公安局,20200101,20400101\n",
        f"陈安|女|汉|19500101|解放路18号|{NUMBER}|瑞安市公安局",
        f"姓名:陈安 性别:女 公民身份号码:{NUMBER}",
        f"陈安女汉19500101解放路甲{NUMBER}瑞安市公安局2020010120400101",
        f"陈安女汉19500101解放路18{NUMBER}",
        f"\\u9648\\u5b89,\\u5973,{NUMBER}",
        f"\\U9648\\U5B89,\\U5973,{NUMBER}",
        f"#{NUMBER}*",
        f"{NUMBER},{NUMBER}",
    ],
)
def test_the_number_is_found(typed):
    assert card_reader.read(typed).number == NUMBER


def test_a_last_letter_may_be_small_or_full_width():
    for typed in (WITH_X, WITH_X.lower(), WITH_X.translate(FULL_WIDTH), f"陈安,女,{WITH_X.lower()}\n"):
        assert card_reader.read(typed).number == WITH_X


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (f"陈安,女,汉,19500101,{NUMBER}", "陈安"),
        (f"\\u9648\\u5B89,{NUMBER}", "陈安"),
        (f"姓名:陈安,性别:女,民族:汉,{NUMBER}", "陈安"),
        (f"陈安女汉19500101{NUMBER}", "陈安"),
        (f"{NUMBER},女,汉,陈安", "陈安"),
        (f"陈省身,男,汉,{NUMBER}", "陈省身"),
        (f"李亚男,女,汉,{NUMBER}", "李亚男"),
        (f"阿依古丽•买买提,女,维吾尔族,{NUMBER}", "阿依古丽·买买提"),
        (f"{NUMBER},浙江省瑞安市,瑞安市公安局", ""),
        (NUMBER, ""),
    ],
)
def test_the_name_is_found_where_it_came_along(typed, name):
    assert card_reader.read(typed).name == name


@pytest.mark.parametrize("typed", ["H12345678", "E12345678", "ｅ１２３４５６７８", "12345678"])
def test_other_certificates_are_typed_plainly(typed):
    read = card_reader.read(typed)
    assert len(read.number) in (8, 9)
    assert read.name == ""


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "没有填写"),
        (NUMBER[:17], "少"),
        (NUMBER[:17] + "?", ""),
        (NUMBER[:16] + str((int(NUMBER[16]) + 2) % 10) + NUMBER[17], ""),
        (f"{NUMBER},{WITH_X}", "两个号码"),
        ("陈安", ""),
    ],
)
def test_what_is_no_number_is_refused_in_words_that_do_not_repeat_it(typed, why):
    with pytest.raises(BadCertificateError) as refused:
        card_reader.read(typed)
    assert why in refused.value.message
    assert not typed or typed not in refused.value.message


def test_a_flood_of_characters_is_cut():
    with pytest.raises(BadCertificateError):
        card_reader.read("1" * 100_000)


def test_what_was_read_does_not_print():
    assert NUMBER not in repr(card_reader.read(f"陈安,{NUMBER}"))
