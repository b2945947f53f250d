"""The commands people and programs hold on to: what they print, and an exit status that can be relied upon."""

import json
from datetime import date
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import AuditEvent, Person, Run, Transfer
from accounts.queries.people import find_by_certno
from tests.factories.files import contribution_row, csv_file, roster_row
from tests.factories.people import certno
from tests.personas import HUNAN, ZHOUSHAN, balances, changed, insured, paid_for, pays, run, spend

pytestmark = pytest.mark.usefixtures("policies_loaded")

NEW_YEAR = date(2025, 1, 1)
NEW_YEARS_DAY = time_machine.travel("2025-01-01 08:00:00+08:00", tick=False)


def said(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def document(*arguments: str) -> dict:
    return json.loads(said(*arguments, "--json"))


def refusal(*arguments: str) -> str:
    with pytest.raises(CommandError) as refused:
        call_command(*arguments, stdout=StringIO())
    assert refused.value.returncode == 1
    return str(refused.value)


@pytest.fixture
def bureau(tmp_path):
    """The three people of the seeds, from the files a bureau would hand in: S0's floor base, S2's retiree and base 5000."""
    roster = [
        roster_row(1, flex="1"),
        roster_row(2, psn_type="12", insuplc_admdvs=HUNAN),
        roster_row(3, insuplc_admdvs=HUNAN),
    ]
    paid = [
        contribution_row(1, accrym="2024-12", received_on="2024-12-15"),
        contribution_row(3, insuplc_admdvs=HUNAN, base="5000.00", received_on="2025-01-01"),
    ]
    with NEW_YEARS_DAY:
        said("import_roster", str(csv_file(tmp_path / "roster.csv", roster)))
        said("import_contributions", str(csv_file(tmp_path / "paid.csv", paid)))
        said("run_job", "accrual", "--region", ZHOUSHAN, "--period", "2025")
        said("run_job", "accrual", "--region", HUNAN, "--period", "2025-01")
    return tmp_path


class TestStatement:
    def test_the_floor_base_of_the_seed_is_1070_88_in_exactly_the_agreed_form(self, bureau):
        with NEW_YEARS_DAY:
            found = document("statement", certno(1))
        (entry,) = found["entries"]
        source = entry["explanation"].pop("source")
        words = entry["explanation"].pop("words")
        assert entry.pop("id") == Transfer.objects.get(period="2025").pk
        assert found == {
            "psn_name": "林*",
            "certno": f"{certno(1)[:4]}**********{certno(1)[-4:]}",
            "region": ZHOUSHAN,
            "as_of": "2025-01-01",
            "pots": {"current": "1070.88", "carried": "0.00", "pool": None, "receivable": "0.00"},
            "entries": [
                {
                    "on": "2025-01-01",
                    "period": "2025",
                    "kind": "precredit",
                    "pot": "current",
                    "amount": "1070.88",
                    "balance": "1070.88",
                    "explanation": {"inputs": {"base": "4462.00", "rate": "2%", "months": 12}},
                }
            ],
        }
        assert "4,462.00 元 × 2% × 12个月 = 1,070.88 元" in words
        assert "舟山" in source or "定海" in source

    @pytest.mark.parametrize(("serial", "amount"), [(2, "75.00"), (3, "100.00")])
    def test_the_retiree_of_the_seed_has_75_and_the_base_of_5000_brings_100(self, bureau, serial, amount):
        found = document("statement", certno(serial))
        assert found["pots"] == {"current": None, "carried": amount, "pool": None, "receivable": "0.00"}
        assert [(e["kind"], e["period"], e["pot"], e["amount"]) for e in found["entries"]] == [
            ("accrual", "2025-01", "carried", amount)
        ]

    def test_spending_is_negative_and_a_debt_is_a_positive_amount_owed(self, bureau):
        person = find_by_certno(certno(1))
        spend(person, 1000_00, on=date(2025, 5, 5), key="bill", reason="门诊")
        changed(person, date(2025, 7, 1), status=4)
        run("trueup", "2025", on=date(2025, 7, 2))
        found = document("statement", certno(1))
        assert found["pots"]["receivable"] == "464.56"
        assert [(e["pot"], e["amount"], e["balance"]) for e in found["entries"]] == [
            ("current", "1070.88", "1070.88"),
            ("current", "-1000.00", "70.88"),
            ("current", "-70.88", "0.00"),
            ("receivable", "-464.56", "-464.56"),
        ]

    def test_every_look_is_recorded_and_shows_no_whole_number(self, bureau):
        shown = said("statement", certno(1))
        assert certno(1) not in shown
        assert "1,070.88" in shown
        event = AuditEvent.objects.filter(verb="lookup").get()
        assert certno(1) not in json.dumps(event.detail)

    def test_whoever_is_not_there_is_said_so(self, bureau):
        assert "没有这个证件号码" in refusal("statement", certno(99))
        assert f"有的是：{ZHOUSHAN}" in refusal("statement", certno(1), "--region", HUNAN)

    def test_with_accounts_in_two_regions_one_has_to_be_named(self, bureau):
        roster = csv_file(bureau / "second.csv", [roster_row(1, insuplc_admdvs=HUNAN)])
        with NEW_YEARS_DAY:
            said("import_roster", str(roster))
        assert f"请用 --region 指明：{ZHOUSHAN}、{HUNAN}" in refusal("statement", certno(1))
        assert document("statement", certno(1), "--region", HUNAN)["entries"] == []


class TestExplain:
    def test_an_entry_is_explained_down_to_the_document(self, bureau):
        entry = Transfer.objects.get(period="2025")
        found = document("explain", str(entry.pk))
        assert found["amount"] == "1070.88"
        assert found["explanation"]["inputs"] == {"base": "4462.00", "rate": "2%", "months": 12}
        assert found["explanation"]["source"]
        assert (found["policy"], found["run"]) == (entry.voucher.policy_id, entry.voucher.run_id)
        shown = said("explain", str(entry.pk))
        assert "1,070.88 元" in shown
        assert "依据：" in shown

    def test_an_entry_that_does_not_exist_is_said_so(self):
        assert "没有编号为 12345" in refusal("explain", "12345")


def paid_after_the_end() -> Person:
    """Return somebody whose insurance ended in June and for whom January was paid: one of the two is wrong."""
    person = insured()
    changed(person, date(2024, 6, 1), status=4)
    paid_for(person, NEW_YEAR, "5000.00")
    return person


class TestRunJob:
    def test_a_dry_run_prints_the_same_totals_and_posts_nothing(self):
        person = insured(HUNAN)
        paid_for(person, NEW_YEAR, "5000.00")
        job = ("run_job", "accrual", "--region", HUNAN, "--period", "2025-01")
        tried = document(*job, "--dry-run")
        assert (balances(person, HUNAN).total, Run.objects.count()) == (0, 0)
        done = document(*job)
        assert (tried.pop("dry_run"), done.pop("dry_run")) == (True, False)
        assert tried == done
        assert done["runs"] == [
            {
                "kind": "accrual",
                "region": HUNAN,
                "period": "2025-01",
                "state": "done",
                "eligible": 1,
                "credited": 1,
                "skipped": {},
                "failed_chunks": 0,
                "total": "100.00",
            }
        ]

    def test_people_who_wait_for_staff_make_it_fail_although_the_others_are_credited(self):
        waits, other = paid_after_the_end(), insured()
        paid_for(other, NEW_YEAR, "5000.00")
        out = StringIO()
        with pytest.raises(CommandError, match="有 1 人没有处理.*改正后再运行一次即可"):
            call_command("run_job", "accrual", region=ZHOUSHAN, period="2025", stdout=out)
        assert "未处理 paid_after_end：1 人" in out.getvalue()
        assert (balances(waits).total, balances(other).total) == (0, 1200_00)
        changed(waits, date(2024, 12, 1), status=1)
        assert "已完成" in said("run_job", "accrual", "--region", ZHOUSHAN, "--period", "2025")

    def test_who_is_rightly_not_credited_is_listed_and_does_not(self):
        insured()
        shown = said("run_job", "accrual", "--region", ZHOUSHAN, "--period", "2025")
        assert "：已完成\n" in shown
        assert "未处理 never_paid：1 人" in shown

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            (("accrual", "--period", "2025-01"), "按年预划，所属期应写年度"),
            (("accrual", "--period", "2099"), "还不能预划"),
            (("accrual", "--period", "abcd"), "应写年度"),
            (("accrual", "--period", "2025-13"), "应写年度（例如 2025）或月份（例如 2025-03）"),
            (("rollover", "--period", "2025", "--on", "2025-12-31"), "才结束"),
            (("close_year", "--period", "2025-01"), "应写年度"),
        ],
    )
    def test_what_makes_no_sense_is_refused_with_what_to_do(self, arguments, why):
        insured()
        message = refusal("run_job", *arguments, "--region", ZHOUSHAN)
        assert why in message
        assert message.startswith("没有运行")
        assert not Run.objects.exists()

    @pytest.mark.parametrize("region", ["999999", "430000"])
    def test_a_region_without_rules_or_people_is_refused_too(self, region):
        message = refusal("run_job", "accrual", "--region", region, "--period", "2025-01")
        assert "load_policies" in message or "导入参保名册" in message


class TestDueJobs:
    def test_nothing_due_is_said_so(self):
        assert said("due_jobs", "--on", "2025-06-01") == "没有到期未办的批次。\n"

    def test_what_is_due_is_listed_and_with_run_it_is_done_in_order(self):
        person = insured()
        pays(person, "5000.00", since=date(2024, 1, 1), until=date(2025, 1, 1))
        listed = document("due_jobs", "--on", "2025-01-01")
        assert [(job["kind"], job["period"]) for job in listed["due"]] == [
            ("accrual", "2024"),
            ("trueup", "2024"),
            ("interest", "2024"),
            ("rollover", "2024"),
            ("accrual", "2025"),
        ]
        assert document("due_jobs", "--on", "2025-01-01", "--run")["due"] == []
        assert (balances(person).current, balances(person).carried) == (1200_00, 1200_00)

    def test_people_who_wait_for_staff_make_it_fail(self):
        paid_after_the_end()
        other = insured()
        paid_for(other, NEW_YEAR, "5000.00")
        assert "330900 2025 accrual" in refusal("due_jobs", "--on", "2025-01-01", "--run")
        assert balances(other).current == 1200_00


class TestVerifyLedger:
    def test_right_books_pass(self, bureau):
        assert document("verify_ledger") == {"ok": True, "findings": []}
        assert "全部通过" in said("verify_ledger")

    def test_a_wrong_balance_fails_and_is_named(self, bureau):
        connection.check_constraints()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_pot SET balance_fen = balance_fen + 1 WHERE balance_fen = 107088")
        message = refusal("verify_ledger")
        assert "「余额等于全部分录之和」不成立" in message
        assert "107089" in message
