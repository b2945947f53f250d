"""The same spelling is understood at every door: files, signing in, proving who one is, inviting, answering."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django import forms

from accounts.forms.identity import RecordForm
from accounts.forms.signin import PhoneForm
from accounts.roster import cells
from family.forms.answering import ChildForm, CodeAcceptForm
from family.forms.bonds import EndDayForm, LimitForm
from family.forms.inviting import PersonForm, TermsForm
from tests.factories.people import certno
from yibao.lib.values import BadValueError

NUMBER = next(certno(serial) for serial in range(100) if certno(serial).endswith("X"))

Door = Callable[[str], Any]
TODAY = date(2026, 3, 10)


def typed_in(field: str, form: type[forms.Form], **options: Any) -> Door:
    """Return a door: what a field of a form makes of a text. Raises ValidationError as files raise ValueError."""

    def read(text: str) -> Any:
        filled = form({field: text}, **options)
        filled.is_valid()
        if field in filled.errors:
            raise BadValueError(filled.errors[field][0])
        return filled.cleaned_data[field]

    return read


NAMES = {
    "file": cells.name,
    "identity": typed_in("name", RecordForm, regions=[]),
    "inviting": typed_in("name", PersonForm),
    "answering": typed_in("name", CodeAcceptForm),
    "child": typed_in("name", ChildForm),
}
CERTIFICATES = {
    "file": lambda text: cells.certificate(text).number,
    "file of contributions": lambda text: cells.any_certificate(text).number,
    "identity": typed_in("certno", RecordForm, regions=[]),
    "inviting": typed_in("certno", PersonForm),
    "child": typed_in("certno", ChildForm),
}
PHONES = {"file": cells.phone, "sign-in": typed_in("phone", PhoneForm), "inviting": typed_in("phone", PersonForm)}
DAYS = {
    "file": cells.day,
    "inviting": typed_in("until", TermsForm, scopes=[], today=TODAY),
    "bond": typed_in("until", EndDayForm, today=TODAY),
}
AMOUNTS = {
    "file": cells.base,
    "inviting": typed_in("limit_other", TermsForm, scopes=[], today=TODAY),
    "bond": typed_in("limit_other", LimitForm),
}
SPELLINGS = [
    (NAMES, "张三", ["张三", " 张　三 ", "张 三"]),
    (NAMES, "阿依古丽·买买提", ["阿依古丽・买买提", "阿依古丽•买买提", "阿依古丽.买买提"]),
    (NAMES, "O'BRIEN", ["O’BRIEN", "Ｏ＇ＢＲＩＥＮ"]),
    (NAMES, "王䶮", ["王䶮", "王\ue863"]),
    (
        CERTIFICATES,
        NUMBER,
        [NUMBER.lower(), " ".join(NUMBER), NUMBER.translate({n: n + 0xFEE0 for n in range(48, 58)})],
    ),
    (
        PHONES,
        "19900000001",
        ["19900000001", "+86 199 0000 0001", "86 19900000001", "0086-19900000001", "199-0000-0001"],
    ),
    (DAYS, date(2027, 1, 5), ["2027-01-05", "2027/1/5", "2027.01.05", "20270105", "2027年1月5日", "２０２７-1-5"]),
    (AMOUNTS, 446_200, ["4462", "4462.00", "4,462.00", "¥4462", "￥４，４６２元"]),
]
REFUSED = [
    (NAMES, ["李四（已故）", "赵\ufe00明", "张三，李四", "王\ue000"]),
    (CERTIFICATES, [NUMBER[:-1], NUMBER[:-1] + "0", "9.9990219900101E+17", "330902900101123"]),
    (PHONES, ["1990000001", "0580-1234567", "+852 5123 4567"]),
    (DAYS, ["2027-02-30", "5/1/2027", "45662"]),
    (AMOUNTS, ["-1", "4462.005", "44,62", "1e3"]),
]


@pytest.mark.parametrize(
    ("door", "typed", "understood"),
    [
        pytest.param(door, typed, value, id=f"{name}: {typed}")
        for doors, value, spellings in SPELLINGS
        for typed in spellings
        for name, door in doors.items()
    ],
)
def test_a_spelling_is_understood_alike_at_every_door(door: Door, typed: str, understood: Any) -> None:
    assert door(typed) == understood


@pytest.mark.parametrize(("doors", "typed"), [(doors, typed) for doors, texts in REFUSED for typed in texts])
def test_what_cannot_be_meant_is_refused_with_the_same_words_at_every_door(doors: dict[str, Door], typed: str) -> None:
    said = set()
    for door in doors.values():
        with pytest.raises(ValueError, match=".") as refusal:
            door(typed)
        said.add(str(refusal.value).removesuffix("，没有可以空着"))
    assert len(said) == 1
