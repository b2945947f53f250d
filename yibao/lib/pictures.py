"""Pictures from outside, made anew: what comes out is a plain JPEG, and nothing else of what came in."""

import io
from threading import Lock

from PIL import Image, ImageOps

MOST_BYTES = 2_000_000  # of what comes out
MOST_PIXELS = 50_000_000  # of what comes in: more than a phone takes, and some 200 MB while it is opened
LONGEST = 2_000  # pixels of the longer edge: a sheet of A4 at 170 dpi
_FORMATS = ("JPEG", "PNG")
_QUALITY = 80
_POOR_QUALITY = 50  # nothing of LONGEST by LONGEST, not even noise, then exceeds MOST_BYTES
_one_at_a_time = Lock()

# Pillow would warn at one bound and raise at another; ours is asked before anything is decoded.
Image.MAX_IMAGE_PIXELS = None


class PictureError(ValueError):
    """This is no picture that can be taken; the message says why and what to do (Chinese)."""


def as_jpeg(data: bytes) -> bytes:
    """Return a JPEG of at most MOST_BYTES and LONGEST that looks like the JPEG or PNG of these bytes, upright, on white.

    Only its pixels are taken over: no place, no device, no comment, no second file behind it. Raises PictureError.
    """
    if data.startswith(b"%PDF"):
        raise PictureError("是 PDF 文件，请扫描成图片（JPG 或 PNG），或者拍照")
    with _one_at_a_time:
        return _compressed(_pixels_of(data))


def _pixels_of(data: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise PictureError(f"有{width}×{height}个像素，太大了，请调低扫描仪的分辨率再扫")
            return _upright_on_white(picture)
    except PictureError:
        raise
    except Exception:  # decoders raise whatever they trip over
        raise PictureError("打不开，可能已损坏，或不是 JPG、PNG 图片，请重新扫描或拍照") from None


def _upright_on_white(picture: Image.Image) -> Image.Image:
    picture.draft("RGB", (LONGEST, LONGEST))
    turned = ImageOps.exif_transpose(picture)
    turned.thumbnail((LONGEST, LONGEST))
    plain = Image.new("RGB", turned.size, "white")
    if turned.has_transparency_data:
        layer = turned.convert("RGBA")
        plain.paste(layer, mask=layer)
    else:
        plain.paste(turned.convert("RGB"))
    return plain


def _compressed(plain: Image.Image) -> bytes:
    written = _as_jpeg(plain, _QUALITY)
    return written if len(written) <= MOST_BYTES else _as_jpeg(plain, _POOR_QUALITY)


def _as_jpeg(plain: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    plain.save(file, "JPEG", quality=quality)
    return file.getvalue()
