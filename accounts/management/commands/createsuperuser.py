"""Django's own command, which also asks who the administrator is."""

import os
from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError

from accounts.identity.certificates import BadCertificateError, read
from accounts.management.owner import run_as_owner


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        typed = options["certno"] or os.environ.get("DJANGO_SUPERUSER_CERTNO")
        if typed:
            try:
                options["certno"] = read(typed).number
            except BadCertificateError as error:
                raise CommandError(str(error)) from None
        with run_as_owner():
            super().handle(*args, **options)

    def get_input_data(self, field: Any, message: str, default: Any = None) -> Any:
        value = super().get_input_data(field, message, default)
        if field.name != "certno" or value is None:
            return value
        try:
            return read(value).number
        except BadCertificateError as error:
            self.stderr.write(str(error))
            return None
