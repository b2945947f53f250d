"""读卡器: what an identity-card reader types into a box, as a keyboard would.

Each maker has a format of its own: the number alone; or name, gender, address and number in a row, with commas, bars
or nothing between them. Chinese may come as \\u5f20, with the letters of the escape in either case; digits in full
width, when an input method is on; an Enter at the end.
"""

import re
import unicodedata
from dataclasses import dataclass

from accounts.identity import certificates
from accounts.identity.certificates import BadCertificateError

MOST_TYPED = 1000  # characters; the longest known format has some 250

_ESCAPE = re.compile(r"\\u([0-9a-f]{4})", re.IGNORECASE)
_ALONE = re.compile(r"(?<!\d)[1-9]\d{16}[\dX](?![0-9A-Z])", re.ASCII)
_ANYWHERE = re.compile(r"(?=([1-9]\d{16}[\dX]))", re.ASCII)
_HAN = "\u3400-\u9fff\U00020000-\U0003347f"
_WORDS = re.compile(rf"[{_HAN}][{_HAN}·]*")
_LABELS = {"姓名", "性别", "民族", "出生", "住址", "公民身份号码", "身份证号", "居民身份证", "签发机关", "有效期限"}
# Gender and people, places, offices: 陈省身 is a name, 浙江省 none.
_NOT_NAMES = re.compile(r"[男女]|[男女]?汉族?|.{1,5}族|.{2,}[省市县区].*|.*公安.*")
_WITH_GENDER = re.compile(rf"(?P<name>[{_HAN}·]{{2,}})[男女]汉族?")
MIDDLE_DOTS = str.maketrans(dict.fromkeys("•・･‧", "·"))


@dataclass(frozen=True, slots=True, repr=False)
class Read:
    """A certificate number whose format is right and, where the card was read whole, the name on it (else "")."""

    number: str
    name: str = ""


def read(typed: str) -> Read:
    r"""Return the certificate number in what was typed or read by a reader, and the name where it came along.

    >>> read("999902198001010012\n").number
    '999902198001010012'
    >>> read(r"\U9648\u5b89,女,汉,19800101,９９９９０２１９８００１０１００１２").name
    '陈安'

    A number of any other kind of certificate is taken when it stands alone. Raises BadCertificateError with the reason;
    the message never repeats what was typed.
    """
    text = _plain(typed)
    numbers = _identity_numbers(text)
    if len(numbers) > 1:
        raise BadCertificateError("读到了两个号码，请只刷一张卡，或清空以后再刷一次")
    if not numbers:
        return Read(certificates.read_any(text).number)
    return Read(numbers[0], _name_in(text.replace(numbers[0], " ")))


def _plain(typed: str) -> str:
    decoded = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), typed[:MOST_TYPED])
    return unicodedata.normalize("NFKC", decoded).translate(MIDDLE_DOTS).upper().strip()


def _identity_numbers(text: str) -> list[str]:
    """Return the numbers of identity cards in the text; one that stands alone even where its check digit is wrong.

    Spaces inside a number that is all there is do not matter: read_any takes them out.
    """
    alone = list(dict.fromkeys(_ALONE.findall(text)))
    if alone:
        return [certificates.read(number).number for number in alone]
    found = dict.fromkeys(number for number in _ANYWHERE.findall(text) if _is_right(number))
    return list(found)


def _is_right(number: str) -> bool:
    try:
        certificates.read(number)
    except BadCertificateError:
        return False
    return True


def _name_in(text: str) -> str:
    """Return the first word that can be a name. Labels, gender and people are told apart; an address comes later."""
    for word in _WORDS.findall(text):
        if word in _LABELS or _NOT_NAMES.fullmatch(word):
            continue
        joined = _WITH_GENDER.fullmatch(word)
        name = str(joined["name"] if joined else word)
        return name if len(name) > 1 else ""
    return ""
