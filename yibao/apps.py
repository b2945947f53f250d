"""Django app registration of the project package: template tags and the Celery application."""

from django.apps import AppConfig


class YibaoConfig(AppConfig):
    name = "yibao"

    def ready(self) -> None:
        # Shared tasks need the application of this process; checks are registered by being read.
        from yibao import celery, deployment  # noqa: F401
