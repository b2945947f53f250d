"""Django app registration."""

from django.apps import AppConfig


class FamilyConfig(AppConfig):
    name = "family"
    verbose_name = "家庭共济"
