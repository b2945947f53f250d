"""Pictures of papers for tests."""

import io

from PIL import Image

from yibao.lib.pictures import as_jpeg


def picture(shade: int = 200, format: str = "PNG") -> bytes:
    """Return a picture as a scanner hands it over; another shade is another picture."""
    file = io.BytesIO()
    Image.new("RGB", (120, 80), (shade, shade, 90)).save(file, format)
    return file.getvalue()


def jpeg(shade: int = 200) -> bytes:
    """Return a picture as it is kept."""
    return as_jpeg(picture(shade))
