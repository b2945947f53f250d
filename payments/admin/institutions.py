"""定点医药机构, for policy staff: every change is kept with who made it. Files bring them in too (import_institutions)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from accounts.admin.offices import DatedAdmin
from accounts.policies import registry
from payments.bills.institutions import level_of, misfit, read_code
from payments.bills.models import Institution
from payments.bills.queries import institution_of


class InstitutionForm(forms.ModelForm):
    """The level follows from the national code; the code of an institution stays as it is."""

    class Meta:
        model = Institution
        fields = ("code", "name", "kind", "hosp_lv", "region")

    def clean_code(self) -> str:
        try:
            code = read_code(self.cleaned_data["code"])
        except ValueError as fault:
            raise forms.ValidationError(str(fault)) from None
        if institution_of(code):
            raise forms.ValidationError("已有这个编码的机构，请核对")
        return code

    def clean_region(self) -> str:
        region = self.cleaned_data["region"]
        if not registry.knows_region(region):
            raise forms.ValidationError("没有这个统筹区的规则，请核对代码")
        return str(region)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if why := misfit(said.get("kind", ""), said.get("hosp_lv", "")):
            self.add_error("hosp_lv", why)
        self.instance.level = level_of(said.get("hosp_lv", ""))
        return said


@admin.register(Institution)
class InstitutionAdmin(DatedAdmin):
    form = InstitutionForm
    list_display = ("code", "name", "kind", "hosp_lv", "region")
    list_filter = ("region", "kind", "level")
    search_fields = ("code", "name")
    ordering = ("region", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False
