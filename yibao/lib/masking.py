"""How personal data is shown where it need not be read in full: lists, receipts, error reports, logs."""

import re
import unicodedata

_CERTIFICATE = re.compile(r"(?<![0-9A-Za-z])(\d{4})\d{7,10}(\d{3}[\dXx])(?![0-9A-Za-z])", re.ASCII)
_PASSPORT = re.compile(r"(?=.*\d)[A-Z]{1,2}[A-Z0-9]{7,12}", re.ASCII)
_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)", re.ASCII)


def masked_certno(text: str) -> str:
    """Return the first and last four characters of a certificate number: 9999**********0012.

    Of a passport or permit (letters and digits, shorter) one and four: E****5678. Other text keeps only its first
    character: it may be anything, also a name.
    """
    if _PASSPORT.fullmatch(text):
        return text[:1] + "*" * (len(text) - 5) + text[-4:]
    if len(text) < 15:
        return text[:1] + "*" * (len(text) - 1)
    return text[:4] + "*" * (len(text) - 8) + text[-4:]


def masked_phone(text: str) -> str:
    """Return a phone number with its middle hidden: 199****0001."""
    if len(text) < 11:
        return text[:1] + "*" * (len(text) - 1)
    return text[:3] + "*" * (len(text) - 7) + text[-4:]


def masked_name(text: str) -> str:
    """Return the first character of a name and one star, whatever its length: 陈*."""
    return text[:1] + "*" if text else ""


def scrubbed(text: str) -> str:
    """Return the text with every certificate and phone number in it masked: for logs and error reports."""
    half_width = unicodedata.normalize("NFKC", text)
    masked = _PHONE.sub(r"\1****\2", _CERTIFICATE.sub(r"\1**********\2", half_width))
    return text if masked == half_width else masked
