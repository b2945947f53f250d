"""What people and staff read about their money, case by case: true, and the same wherever it is read."""

import csv
import io
from datetime import date

import pytest
from django.core.management import call_command

from accounts.codes import PotKind
from accounts.models import Person
from accounts.queries.people import find_by_certno
from tests.accounts.citizen_pages import browser_of, seen
from tests.cases.play import Played, play, run
from tests.personas import reverse, spend

pytestmark = pytest.mark.usefixtures("policies_loaded")

ENTRIES = "/account/entries/"


def rows(person, query: str = "") -> list[list[str]]:
    """Return the CSV of somebody's entries without its head."""
    text = browser_of(person).get(f"{ENTRIES}file/{query}").content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


def printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


class TestAClosedYear:
    """csv_vs_statement: what was printed on 1 March stays true on 22 March."""

    CERTNO = "999902198001019332"

    def test_ends_with_what_was_printed_when_it_closed(self):
        play("csv_vs_statement")
        person = find_by_certno(self.CERTNO)
        end = ["2024-12-31", "期末余额", "", "", "", "1200.00"]
        assert rows(person, "?year=2024")[-1] == end
        assert "12月31日（周二）期末余额1,200.00" in seen(person, f"{ENTRIES}print/?year=2024")
        assert "2024-12-31  期末余额 1,200.00 元" in printed("statement", self.CERTNO, "--year", "2024")

    def test_is_corrected_by_name_in_the_open_year_everywhere(self):
        play("csv_vs_statement")
        person = find_by_certno(self.CERTNO)
        assert rows(person, "?year=2025")[0] == ["2025-01-01", "期初余额", "", "", "", "1200.00"]
        title = "2024年度更正：收回多记的钱"
        assert [row[:2] for row in rows(person) if "更正" in row[1]] == [["2025-03-21", title]]
        for page in (ENTRIES, f"{ENTRIES}?year=2025", f"{ENTRIES}print/?year=2025"):
            assert title in seen(person, page)
        shown = printed("statement", self.CERTNO)
        assert f"2025-03-21  {title}" in shown
        assert "2024年度更正：那一年已经结账，差额记在今年。" in shown


class TestADebt:
    """receivable_months: a retiree whose credits of a time after the end were used, and who returned."""

    CERTNO = "999902198001017046"

    @classmethod
    def live(cls) -> Played:
        played = play("receivable_months", until="import_roster 03")
        spend(find_by_certno(cls.CERTNO), 440_00, on=date(2025, 6, 22), key="used", region="990002")
        lines = ("import_roster 03_roster.csv", *(f"due_jobs --run --on 2025-0{month}-21" for month in (7, 8)))
        more = (
            "import_roster 04_roster.csv",
            *(f"due_jobs --run --on 2025-{month}-21" for month in ("09", 10, 11, 12)),
        )
        for line in (*lines, *more, "due_jobs --run --on 2026-01-21", f"statement {cls.CERTNO} --json"):
            run(played, "receivable_months", line)
        return played

    def test_every_credit_that_repays_it_says_how_much_and_what_is_still_owed(self, lived):
        words = [entry["explanation"]["words"] for entry in lived.statement(self.CERTNO)["entries"]]
        shared = [text for text in words if "75.00 元划入，其中 65.00 元还以前多划的，10.00 元记入；已经还清。" in text]
        assert len(shared) == 2
        assert any("75.00 元划入，全部还以前多划的；还欠 215.00 元。" in text for text in words)
        assert not any("按月记入个人账户" in text and "还以前多划的" in text for text in words)

    def test_it_reads_the_same_on_the_page_on_paper_in_the_file_and_for_staff(self, lived):
        person = find_by_certno(self.CERTNO)
        settled = "75.00 元划入，其中 65.00 元还以前多划的，10.00 元记入；已经还清"
        assert [row[1] for row in rows(person) if settled in row[1]].__len__() == 2
        close = settled.replace(" ", "")
        for page in (ENTRIES, f"{ENTRIES}print/?year=2025"):
            assert close in seen(person, page)
        assert settled in printed("statement", self.CERTNO)

    def test_what_could_not_be_taken_back_is_named_on_both_lines(self, lived):
        words = [entry["explanation"]["words"] for entry in lived.statement(self.CERTNO)["entries"]]
        left = "要收回 300.00 元，其中 10.00 元从账户收回，290.00 元已经用掉，记为待追回；一共还欠 290.00 元"
        assert len([text for text in words if left in text]) == 2

    def test_is_no_money_in_any_balance(self, lived):
        assert lived.statement(self.CERTNO)["pots"][PotKind.RECEIVABLE] == "0.00"
        assert all(not row[-1].startswith("-") for row in rows(find_by_certno(self.CERTNO)))


class TestMoneyGivenBack:
    """sheet_refund_month: 50.00 used, and 200.00 of an earlier use given back in the same month."""

    CERTNO = "999902198001019981"

    @classmethod
    def live(cls) -> Person:
        play("sheet_refund_month", until="statement")
        person = find_by_certno(cls.CERTNO)
        bill = spend(person, 200_00, on=date(2025, 2, 1), key="bill")
        spend(person, 50_00, on=date(2025, 3, 2), key="another")
        reverse(bill, on=date(2025, 3, 5), key="refund")
        return person

    def test_does_not_count_as_used_the_other_way_round(self, lived):
        assert "使用−¥50.00退回+¥200.00" in seen(lived, f"{ENTRIES}?year=2025&month=3")
        words = "2025年3月合计：记入 0.00，使用 −50.00，退回 +200.00，月末两个账户一共 1,150.00"
        assert words.replace(" ", "") in seen(lived, f"{ENTRIES}print/?year=2025&month=3")
        assert words in [row[1] for row in rows(lived, "?year=2025&month=3")]

    def test_a_month_begins_with_what_was_there(self, lived):
        assert rows(lived, "?year=2025&month=3")[0] == ["2025-03-01", "期初余额", "", "", "", "1000.00"]
        assert "期初余额1,000.00" in seen(lived, f"{ENTRIES}?year=2025&month=3")
        assert "期初余额1,000.00" in seen(lived, f"{ENTRIES}print/?year=2025&month=3")

    def test_a_month_without_entries_still_says_what_was_there(self, lived):
        page = seen(lived, f"{ENTRIES}?year=2025&month=4")
        assert "期初余额¥1,150.00期末余额¥1,150.00" in page
