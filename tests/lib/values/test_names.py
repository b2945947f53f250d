"""Names: as they are kept, whoever typed them; as they are compared; and what is no name."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yibao.lib.values import BadValueError
from yibao.lib.values.names import MAX_LENGTH, normalised_name, read_name

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("张三", "张三"),
        ("张　三", "张三"),
        (" 欧 阳 娜 ", "欧阳娜"),
        ("张\t三", "张三"),
        ("阿依古丽・买买提", "阿依古丽·买买提"),
        ("阿依古丽 • 买买提", "阿依古丽·买买提"),
        ("阿依古丽‧买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("O’BRIEN", "O'BRIEN"),
        ("O＇BRIEN", "O'BRIEN"),
        ("ＯＢＲＩＥＮ", "OBRIEN"),
        ("J. SMITH", "J. SMITH"),
        ("Smith,  John", "Smith, John"),
        ("José Garci\u0301a", "José García"),
        ("ANNE‐MARIE", "ANNE-MARIE"),
        ("王〇", "王〇"),
        ("王䶮", "王䶮"),
        ("王\ue863", "王䶮"),
        ("王\ue81e", "王\u9fb4"),
        ("王\ue816", "王\U00020087"),
        ("𠮷野", "𠮷野"),
        ("王\U0003134a", "王\U0003134a"),
        ("⽅⼀", "方一"),
    ],
)
def test_a_name_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert read_name(typed) == kept


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "没有填写姓名"),
        ("　", "没有填写姓名"),
        ("王" * (MAX_LENGTH + 1), "姓名超过50个字"),
        ("李四（已故）", "姓名里有括号：备注"),
        ("李四(小)", "姓名里有括号：备注"),
        ("李四【新】", "姓名里有括号：备注"),
        ("赵\ufe00明", r"姓名第2个字符看不见（U\+FE00）"),
        ("赵\u200b明", r"姓名第2个字符看不见（U\+200B）"),
        ("赵\U000e0100明", r"姓名第2个字符看不见（U\+E0100）"),
        ("赵\u3164明", "姓名第2个字符看不见"),
        ("王\ue000", r"姓名第2个字是自造字（U\+E000）"),
        ("王?", "生僻字丢失了"),
        ("王\ufffd", "生僻字丢失了"),
        ("张三，李四", "一格只写一个人"),
        ("张三/李四", "一格只写一个人"),
        ("张三2", "不该出现的字符"),
        ("王😀", "不该出现的字符"),
        ("·", "以文字开头"),
        ("\u0301a", "以文字开头"),
    ],
)
def test_what_is_no_name_is_refused_with_its_reason(typed: str, reason: str) -> None:
    with pytest.raises(BadValueError, match=reason):
        read_name(typed)


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("阿依古丽·买买提", "阿依古丽•买买提"),
        ("阿依古丽·买买提", "阿依古丽.买买提"),
        ("欧阳 娜", "欧阳娜"),
        ("O'BRIEN", "o’brien"),
        ("JOHN SMITH", "john  smith"),
        ("王\ue863", "王䶮"),
        ("赵\ufe00明", "赵明"),
    ],
)
def test_spellings_of_the_same_name_match(kept: str, typed: str) -> None:
    assert normalised_name(kept) == normalised_name(typed)


LETTERS = st.text("张三王〇䶮·・.,'’ -‐　\ue863\ue81e\ue000\ufe00\u0301Oé（()?𠮷", max_size=12)


@given(text=LETTERS | st.text(max_size=60))
def test_what_is_accepted_is_accepted_again_unchanged_and_can_be_printed(text: str) -> None:
    try:
        name = read_name(text)
    except BadValueError:
        return
    assert read_name(name) == name
    assert normalised_name(name) == normalised_name(text)
    assert 1 <= len(name) <= MAX_LENGTH
    assert not [char for char in name if unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs")]
