"""Certificate numbers: what passes, and that every refusal says why without repeating the number."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from accounts.codes import CertificateType
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


KINDS = [
    ("01", with_check("33090219900101123")),
    ("04", "H12345678"),
    ("05", "M12345678"),
    ("06", "12345678"),
    ("07", with_check("91101619900101123")),
    ("07", "USA110050010201"),
    ("08", "C01X00T47"),
    ("16", "E12345678"),
    ("16", "EA1234567"),
    ("17", with_check("81000019900101123")),
    ("990201", "T330123456"),
]


@pytest.mark.parametrize(("cert_type", "number"), KINDS)
def test_every_kind_is_read_under_its_code_in_any_width(cert_type: str, number: str) -> None:
    typed = " " + number.lower().translate({n: n + 0xFEE0 for n in range(48, 58)})
    assert certificates.read(typed, cert_type).number == number
    assert certificates.read(typed, cert_type).cert_type == cert_type


@pytest.mark.parametrize(("cert_type", "number"), KINDS)
def test_who_types_a_number_need_not_say_of_which_kind(cert_type: str, number: str) -> None:
    assert certificates.read_any(number).number == number


@pytest.mark.parametrize(
    ("cert_type", "number", "reason"),
    [
        ("02", with_check("33090219900101123"), "不收这种证件；能收的证件类型代码：01 居民身份证"),
        ("17", with_check("33090219900101123"), "应为以81、82或83开头的18位号码"),
        ("07", with_check("33090219900101123"), "应为以9开头的18位号码，旧证为3个字母加12位数字"),
        ("17", with_check("81000019900101123")[:-1], "少了1位"),
        ("07", "USA110050130201", "第8至13位不是一个存在的出生日期"),
        ("990201", "33012345", "不像出生医学证明的号码，应为一个字母加9位数字"),
        ("04", "H1234567801", "应为字母H加8位数字"),
        ("16", "", "没有填写"),
        ("01", "H1234567801", "请去掉末两位（换证次数）"),
        ("01", "E12345678", "这像是中国护照，不是身份证"),
    ],
)
def test_a_number_of_another_kind_is_refused_with_its_reason(cert_type: str, number: str, reason: str) -> None:
    with pytest.raises(certificates.BadCertificateError, match=reason):
        certificates.read(number, cert_type)


def test_birthday_and_gender_are_told_by_the_number_where_it_has_them() -> None:
    man, woman = with_check("81000019900101123"), with_check("91101619900101124")
    assert certificates.read(man, "17").gender == 2 - int(man[16]) % 2
    assert {certificates.read(man, "17").gender, certificates.read(woman, "07").gender} == {1, 2}
    assert not certificates.read(man, "17").allows_birth(date(1990, 1, 2))
    passport, old = certificates.read("E12345678", "16"), certificates.read("USA110050010201", "07")
    assert (passport.birth_on, passport.gender) == (None, None)
    assert passport.allows_birth(date(2024, 5, 1))
    assert old.allows_birth(date(1950, 1, 2))
    assert not old.allows_birth(date(1950, 1, 3))


@given(text=st.text("HMEUSA0123456789X ", max_size=20), cert_type=st.sampled_from([*CertificateType]))
def test_what_is_accepted_is_accepted_again_unchanged(text: str, cert_type: CertificateType) -> None:
    try:
        certificate = certificates.read(text, cert_type)
    except certificates.BadCertificateError:
        return
    assert certificates.read(certificate.number, cert_type) == certificate
    assert certificate.number.isascii()
