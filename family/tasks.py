"""Celery's side of the daily jobs: thin shells. What is due stands in the database."""

from celery import shared_task

from accounts.identity.actors import Act, Actor
from family.upkeep import keep_up as keep_up_with
from yibao.lib import clock


@shared_task(name="family.tasks.keep_up")
def keep_up() -> None:
    """Let invitations expire and bonds end that are due."""
    keep_up_with(act=Act(Actor.system("family"), clock.now()))
