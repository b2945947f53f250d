"""One process that settles bills: told in each line of its standard input for how long, and whose; answers how many."""

import json
import random
import sys
import time
from uuid import uuid4

import django


def main() -> None:
    django.setup()
    from accounts.models import Person
    from payments.models import Institution
    from tests.benchmarks.bills import pay
    from yibao.celery import freeze_start_up

    place = Institution.objects.get()
    freeze_start_up()  # as Celery's worker processes do
    for line in sys.stdin:
        seconds, people = json.loads(line)
        print(_settle(seconds, [Person(pk=person) for person in people], place, pay), flush=True)


def _settle(seconds, people, place, pay) -> int:
    me, paid, end = uuid4().hex, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        pay(random.choice(people), f"{me}:{paid}", place)
        paid += 1
    return paid


if __name__ == "__main__":
    main()
