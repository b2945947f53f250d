"""Pictures of papers, from a scanner or a camera: several at once, made anew as they are read."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from yibao.lib.pictures import PictureError, as_jpeg

MOST_UPLOADED = 10_000_000  # bytes of one file as it comes in


class PicturesInput(forms.FileInput):
    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Any number of pictures; cleaned to a list of JPEGs. What cannot be taken is named by its place: none is taken then."""

    widget = PicturesInput

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=PicturesInput(attrs={"accept": "image/jpeg,image/png"}), **options)
        self.depends = True  # needed by what is ticked and asked, so no 可不填

    def clean(self, data: Any, initial: Any = None) -> list[bytes]:
        found, errors = [], []
        for place, file in enumerate(data or [], 1):
            try:
                found.append(as_jpeg(_content(file)))
            except PictureError as error:
                errors.append(f"第{place}个文件{error}。都没有保存，请重新选")
        if errors:
            raise forms.ValidationError(errors)
        return found


def _content(file: UploadedFile) -> bytes:
    if (file.size or 0) > MOST_UPLOADED:
        raise PictureError(f"超过 {MOST_UPLOADED // 1_000_000} MB，请调低扫描仪的分辨率再扫")
    return file.read()
