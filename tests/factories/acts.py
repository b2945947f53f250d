"""Acts of the tests: who does something, and when."""

from datetime import date, datetime, time

from accounts.identity.actors import Act, Actor
from yibao.lib import clock

ACTOR = Actor.system("test")


def act_at(moment: datetime, actor: Actor = ACTOR) -> Act:
    return Act(actor, moment)


def act_now(actor: Actor = ACTOR) -> Act:
    return Act(actor, clock.now())


def act_on(day: date, actor: Actor = ACTOR) -> Act:
    """Return an act of that day, at ten in the morning."""
    return Act(actor, datetime.combine(day, time(10), clock.SHANGHAI))
