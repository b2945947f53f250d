"""The worked examples about bills (tests/vectors/*.toml), lived: real people, real accounts, the one operation."""

from datetime import date
from itertools import count
from typing import Any

import pytest

from accounts.codes import PotKind
from accounts.ledger.verify import findings
from tests.accounts.policies.test_vectors import cases
from tests.factories import family
from tests.payments.bills.test_operations import pay
from tests.personas import clinic
from yibao.lib.fen import parse_yuan, yuan

pytestmark = pytest.mark.usefixtures("policies_loaded")

_numbers = count(1)


def settle(case: dict[str, Any]) -> dict[str, Any]:
    """Two authorisers, one after the other, then cash (TV-21)."""
    given, on = case["given"], family.TODAY
    user = family.insured(case["region"])
    for name, kind in (("own_current", PotKind.CURRENT), ("own_carried", PotKind.CARRIED)):
        if fen := parse_yuan(given[name]):
            family.credit(user, case["region"], kind, fen)
    payers = [family.insured(case["region"], carried=parse_yuan(fen)) for fen in given["authorisers"]]
    for payer in payers:
        family.bond(payer, user)
    before = [family.balance_of(payer, case["region"]) for payer in payers]
    bill = _bill(user, case["region"], parse_yuan(given["cost"]), on)
    left = [family.balance_of(payer, case["region"]) for payer in payers]
    taken = [yuan(was - now) for was, now in zip(before, left, strict=True)]
    return {"authorisers": taken, "cash": yuan(bill.cash_fen)}


def place(case: dict[str, Any]) -> dict[str, Any]:
    """Where a resident may use a relative's money: without their own, all is cash elsewhere (TV-22)."""
    given, region = case["given"], case["region"]
    user = family.insured(region, resident=given["insurance"] == "390")
    family.bond(family.insured(region, carried=100_00), user)
    bill = _bill(user, region, 10_00, family.TODAY, kind=given["place"], level=given.get("level", 0))
    return {"allowed": bill.cash_fen == 0}


def balance(case: dict[str, Any]) -> dict[str, Any]:
    """What came in less what was used (TV-28)."""
    given, person = case["given"], family.insured(carried=0)
    for fen in filter(None, map(parse_yuan, [given["prior"], *given["credits"]])):
        family.credit(person, family.RUIAN, PotKind.CARRIED, fen)
    for fen in map(parse_yuan, given["spending"]):
        assert _bill(person, family.RUIAN, fen, family.TODAY).cash_fen == 0
    return {"balance": yuan(family.balance_of(person))}


def _bill(person: Any, region: str, fen: int, on: date, *, kind: str = "hospital", level: int = 1) -> Any:
    number = next(_numbers)
    at = clinic(region, code=f"V{number}", kind=kind, level=level)
    return pay(person, fen, f"v{number}", on=on, region=region, place=at)


DO = {"settle": settle, "place": place, "balance": balance}


@pytest.mark.parametrize("case", cases(set(DO)))
def test_the_example_comes_out_as_written_when_it_is_lived(case):
    assert DO[case["do"]](case) == case["expect"]
    assert list(findings()) == []
