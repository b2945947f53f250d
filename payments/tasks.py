"""Celery's side of the daily jobs: thin shells. What is due stands in the database."""

from celery import shared_task

from accounts.identity.actors import Act, Actor
from payments.upkeep import keep_up as keep_up_with
from yibao.lib import clock


@shared_task(name="payments.tasks.keep_up", time_limit=4 * 3600)
def keep_up() -> None:
    """Hand orders over, carry answers out, look into what is not answered, remind, and report yesterday."""
    keep_up_with(act=Act(Actor.system("payments"), clock.now()))
