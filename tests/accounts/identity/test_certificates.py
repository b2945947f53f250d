"""Certificate numbers: what passes, and that every refusal says why without repeating the number."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from accounts.identity import certificates
from tests.factories.people import certno

pytestmark = pytest.mark.unit


def with_check(stem: str) -> str:
    return stem + ric.calc_check_digit(stem + "0")


@pytest.mark.parametrize(
    ("document", "stem"),
    [
        ("identity card", "33090219900101123"),
        ("residence permit of Hong Kong", "81000019900101123"),
        ("residence permit of Macao", "82000019900101123"),
        ("residence permit of Taiwan", "83000019900101123"),
        ("permanent-resident card of a foreigner", "91101619900101123"),
        ("synthetic person of an unallocated district", "99990219900101001"),
    ],
)
def test_every_document_with_a_right_check_digit_passes(document: str, stem: str) -> None:
    assert certificates.read(with_check(stem)) == certificates.Certificate(with_check(stem), date(1990, 1, 1))


def test_a_number_typed_in_full_width_or_small_x_with_spaces_is_the_same_number() -> None:
    number = next(certno(n) for n in range(100) if certno(n).endswith("X"))
    full_width = "".join(chr(ord(char) + 0xFEE0) for char in number.lower())
    assert certificates.read(f" {full_width[:6]} {full_width[6:]}\n").number == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "没有填写"),
        ("   ", "没有填写"),
        (certno(1)[:-1], "少了1位"),
        (certno(1) + "00", "多了2位"),
        ("330902900101123", "15位的旧号码"),
        (certno(1)[:5] + "O" + certno(1)[6:], "前17位应为数字"),
        ("X" * 18, "前17位应为数字"),
        (with_check("99990219900230001"), "出生日期"),
        (with_check("99990217000101001"), "出生年份太早"),
    ],
)
def test_a_bad_number_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(certificates.BadCertificateError, match=reason) as refusal:
        certificates.read(text)
    assert not text.strip() or text.strip() not in str(refusal.value)


@given(serial=st.integers(0, 10**6), place=st.integers(0, 16), digit=st.integers(0, 9))
def test_no_single_wrong_digit_passes(serial: int, place: int, digit: int) -> None:
    right = certno(serial)
    wrong = right[:place] + str(digit) + right[place + 1 :]
    if wrong == right:
        assert certificates.read(wrong).number == right
    else:
        with pytest.raises(certificates.BadCertificateError):
            certificates.read(wrong)


def test_a_certificate_never_prints_its_number() -> None:
    certificate = certificates.read(certno(1))
    assert certno(1) not in repr(certificate)
    assert certno(1) not in str(certificate)
