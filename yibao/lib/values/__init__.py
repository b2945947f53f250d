"""One reader per kind of value that people type and files hold: names, phones, days, months, amounts.

Every door uses the same ones (files, sign-in, identity, invitations), so that a spelling which is understood at one is
understood at all. A reader returns the value as it is kept and accepts that again unchanged; what cannot be meant it
refuses with a BadValueError, whose message says in Chinese what is wrong and how to mend it, and never repeats the
value. Certificate numbers have theirs in accounts.identity.certificates.
"""

import unicodedata

LONGEST = 60  # characters; whatever is longer is no name, day or amount


class BadValueError(ValueError):
    """The text is not such a value. The message is for people and never repeats the text."""


def half_width(text: str) -> str:
    """Return the text in half width and without spaces at its ends. Raises BadValueError when it is far too long."""
    stripped = text.strip()
    if len(stripped) > LONGEST:
        raise BadValueError(f"超过{LONGEST}个字，请核对")
    return unicodedata.normalize("NFKC", stripped).strip()
