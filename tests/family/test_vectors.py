"""The worked examples of the documents about sharing (tests/vectors/*.toml), against the rules of the shipped regions."""

from datetime import date
from typing import Any

import pytest

from accounts.codes import EnrolmentStatus, PotKind
from family.queries.plan import shared_pots
from family.rules import Source, Where, eligibility, premium_plan, spending_plan
from family.rules.facts import EnrolmentFacts, Pair, Payer, User
from family.rules.use import place_allowed
from tests.accounts.policies.test_vectors import cases, terms_of
from yibao.lib.fen import parse_yuan, yuan

pytestmark = pytest.mark.unit

GOOD = EnrolmentFacts(status=EnrolmentStatus.NORMAL, region="330381", insurance="310")


def sharing(case: dict[str, Any]) -> Any:
    return terms_of(case, "sharing", case.get("on", date(2024, 11, 20)))


def shareable(case: dict[str, Any]) -> dict[str, Any]:
    terms, given = sharing(case), case["given"]
    if terms.model == "pool":
        return {"amount": yuan(eligibility.movable_fen(parse_yuan(given["carried"]), terms))}
    return {"amount": yuan(sum(parse_yuan(given.get(kind, "0")) for kind in shared_pots(terms)))}


def gate(case: dict[str, Any]) -> dict[str, Any]:
    payer = Payer(
        region_name="瑞安市",
        has_account=True,
        enrolment=GOOD,
        age=40,
        last_year_fen=parse_yuan(case["given"]["last_year_balance"]),
    )
    return {"allowed": not list(eligibility.payer_reasons(payer, sharing(case)))}


def bind(case: dict[str, Any]) -> dict[str, Any]:
    terms, given = sharing(case), case["given"]
    payer = Payer(region_name="瑞安市", has_account=True, enrolment=GOOD, age=40, last_year_fen=300_000)
    user = User(enrolment=GOOD, authorisers=given["authorisers_already"], terms=terms)
    pair = Pair(relation=given["relation"], scopes=("medical",))
    return {"allowed": not eligibility.reasons(payer, pair, user, terms)}


def settle(case: dict[str, Any]) -> dict[str, Any]:
    given = case["given"]
    own = [Source(pot, 0, kind, parse_yuan(given[f"own_{kind}"])) for pot, kind in enumerate(("current", "carried"))]
    others = [
        Source(10 + number, number, PotKind.CARRIED, parse_yuan(fen), bond=number)
        for number, fen in enumerate(given["authorisers"], start=1)
    ]
    cost = parse_yuan(given["cost"])
    takes = {take.source.pot: take.amount_fen for take in spending_plan(cost, [*own, *others])}
    return {
        "authorisers": [yuan(takes.get(source.pot, 0)) for source in others],
        "cash": yuan(cost - sum(takes.values())),
    }


def place(case: dict[str, Any]) -> dict[str, Any]:
    given = case["given"]
    where = Where(given["place"], given.get("level", 0))
    return {"allowed": place_allowed(where, given["insurance"], sharing(case))}


def pay_own_premium(case: dict[str, Any]) -> dict[str, Any]:
    given = case["given"]
    own = Source(1, 1, PotKind.CARRIED, parse_yuan(given["own"]))
    shared = Source(2, 2, PotKind.POOL, parse_yuan(given["shared"]), bond=1)
    takes = {take.source.pot: take.amount_fen for take in premium_plan(parse_yuan(given["premium"]), [own, shared])}
    return {"paid": bool(takes), "own": yuan(takes.get(1, 0)), "shared": yuan(takes.get(2, 0))}


DO = {
    "shareable": shareable,
    "gate": gate,
    "bind": bind,
    "settle": settle,
    "place": place,
    "pay_own_premium": pay_own_premium,
}


@pytest.mark.parametrize("case", cases(set(DO)))
def test_the_example_comes_out_as_written(case):
    assert DO[case["do"]](case) == case["expect"]
