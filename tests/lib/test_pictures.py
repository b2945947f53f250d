"""Pictures as they come from phones, scanners and attackers, and what is kept of them."""

import io
import random
import struct
import zlib

import pytest
from PIL import Image

from yibao.lib import pictures
from yibao.lib.pictures import MOST_BYTES, PictureError, as_jpeg

pytestmark = pytest.mark.unit

SCRIPT = b"<script>alert(1)</script>"


def written(image: Image.Image, format: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def png_that_says(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that says it is this large."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(1000))),
        (b"IEND", b""),
    ]
    body = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_picture_comes_out_as_a_jpeg_that_looks_the_same(format):
    image = opened(as_jpeg(written(Image.new("RGB", (300, 200), (10, 120, 200)), format)))
    assert (image.format, image.size) == ("JPEG", (300, 200))
    assert all(abs(got - meant) < 6 for got, meant in zip(image.getpixel((5, 5)), (10, 120, 200), strict=True))


def test_a_large_one_is_made_smaller_and_keeps_its_shape():
    assert opened(as_jpeg(written(Image.new("L", (6000, 3000), "white"), "JPEG"))).size == (2000, 1000)


def test_where_and_with_what_it_was_taken_is_gone():
    exif = Image.Exif()
    exif[0x0110], exif[0x0112] = "Phone of Chen", 6  # model, and which side is up
    data = as_jpeg(written(Image.new("RGB", (300, 200)), "JPEG", exif=exif, comment=b"taken at home"))
    assert b"Phone of Chen" not in data
    assert b"taken at home" not in data
    assert not opened(data).getexif()
    assert opened(data).size == (200, 300), "it stands upright"


def test_what_hangs_behind_the_picture_is_gone():
    assert SCRIPT not in as_jpeg(written(Image.new("RGB", (30, 20)), "JPEG") + SCRIPT)
    assert SCRIPT not in as_jpeg(written(Image.new("RGB", (30, 20)), "JPEG", comment=SCRIPT))


def test_what_is_transparent_becomes_paper():
    assert opened(as_jpeg(written(Image.new("RGBA", (30, 20), (0, 0, 0, 0))))).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"])
def test_any_kind_of_png_is_taken(mode):
    assert opened(as_jpeg(written(Image.new(mode, (30, 20))))).size == (30, 20)


def test_the_colours_of_print_are_taken():
    assert opened(as_jpeg(written(Image.new("CMYK", (30, 20)), "JPEG"))).mode == "RGB"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body>" + SCRIPT,
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"GIF89a" + bytes(100),
        b"PK\x03\x04" + bytes(100),
        b"\xff\xd8\xff\xe0" + SCRIPT,
        written(Image.effect_noise((300, 200), 50))[:400],
        written(Image.effect_noise((300, 200), 50), "JPEG")[:2000],
        written(Image.new("RGB", (300, 200)), "GIF"),
        written(Image.new("RGB", (300, 200)), "TIFF"),
        written(Image.new("RGB", (300, 200)), "WEBP"),
    ],
)
def test_what_is_no_picture_is_refused_whatever_it_is_called(data):
    with pytest.raises(PictureError, match="不是 JPG、PNG 图片"):
        as_jpeg(data)


def test_a_pdf_is_refused_with_what_to_do():
    with pytest.raises(PictureError, match="请扫描成图片"):
        as_jpeg(b"%PDF-1.7\n/OpenAction << /S /JavaScript >>")


def test_a_few_bytes_that_would_fill_the_memory_are_not_opened(monkeypatch):
    monkeypatch.setattr(pictures, "_upright_on_white", lambda picture: pytest.fail("was decoded"))
    with pytest.raises(PictureError, match="太大了"):
        as_jpeg(png_that_says(50_000, 50_000))
    with pytest.raises(PictureError, match="太大了"):
        as_jpeg(png_that_says(2**31 - 1, 2**31 - 1))


def test_what_hardly_compresses_stays_within_the_bound_too():
    noise = Image.frombytes("RGB", (2000, 2000), random.Random(1).randbytes(12_000_000))
    assert len(as_jpeg(written(noise, "JPEG", quality=95))) <= MOST_BYTES
