"""The account page against a bare Django view that reads one row: same server, same run."""

from tests.benchmarks.table import Figure


def measure(people: int) -> list[Figure]:
    return []
