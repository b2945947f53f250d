"""Django app registration."""

from django.apps import AppConfig


class FamilyConfig(AppConfig):
    name = "family"
    verbose_name = "家庭共济"

    def ready(self) -> None:
        from accounts import triggers
        from accounts.codes import ImportKind
        from accounts.ledger import verify
        from accounts.operations.cases import access, sign_ins
        from accounts.roster import laid_aside
        from family import invariants, roster
        from family import triggers as bond_triggers
        from family.forms import counter  # noqa: F401  what the pages of a counter ask
        from family.operations import life_events, merging, taking_back  # noqa: F401  what follows death, move, merge, theft
        from family.operations.cases import accept, bind, change, close, remove, show  # noqa: F401  what is done at a counter
        from family.queries import counter_hooks, notice_links, page_hooks  # noqa: F401  registers what sharing says on others' pages

        access.is_family.append(counter_hooks.are_family)
        sign_ins.after_new_phone.append(counter_hooks.after_new_phone)
        laid_aside.register(ImportKind.BONDS, roster.COLUMNS, roster.bring_in)
        triggers.protect("family_event", "family_draw")
        triggers.add(*bond_triggers.TRIGGERS)
        verify.OF_OTHER_APPS.update(invariants.INVARIANTS)
