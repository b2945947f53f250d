"""For comparison: posting one account at a time, with our own door and with django-hordak."""

import subprocess
import sys
import time
from datetime import date

from accounts.codes import PotKind, VoucherKind
from accounts.ledger import posting
from accounts.ledger.posting import Move
from accounts.ledger.pots import system_pot
from accounts.models import Pot
from tests.benchmarks import population
from tests.benchmarks.accrual import FIRST, REGION, SAMPLES, credit
from tests.benchmarks.table import Figure, median
from tests.factories.acts import act_on

ONE_BY_ONE = 1_000


def measure(people: int) -> list[Figure]:
    """Accounts credited per second: the job, a loop over `post`, and hordak's own models in a loop."""
    people = min(people, 20_000)
    population.fresh_database()
    population.populate(people, REGION)
    batch = [people / credit(FIRST, 1).seconds]
    loops = [_loop(sample) for sample in range(SAMPLES)]
    hordak = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.hordak_loop"], capture_output=True, text=True, check=True
    )
    return [
        median("batch_accounts_per_second", batch, "accounts/s"),
        median("one_by_one_accounts_per_second", loops, "accounts/s"),
        median("hordak_accounts_per_second", [float(line) for line in hordak.stdout.split()], "accounts/s"),
    ]


def _loop(sample: int) -> float:
    fund = system_pot(REGION, PotKind.FUND)
    pots = list(Pot.objects.filter(region=REGION, kind=PotKind.CARRIED).order_by("id")[:ONE_BY_ONE])
    started = time.perf_counter()
    for pot in pots:
        posting.post(
            act=act_on(date(2023, 2, 1)),
            kind=VoucherKind.SPENDING,
            region=REGION,
            key=f"loop:{sample}:{pot.pk}",
            payload={},
            pots=[pot.pk],
            decide=lambda locked, pot=pot: [Move(fund, pot.pk, 10_000)],
        )
    return len(pots) / (time.perf_counter() - started)
