"""Django app registration of the project package: template tags and the Celery application."""

from django.apps import AppConfig


class YibaoConfig(AppConfig):
    name = "yibao"

    def ready(self) -> None:
        from yibao import celery  # noqa: F401  shared tasks need the application of this process
