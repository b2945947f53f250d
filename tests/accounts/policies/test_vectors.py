"""The worked examples of the documents (tests/vectors/*.toml) against rules and formulas."""

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from accounts.policies.formulas import (
    MonthFacts,
    Span,
    benefit_year,
    explain_month,
    explain_year,
    monthly_credit,
    year_credit,
    year_range,
)
from accounts.policies.preset_files import read_preset, shipped
from accounts.policies.terms import CreditTerms
from tests.accounts.policies.samples import credit_terms
from yibao.lib.fen import grouped, half_up, parse_yuan, yuan

pytestmark = pytest.mark.unit

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
PRESETS = {preset.code: preset for preset in map(read_preset, shipped())}

# Executed where the jobs are, and where the rules of sharing, premiums and offices are: tests of jobs and of family.
OF_JOBS = {"year_end"}
OF_FAMILY = {"shareable", "gate", "bind", "settle", "place", "pay_own_premium", "office"}


def all_vectors() -> list[dict[str, Any]]:
    return [vector for path in sorted(VECTORS.glob("*.toml")) for vector in tomllib.loads(path.read_text())["vector"]]


def cases(of: set[str]) -> list[Any]:
    return [
        pytest.param(case, id=f"{vector['id']}-{number}")
        for vector in all_vectors()
        for number, case in enumerate(vector["case"], start=1)
        if case["do"] in of
    ]


def terms_of(case: dict[str, Any], kind: str, day: date) -> Any:
    versions = [v for v in PRESETS[case["region"]].versions if v.kind == kind and v.effective_from <= day]
    return max(versions, key=lambda version: version.effective_from).terms


def credit_terms_of(case: dict[str, Any]) -> CreditTerms:
    return credit_terms(**case["rules"]) if "rules" in case else terms_of(case, "credit", case["on"])


def facts_of(given: dict[str, Any]) -> MonthFacts:
    return MonthFacts(
        given["capacity"],
        parse_yuan(given["base"]) if "base" in given else None,
        given.get("age", 30),
        parse_yuan(given["pension"]) if "pension" in given else None,
        given.get("pension_is_current", False),
    )


def month(case: dict[str, Any]) -> dict[str, Any]:
    terms, facts = credit_terms_of(case), facts_of(case["given"])
    credit = monthly_credit(facts, terms)
    assert f"{grouped(credit.amount_fen)} 元" in explain_month(facts, terms).words
    own = half_up((facts.base_fen or 0) * terms.employee_rate_bp, 10_000)
    return {
        "amount": yuan(credit.amount_fen),
        "owed": yuan(credit.owed_fen),
        "employer_part": yuan(credit.amount_fen - own),
    }


def year(case: dict[str, Any]) -> dict[str, Any]:
    terms = {"v": credit_terms_of(case)}
    spans = (Span(facts_of(case["given"]), case["given"]["months"], "v"),)
    credit = year_credit(spans, terms)
    assert f"= {grouped(credit.amount_fen)} 元" in explain_year(spans, terms).words
    return {"amount": yuan(credit.amount_fen)}


def share_of_wage(case: dict[str, Any]) -> dict[str, Any]:
    terms = credit_terms_of(case)
    assert terms.average_wage_fen is not None
    share_bp = int(case["given"]["share"].removesuffix("%")) * 100
    exact = half_up(terms.average_wage_fen * share_bp, 10_000)
    to_the_yuan = half_up(exact, 100) * 100
    assert to_the_yuan == exact // 100 * 100  # truncating gives the same
    assert to_the_yuan == terms.flex_base_fen
    return {"exact": yuan(exact), "base": yuan(to_the_yuan)}


def split(case: dict[str, Any]) -> dict[str, Any]:
    terms = credit_terms_of(case)
    base = parse_yuan(case["given"]["base"])
    account = monthly_credit(MonthFacts("employee", base, 40), terms).amount_fen
    assert terms.employer_rate_bp is not None
    return {"account": yuan(account), "pooled": yuan(half_up(base * terms.employer_rate_bp, 10_000))}


def balance(case: dict[str, Any]) -> dict[str, Any]:
    given = case["given"]
    left = parse_yuan(given["prior"]) + sum(map(parse_yuan, given["credits"])) - sum(map(parse_yuan, given["spending"]))
    return {"balance": yuan(left)}


def year_of_day(case: dict[str, Any]) -> dict[str, Any]:
    day = case["given"]["on"]
    terms = terms_of(case, "credit", day)
    number = benefit_year(day, terms)
    start, end = year_range(number, terms)
    return {"year": number, "credited_on": start, "inside": start <= day < end}


def premium(case: dict[str, Any]) -> dict[str, Any]:
    day = case["given"]["on"]
    terms = terms_of(case, "premium", day)
    if "not_amount" in case["expect"]:
        assert yuan(terms.amount_fen) != case["expect"]["not_amount"]
    return {
        "premium_year": terms.premium_year,
        "amount": yuan(terms.amount_fen),
        "subsidy_floor": yuan(terms.subsidy_floor_fen),
        "total_floor": yuan(terms.total_floor_fen),
        "open": terms.is_open(day),
    }


def ten_thousand_yuan(case: dict[str, Any]) -> dict[str, Any]:
    return {"yuan": yuan(parse_yuan(case["given"]["text"]) * 10_000)}


DO: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "month": month,
    "year": year,
    "share_of_wage": share_of_wage,
    "split": split,
    "balance": balance,
    "benefit_year": year_of_day,
    "premium": premium,
    "ten_thousand_yuan": ten_thousand_yuan,
}


@pytest.mark.parametrize("case", cases(set(DO)))
def test_the_example_comes_out_as_written(case):
    expected = {key: value for key, value in case["expect"].items() if key != "not_amount"}
    found = DO[case["do"]](case)
    assert {key: found[key] for key in expected} == expected


class TestTheVectors:
    def test_all_29_are_there_once_each(self):
        assert sorted(vector["id"] for vector in all_vectors()) == [f"TV-{number:02d}" for number in range(1, 30)]

    @pytest.mark.parametrize("vector", all_vectors(), ids=lambda vector: vector["id"])
    def test_each_names_its_seed_its_words_and_a_verdict(self, vector):
        assert set(vector) == {"id", "seed", "says", "verdict", "case"}
        assert vector["seed"] in {"S0", "S1", "S2", "S3", "S4"}
        assert vector["says"]
        assert vector["verdict"]
        assert vector["case"]

    def test_no_example_is_left_unread(self):
        asked = {case["do"] for vector in all_vectors() for case in vector["case"]}
        assert asked == set(DO) | OF_JOBS | OF_FAMILY
