"""来人: who stands at the window, where that is neither the person of the case nor an agent with a power of attorney."""

from typing import Any

from django import forms

from accounts.forms.counter import CaseForm
from accounts.forms.fields import CertnoField, NameField

WHO_CAME = frozenset({"came_name", "came_certno", "came_as"})


class WhoCameForm(CaseForm):
    """Who came: name, number, and as what, kept sealed. Left out where `somebody_came` says that nobody else did."""

    personal = WHO_CAME

    came_name = NameField(label="来人的姓名", required=False, help_text="印在申请表上，由来人签字。")
    came_certno = CertnoField(label="来人的证件号码", required=False, help_text="光标在这里时可以刷卡。")
    came_as = forms.CharField(
        label="来人是什么人", required=False, max_length=20, help_text="例如配偶、子女；单位派来的写单位名称。"
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in WHO_CAME & self.fields.keys():
            self.fields[name].depends = True  # type: ignore[attr-defined]  # never 可不填

    def somebody_came(self, cleaned: dict[str, Any]) -> bool:
        """Say whether somebody else than the person came, by what was answered."""
        return True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        asked = sorted(WHO_CAME & self.fields.keys())
        if not self.somebody_came(cleaned):
            return cleaned | dict.fromkeys(asked, "")
        for name in asked:
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, f"请填{self.fields[name].label}")
        return cleaned
