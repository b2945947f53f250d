"""Slips behind a command's options are said in words: none does something else, or answers as if there were nothing."""

import json
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.usefixtures("policies_loaded")

THAT_DAY = time_machine.travel("2026-11-20 08:00:00+08:00", tick=False)
ZHOUSHAN = "330900"


def refusal(*arguments: str) -> str:
    with pytest.raises(CommandError) as refused:
        call_command(*arguments, stdout=StringIO())
    return str(refused.value)


class TestDays:
    @pytest.mark.parametrize("written", ["2026-03-10", "2026/3/10", "2026年3月10日", "20260310"])
    def test_they_are_written_as_in_files(self, written):
        out = StringIO()
        with THAT_DAY:
            call_command("reconcile", "--region", ZHOUSHAN, "--day", written, "--json", stdout=out)
        assert json.loads(out.getvalue())["day"] == "2026-03-10"

    @pytest.mark.parametrize(
        ("written", "why"),
        [("2026-02-30", "没有这一天"), ("10.3.2026", "日期要写全年、月、日"), ("9999-12-31", "年份太晚")],
    )
    def test_what_is_no_day_is_refused_in_words(self, written, why):
        said = refusal("check_facts", "--region", ZHOUSHAN, "--on", written)
        assert "--on" in said
        assert why in said

    def test_a_day_to_come_is_not_reconciled(self, settings):
        settings.REHEARSAL = False
        with THAT_DAY:
            assert "在今天（2026-11-20）之后" in refusal("reconcile", "--region", ZHOUSHAN, "--day", "2026-11-21")

    def test_a_day_before_the_rules_of_a_region_says_so(self):
        assert "没有“划入”规则" in refusal("check_facts", "--region", ZHOUSHAN, "--on", "1900-01-01")


class TestYears:
    @pytest.mark.parametrize("written", ["0", "25", "99999", "二〇二五", "²⁰²⁵"])
    def test_what_is_no_year_is_refused_in_words(self, written):
        said = refusal("premium_orders", "--year", written)
        assert "--year" in said
        assert "年度要写四位数字" in said
        assert "年度要写四位数字" in refusal("statement", "999902195001073001", "--year", written)


class TestPlaces:
    @pytest.mark.parametrize(
        "arguments",
        [
            ("bills",),
            ("premium_orders",),
            ("premium_claims",),
            ("export_premiums",),
            ("check_facts",),
            ("reconcile", "--day", "2026-03-10"),
            ("pay_tax_office", "--until", "2026-03-10", "--document", "1"),
        ],
        ids=lambda arguments: arguments[0],
    )
    def test_a_region_that_is_not_here_is_no_empty_answer(self, arguments):
        assert "没有载入统筹区 350599 的规则" in refusal(*arguments, "--region", "350599")

    def test_nor_is_an_institution(self):
        assert "没有编码为 P999 的定点机构" in refusal("bills", "--institution", "P999")


class TestDoubled:
    def test_rows_named_in_two_options_are_all_meant(self):
        assert "没有待处理的行 901、902" in refusal("held_rows", "--drop", "901", "--drop", "902")

    def test_a_row_is_not_confirmed_and_dropped(self):
        assert "同一行不能既确认又放弃：7" in refusal("held_rows", "--confirm", "7", "8", "--drop", "7")

    def test_of_two_deeds_about_claims_none_is_forgotten(self):
        assert "不能一起写" in refusal("premium_claims", "--refuse", "1", "--returned", "2")


def test_a_population_has_people():
    assert "1 以上" in refusal("seed_demo", "--people", "0")
