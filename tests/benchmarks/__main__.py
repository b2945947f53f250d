"""`python -m tests.benchmarks [group]`: imports, accrual, rollover, bills, loops, pages, lookups; all of them without a name.

PEOPLE (default 1,000,000) is the population of the batch groups, SECONDS (5) the length of a sample of bills.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.settings")
os.environ.setdefault("YIBAO_VAR", "var/bench")
os.environ.setdefault("YIBAO_DEMO", "1")
RESULTS = Path(os.environ.get("BENCH_RESULTS", "var/bench.json"))


def main() -> None:
    from yibao import servers

    servers.ensure_postgres()
    valkey = servers.Valkey(servers.var() / "valkey", durable=False)
    valkey.start()
    os.environ["REDIS_URL"] = valkey.url
    import django

    django.setup()
    from tests.benchmarks import accrual, bills, imports, lookups, loops, pages, rollover, table

    groups = {
        "imports": imports.measure,
        "accrual": accrual.measure,
        "rollover": rollover.measure,
        "bills": bills.measure,
        "loops": loops.measure,
        "pages": pages.measure,
        "lookups": lookups.measure,
    }
    wanted = [arg for arg in sys.argv[1:] if arg]
    if unknown := set(wanted) - set(groups):
        sys.exit(f"no such group: {', '.join(unknown)}; there are {', '.join(groups)}")
    people = int(os.environ.get("PEOPLE", "1000000"))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    try:
        for name in wanted or groups:
            print(f"\n{name}, {people:,} people", flush=True)
            table.report(groups[name](people), RESULTS)
    finally:
        valkey.stop()


if __name__ == "__main__":
    main()
