"""What is left of personal data where it is shown in short."""

import pytest

from tests.factories.people import certno
from yibao.lib import masking

pytestmark = pytest.mark.unit


def test_a_certificate_number_keeps_its_first_and_last_four_characters() -> None:
    assert masking.masked_certno("999902199001010012") == "9999**********0012"


def test_text_too_short_for_a_certificate_keeps_its_first_character_only() -> None:
    assert masking.masked_certno("陈晓明") == "陈**"
    assert masking.masked_certno("E12345678") == "E****5678"
    assert masking.masked_certno("19900101") == "1*******"
    assert masking.masked_certno("") == ""


def test_a_phone_number_keeps_three_and_four_digits_and_a_name_its_first_character() -> None:
    assert masking.masked_phone("19900012345") == "199****2345"
    assert masking.masked_name("陈晓明") == "陈*"
    assert masking.masked_name("") == ""


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        (f"人员 {certno(12)} 已办", f"人员 9999**********{certno(12)[-4:]} 已办"),
        ("电话19900012345。", "电话199****2345。"),
        ("１９９０００１２３４５", "199****2345"),
        ("330902900101123", "3309**********1123"),
        ("共 1234567 元，单号 20250101", "共 1234567 元，单号 20250101"),
    ],
)
def test_every_number_of_a_person_in_a_text_is_masked_and_nothing_else(text: str, scrubbed: str) -> None:
    assert masking.scrubbed(text) == scrubbed
