"""What other apps keep about people and must follow, without accounts knowing them: family sharing, above all.

An app registers functions here when it starts (its AppConfig.ready imports the module that holds them).
"""

from collections.abc import Callable, Iterator

from accounts.identity.actors import Act
from accounts.models import Person

# (act, person): everything of somebody who died ends, in the caller's transaction. They lock pots before people.
OnDeath = Callable[[Act, Person], None]
# (person, region): why the account cannot be moved yet; nothing where it can.
WhyNotMoved = Callable[[Person, str], str]
# (act, gone, kept): what hangs on the record that goes hangs on the other one from now on.
OnMerge = Callable[[Act, Person, Person], None]
# (gone, kept): what contradicts a merge, in words.
WhyNotMerged = Callable[[Person, Person], Iterator[str]]

on_death: list[OnDeath] = []
on_alive: list[OnDeath] = []  # (act, person): what a death that was reported by mistake had ended comes back
why_not_moved: list[WhyNotMoved] = []
on_merge: list[OnMerge] = []
why_not_merged: list[WhyNotMerged] = []


def still_shared(person: Person, region: str) -> str:
    """Return why the account cannot be moved yet; "" where it can."""
    return next(filter(None, (ask(person, region) for ask in why_not_moved)), "")
