"""What a maker says when something is handed to a second person."""

from django import forms

from accounts.models.approvals import DOCUMENT_LENGTH


class ProposalForm(forms.Form):
    reason = forms.CharField(
        label="理由",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80}),
        help_text="复核人要看。不要写姓名、证件号码和手机号。",
    )
    document = forms.CharField(
        label="文号",
        max_length=DOCUMENT_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"size": 60}),
        help_text="依据的文件，例如：舟医保〔2026〕1号。没有可以不填。",
    )
