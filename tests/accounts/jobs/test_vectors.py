"""The worked examples of the documents (tests/vectors/*.toml) that a year's jobs must come out at."""

from datetime import date

import pytest

from accounts.codes import PotKind, VoucherKind
from accounts.identity.actors import Actor
from accounts.jobs.worker import CLOSE_YEAR, run_job
from accounts.ledger.posting import Move, post
from accounts.ledger.pots import open_missing, system_pot
from tests import personas
from tests.accounts.policies.test_vectors import OF_JOBS, cases
from tests.factories.acts import act_on
from tests.factories.people import ContributionFactory, EnrolmentFactory, PersonFactory
from yibao.lib import clock
from yibao.lib.fen import parse_yuan, yuan
from yibao.lib.periods import Period


@pytest.mark.usefixtures("policies_loaded")
@pytest.mark.parametrize("case", cases(OF_JOBS))
def test_the_year_end_moves_what_is_left_and_credits_the_next_year(case):
    """TV-04 through the ledger: pre-credit, a bill, true-up, interest, rollover, the next pre-credit."""
    region, year, actor = case["region"], case["year"], Actor.system("test")
    person = PersonFactory()
    EnrolmentFactory(person=person, region=region, from_on=date(year - 1, 6, 1))
    base_fen = parse_yuan(case["given"]["base"])
    for number in range(1, 13):
        month = date(year, number, 1)
        ContributionFactory(person=person, region=region, month=month, base_fen=base_fen, received_on=month)
    open_missing([region])

    def run(kind: str, on: date) -> None:
        reports = run_job(actor=actor, kind=kind, region=region, period=Period(year), on=on, clock=clock.now)
        assert all(report.complete for report in reports)

    def balances() -> tuple[str, str]:
        held = personas.balances(person, region)
        return yuan(held.current), yuan(held.carried)

    run("accrual", date(year, 1, 1))
    spent = parse_yuan(case["given"]["spent"])
    if spent:
        current = personas.pot(person, PotKind.CURRENT, region).pk
        target = system_pot(region, PotKind.INSTITUTIONS)
        post(
            act=act_on(date(year, 5, 1)),
            kind=VoucherKind.SPENDING,
            region=region,
            key="bill-1",
            payload={"spent": spent},
            pots=[current],
            decide=lambda locked: [Move(current, target, spent)],
        )
    expected = case["expect"]
    assert balances() == (expected["current_before"], "0.00")
    run(CLOSE_YEAR, date(year + 1, 1, 1))
    assert balances() == (expected["current_next"], expected["carried"])
