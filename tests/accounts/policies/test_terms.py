"""Values that make no sense never become terms: each refusal names file, dotted key and reason."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policies.terms import KINDS, PolicyError, parameters, parse_terms, percent
from tests.accounts.policies.samples import raw_credit

pytestmark = pytest.mark.unit


def refusals(kind: str, values: dict) -> dict[str, str]:
    with pytest.raises(PolicyError) as refusal:
        parse_terms(kind, values, file="330900.toml", where=f"{kind}.2023-01-01")
    problems = refusal.value.problems
    assert {problem.file for problem in problems} == {"330900.toml"}
    return {problem.key.removeprefix(f"{kind}.2023-01-01."): problem.reason for problem in problems}


@pytest.mark.parametrize(
    ("changes", "key", "reason"),
    [
        ({"employee_rate": "-2%"}, "employee_rate", "不能为负"),
        ({"employee_rate": "100.01%"}, "employee_rate", "不能超过 100%"),
        ({"employee_rate": 0.02}, "employee_rate", "带引号的百分数"),
        ({"employee_rate": "2"}, "employee_rate", "带引号的百分数"),
        ({"employee_rate": "２%"}, "employee_rate", "带引号的百分数"),
        ({"employee_rate": "0.125%"}, "employee_rate", "最多两位小数"),
        ({"base_floor": "-1.00"}, "base_floor", "不带符号"),
        ({"base_floor": 4462}, "base_floor", "带引号的元"),
        ({"base_floor": 4462.0}, "base_floor", "带引号的元"),
        ({"base_floor": "4462.005"}, "base_floor", "最多两位小数"),
        ({"base_floor": "10000.00", "base_ceiling": "9999.99"}, "base_floor", "下限高于上限"),
        ({"flex_base": "4000.00", "base_floor": "4462.00"}, "flex_base", "低于缴费基数下限"),
        ({"flex_base": "9000.00", "base_ceiling": "8000.00"}, "flex_base", "高于缴费基数上限"),
        ({"year_start_month": 13}, "year_start_month", "1 到 12"),
        ({"year_start_month": True}, "year_start_month", "整数"),
        ({"year_start_month": "7"}, "year_start_month", "整数"),
        ({"has_buckets": "yes"}, "has_buckets", "true"),
        ({"accrual": "weekly"}, "accrual", "monthly（收到缴费后按月记入）"),
        ({"accrual": ["monthly"]}, "accrual", "只能是"),
        ({"credit_day": 31}, "credit_day", "1 到 28"),
        ({"rounding": None}, "rounding", "缺少“舍入方式”"),
        ({"employe_rate": "2%"}, "employe_rate", "没有这个参数"),
        ({"owed_only": "3.00"}, "owed_only", "一起写"),
        ({"average_wage": "7437.00"}, "average_wage", "一起写"),
        ({"employer_share_of": "base"}, "employer_share", "要写划入比例"),
        ({"employer_share": [{"from_age": 0, "rate": "1%"}]}, "employer_share", "不能再写"),
        (
            {"employer_share_of": "employer", "employer_share": [{"from_age": 0, "rate": "30%"}]},
            "employer_rate",
            "要写单位缴费比例",
        ),
        (
            {
                "employer_share_of": "base",
                "employer_rate": "8%",
                "employer_share": [{"from_age": 0, "rate": "8.01%"}],
            },
            "employer_share",
            "高于单位缴费比例",
        ),
        ({"retiree_amounts": [{"from_age": 0, "amount": "1.00"}] * 2}, "retiree_amounts", "重叠"),
        ({"retiree_amounts": [{"from_age": 60, "amount": "1.00"}]}, "retiree_amounts", "从 0 周岁起"),
        ({"retiree_amounts": [{"from_age": 0, "to_age": 69, "amount": "1.00"}]}, "retiree_amounts", "只写 from_age"),
        ({"retiree_amounts": []}, "retiree_amounts", "年龄档列表"),
        (
            {
                "retiree_amounts": [
                    {"from_age": 0, "amount": "1.00"},
                    {"from_age": 70, "amount": "2.00"},
                    {"from_age": 60, "amount": "3.00"},
                ]
            },
            "retiree_amounts",
            "重叠或没有从小到大排",
        ),
        ({"retiree_mode": "pct_own_pension"}, "retiree_amounts", "不能写"),
        ({"retiree_mode": "fixed_yearly"}, "retiree_mode", "一次记入"),
        (
            {"retiree_mode": "pct_avg_pension_at_reform", "retiree_rates": [{"from_age": 0, "rate": "2.5%"}]},
            "retiree_average_pension",
            "必须写",
        ),
        ({"retiree_fallback_rate": "5.1%"}, "retiree_fallback_rate", "只有按本人养老金"),
    ],
)
def test_nonsense_in_credit_rules_is_refused(changes, key, reason):
    parse_terms("credit", raw_credit())
    found = refusals("credit", raw_credit(**changes))
    assert reason in found[key]


def test_every_problem_is_listed_not_only_the_first():
    found = refusals("credit", raw_credit(employee_rate="200%", flex_rate="x", accrual="daily", typo=1))
    assert set(found) == {"employee_rate", "flex_rate", "accrual", "typo"}


INTEREST = {"pays_interest": True, "current_rate": "0.05%", "carried_rate": "1.1%"}
SHARING = {
    "model": "authorise",
    "funds": "carried",
    "scopes": ["medical"],
    "relations": ["配偶", "子女", "父母"],
    "accept_required": False,
    "temporary_members": False,
    "payer_status": "normal",
    "user_status": "normal",
    "user_insurances": ["310", "390"],
    "insured_scope": "province",
    "minor_age": 16,
    "invitation_days": 7,
    "undo_minutes": 10,
}
SPENDING = {
    "order": ["current", "carried", "shared"],
    "payer_order": "user",
    "uses": ["treatment"],
    "costs": ["copay"],
    "excluded": [],
    "usable_when_suspended": True,
}
PREMIUM = {
    "premium_year": 2025,
    "model": "direct",
    "amount": "400.00",
    "subsidy_floor": "670.00",
    "opens_on": "2024-09-01",
    "last_on": "2024-12-31",
    "excluded_groups": [],
    "prior_year_required": False,
    "own_account_first": True,
}


@pytest.mark.parametrize(
    ("kind", "plain", "changes", "key", "reason"),
    [
        ("interest", INTEREST, {"pays_interest": False}, "current_rate", "不计息时都不能写"),
        ("interest", {"pays_interest": False}, {"pays_interest": True}, "carried_rate", "要写两个利率"),
        ("sharing", SHARING, {"model": "wallet"}, "model", "authorise"),
        ("sharing", SHARING, {"relations": ["配偶", "岳父母"]}, "relations", "只能是"),
        ("sharing", SHARING, {"relations": ["配偶", "配偶"]}, "relations", "重复"),
        ("sharing", SHARING, {"relations": []}, "relations", "至少要有一项"),
        ("sharing", SHARING, {"scopes": []}, "scopes", "至少要有一项"),
        ("sharing", SHARING, {"resident_levels": []}, "resident_levels", "整行不写"),
        ("sharing", SHARING, {"resident_levels": [4]}, "resident_levels", "只能是"),
        ("sharing", SHARING, {"model": "pool"}, "funds", "balance"),
        ("sharing", SHARING, {"model": "pool", "funds": "balance"}, "reserve", "保留金额"),
        ("sharing", SHARING, {"monthly_transfers": 1}, "monthly_transfers", "划拨"),
        ("sharing", SHARING, {"temporary_members": True}, "temporary_members", "不能代缴"),
        ("sharing", SHARING, {"gate": "-2000.00"}, "gate", "不带符号"),
        ("sharing", SHARING, {"max_authorisers": 0}, "max_authorisers", "1 到 99"),
        ("spending", SPENDING, {"order": ["shared", "carried"]}, "order", "先用自己的钱"),
        ("spending", SPENDING, {"order": ["current"]}, "order", "carried"),
        ("spending", SPENDING, {"order": ["carried", "cash"]}, "order", "只能是"),
        ("spending", SPENDING, {"uses": []}, "uses", "至少要有一项"),
        ("premium", PREMIUM, {"last_on": "2024-08-31"}, "last_on", "早于"),
        ("premium", PREMIUM, {"amount": "0.00"}, "amount", "不能为 0"),
        ("premium", PREMIUM, {"opens_on": "2023-09-01"}, "opens_on", "当年或上一年"),
        ("premium", PREMIUM, {"opens_on": "2024-9-1"}, "opens_on", "2023-01-01"),
        ("premium", PREMIUM, {"excluded_groups": ["everyone"]}, "excluded_groups", "只能是"),
    ],
)
def test_nonsense_in_other_rules_is_refused(kind, plain, changes, key, reason):
    parse_terms(kind, plain)
    assert reason in refusals(kind, plain | changes)[key]


def test_relatives_have_the_national_codes():
    eight = ["配偶", "子女", "父母", "兄弟姐妹", "祖父母", "外祖父母", "孙子女", "外孙子女"]
    assert set(parse_terms("sharing", SHARING).relation_choices) == {"1", "2", "5"}
    assert set(parse_terms("sharing", SHARING | {"relations": eight}).relation_choices) == {
        "1",
        "2",
        "4",
        "5",
        "6",
        "7",
    }


def test_the_last_day_of_the_premium_window_counts():
    terms = parse_terms("premium", PREMIUM)
    assert terms.is_open(date(2024, 9, 1))
    assert terms.is_open(date(2024, 12, 31))
    assert not terms.is_open(date(2025, 1, 1))
    assert not terms.is_open(date(2024, 8, 31))


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_has_a_chinese_name(kind):
    labels = [parameter.label for _, _, parameter in parameters(KINDS[kind])]
    assert all("\u4e00" <= label[0] <= "\u9fff" for label in labels)
    assert len(set(labels)) == len(labels)


def test_terms_can_be_keys_of_a_cache():
    assert len({parse_terms("credit", raw_credit()), parse_terms("credit", raw_credit())}) == 1


@given(st.integers(0, 10_000))
def test_a_rate_reads_back_as_it_is_written(bp):
    terms = parse_terms("credit", raw_credit(employee_rate=percent(bp)))
    assert terms.employee_rate_bp == bp
