"""What staff say when they hand in a file."""

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.codes import ImportKind
from accounts.roster.uploads import KINDS, MOST_BYTES, Upload


class UploadForm(forms.Form):
    kind = forms.ChoiceField(label="文件", choices=[(str(kind), ImportKind(kind).label) for kind in KINDS])
    file = forms.FileField(label="选择文件", help_text="CSV 或工作簿（.xlsx、.xls、.xlsb、.ods）。")
    expect_rows = forms.IntegerField(
        label="应有行数", required=False, min_value=1, help_text="随文件告知的行数，对不上就不导入。没有可以不填。"
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(
                f"文件超过 {MOST_BYTES // 1_000_000} MB，请由管理员用 manage.py import_roster 或 import_contributions 导入"
            )
        return file

    @property
    def upload(self) -> Upload:
        """The file of a valid form."""
        said, file = self.cleaned_data, self.cleaned_data["file"]
        return Upload(said["kind"], said["expect_rows"], str(file.name), file.read())
