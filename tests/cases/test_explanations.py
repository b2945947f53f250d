"""Why an amount is what it is, case by case: by which rule, from which document, on which base, in which months."""

import io
from datetime import date

import pytest
from django.core.management import call_command

from accounts.codes import FactChangeKind
from accounts.models import Contribution, FactChange, Transfer
from accounts.queries.people import find_by_certno
from tests.accounts.citizen_pages import last_entry, seen
from tests.cases.play import Played, play
from tests.factories.people import ContributionFactory
from tests.personas import QUANZHOU, ZHOUSHAN, changed, insured, paid_for, run
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("policies_loaded")


def printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


class TestARateThatChangedInJuly:
    """explain_source"""

    CERTNO = "999902198001018014"
    OLD, NEW = "测试文件（测试，2025年1月）", "新文件（2025年7月）（测试，2025年6月）"
    WORDS = (
        f"1–6月：缴费基数 5,000.00 元 × 2% × 6个月（2024年1月1日起的规定，{OLD}）；"
        f"7–12月：缴费基数 5,000.00 元 × 3% × 6个月（2025年7月1日起的规定，{NEW}）。合计 = 1,500.00 元。"
    )

    def test_each_stretch_names_its_months_rate_rule_and_document(self):
        played = play("explain_source")
        last = played.statement(self.CERTNO)["entries"][-1]
        assert self.WORDS in last["explanation"]["words"]
        assert last["explanation"]["source"] == f"{self.OLD}；{self.NEW}"

    def test_staff_and_the_owner_read_the_same(self):
        play("explain_source")
        entry = Transfer.objects.filter(kind="adjustment").get()
        shown = printed("explain", str(entry.pk))
        assert self.WORDS in shown
        assert f"依据：测试市“划入”规则，2024年1月1日起：{self.OLD}" in shown
        assert f"依据：测试市“划入”规则，2025年7月1日起：{self.NEW}" in shown
        page = seen(find_by_certno(self.CERTNO), f"/account/entries/{entry.pk}/")
        assert self.WORDS.replace(" ", "") in page
        assert "测试市“划入”规则，2024年1月1日起执行" in page
        assert "号版本" not in page


class TestWhatARuleRestsOn:
    """sources_shown"""

    @staticmethod
    def live() -> Played:
        return play("sources_shown")

    def test_a_health_site_is_called_what_it_is(self, lived):
        source = lived.statement("999902198001019519")["entries"][0]["explanation"]["source"]
        answers = [part for part in source.split("；") if "网上健康问答" in part]
        assert answers
        assert all(part.endswith("〔网上资料，不是正式文件〕") for part in answers)
        assert not any("不是正式文件" in part for part in source.split("；") if "国办发" in part)

    def test_the_page_calls_nothing_a_document_that_is_none(self, lived):
        person = find_by_certno("999902198001019519")
        page = seen(person, f"/account/entries/{Transfer.objects.filter(target__person=person).get().pk}/")
        assert "网上健康问答，2025年4月22日）〔网上资料，不是正式文件〕" in page
        assert "文件职工医保个人账户余额" not in page

    def test_an_assumed_number_is_marked_where_it_stands(self, lived):
        words = lived.statement("999902196001019608")["entries"][0]["explanation"]["words"]
        assert "每月定额 100.00 元（推定）" in words
        person = find_by_certno("999902196001019608")
        page = seen(person, f"/account/entries/{Transfer.objects.filter(target__person=person).get().pk}/")
        assert "每月定额100.00元（推定）" in page
        assert "退休定额（元）100.00（推定）" in page

    def test_a_number_that_a_document_gives_is_not(self, lived):
        words = lived.statement("999902198001019578")["entries"][0]["explanation"]["words"]
        assert "推定" not in words


def corrected(person, month: date, base_fen: int, region: str = ZHOUSHAN) -> None:
    """Let another row take the place of the one that counts, as a 更正 of a later file does."""
    wrong = Contribution.objects.filter(person=person, month=month)
    change = FactChange.objects.create(
        kind=FactChangeKind.CORRECTED, reason="基数多写两位", actor="system:test", at=clock.now()
    )
    wrong.update(counts=False, changed_by=change)
    ContributionFactory(person=person, region=region, month=month, base_fen=base_fen, received_on=month)


class TestABaseThatWasWrong:
    """import_typo: confirmed by mistake, and put right by a row that came later."""

    def person(self):
        person = insured()
        paid_for(person, date(2025, 1, 1), "446200.00")
        run("accrual", "2025", on=date(2025, 1, 21))
        corrected(person, date(2025, 1, 1), 446_200)
        run("accrual", "2025", on=date(2025, 2, 21))
        return person

    def test_the_voucher_that_puts_it_right_explains_itself(self):
        person = self.person()
        entry = last_entry(person, "adjustment")
        assert entry.amount_fen == 107_088_00 - 1_070_88
        words = "更正：基数 446,200.00 应为 4,462.00。"
        assert words in printed("explain", str(entry.pk))
        assert words.replace(" ", "") in seen(person, f"/account/entries/{entry.pk}/")

    def test_a_base_that_only_some_months_had_names_them(self):
        person = insured()
        paid_for(person, date(2025, 1, 1), "5000.00")
        run("accrual", "2025", on=date(2025, 1, 21))
        paid_for(person, date(2025, 3, 1), "6000.00")
        run("accrual", "2025", on=date(2025, 3, 21))
        shown = printed("explain", str(last_entry(person, "adjustment").pk))
        assert "更正：3–12月基数 5,000.00 应为 6,000.00。" in shown
        assert (
            "1–2月：缴费基数 5,000.00 元 × 2% × 2个月；3–12月：缴费基数 6,000.00 元 × 2% × 10个月。合计 = 1,400.00 元。"
            in shown
        )

    def test_in_a_monthly_region_too(self):
        person = insured(QUANZHOU)
        paid_for(person, date(2025, 1, 1), "80000.00")
        run("accrual", "2025-01", on=date(2025, 1, 21), region=QUANZHOU)
        corrected(person, date(2025, 1, 1), 8_000_00, region=QUANZHOU)
        paid_for(person, date(2025, 2, 1), "8000.00")
        run("accrual", "2025-02", on=date(2025, 2, 21), region=QUANZHOU)
        assert "更正：基数 80,000.00 应为 8,000.00。" in printed("explain", str(last_entry(person, "trueup").pk))

    def test_what_is_corrected_for_another_reason_says_nothing_of_bases(self):
        person = insured()
        paid_for(person, date(2025, 1, 1), "5000.00")
        run("accrual", "2025", on=date(2025, 1, 21))
        changed(person, date(2025, 7, 1), status=4)
        run("trueup", "2025", on=date(2025, 7, 2))
        shown = printed("explain", str(last_entry(person, "trueup").pk))
        assert "应为" not in shown
        assert "1–6月：缴费基数 5,000.00 元 × 2% × 6个月" in shown
