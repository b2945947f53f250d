"""What citizens report and how they rate us: staff read and answer, nobody edits what was said."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest

from accounts.codes import Role
from accounts.errors import AccountsError
from accounts.identity.access import act_of
from accounts.models import Feedback
from accounts.operations.notices import LinkInAnswerError, answer_feedback
from yibao.lib.links import has_link


class AnswerForm(forms.ModelForm):
    answer = forms.CharField(
        label="答复",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="会发到对方的“通知”里，也可能发短信。不要写链接，也不要写证件号码。",
    )

    def clean_answer(self) -> str:
        answer = str(self.cleaned_data["answer"])
        if has_link(answer):
            raise forms.ValidationError(LinkInAnswerError.message, code="link")
        return answer

    class Meta:
        model = Feedback
        fields = ("answer",)


@admin.register(Feedback)
class FeedbackAdmin(admin.ModelAdmin):
    """反映和评价：没有答复的排在前面。"""

    form = AnswerForm
    list_display = ("number", "at", "about_text", "score", "is_answered")
    list_filter = ("score", ("answered_at", admin.EmptyFieldListFilter))
    ordering = ("-at",)
    search_fields = ("number",)
    date_hierarchy = "at"
    said = ("number", "at", "about_text", "score", "text", "answered_at", "answered_by")

    @admin.display(description="已答复", boolean=True)
    def is_answered(self, feedback: Feedback) -> bool:
        return feedback.answered_at is not None

    def get_fields(self, request: HttpRequest, obj: Feedback | None = None) -> tuple[str, ...]:
        return (*self.said, "answer")

    def get_readonly_fields(self, request: HttpRequest, obj: Feedback | None = None) -> tuple[str, ...]:
        done = obj is not None and obj.answered_at is not None
        return (*self.said, "answer") if done else self.said

    def save_model(self, request: HttpRequest, obj: Feedback, form: Any, change: bool) -> None:
        try:
            answer_feedback(
                act=act_of(request),
                feedback_id=obj.pk,
                answer=form.cleaned_data.get("answer", ""),  # read only once a colleague was first
            )
        except AccountsError as refusal:
            self.message_user(request, refusal.message, messages.ERROR)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Feedback | None = None) -> bool:
        return getattr(request.user, "role", "") in (Role.POLICY, Role.APPROVER)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Feedback | None = None) -> bool:
        return self.has_view_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Feedback | None = None) -> bool:
        return False
