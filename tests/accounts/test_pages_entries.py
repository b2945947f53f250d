"""账户明细: every entry by month, found, filed, printed and explained; never anybody else's."""

import csv
import io
from datetime import date

import pytest

from accounts.models import Transfer
from tests.accounts.citizen_pages import browser_of, last_entry, seen, used_by, words, workers
from tests.factories.people import PersonFactory
from tests.personas import HUNAN, QUANZHOU, SHANGHAI, ZHOUSHAN, changed, insured, paid_for, pays, reverse, run, spend

pytestmark = pytest.mark.usefixtures("policies_loaded", "november")

ENTRIES = "/account/entries/"


class TestMonths:
    def test_each_month_has_its_three_totals(self, employee):
        page = seen(employee, ENTRIES)
        assert "2026年6月记入¥0.00使用−¥100.00月末两个账户一共¥2,440.00" in page
        assert "2026年1月记入+¥1,440.00使用¥0.00月末两个账户一共¥2,540.00" in page
        assert "2025年12月记入¥0.00使用¥0.00月末两个账户一共¥1,100.00" in page

    def test_the_year_end_moves_money_and_loses_none(self, employee):
        page = seen(employee, ENTRIES)
        assert "2025年度没用完的转入历年结余1,100.0012月31日（周三）当年账户→历年结余" in page

    def test_one_account_by_itself_shows_what_came_from_the_other(self, employee):
        page = seen(employee, f"{ENTRIES}?pot=carried")
        assert "2025年度没用完的转入历年结余转入+1,100.00" in page
        assert "转账+¥1,100.00月末历年结余¥1,100.00" in page
        assert "门诊" not in page

    def test_money_given_back_stands_beside_what_was_used(self, employee):
        bill = spend(employee, 40_00, on=date(2026, 9, 1), key="bill")
        reverse(bill, on=date(2026, 9, 3), key="refund")
        page = seen(employee, f"{ENTRIES}?year=2026&month=9")
        assert "记入¥0.00使用−¥40.00退回+¥40.00" in page
        assert "冲正：9月1日的一笔已退回退回+40.00" in page

    def test_a_rollover_at_the_first_use_of_the_year_stands_on_the_last_day_of_the_old_one(self):
        person = insured()
        paid_for(person, date(2025, 1, 1), "5000.00")
        run("accrual", "2025", on=date(2025, 1, 1))
        spend(person, 100_00, on=date(2026, 1, 5), key="first of the year")  # before the year-end run
        page = seen(person, ENTRIES)
        assert "2025年度没用完的转入历年结余1,200.0012月31日（周三）" in page
        assert "2026年1月记入¥0.00使用−¥100.00月末两个账户一共¥1,100.00" in page

    def test_a_late_month_says_which_month_it_is_for(self):
        person = insured(HUNAN)
        paid_for(person, date(2026, 8, 1), "5000.00")
        run("accrual", "2026-08", on=date(2026, 8, 20), region=HUNAN)
        paid_for(person, date(2026, 7, 1), "5000.00", received=date(2026, 9, 2), late=True)
        run("accrual", "2026-09", on=date(2026, 9, 20), region=HUNAN)
        page = seen(person, ENTRIES)
        assert "2026年8月的钱记入" in page
        assert "补记2026年7月的钱记入+100.009月20日" in page


class TestPictures:
    def test_a_year_shows_what_came_in_beside_what_was_used_in_each_month(self, employee):
        page = seen(employee, f"{ENTRIES}?year=2026")
        assert "每月记入（元）1月1,440.006月0.00每月使用，退回的已减去（元）1月0.006月100.00" in page

    def test_one_month_alone_is_no_picture(self, employee):
        assert "每月记入" not in seen(employee, f"{ENTRIES}?year=2026&month=6")


class TestFilter:
    def test_a_year_shows_all_its_months_on_one_page(self, employee):
        page = seen(employee, f"{ENTRIES}?year=2025")
        assert "2025年1月" in page
        assert "2025年12月" in page
        assert "2026年6月记入" not in page

    def test_a_benefit_year_from_july_to_june(self):
        person = insured(SHANGHAI)
        paid_for(person, date(2025, 7, 1), "5000.00")
        run("accrual", "2025", on=date(2025, 7, 1), region=SHANGHAI)
        spend(person, 10_00, on=date(2026, 6, 30), key="last day", region=SHANGHAI)
        page = seen(person, f"{ENTRIES}?year=2025")
        assert "2026年6月记入" in page
        assert "2025年度（7月起）" in page
        assert "6月30日" in seen(person, f"{ENTRIES}?year=2025&month=6")

    @pytest.mark.parametrize("query", ["year=1900", "month=13", "pot=fund", "year=abc&month=x"])
    @pytest.mark.parametrize("door", ["", "file/", "print/"])
    def test_a_choice_that_is_not_understood_is_said_and_never_means_everything(self, query, door, employee):
        response = browser_of(employee).get(f"{ENTRIES}{door}?{query}")
        assert response.status_code == 422
        assert "所以一条也没有列出" in words(response)
        assert "用了" not in words(response).partition("找到")[2]

    def test_a_month_needs_its_year(self, employee):
        assert "选月份要先选年份" in words(browser_of(employee).get(f"{ENTRIES}?month=6"))

    @pytest.mark.parametrize("page", ["999", "-1"])
    def test_beyond_the_last_page_is_the_last(self, page, employee):
        assert seen(employee, f"{ENTRIES}?page={page}")

    def test_htmx_gets_the_list_how_much_was_found_and_the_title(self, employee):
        response = browser_of(employee).get(f"{ENTRIES}?year=2025", headers={"HX-Request": "true"})
        part = response.content.decode()
        assert part.lstrip().startswith("<title>2025年的明细 - 医保个人账户</title>")
        assert '<div id="status" hx-swap-oob="innerHTML">找到3笔记录。</div>' in part
        assert "<h1>" not in part

    def test_a_swap_leaves_the_page_as_a_full_load_would(self, employee):
        browser = browser_of(employee)
        part = browser.get(f"{ENTRIES}?year=2025", headers={"HX-Request": "true"}).content.decode()
        whole = browser.get(f"{ENTRIES}?year=2025").content.decode()
        entries = part[part.index('<div id="entries"') : part.index('<div id="status"')].strip()
        assert entries in whole

    def test_pages_keep_the_choice(self):
        person = insured()
        for year in (2025, 2026):
            for month in range(1, 10):
                spend_from_gift(person, date(year, month, 5))
        response = browser_of(person).get(f"{ENTRIES}?pot=carried&page=2")
        assert "第2页，共3页" in words(response)
        assert 'href="?pot=carried&amp;page=3"' in response.content.decode()
        assert "<title>账户明细（第2页） - " in response.content.decode()


def spend_from_gift(person, day: date) -> None:
    from tests.personas import give

    give(person, 10_00, on=day, key=f"gift {person.pk} {day}")


class TestEmptyMonth:
    def test_of_a_year_that_was_credited_at_once(self, employee):
        page = seen(employee, f"{ENTRIES}?year=2026&month=11")
        assert "11月没有记录。今年的钱已在1月1日一次记入，不会每个月再记。" in page

    def test_of_a_year_that_was_not_credited_yet_the_sentence_is_not_said(self):
        page = seen(insured(), f"{ENTRIES}?year=2026&month=11")
        assert "11月没有记录。今年的钱还没有记入。" in page
        assert "不会每个月再记" not in page

    def test_before_one_was_insured_here(self):
        person = insured(since=date(2026, 3, 1))
        assert "这个月您在这里没有正常参加职工医保" in seen(person, f"{ENTRIES}?year=2026&month=2")

    def test_that_is_still_to_come(self, employee):
        assert "12月还没有到。" in seen(employee, f"{ENTRIES}?year=2026&month=12")

    def test_of_a_month_that_was_not_paid_for(self):
        page = seen(insured(HUNAN), f"{ENTRIES}?year=2026&month=10")
        assert "10月没有记录。还没有收到这个月的缴费；收到以后会补记，一分不少。" in page

    def test_of_a_month_that_was_paid_for_and_waits(self):
        person = insured(HUNAN)
        paid_for(person, date(2026, 11, 1), "5000.00")
        page = seen(person, f"{ENTRIES}?year=2026&month=11")
        assert "11月没有记录。这个月的钱一般在20日前后记入，还没有记到。" in page


class TestFile:
    def rows(self, person, query: str = "") -> list[list[str]]:
        response = browser_of(person).get(f"/account/entries/file/{query}")
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response.content.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))

    def test_every_line_of_every_account_with_what_was_left_in_it(self, employee):
        head, *rows = self.rows(employee)
        assert head == ["日期", "事项", "账户", "类别", "金额（元）", "两个账户一共（元）"]
        assert [row for row in rows if row[2]] == [
            ["2025-01-01", "2025年度的钱提前记入（预划）", "当年账户", "记入", "1200.00", "1200.00"],
            ["2025-06-02", "本人门诊，定海社区卫生院", "当年账户", "使用", "-100.00", "1100.00"],
            ["2025-12-31", "2025年度没用完的转入历年结余", "当年账户 → 历年结余", "转账", "1100.00", "1100.00"],
            ["2026-01-01", "2026年度的钱提前记入（预划）", "当年账户", "记入", "1440.00", "2540.00"],
            ["2026-06-02", "本人门诊，定海社区卫生院", "当年账户", "使用", "-100.00", "2440.00"],
        ]

    def test_each_month_ends_with_its_totals(self, employee):
        _, *rows = self.rows(employee)
        assert [row for row in rows if not row[2]][1] == [
            "2025-06", "2025年6月合计：记入 0.00，使用 −100.00，月末两个账户一共 1,100.00", "", "", "", "1100.00",
        ]  # fmt: skip

    def test_the_choice_holds_for_the_file_too(self, employee):
        _, *rows = self.rows(employee, "?year=2026&pot=current")
        assert [row[0] for row in rows if row[2]] == ["2026-01-01", "2026-06-02"]
        assert (rows[0][:2], rows[0][-1]) == (["2026-01-01", "期初余额"], "0.00")
        assert (rows[-1][:2], rows[-1][-1]) == (["2026-11-20", "期末余额"], "1340.00")

    def test_its_name_says_nothing_about_the_person(self, employee):
        name = browser_of(employee).get("/account/entries/file/?year=2026")["Content-Disposition"]
        assert name.startswith("attachment; filename=\"entries.csv\"; filename*=UTF-8''%E5%8C%BB")
        assert name.endswith("2026.csv")

    def test_a_name_that_looks_like_a_formula_stays_a_name(self, employee):
        used_by(PersonFactory(name="=cmd|' /C calc'!A1"), employee, 1_00, on=date(2026, 10, 1), reason="")
        cell = self.rows(employee)[-2][1]
        assert cell.startswith("'=cmd")

    def test_a_relatives_place_is_not_in_the_file(self, employee):
        used_by(PersonFactory(name="林小雨"), employee, 1_00, on=date(2026, 10, 1))
        assert self.rows(employee)[-2][1] == "林小雨看病，一级医疗机构"


class TestPrint:
    def test_a_year_in_order_with_the_end_in_capitals(self, employee):
        page = seen(employee, "/account/entries/print/?year=2025")
        assert page.index("2025年1月合计") < page.index("2025年6月合计") < page.index("2025年12月合计")
        assert "1月1日（周三）期初余额0.00" in page
        assert "期末两个账户一共：¥1,100.00（大写：壹仟壹佰元整）。" in page
        assert employee.name in page
        assert str(employee.certno) not in page

    def test_without_a_year_it_is_this_one(self, employee):
        assert "范围2026年" in seen(employee, "/account/entries/print/")


class TestOneEntry:
    def entry(self, person, kind: str, period: str = "") -> str:
        return seen(person, f"{ENTRIES}{last_entry(person, kind, period).pk}/")

    def test_the_formula_in_words_its_numbers_and_the_rule(self, employee):
        page = self.entry(employee, "precredit", "2026")
        assert "缴费基数6,000.00元×2%×12个月=1,440.00元。按规定在1月1日一次记入当年账户。" in page
        assert "单位交的部分记入统筹基金，不在这里。" in page
        assert "缴费基数（元）6,000.00记入比例2%月数12" in page
        assert "规定舟山市“划入”规则，2023年1月1日起执行" in page
        assert "出处关于医保个人账户知多少" in page
        assert "〔新闻报道，不是正式文件〕" in page
        assert "批次舟山市2026个人账户划入" in page

    def test_what_makes_the_difference_to_the_year_before(self, employee):
        page = self.entry(employee, "precredit", "2026")
        assert "2025年1月1日同一笔记入¥1,200.00，这一次¥1,440.00，多了¥240.00。" in page
        assert "缴费基数从5,000.00元变成6,000.00元：多+240.00元" in page
        assert "两次按的是同一版规定。" in page

    def test_a_first_year_has_nothing_to_compare_with(self, employee):
        assert "去年没有同样的一笔，所以没有可以比的。" in self.entry(employee, "precredit", "2025")

    def test_a_rule_that_changed_in_between_is_shown(self):
        person = insured("330381")
        pays(person, "5000.00", since=date(2022, 1, 1), until=date(2023, 1, 1))
        run("accrual", "2022", on=date(2022, 1, 1), region="330381")
        run("close_year", "2022", on=date(2023, 1, 1), region="330381")
        page = self.entry(person, "precredit", "2023")
        assert "规定在2023年1月1日变了" in page
        assert "单位缴费划入方式：从“按单位缴费的比例划入”变成“不划入，全部记入统筹基金”" in page
        assert "规定变了（2023年1月1日起）：少−1,440.00元" in page  # 5,000 × 8% × 30% × 12

    def test_one_who_retired_sees_both_formulas(self):
        person = insured()
        pays(person, "5000.00", since=date(2025, 1, 1), until=date(2026, 1, 1))
        run("accrual", "2025", on=date(2025, 1, 1))
        changed(person, date(2026, 1, 1), person_type="12")
        run("close_year", "2025", on=date(2026, 1, 1))
        page = self.entry(person, "precredit", "2026")
        assert "退休了，改按退休人员的标准记入：少−300.00元" in page

    def test_a_use_says_where_and_in_which_order(self, employee):
        page = self.entry(employee, "spending")
        assert "地点定海社区卫生院" in page
        assert "看病买药先用当年账户，不够再用历年结余。" in page

    def test_of_a_relatives_use_the_day_is_told_and_not_the_hour(self, employee):
        used_by(PersonFactory(name="林小雨"), employee, 10_00, on=date(2026, 10, 1))
        page = self.entry(employee, "spending")
        assert "2026年10月1日" in page
        assert "记账时间" not in page

    def test_a_relatives_use_never_names_the_institution(self, employee):
        relative = PersonFactory(name="林小雨")
        used_by(relative, employee, 10_00, on=date(2026, 10, 1))
        page = self.entry(employee, "spending")
        assert "地点一级医疗机构" in page
        assert "定海" not in page

    def test_a_use_that_was_given_back_says_so(self, employee):
        bill = spend(employee, 40_00, on=date(2026, 9, 1), key="bill")
        reverse(bill, on=date(2026, 9, 3), key="refund")
        assert "这一笔已经退回2026年9月3日（周四）退回¥40.00到您的账户。" in self.entry(employee, "spending")

    def test_a_use_of_which_a_part_was_given_back_says_how_much(self, employee):
        bill = spend(employee, 40_00, on=date(2026, 9, 1), key="bill")
        reverse(bill, on=date(2026, 9, 3), key="refund", amount_fen=15_00)
        assert "这一笔退回了一部分2026年9月3日（周四）退回¥15.00到您的账户。" in self.entry(employee, "spending")

    def test_a_credit_without_a_rule_on_file_says_whom_to_ask(self, employee):
        credit = last_entry(employee, "precredit", "2026")
        credit.pk, credit.period, credit.facts = None, "2031", None
        Transfer.objects.bulk_create([credit])
        assert "这一笔是按旧规定算的，页面上没有算法。请打65895523问。" in self.entry(employee, "precredit", "2031")

    def test_a_doubt_leads_to_the_feedback_about_this_very_entry(self, employee):
        entry = last_entry(employee, "precredit", "2026")
        browser = browser_of(employee)
        assert f"/feedback/?about=entry-{entry.pk}" in browser.get(f"{ENTRIES}{entry.pk}/").content.decode()
        page = words(browser.get(f"/feedback/?about=entry-{entry.pk}"))
        assert "关于：2026年1月1日的一笔：2026年度的钱提前记入（预划）" in page

    def test_somebody_elses_entry_is_not_found(self):
        mine, other = workers(2)
        theirs = last_entry(other, "precredit", "2026")
        browser = browser_of(mine)
        assert browser.get(f"{ENTRIES}{theirs.pk}/").status_code == 404
        assert browser.get(f"{ENTRIES}{theirs.pk}/", headers={"HX-Request": "true"}).status_code == 404
        assert browser.get(f"{ENTRIES}{10**30}/").status_code == 404
        assert "关于" not in words(browser.get(f"/feedback/?about=entry-{theirs.pk}"))

    def test_ones_own_entry_in_another_region_is_found(self):
        person = insured(QUANZHOU)
        paid_for(person, date(2026, 10, 1), "5000.00")
        run("accrual", "2026-10", on=date(2026, 10, 20), region=QUANZHOU)
        changed(person, date(2026, 11, 1), region=ZHOUSHAN)
        assert "规定泉州市“划入”规则" in self.entry(person, "accrual")
