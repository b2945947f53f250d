"""Django app registration of the project package: template tags and the Celery application."""

from django.apps import AppConfig, apps
from django.contrib import admin

# What their pages in the admin change has ways of its own here: second factors and roles by two people, the schedule
# and the OpenID provider by settings.
OTHERS = ("auth", "account", "mfa", "socialaccount", "usersessions", "django_celery_beat")


class YibaoConfig(AppConfig):
    name = "yibao"

    def ready(self) -> None:
        # Shared tasks need the application of this process; checks are registered by being read.
        from yibao import celery, deployment  # noqa: F401

        _close_side_doors()


def _close_side_doors() -> None:
    """Leave no page of another package in the admin: with those of mfa one administrator gave anybody a second factor."""
    for label in OTHERS:
        for model in apps.get_app_config(label).get_models():
            if admin.site.is_registered(model):
                admin.site.unregister(model)
