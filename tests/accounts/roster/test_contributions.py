"""import_contributions: what was paid for whom, and which rows come too late for their month's run."""

import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection

from accounts.codes import JobKind
from accounts.jobs.runs import excluding_imports, open_run
from accounts.models import AuditEvent, Contribution, Enrolment, Run
from tests.accounts.roster.import_kit import contributions, kept, refusal, roster
from tests.concurrency import somebody_waits, wait_until
from tests.factories.acts import act_at
from tests.factories.files import contribution_row, csv_file, roster_row, xlsx_file
from tests.factories.people import EnrolmentFactory, PersonFactory, certno
from yibao.lib.periods import Period

AT = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def on_roster(policies_loaded: None, tmp_path: Path) -> None:
    """Ten employees of 舟山 (credited by the year) who were in 泉州 (credited by the month) before."""
    rows = [roster_row(n) for n in range(10)]
    before = [roster_row(n, insuplc_admdvs="350500", stas_date="2015-01-01") for n in range(10)]
    roster(csv_file(tmp_path / "roster.csv", rows + before))


def opened(region: str, period: str, kind: JobKind = JobKind.ACCRUAL) -> Run:
    return Run.objects.create(
        kind=kind, region=region, period=period, on=date(2025, 1, 1), actor="system:test", opened_at=AT
    )


def late_months(region: str = "330900") -> list[tuple[str, bool]]:
    rows = Contribution.objects.filter(region=region).order_by("month", "person")
    return [(f"{row.month:%Y-%m}", row.late) for row in rows]


@pytest.mark.usefixtures("on_roster")
def test_contributions_are_kept_in_fen_with_month_and_day_of_receipt(tmp_path: Path) -> None:
    rows = [contribution_row(1), contribution_row(1, accrym="2025-02", base="5000", received_on="2025-02-20")]
    result = contributions(csv_file(tmp_path / "c.csv", rows))
    assert (result.rows, result.contributions_added, result.late) == (2, 2, 0)
    first, second = Contribution.objects.order_by("month")
    assert (first.month, first.base_fen, first.received_on) == (date(2025, 1, 1), 446_200, date(2025, 1, 15))
    assert (second.base_fen, second.source_id) == (500_000, result.import_id)
    assert first.person.certno == certno(1)
    event = AuditEvent.objects.get(verb="contributions.imported")
    assert event.detail == {"import": result.import_id, "rows": 2, "contributions_added": 2}


@pytest.mark.usefixtures("on_roster")
def test_the_same_file_and_the_same_rows_change_nothing(tmp_path: Path) -> None:
    rows = [contribution_row(n) for n in range(10)]
    path = csv_file(tmp_path / "c.csv", rows)
    contributions(path)
    before = kept()
    assert contributions(path).known_file
    assert kept() == before
    again = contributions(xlsx_file(tmp_path / "d.xlsx", rows))
    assert again.changed_nothing
    assert kept()["contribution"] == before["contribution"]


@pytest.mark.usefixtures("on_roster")
def test_another_base_or_day_for_a_month_that_is_there_is_refused(tmp_path: Path) -> None:
    contributions(csv_file(tmp_path / "a.csv", [contribution_row(1), contribution_row(2)]))
    rows = [contribution_row(3), contribution_row(1, base="4462.01"), contribution_row(2, received_on="2025-01-16")]
    assert refusal(contributions, csv_file(tmp_path / "b.csv", rows)) == [
        (3, "base", "与已导入的 2025-01 的记录不一致；已导入的不改，要改的请在 clct_type 写“更正”"),
        (4, "received_on", "与已导入的 2025-01 的记录不一致；已导入的不改，要改的请在 clct_type 写“更正”"),
    ]


@pytest.mark.usefixtures("on_roster")
def test_people_who_are_not_in_the_employees_insurance_of_the_region_are_named(tmp_path: Path) -> None:
    resident = PersonFactory(serial=90_001)
    EnrolmentFactory(person=resident, insurance="390", person_type="15")
    rows = [contribution_row(1), contribution_row(80_000), contribution_row(90_001)]
    rows.append(contribution_row(2, insuplc_admdvs="110000"))
    assert refusal(contributions, csv_file(tmp_path / "c.csv", rows)) == [
        (3, "certno", "名册里没有这个人，请先导入参保名册"),
        (4, "certno", "在 330900 没有职工医保（310）参保记录"),
        (5, "certno", "在 110000 没有职工医保（310）参保记录"),
    ]


@pytest.mark.usefixtures("on_roster")
def test_a_month_paid_twice_in_one_file_is_refused(tmp_path: Path) -> None:
    rows = [contribution_row(1), contribution_row(2), contribution_row(1, base="9999")]
    assert refusal(contributions, csv_file(tmp_path / "c.csv", rows)) == [
        (4, "certno", "与第2行重复：同一个人、统筹区和月份")
    ]


@pytest.mark.usefixtures("on_roster")
@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"received_on": "2025-07-01"}, "received_on", "到账日期在今天（2025-06-30）之后"),
        ({"accrym": "2026-02"}, "accrym", "所属月份比到账日期晚了12个月以上"),
        ({"accrym": "1993-12"}, "accrym", "早于1994-01，那时还没有职工医保"),
        ({"accrym": "2025-13"}, "accrym", "没有这个月份，应为1至12月"),
        ({"accrym": "2025-01-15"}, "accrym", "这里要写月份，例如 2025-03；写成日期的只认每月1日"),
        ({"base": "-100"}, "base", "金额不能是负数"),
        ({"base": "4462.005"}, "base", "金额只写数字，最多两位小数，例如 4462.00"),
        ({"base": "1e3"}, "base", "金额只写数字，最多两位小数，例如 4462.00"),
        ({"base": ""}, "base", "没有填写金额"),
        ({"base": "10000000.01"}, "base", "金额超过每月10000000.00元"),
        ({"insuplc_admdvs": "999999"}, "insuplc_admdvs", "没有这个统筹区的政策，请核对代码，或先用 load_policies 载入"),
    ],
)
def test_a_row_that_cannot_be_true_is_refused(
    tmp_path: Path, changes: dict[str, str], column: str, reason: str
) -> None:
    rows = [contribution_row(1), contribution_row(2, **changes)]
    assert refusal(contributions, csv_file(tmp_path / "c.csv", rows)) == [(3, column, reason)]


@pytest.mark.usefixtures("on_roster")
def test_a_year_may_be_paid_in_advance_and_the_day_of_receipt_may_be_today(tmp_path: Path) -> None:
    rows = [contribution_row(1, accrym="2026-06", received_on="2025-06-30"), contribution_row(2, base="0")]
    assert contributions(csv_file(tmp_path / "c.csv", rows)).contributions_added == 2


@pytest.mark.usefixtures("on_roster")
def test_a_month_whose_run_was_opened_before_is_late(tmp_path: Path) -> None:
    opened("350500", "2025-02")
    opened("350500", "2025-03", JobKind.TRUEUP)
    rows = [
        contribution_row(1, insuplc_admdvs="350500", accrym=f"2025-0{n}", received_on="2025-06-01") for n in (1, 2, 3)
    ]
    result = contributions(csv_file(tmp_path / "c.csv", rows))
    assert late_months("350500") == [("2025-01", True), ("2025-02", True), ("2025-03", False)]
    assert result.late == 2


@pytest.mark.usefixtures("on_roster")
def test_a_month_that_the_monthly_credit_has_passed_over_is_late(tmp_path: Path) -> None:
    opened("350500", "2025-01")
    opened("350500", "2025-04")
    rows = [
        contribution_row(1, insuplc_admdvs="350500", accrym=f"2025-0{n}", received_on="2025-06-01") for n in (3, 4, 5)
    ]
    contributions(csv_file(tmp_path / "c.csv", rows))
    assert late_months("350500") == [("2025-03", True), ("2025-04", True), ("2025-05", False)]


@pytest.mark.usefixtures("on_roster")
def test_money_that_came_in_before_the_first_month_credited_here_is_refused(tmp_path: Path) -> None:
    """The old system has credited it, or has to: here no run would ever take it."""
    history = contribution_row(3, insuplc_admdvs="350500", accrym="2025-01", received_on="2025-01-20")
    contributions(csv_file(tmp_path / "history.csv", [history]))
    opened("350500", "2025-03")
    rows = [
        contribution_row(1, insuplc_admdvs="350500", accrym="2025-02", received_on="2025-02-28"),
        contribution_row(2, insuplc_admdvs="350500", accrym="2025-02", received_on="2025-03-01"),
        contribution_row(1, insuplc_admdvs="350500", accrym="1995-02", received_on="2025-03-01"),
        history,
        contribution_row(1, accrym="2024-01"),
    ]
    assert refusal(contributions, csv_file(tmp_path / "c.csv", rows)) == [
        (2, "accrym", "350500 从 2025-03 起在这里划入；更早的月份，那时以前到账的由原系统划入，不能再导入"),
        (4, "accrym", "350500 没有 1995-02 的划入规则，这个月不能划入"),
    ]
    contributions(csv_file(tmp_path / "d.csv", [rows[1], *rows[3:]]))
    assert late_months("350500") == [("2025-01", False), ("2025-02", True)]


@pytest.mark.usefixtures("on_roster")
def test_where_credits_are_yearly_every_month_of_an_opened_year_is_late(tmp_path: Path) -> None:
    opened("330900", "2025")
    rows = [contribution_row(1, accrym=month) for month in ("2024-12", "2025-01", "2025-12")]
    contributions(csv_file(tmp_path / "c.csv", rows))
    assert late_months() == [("2024-12", False), ("2025-01", True), ("2025-12", True)]


@pytest.mark.chaos
def test_opening_a_run_waits_for_an_import_and_an_import_for_a_run(committed_db: str, tmp_path: Path) -> None:
    rows = [roster_row(n, insuplc_admdvs="350500") for n in range(3)]
    roster(csv_file(tmp_path / "roster.csv", rows))
    path = csv_file(tmp_path / "c.csv", [contribution_row(n, insuplc_admdvs="350500") for n in range(3)])
    done: list[str] = []

    def import_it() -> None:
        contributions(path)
        done.append("imported")
        connection.close()

    importing = threading.Thread(target=import_it)
    with excluding_imports("350500"):
        importing.start()
        wait_until(somebody_waits, unless=lambda: not importing.is_alive())
        run = open_run(
            act=act_at(AT),
            kind=JobKind.ACCRUAL,
            region="350500",
            period=Period(2025, 1),
            on=date(2025, 1, 31),
        )
        assert done == []
    importing.join()
    assert done == ["imported"]
    assert Run.objects.get() == run
    assert late_months("350500") == [("2025-01", True)] * 3


@pytest.mark.usefixtures("on_roster")
def test_a_suspended_or_departed_person_may_still_have_been_paid_for(tmp_path: Path) -> None:
    person = Enrolment.objects.filter(region="330900").first().person
    EnrolmentFactory(person=person, status=4, from_on=date(2025, 1, 1))
    path = csv_file(tmp_path / "c.csv", [contribution_row(0, accrym="2024-12", received_on="2025-02-01")])
    assert contributions(path).contributions_added == 1
