"""对账单: numbered, true as of its day for good, and known again by whoever holds it."""

import re
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import AnnualStatement, AuditEvent
from accounts.operations.annual_statement import EXAMPLE, check_statement, issue_statement, read_number
from accounts.queries.account import account_in, accounts_of
from accounts.queries.annual_statement import is_what_books_say
from tests.accounts.citizen_pages import browser_of, seen, used_by, words, worker, workers
from tests.factories.acts import act_on
from tests.factories.people import PersonFactory
from tests.factories.users import official, signed_in
from tests.personas import QUANZHOU, SHANGHAI, ZHOUSHAN, insured, paid_for, reverse, run, spend
from yibao.lib.masking import masked_name

pytestmark = pytest.mark.usefixtures("policies_loaded", "november")

STATEMENTS, VERIFY = "/account/statements/", "/verify/"
TODAY = date(2026, 11, 20)


def issued_to(person, year: int = 2025, *, on: date = TODAY, region: str = ZHOUSHAN) -> AnnualStatement:
    account = account_in(accounts_of(person), region, on)
    return issue_statement(act=act_on(on), account=account, year=year)


def paper_of(person, issued) -> str:
    return seen(person, f"{STATEMENTS}{issued.pk}/")


class TestIssuing:
    def test_from_the_page_to_the_sheet_with_one_button(self, employee):
        browser = browser_of(employee)
        assert '<option value="2025" selected>2025年</option>' in browser.get(STATEMENTS).content.decode()
        page = words(browser.post(STATEMENTS, {"year": "2025"}, follow=True))
        assert re.search(r"编号DZ2025(-[2-9A-Z]{4}){3}姓名", page)

    def test_the_same_content_keeps_its_number_however_often_it_is_asked_for(self, employee):
        assert issued_to(employee).pk == issued_to(employee).pk
        assert AnnualStatement.objects.count() == 1

    def test_what_has_changed_gets_a_number_of_its_own(self, employee):
        first = issued_to(employee, 2026)
        spend(employee, 5_00, on=TODAY, key="another")
        assert issued_to(employee, 2026).number != first.number

    def test_a_running_year_ends_today(self, employee):
        issued = issued_to(employee, 2026)
        assert (issued.closes_on, issued.opening_fen, issued.closing_fen) == (TODAY, 1_100_00, 2_440_00)

    @pytest.mark.parametrize("year", ["2024", "2027", "", "abc"])
    def test_a_year_without_anything_has_none(self, year, employee):
        response = browser_of(employee).post(STATEMENTS, {"year": year})
        assert response.status_code == 422
        assert not AnnualStatement.objects.exists()

    def test_before_the_first_entry_there_is_nothing_to_issue(self):
        assert "还没有记录" in seen(insured(), STATEMENTS)
        assert browser_of(insured()).post(STATEMENTS, {"year": "2026"}).status_code == 422

    def test_it_is_written_down_who_had_one(self, employee):
        issued = issued_to(employee)
        event = AuditEvent.objects.get(verb="statement.issued")
        assert (event.subject_id, event.detail["statement"]) == (employee.pk, issued.pk)

    def test_a_benefit_year_from_july_to_june(self):
        person = insured(SHANGHAI)
        paid_for(person, date(2025, 7, 1), "5000.00")
        run("accrual", "2025", on=date(2025, 7, 1), region=SHANGHAI)
        issued = issued_to(person, 2025, region=SHANGHAI)
        assert issued.closes_on == date(2026, 6, 30)
        assert "时间2025年7月1日至2026年6月30日" in paper_of(person, issued)


class TestPaper:
    def test_opening_every_line_closing_and_the_totals_in_capitals_too(self, employee):
        page = paper_of(employee, issued_to(employee, 2026))
        assert "1月1日（周四）期初余额1,100.00" in page
        assert "6月2日（周二）本人门诊，定海社区卫生院当年账户使用−100.002,440.00" in page
        assert "记入+¥1,440.00（壹仟肆佰肆拾元整）" in page
        assert "使用−¥100.00（负壹佰元整）" in page
        assert "期末余额¥2,440.00（贰仟肆佰肆拾元整）" in page
        assert "期末当年账户¥1,340.00" in page
        assert "期末历年结余¥1,100.00" in page

    def test_it_names_the_owner_and_masks_the_number(self, employee):
        page = paper_of(employee, issued_to(employee))
        assert employee.name in page
        assert str(employee.certno) not in page

    def test_of_a_relative_the_place_stays_unknown(self, employee):
        used_by(PersonFactory(name="林小雨"), employee, 10_00, on=date(2026, 10, 1))
        assert "林小雨看病，一级医疗机构" in paper_of(employee, issued_to(employee, 2026))

    def test_somebody_elses_is_not_found(self):
        mine, other = workers(2)
        issued = issued_to(other)
        assert browser_of(mine).get(f"{STATEMENTS}{issued.pk}/").status_code == 404


class TestCorrectedLater:
    @pytest.fixture
    def issued(self):
        """Return a statement of 2026; afterwards 40.00 of October came in late, and something was used today."""
        person = worker()
        issued = issued_to(person, 2026, on=date(2026, 10, 20))
        spend(person, 40_00, on=date(2026, 10, 5), key="came late")
        return issued

    def test_the_old_paper_still_reads_as_it_did(self, issued):
        page = paper_of(issued.person, issued)
        assert "10月5日" not in page
        assert "期末余额¥2,440.00（贰仟肆佰肆拾元整）" in page

    def test_and_says_that_the_books_say_something_else_now(self, issued):
        page = paper_of(issued.person, issued)
        assert page.count("期末余额现在是¥2,400.00") == 2  # on the screen and on the sheet
        assert "那天是对的" in page

    def test_what_came_after_its_last_day_is_no_change(self, employee):
        issued = issued_to(employee, 2026, on=date(2026, 10, 20))
        spend(employee, 40_00, on=date(2026, 11, 5), key="later")
        assert is_what_books_say(issued, TODAY)
        assert "变化" not in paper_of(employee, issued)

    def test_a_refund_within_its_days_is_one(self, employee):
        bill = spend(employee, 40_00, on=date(2026, 9, 1), key="bill")
        issued = issued_to(employee, 2026)
        reverse(bill, on=TODAY, key="refund")
        assert not is_what_books_say(issued, TODAY)

    def test_the_year_end_that_is_booked_afterwards_is_no_change_and_stands_on_the_next_paper(self):
        person = insured()
        paid_for(person, date(2025, 1, 1), "5000.00")
        run("accrual", "2025", on=date(2025, 1, 1))
        before = issued_to(person, 2025, on=date(2026, 1, 3))
        spend(person, 100_00, on=date(2026, 1, 5), key="first of the year")
        assert is_what_books_say(before, TODAY)
        after = issued_to(person, 2025)
        assert after.number != before.number
        assert "转入历年结余" in paper_of(person, after)
        assert "转入历年结余" not in paper_of(person, before)


class TestVerifying:
    def ask(self, client, number: str, closing: str) -> str:
        return words(client.post(VERIFY, {"number": number, "closing": closing}))

    def test_whoever_holds_the_paper_learns_that_it_is_ours(self, client, employee):
        page = self.ask(client, issued_to(employee).number, "1,100.00")
        assert "是我们出具的" in page
        assert "账上现在还是这样" in page
        assert f"姓名{masked_name(employee.name)}" in page
        assert employee.name not in page

    def test_and_that_the_books_have_changed_but_not_to_what(self, client, employee):
        issued = issued_to(employee, 2026)
        spend(employee, 5_00, on=TODAY, key="another")
        page = self.ask(client, issued.number, "2440")
        assert "出具以后账上有了变化" in page
        assert "2,435.00" not in page

    def test_number_and_balance_have_to_go_together_and_neither_alone_says_anything(self, client, employee):
        number = issued_to(employee).number
        wrong_balance = self.ask(client, number, "1100.01")
        wrong_number = self.ask(client, EXAMPLE, "1100")
        assert "对不上" in wrong_balance
        assert wrong_balance == wrong_number
        assert "姓名" not in wrong_balance

    @pytest.mark.parametrize(
        "written", ["dz2025 7f3a k9mm 2xqp", "DZ20257F3AK9MM2XQP", "ＤＺ２０２５－７Ｆ３Ａ－Ｋ９ＭＭ－２ＸＱＰ"]
    )
    def test_a_number_may_be_written_in_any_way(self, written):
        assert read_number(written) == EXAMPLE

    @pytest.mark.parametrize(("number", "closing"), [("", ""), ("abc", "1"), (EXAMPLE, "很多"), ("1" * 5000, "-1")])
    def test_what_is_not_understood_is_said(self, client, number, closing):
        response = client.post(VERIFY, {"number": number, "closing": closing})
        assert response.status_code == 422
        assert "对不上" not in words(response)

    def test_an_address_may_not_try_numbers_for_long(self, client, employee):
        for _ in range(20):
            assert "对不上" in self.ask(client, EXAMPLE, "1")
        response = client.post(VERIFY, {"number": issued_to(employee).number, "closing": "1100"})
        assert response.status_code == 429
        assert "以后可以再查" in words(response)
        assert "期末余额¥" not in words(response)

    def test_what_was_tried_leaves_an_event_and_not_what_was_typed(self, client, employee):
        issued = issued_to(employee)
        for closing in ("1", "1100"):
            self.ask(client, issued.number, closing)
        wrong, right = AuditEvent.objects.filter(verb="statement.checked").order_by("pk")
        assert (wrong.subject_id, wrong.detail, wrong.actor) == (None, {}, "system:visitor")
        assert (right.subject_id, right.detail) == (issued.person_id, {"statement": issued.pk, "current": True})

    def test_who_has_tried_too_often_leaves_no_more(self, client):
        for _ in range(25):
            client.post(VERIFY, {"number": EXAMPLE, "closing": "1"})
        assert AuditEvent.objects.filter(verb="statement.checked").count() == 20

    def test_the_admin_lists_what_was_issued_without_what_it_says(self, employee):
        issued = issued_to(employee)
        browser = signed_in(official("policy"))
        page = browser.get("/admin/accounts/annualstatement/", {"q": issued.number}).content.decode()
        assert issued.number in page
        change = browser.get(f"/admin/accounts/annualstatement/{issued.pk}/change/").content.decode()
        assert str(issued.closing_fen) not in change
        assert "1,100.00" not in change
        assert 'name="_save"' not in change
        assert browser.post(f"/admin/accounts/annualstatement/{issued.pk}/delete/").status_code == 403

    def test_numbers_are_no_numbers_in_a_row(self):
        first, second = (issued_to(person).number for person in workers(2))
        assert first[:6] == second[:6] == "DZ2025"
        assert first[7:] != second[7:]


@pytest.mark.parametrize(
    "sql", ["UPDATE accounts_annualstatement SET closing_fen = 0", "DELETE FROM accounts_annualstatement"]
)
def test_what_was_issued_cannot_be_rewritten(sql, employee):
    issued_to(employee)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_monthly_region_with_a_pool_has_statements_too():
    person = insured(QUANZHOU)
    paid_for(person, date(2026, 10, 1), "5000.00")
    run("accrual", "2026-10", on=date(2026, 10, 20), region=QUANZHOU)
    issued = issued_to(person, 2026, region=QUANZHOU)
    assert check_statement(
        act=act_on(TODAY), number=issued.number, closing_fen=issued.closing_fen, address="192.0.2.1"
    ).is_current
