"""The regions that come with the project, and files that are refused."""

import tomllib
from datetime import date, timedelta

import pytest

from accounts.policies.formulas import MonthFacts, Span, monthly_credit, year_credit
from accounts.policies.preset_files import (
    Preset,
    Version,
    parse_preset,
    parse_version,
    read_preset,
    shipped,
    version_to_toml,
)
from accounts.policies.sources import NO_DOCUMENT, source_text
from accounts.policies.terms import KINDS, PolicyError

pytestmark = pytest.mark.unit

PRESETS: dict[str, Preset] = {preset.code: preset for preset in map(read_preset, shipped())}
REGIONS = {
    "330900": "舟山市",
    "330381": "瑞安市",
    "350500": "泉州市",
    "110000": "北京市",
    "410000": "河南省",
    "430000": "湖南省",
    "360000": "江西省",
    "120000": "天津市",
    "310000": "上海市",
}
THREE = {"配偶", "子女", "父母"}


def versions(region: str, kind: str) -> list[Version]:
    return [version for version in PRESETS[region].versions if version.kind == kind]


def terms_on(region: str, kind: str, day: date):
    in_force = [version for version in versions(region, kind) if version.effective_from <= day]
    return max(in_force, key=lambda version: version.effective_from).terms


class TestShipped:
    def test_the_nine_regions_are_there(self):
        assert {code: preset.name for code, preset in PRESETS.items()} == REGIONS
        assert {preset.file for preset in PRESETS.values()} == {f"{code}.toml" for code in REGIONS}

    @pytest.mark.parametrize("region", REGIONS)
    def test_every_value_has_a_document_or_is_marked_assumed(self, region):
        for version in PRESETS[region].versions:
            assert set(version.sources) == {*version.values, "effective_from"}
            for key, source in version.sources.items():
                assert ("source" in source) != source.get("assumed", False), f"{version.name}.{key}"

    @pytest.mark.parametrize("region", REGIONS)
    @pytest.mark.parametrize("kind", ["credit", "interest", "spending"])
    def test_history_from_2017_on_can_be_worked_out(self, region, kind):
        day = date(2016, 7, 1) if region == "310000" else date(2017, 1, 1)
        terms_on(region, kind, day)

    @pytest.mark.parametrize("region", REGIONS)
    def test_somebody_of_every_kind_is_credited_in_every_month_since_2017(self, region):
        for year in range(2017, 2028):
            for month in range(1, 13):
                terms = terms_on(region, "credit", date(year, month, 1))
                for facts in (
                    MonthFacts("employee", 500_000, 40),
                    MonthFacts("flex", 500_000, 40),
                    MonthFacts("retiree", None, 65),
                ):
                    credit = year_credit((Span(facts, 12, "v"),), {"v": terms})
                    assert credit.amount_fen > 0
                    if terms.accrual == "monthly":
                        assert monthly_credit(facts, terms).amount_fen * 12 == credit.amount_fen

    @pytest.mark.parametrize("region", REGIONS)
    def test_no_interest_rate_is_invented(self, region):
        (only,) = versions(region, "interest")
        assert not only.terms.pays_interest
        assert "没有" in only.sources["pays_interest"]["note"]

    @pytest.mark.parametrize("region", REGIONS)
    def test_the_employers_share_ends_with_the_reform(self, region):
        assert terms_on(region, "credit", date(2025, 1, 1)).employer_share_of == "none"

    @pytest.mark.parametrize("region", REGIONS)
    def test_relatives_are_three_kinds_first_and_eight_after_the_national_opinion(self, region):
        first, last = versions(region, "sharing")[0].terms, versions(region, "sharing")[-1].terms
        assert set(first.relations) == THREE
        assert len(last.relations) == 8
        assert set(last.scopes) == {"medical", "premium"}
        assert not any("公婆" in name or "岳" in name for name in last.relations)

    @pytest.mark.parametrize("year", range(2023, 2028))
    def test_zhoushan_credits_the_floor_base_in_advance_every_year(self, year):
        terms = terms_on("330900", "credit", date(year, 1, 1))
        spans = (Span(MonthFacts("flex", None, 40), 12, "v"),)
        assert terms.accrual == "yearly"
        assert year_credit(spans, {"v": terms}).amount_fen == 107_088

    def test_the_floor_base_is_not_the_average_wage(self):
        terms = terms_on("330900", "credit", date(2023, 1, 1))
        assert (terms.base_floor_fen, terms.flex_base_fen, terms.average_wage_fen) == (446_200, 446_200, 743_700)

    def test_2000_yuan_is_a_gate_here_and_a_reserve_there(self):
        ruian = terms_on("330381", "sharing", date(2017, 5, 8))
        quanzhou = terms_on("350500", "sharing", date(2020, 7, 1))
        assert (ruian.model, ruian.gate_fen, ruian.reserve_fen) == ("authorise", 200_000, None)
        assert (quanzhou.model, quanzhou.gate_fen, quanzhou.reserve_fen) == ("pool", None, 200_000)

    def test_ruian_limits_residents_and_authorisers(self):
        terms = terms_on("330381", "sharing", date(2017, 5, 8))
        assert terms.max_authorisers == 2
        assert set(terms.resident_levels) == {0, 1, 2}
        assert terms.resident_places == ("hospital",)
        assert terms_on("330900", "sharing", date(2025, 1, 1)).resident_levels is None

    def test_quanzhou_still_had_three_kinds_in_november_2024(self):
        assert set(terms_on("350500", "sharing", date(2024, 11, 20)).relations) == THREE
        assert len(terms_on("350500", "sharing", date(2025, 1, 1)).relations) == 8

    def test_nobody_has_money_shared_before_it_began(self):
        assert versions("330381", "sharing")[0].effective_from == date(2017, 5, 8)
        assert versions("350500", "sharing")[0].effective_from == date(2020, 7, 1)

    @pytest.mark.parametrize("region", REGIONS)
    def test_premium_windows_are_in_order_and_do_not_overlap(self, region):
        terms = [version.terms for version in versions(region, "premium")]
        for earlier, later in zip(terms, terms[1:], strict=False):
            assert later.premium_year == earlier.premium_year + 1
            assert earlier.last_on < later.opens_on
        for version in versions(region, "premium"):
            assert version.effective_from == version.terms.opens_on

    @pytest.mark.parametrize("region", REGIONS)
    def test_a_version_written_out_reads_back_the_same(self, region):
        for version in PRESETS[region].versions:
            text = version_to_toml(version.kind, version.effective_from, version.values, version.sources, version.note)
            assert parse_version(region, version.kind, tomllib.loads(text)) == version

    def test_the_reform_is_on_its_day_not_before(self):
        day = date(2022, 9, 1)
        before, after = (terms_on("110000", "credit", on) for on in (day - timedelta(days=1), day))
        assert monthly_credit(MonthFacts("employee", 500_000, 40), before).amount_fen == 15_000
        assert monthly_credit(MonthFacts("employee", 500_000, 40), after).amount_fen == 10_000


GOOD = """
code = "999999"
name = "试验市"
[documents.A]
title = "《试验办法》"
number = "试发〔2023〕1号"
date = "2023年1月"
[[interest]]
effective_from = { value = 2023-01-01, source = "A" }
pays_interest = { value = true, source = "A" }
current_rate = { value = "0.05%", source = "A" }
carried_rate = { value = "1.1%", assumed = true, note = "参照邻市" }
"""


class TestFiles:
    def test_sources_are_written_out_in_full(self):
        (version,) = parse_preset(GOOD, "a.toml").versions
        assert version.effective_from == date(2023, 1, 1)
        assert version.sources["current_rate"] == {"source": "《试验办法》（试发〔2023〕1号，2023年1月）"}
        assert version.sources["carried_rate"] == {"assumed": True, "note": "参照邻市"}
        assert source_text(version.sources) == "《试验办法》（试发〔2023〕1号，2023年1月）"
        assert source_text({"x": {"assumed": True}}) == NO_DOCUMENT

    @pytest.mark.parametrize(
        ("old", "new", "key", "reason"),
        [
            ('source = "A" }\ncurrent', 'source = "B" }\ncurrent', "interest.2023-01-01.pays_interest", "没有列在"),
            (', source = "A" }\ncarried', " }\ncarried", "interest.2023-01-01.current_rate", "缺少出处"),
            ("assumed = true", "assumed = false", "interest.2023-01-01.carried_rate", "只能写 true"),
            ("assumed = true", 'assumed = true, source = "A"', "interest.2023-01-01.carried_rate", "有了 source"),
            ("note =", "remark =", "interest.2023-01-01.carried_rate", "不认识 remark"),
            ('{ value = true, source = "A" }', "true", "interest.2023-01-01.pays_interest", "应写作"),
            ('"0.05%"', '"-0.05%"', "interest.2023-01-01.current_rate", "不能为负"),
            ("pays_interest", "pays", "interest.2023-01-01.pays", "没有这个参数"),
            ("2023-01-01", '"soon"', "interest[1].effective_from", "2023-01-01"),
            ('effective_from = { value = 2023-01-01, source = "A" }\n', "", "interest[1].effective_from", "缺少"),
            ("[[interest]]", "[[intrest]]", "intrest", "检查拼写"),
            ("[[interest]]", "[interest]", "interest", "[[interest]]"),
            ('"999999"', '"99999"', "code", "6位"),
            ('"999999"', "999999", "code", "6位"),
            ('name = "试验市"', "", "name", "缺少统筹区名称"),
            ('title = "《试验办法》"', 'name = "x"', "documents.A", "缺少 title"),
            ("date =", "day =", "documents.A", "不认识 day"),
        ],
    )
    def test_a_faulty_file_is_refused_naming_file_key_and_reason(self, old, new, key, reason):
        assert old in GOOD
        with pytest.raises(PolicyError) as refusal:
            parse_preset(GOOD.replace(old, new, 1), "a.toml")
        found = {problem.key: problem.reason for problem in refusal.value.problems}
        assert {problem.file for problem in refusal.value.problems} == {"a.toml"}
        assert reason in found[key]

    def test_two_versions_of_one_day_are_refused(self):
        twice = GOOD + GOOD[GOOD.index("[[interest]]") :]
        with pytest.raises(PolicyError, match="同一天有两个版本"):
            parse_preset(twice, "a.toml")

    def test_the_benefit_year_of_a_region_cannot_change(self):
        text = next(path for path in shipped() if path.stem == "430000").read_text(encoding="utf-8")
        second = text.rindex("year_start_month = { value = 1")
        moved = text[:second] + text[second:].replace("value = 1", "value = 7", 1)
        with pytest.raises(PolicyError, match="同一地区各版本要一致"):
            parse_preset(moved, "a.toml")

    @pytest.mark.parametrize("text", ["code = ", "code = 1\ncode = 2", "\x00"])
    def test_what_is_not_toml_is_refused(self, text):
        with pytest.raises(PolicyError, match="不是有效的 TOML"):
            parse_preset(text, "a.toml")

    def test_a_file_without_rules_is_refused(self):
        with pytest.raises(PolicyError, match="没有任何规则"):
            parse_preset('code = "999999"\nname = "试验市"', "a.toml")

    def test_a_missing_or_garbled_file_is_refused(self, tmp_path):
        with pytest.raises(PolicyError, match="找不到文件"):
            read_preset(tmp_path / "none.toml")
        (tmp_path / "gbk.toml").write_bytes("name = '试验市'".encode("gb18030"))
        with pytest.raises(PolicyError, match="UTF-8"):
            read_preset(tmp_path / "gbk.toml")

    def test_a_byte_order_mark_does_no_harm(self, tmp_path):
        path = tmp_path / "bom.toml"
        path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
        assert read_preset(path).code == "999999"


def test_every_kind_is_used_by_some_region():
    assert {version.kind for preset in PRESETS.values() for version in preset.versions} == set(KINDS)


def test_no_document_of_a_preset_is_younger_than_its_rule_without_a_note():
    assert [str(remark) for path in shipped() for remark in read_preset(path).remarks] == []


def test_a_document_that_is_younger_than_its_rule_is_remarked_on():
    text = shipped()[0].read_text().replace('note = "2025年4月的网上问答', '# note = "')
    remarks = [str(remark) for remark in parse_preset(text, "110000.toml").remarks]
    assert any("credit.2017-01-01.employee_rate：出处“职工医保个人账户余额是怎么算的2023" in one for one in remarks)


def test_the_kind_of_a_document_is_one_of_three():
    with pytest.raises(PolicyError, match="kind 只能是 official（文件）、news"):
        parse_preset(shipped()[0].read_text().replace('kind = "web"', 'kind = "blog"', 1), "110000.toml")
