"""Cells of a binary sheet (.xlsb) rewritten into the kinds that calamine tells apart.

calamine 0.9.1 gives an error cell as an empty one, leaves out the short records that some programs write, and shows
a day that is stored as a small number (RK) as that number. Each has an equal that it reads. Records: MS-XLSB 2.1.4.
"""

import struct
from collections.abc import Iterator

_ROW, _BLANK, _RK, _ERROR, _BOOL, _REAL, _TEXT, _SHARED, _FORMULA_ERROR = 0, 1, 2, 3, 4, 5, 6, 7, 11
_LONG_OF_SHORT = {12: _BLANK, 13: _RK, 14: _ERROR, 15: _BOOL, 16: _REAL, 17: _TEXT, 18: _SHARED}
_LAST_CELL = 18
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}


def rewritten(sheet: bytes) -> bytes:
    """Return the sheet's part with its cells in long records, small numbers as reals and errors as their text.

    Raises IndexError or struct.error when the part is damaged.
    """
    out = bytearray()
    column = -1
    for kind, body, record in _records(sheet):
        if kind > _LAST_CELL:
            out += record
            continue
        if kind in _LONG_OF_SHORT:  # stands right of the cell before it
            kind, body = _LONG_OF_SHORT[kind], struct.pack("<I", column + 1) + body
        column = -1 if kind == _ROW else struct.unpack_from("<I", body)[0]
        if kind == _RK:
            kind, body = _REAL, body[:8] + struct.pack("<d", _real(struct.unpack_from("<i", body, 8)[0]))
        elif kind in (_ERROR, _FORMULA_ERROR):
            text = _ERRORS.get(body[8], "#ERROR!")
            kind, body = _TEXT, body[:8] + struct.pack("<I", len(text)) + text.encode("utf-16-le")
        out += bytes([kind]) + _sized(len(body)) + body
    return bytes(out)


def _records(part: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield the kind, the body and the whole of each record."""
    at = 0
    while at < len(part):
        kind, after = _number(part, at)
        size, start = _number(part, after)
        if start + size > len(part):
            raise IndexError("the last record is cut off")
        yield kind, part[start : start + size], part[at : start + size]
        at = start + size


def _number(part: bytes, at: int) -> tuple[int, int]:
    """Return a number written seven bits a byte, low bits first, and where it ends."""
    value = shift = 0
    while True:
        byte = part[at]
        value |= (byte & 0x7F) << shift
        shift += 7
        at += 1
        if byte < 0x80:
            return value, at


def _sized(size: int) -> bytes:
    out = bytearray()
    while size >= 0x80:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    out.append(size)
    return bytes(out)


def _real(rk: int) -> float:
    """Return the number in an RK: bit 0 says hundredths, bit 1 says whole, the rest is the number or its upper half."""
    number = float(rk >> 2) if rk & 2 else struct.unpack("<d", struct.pack("<ii", 0, rk & ~3))[0]
    return number / 100 if rk & 1 else number
