"""The policy staff's form for a draft: region, kind, and the values as text, checked like a file."""

from typing import Any

from django import forms

from accounts.models import PolicyVersion
from accounts.policies.publishing import read_draft
from accounts.policies.terms import PolicyError


class PolicyDraftForm(forms.ModelForm):
    """政策草稿。After a successful clean, `version` holds what was written."""

    body = forms.CharField(
        label="参数",
        widget=forms.Textarea(attrs={"rows": 30, "cols": 120, "spellcheck": "false"}),
        help_text=(
            '每行一个参数：名称 = { value = 值, source = "文件全称和文号" }；'
            "没有文件依据的写 assumed = true 代替 source。说明写在 note 里。"
        ),
    )

    class Meta:
        model = PolicyVersion
        fields = ["region", "kind"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        region = cleaned.get("region") or self.instance.region_id and self.instance.region
        kind = cleaned.get("kind") or self.instance.kind
        if not (region and kind and "body" in cleaned):
            return cleaned
        try:
            self.version = read_draft(region.pk, kind, cleaned["body"], existing=self.instance.pk)
        except PolicyError as error:
            for problem in error.problems:
                self.add_error("body", str(problem))
        return cleaned
