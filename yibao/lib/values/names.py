"""姓名: as it is registered, whoever typed it and on whatever machine; and as two spellings of it are compared."""

import re
import unicodedata

from yibao.lib.values import BadValueError

MAX_LENGTH = 50  # characters
_MOST_TYPED = 4 * MAX_LENGTH  # with spaces

_PLAIN = re.compile(r"[\u4e00-\u9fff]{1,10}")
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}
# Letters and marks by category, and yet nobody sees them: variation selectors, joiners, fillers.
_UNSEEN_LETTERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_MARKS = str.maketrans(dict.fromkeys("•・･‧∙⋅", "·") | dict.fromkeys("’‘ʼ′＇´`", "'") | dict.fromkeys("‐‑–—−", "-"))
_HAN = r"\u3007\u3400-\u9fff\U00020000-\U0003347f"
_SPACES = re.compile(rf"(?<=[{_HAN}·]) | (?=[{_HAN}·])")
_FULL_STOP = re.compile(rf"(?<=[{_HAN}])\.(?=[{_HAN}])")  # typed for the middle dot
_BRACKETS = re.compile(r"[()\[\]{}<>《》〈〉【】〔〕「」『』]")
_TWO_PEOPLE = re.compile(rf"(?<=[{_HAN}])[,、;/]")
_LOST = re.compile("[?\ufffd□■]")

# GBK keeps 80 characters at FE50–FEA0, which old Windows shows as U+E815–U+E864. Python's table is that of 2000;
# GB 18030-2005 and -2022 give the last 14 of them their place in Unicode.
_GBK = [bytes([0xFE, low]).decode("gb18030") for low in (*range(0x50, 0x7F), *range(0x80, 0xA1))]
_GB18030_2022 = {
    0xE816: "\U00020087", 0xE817: "\U00020089", 0xE818: "\U000200cc", 0xE81E: "\u9fb4", 0xE826: "\u9fb5",
    0xE82B: "\u9fb6", 0xE82C: "\u9fb7", 0xE831: "\U000215d7", 0xE832: "\u9fb8", 0xE83B: "\U0002298f",
    0xE843: "\u9fb9", 0xE854: "\u9fba", 0xE855: "\U000241fe", 0xE864: "\u9fbb",
}  # fmt: skip
_STANDARD = {**{0xE815 + place: char for place, char in enumerate(_GBK)}, **_GB18030_2022}


def read_name(text: str) -> str:
    """Return a name as it is kept: Chinese of any rarity, letters, the middle dot; at most MAX_LENGTH characters.

    One kind of middle dot, apostrophe and hyphen; no spaces within Chinese. Raises BadValueError with the reason.
    """
    if _PLAIN.fullmatch(text):
        return text
    name = _in_one_spelling(text)
    if not name:
        raise BadValueError("没有填写姓名")
    if len(name) > MAX_LENGTH or len(text) > _MOST_TYPED:
        raise BadValueError(f"姓名超过{MAX_LENGTH}个字")
    if reason := _why_not(name):
        raise BadValueError(reason)
    return name


def normalised_name(text: str) -> str:
    """Return a name as it is compared: as read, small letters, no spaces, nothing invisible, one kind of dot."""
    spelled = _in_one_spelling(text).casefold().replace(".", "·")
    return "".join(char for char in spelled if not char.isspace() and not is_invisible(char))


def is_invisible(char: str) -> bool:
    """Say whether nobody sees a character: controls, joiners, fillers, what Unicode does not know.

    Ideographs newer than Python's table of Unicode are known: planes 2 and 3 hold nothing else.
    """
    if unicodedata.category(char) in _UNSEEN:
        return not "\U00020000" <= char <= "\U0003347f"
    return bool(_UNSEEN_LETTERS.match(char))


def _in_one_spelling(text: str) -> str:
    marked = text[:_MOST_TYPED].translate(_STANDARD).translate(_MARKS)
    name = " ".join(unicodedata.normalize("NFKC", marked).translate(_MARKS).split())
    return _FULL_STOP.sub("·", _SPACES.sub("", name))


def _why_not(name: str) -> str:
    """Return why a text in one spelling is no name; nothing where it is one."""
    for place, char in enumerate(name, start=1):
        if is_invisible(char):
            return f"姓名第{place}个字符看不见（U+{ord(char):04X}），请删去重新输入"
        if unicodedata.category(char) == "Co":
            return f"姓名第{place}个字是自造字（U+{ord(char):04X}），别的电脑认不出，请改用有国家标准编码的字"
    if _BRACKETS.search(name):
        return "姓名里有括号：备注（例如“已故”）不能写在姓名里，这里只写姓名"
    if _TWO_PEOPLE.search(name):
        return "姓名里有逗号或斜线：一格只写一个人的姓名"
    if _LOST.search(name):
        return "姓名里有问号或方框：多半是生僻字丢失了，请重新填写"
    if not all(_may_stand(char) for char in name):
        return "姓名里有不该出现的字符，只写汉字、字母和间隔号"
    if unicodedata.category(name[0])[0] == "M" or not any(_is_letter(char) for char in name):
        return "姓名要以文字开头，只写汉字、字母和间隔号"
    return ""


def _is_letter(char: str) -> bool:
    return char == "〇" or unicodedata.category(char) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Cn")


def _may_stand(char: str) -> bool:
    return _is_letter(char) or unicodedata.category(char)[0] == "M" or char in "·.-' ,"
