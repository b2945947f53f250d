"""Money is whole fen: rounded half up, read strictly, printed exactly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yibao.lib.fen import MAX_FEN, BadAmountError, capitals, grouped, half_up, parse_yuan, yuan

pytestmark = pytest.mark.unit

FEN = st.integers(0, MAX_FEN - 1)
DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = {"拾": 10, "佰": 100, "仟": 1000}


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(1, 2, 1), (-1, 2, -1), (5, 10, 1), (4, 10, 0), (25, 10, 3), (-25, 10, -3), (49, 100, 0), (0, 7, 0), (10, 5, 2)],
)
def test_a_half_is_rounded_away_from_zero(numerator, denominator, rounded):
    assert half_up(numerator, denominator) == rounded


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**9))
def test_rounding_is_never_off_by_more_than_half_and_goes_outwards_at_the_half(numerator, denominator):
    exact, rounded = Fraction(numerator, denominator), half_up(numerator, denominator)
    assert abs(rounded - exact) <= Fraction(1, 2)
    if abs(rounded - exact) == Fraction(1, 2):
        assert abs(rounded) > abs(exact)


@pytest.mark.parametrize("denominator", [0, -1])
def test_there_is_no_rounding_by_nothing_or_less(denominator):
    with pytest.raises(ValueError, match="positive"):
        half_up(1, denominator)


@pytest.mark.parametrize(
    ("text", "fen"), [("1070.88", 107_088), ("100", 10_000), ("0.5", 50), ("0", 0), ("0.05", 5), ("007.10", 710)]
)
def test_plain_amounts_are_read(text, fen):
    assert parse_yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1 ",
        "1\n",
        "+1",
        "-1",
        "1.",
        ".5",
        "1.234",
        "1,000",
        "1e3",
        "1E400",
        "NaN",
        "Infinity",
        "0x10",
        "1_000",
        "１２３",
        "١٢",
        "²",
        "1。5",
        "壹",
        "¥1",
        "1元",
        "1\x00",
        "12345678901",
        "9" * 5000,
    ],
)
def test_anything_but_a_plain_amount_is_refused(text):
    with pytest.raises(BadAmountError, match="最多两位小数"):
        parse_yuan(text)


@given(st.text(max_size=12))
def test_no_text_is_read_as_another_amount_than_it_prints(text):
    try:
        fen = parse_yuan(text)
    except BadAmountError:
        return
    whole, _, decimals = text.partition(".")
    assert yuan(fen) == f"{int(whole)}.{decimals.ljust(2, '0')}"


@given(FEN)
def test_what_is_printed_is_read_again_as_the_same_fen(fen):
    assert parse_yuan(yuan(fen)) == fen
    assert grouped(fen).replace(",", "") == yuan(fen)


@pytest.mark.parametrize(
    ("fen", "plain", "shown"),
    [(0, "0.00", "0.00"), (5, "0.05", "0.05"), (-50, "-0.50", "-0.50"), (123_456_789, "1234567.89", "1,234,567.89")],
)
def test_fen_are_shown_as_yuan(fen, plain, shown):
    assert (yuan(fen), grouped(fen)) == (plain, shown)


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (100, "壹元整"),
        (105, "壹元零伍分"),
        (1_050, "壹拾元伍角整"),
        (107_088, "壹仟零柒拾元捌角捌分"),
        (1_000_100, "壹万零壹元整"),
        (10_001_000, "壹拾万零壹拾元整"),
        (10_000_000_000, "壹亿元整"),
        (10_000_000_100, "壹亿零壹元整"),
        (10_010_000_000, "壹亿零壹拾万元整"),
    ],
)
def test_capitals_are_those_of_vouchers(fen, words):
    assert capitals(fen) == words


@given(FEN)
def test_capitals_say_the_amount_they_were_made_from(fen):
    assert spoken(capitals(fen)) == fen


@pytest.mark.parametrize("fen", [-1, MAX_FEN])
def test_capitals_are_not_made_for_amounts_that_no_voucher_has(fen):
    with pytest.raises(ValueError, match="capitals"):
        capitals(fen)


def spoken(words: str) -> int:
    """Read 大写 as a cashier does: digit by digit, each raised by the place that follows it."""
    yuan_part, has_yuan, rest = words.partition("元")
    if not has_yuan:
        yuan_part, rest = "", words
    total = group = digit = 0
    for sign in yuan_part:
        if sign in DIGITS:
            digit = DIGITS.index(sign)
        elif sign in PLACES:
            group, digit = group + digit * PLACES[sign], 0
        else:
            total, group, digit = total + (group + digit) * {"万": 10**4, "亿": 10**8}[sign], 0, 0
    fen, digit = (total + group + digit) * 100, 0
    for sign in rest:
        if sign in DIGITS:
            digit = DIGITS.index(sign)
        elif sign in "角分":
            fen += digit * {"角": 10, "分": 1}[sign]
    return fen
