"""Django app registration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "个人账户"

    def ready(self) -> None:
        from accounts import triggers
        from accounts.forms.counter import corrections, life_events, sign_ins  # noqa: F401  register what a case asks
        from accounts.identity import triggers as staff_triggers
        from accounts.operations import (  # noqa: F401  register what takes two people
            going_live,
            policies,
            settlement,
            staff_accounts,
        )
        from accounts.operations.cases import deaths, deciding, freezes, moves  # noqa: F401  register what is done there
        from accounts.operations.life_events import alive, merging, moving, signed  # noqa: F401  likewise
        from accounts.policies import triggers as policy_triggers
        from accounts.queries import case_progress, notices, objections  # noqa: F401  register what is under way
        from accounts.roster import correction_cases, held, withdrawing  # noqa: F401  register what takes two people

        triggers.add(*policy_triggers.TRIGGERS, *staff_triggers.TRIGGERS)
        post_migrate.connect(triggers.on_migrated, sender=self)
