"""Thousands of random operations on the real ledger beside a reference model of a few lines: they never differ.

After every operation each pot must hold what the model says; every invariant of the ledger is asked now and then, and in
the end. The full size, in as many processes as wanted (a seed that fails is printed and can be given again):

    .venv/bin/python -m tests.chaos.model --operations 100000 --processes 2
"""

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

ERA = 250  # operations on one set of people; then their transaction is rolled back and others begin


def soak(operations: int, seed: str) -> Counter[str]:
    """Do so many operations and return how many of each kind, with their outcomes. Raises AssertionError."""
    from django.db import transaction

    from tests.chaos.world import World

    done: Counter[str] = Counter()
    for era in range(-(-operations // ERA)):
        with transaction.atomic():
            world = World(f"{seed}.{era}")
            for _ in range(min(operations - done.total(), ERA)):
                done[world.operate()] += 1
            world.finish()
            world.check_explanations()
            transaction.set_rollback(True)
    return done


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.model")
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--seed", default="1")
    parser.add_argument("--minutes", type=float, default=600, help="stop after so long, whatever is left to do")
    given = parser.parse_args()
    from yibao import servers

    servers.ensure_postgres()  # here: a server started by a child would keep the pool waiting for that child
    began, total = time.monotonic(), Counter[str]()
    names = [f"soak_{os.getpid()}_{number}" for number in range(given.processes)]
    share = -(-given.operations // given.processes)
    with ProcessPoolExecutor(given.processes, mp_context=get_context("spawn")) as pool:
        parts = [
            pool.submit(_soak_in, name, share, f"{given.seed}.{number}", given.minutes)
            for number, name in enumerate(names)
        ]
        failed = []
        for part in as_completed(parts):
            if error := part.exception():
                failed.append(error)
                print(error, flush=True)  # the other processes go on for long: whoever waits reads it now
            else:
                total += part.result()
    if failed:
        sys.exit(f"{len(failed)} of {given.processes} processes found a difference")
    seconds = time.monotonic() - began
    for kind, count in sorted(total.items()):
        print(f"{count:>8}  {kind}")
    print(f"{total.total():,} operations, no difference, {seconds:.0f} s, {total.total() / seconds:.0f}/s", flush=True)


def _soak_in(name: str, operations: int, seed: str, minutes: float) -> Counter[str]:
    """Soak in a database of this process's own."""
    until = time.monotonic() + 60 * minutes
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.settings")
    os.environ["LOG_LEVEL"] = "WARNING"
    os.environ.setdefault("YIBAO_DEMO", "1")
    import django

    django.setup()
    from django.conf import settings

    from tests import databases

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # each set of people has new staff

    with databases.copied(databases.rules(), name), databases.database(name):
        total, share = Counter[str](), 1000
        for part in range(-(-operations // share)):
            if time.monotonic() > until:
                break
            total += soak(min(operations - total.total(), share), f"{seed}.{part}")
            print(f"{total.total():>8} of {operations} with seed {seed}", flush=True)
        return total


if __name__ == "__main__":
    main()
