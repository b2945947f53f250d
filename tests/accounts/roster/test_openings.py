"""import_balances: opening balances come in whole, once per pot for ever, and the books are right afterwards."""

import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.codes import CertificateType, JobKind, PotKind, VoucherKind
from accounts.jobs.runs import open_run
from accounts.ledger import book_years, pots
from accounts.ledger.posting import Move, post
from accounts.ledger.verify import findings
from accounts.models import OpeningBalance, Pot, Region, Transfer, Voucher
from accounts.policies.loading import load
from accounts.policies.preset_files import shipped
from accounts.roster.drafts import ImportResult
from accounts.roster.openings import import_balances
from tests.accounts.roster.import_kit import refusal
from tests.concurrency import ROUNDS
from tests.factories.acts import act_on
from tests.factories.files import csv_file
from tests.factories.people import EnrolmentFactory, PersonFactory, certno
from yibao.lib.fen import yuan
from yibao.lib.periods import Period

TODAY = date(2026, 7, 2)
AS_OF = date(2026, 6, 30)


def row(serial: int, **changes: str) -> dict[str, str]:
    return {
        "certno": certno(serial),
        "insuplc_admdvs": "330900",
        "as_of": "2026-06-30",
        "current": "100.00",
        "carried": "2000.50",
        "pool": "",
        "last_year_carried": "1900.00",
        **changes,
    }


def insured(*serials: int, region: str = "330900") -> None:
    for serial in serials:
        EnrolmentFactory(person=PersonFactory(serial=serial), region=region)
    pots.open_missing([region])


def bring(path: Path, **expected: int) -> ImportResult:
    return import_balances(act=act_on(TODAY), path=path, **expected)


def held() -> dict[str, int]:
    return {kind: fen for kind, fen in Pot.objects.filter(balance_fen__gt=0).values_list("kind", "balance_fen")}


class TestComingIn:
    @pytest.fixture(autouse=True)
    def people(self, policies_loaded):
        insured(1, 2)

    def test_every_pot_has_a_voucher_of_its_own_dated_the_day_of_the_balances(self, tmp_path):
        result = bring(csv_file(tmp_path / "a.csv", [row(1)]), expect_rows=1, expect_sum_fen=210_050)
        assert (result.openings_added, result.opening_fen) == (1, 210_050)
        assert held() == {"current": 10_000, "carried": 200_050}
        vouchers = Voucher.objects.filter(kind=VoucherKind.OPENING)
        assert {(v.occurred_on, v.period, v.transfers.count()) for v in vouchers} == {(AS_OF, "2026", 1)}
        assert vouchers.count() == 2
        assert list(findings()) == []

    def test_amounts_are_read_as_people_and_spreadsheets_write_them(self, tmp_path):
        written = row(
            1, current="4,462.00", carried="¥１２．５", pool="", last_year_carried="1900元", as_of="2026年6月30日"
        )
        assert bring(csv_file(tmp_path / "a.csv", [written])).opening_fen == 446_200 + 1_250

    def test_whoever_has_no_identity_card_has_a_balance_too(self, tmp_path):
        holder = PersonFactory(certno="H12345678", cert_type=CertificateType.HONG_KONG_PERMIT)
        EnrolmentFactory(person=holder)
        assert bring(csv_file(tmp_path / "a.csv", [row(1, certno="H12345678")])).openings_added == 1
        assert OpeningBalance.objects.get().person == holder

    def test_the_same_file_twice_changes_nothing(self, tmp_path):
        path = csv_file(tmp_path / "a.csv", [row(1)])
        bring(path)
        again = bring(path)
        assert (again.known_file, again.changed_nothing) == (True, True)
        assert held() == {"current": 10_000, "carried": 200_050}

    def test_a_row_that_comes_again_in_a_larger_file_changes_nothing_either(self, tmp_path):
        bring(csv_file(tmp_path / "a.csv", [row(1)]))
        assert bring(csv_file(tmp_path / "b.csv", [row(1), row(2)])).openings_added == 1
        assert Voucher.objects.count() == 4

    @pytest.mark.parametrize("change", [{"current": "100.01"}, {"current": "0"}, {"last_year_carried": ""}])
    def test_another_amount_for_a_pot_that_has_its_opening_is_refused(self, tmp_path, change):
        bring(csv_file(tmp_path / "a.csv", [row(1)]))
        ((number, column, reason),) = refusal(bring, csv_file(tmp_path / "b.csv", [row(1, **change)]))
        assert (number, column) == (2, "certno")
        assert "期初只导入一次" in reason

    def test_a_zero_is_an_opening_too_and_needs_no_voucher(self, tmp_path):
        bring(csv_file(tmp_path / "a.csv", [row(1, current="0", carried="0")]))
        assert Voucher.objects.count() == 0
        assert refusal(bring, csv_file(tmp_path / "b.csv", [row(1)]))

    def test_a_file_with_another_count_or_sum_than_announced_does_not_come_in(self, tmp_path):
        path = csv_file(tmp_path / "a.csv", [row(1), row(2)])
        assert refusal(lambda p: bring(p, expect_rows=3), path) == [(0, "", "应有3行，实有2行，文件可能不完整")]
        ((_, _, reason),) = refusal(lambda p: bring(p, expect_sum_fen=420_101), path)
        assert reason == "余额合计应为 4,201.01 元，实为 4,201.00 元，文件可能不完整"

    def test_what_cannot_be_right_is_refused_row_by_row(self, tmp_path):
        rows = [
            row(1, pool="5.00"),
            row(1),
            row(2, carried=""),
            row(3),
            row(4, as_of="2026-07-03"),
            row(5, current="-1"),
            row(6, carried="20000000"),
        ]
        found = {
            (number, column): reason for number, column, reason in refusal(bring, csv_file(tmp_path / "a.csv", rows))
        }
        assert "没有共济账户" in found[2, "pool"]
        assert "与第2行重复" in found[3, "certno"]
        assert "没有钱请填 0" in found[4, "carried"]
        assert "请先导入参保名册" in found[5, "certno"]
        assert "之后" in found[6, "as_of"]
        assert "不能是负数" in found[7, "current"]
        assert "请核对小数点" in found[8, "carried"]

    def test_where_years_are_not_kept_apart_there_is_no_current_pot(self, tmp_path):
        insured(7, region="350500")
        path = csv_file(tmp_path / "a.csv", [row(7, insuplc_admdvs="350500")])
        ((_, column, reason),) = refusal(bring, path)
        assert (column, "没有当年账户" in reason) == ("current", True)

    def test_the_first_of_a_month_is_its_own_day_of_going_live(self, tmp_path):
        bring(csv_file(tmp_path / "a.csv", [row(1, as_of="2026-07-01")]))
        assert Region.objects.get(code="330900").live_on == date(2026, 7, 1)

    def test_balances_of_two_days_in_one_region_are_refused(self, tmp_path):
        bring(csv_file(tmp_path / "a.csv", [row(1)]))
        ((_, column, reason),) = refusal(bring, csv_file(tmp_path / "b.csv", [row(2, as_of="2026-06-29")]))
        assert (column, reason) == ("as_of", "统筹区 330900 的期初余额截至 2026-06-30，应都是同一天")

    def test_a_day_of_going_live_that_two_people_have_set_stays(self, tmp_path):
        Region.objects.filter(code="330900").update(live_on=date(2026, 8, 15))
        ((_, _, reason),) = refusal(bring, csv_file(tmp_path / "a.csv", [row(1)]))
        assert "上线日是 2026-08-15" in reason

    def test_a_year_that_ends_with_its_balances_is_not_opened_here(self, tmp_path):
        ended = row(1, as_of="2025-12-31", current="0")
        bring(csv_file(tmp_path / "a.csv", [ended]))
        assert not book_years.was_opened("330900", 2025)
        open_run(act=act_on(TODAY), kind=JobKind.ACCRUAL, region="330900", period=Period(2026), on=date(2026, 1, 1))

    def test_the_current_pot_must_be_carried_over_before_a_year_ends(self, tmp_path):
        ((_, column, reason),) = refusal(bring, csv_file(tmp_path / "a.csv", [row(1, as_of="2025-12-31")]))
        assert (column, "请先在原系统结转到历年" in reason) == ("current", True)

    def test_whoever_was_forgotten_comes_in_later_even_after_the_first_credit(self, tmp_path):
        bring(csv_file(tmp_path / "a.csv", [row(1)]))
        open_run(act=act_on(TODAY), kind=JobKind.ACCRUAL, region="330900", period=Period(2026), on=date(2026, 7, 1))
        assert bring(csv_file(tmp_path / "b.csv", [row(2)])).openings_added == 1


amounts = st.integers(0, 500_000)
people = st.lists(st.tuples(amounts, amounts, amounts), min_size=1, max_size=6)


class TestOpeningsAndMovements(TestCase):
    """Whatever comes in and whatever is used: opening plus movements is the balance."""

    @settings(max_examples=8 * ROUNDS)
    @given(people)
    def test_openings_and_movements_are_the_balance(self, given_people):
        load(act=act_on(TODAY), paths=[path for path in shipped() if path.stem == "330900"], directly=True)
        insured(*range(1, len(given_people) + 1))
        rows = [
            row(serial, current=yuan(current), carried=yuan(carried))
            for serial, (current, carried, _) in enumerate(given_people, start=1)
        ]
        with tempfile.TemporaryDirectory() as folder:
            total = sum(current + carried for current, carried, _ in given_people)
            bring(csv_file(Path(folder) / "a.csv", rows), expect_rows=len(rows), expect_sum_fen=total)
        target = pots.system_pot("330900", PotKind.INSTITUTIONS)
        for serial, (current, carried, used) in enumerate(given_people, start=1):
            spent = min(used, carried)
            person = OpeningBalance.objects.order_by("id")[serial - 1].person_id
            own = {pot.kind: pot for pot in Pot.objects.filter(person=person)}
            if spent:
                carried_id = own["carried"].pk
                post(
                    act=act_on(TODAY),
                    kind=VoucherKind.SPENDING,
                    region="330900",
                    key=f"use:{serial}",
                    payload={"fen": spent},
                    pots=[carried_id],
                    decide=lambda locked, pot=carried_id, fen=spent: [Move(pot, target, fen)],
                )
            assert Pot.objects.get(pk=own["current"].pk).balance_fen == current
            assert Pot.objects.get(pk=own["carried"].pk).balance_fen == carried - spent
        assert list(findings()) == []
        assert Transfer.objects.filter(kind=VoucherKind.OPENING).count() == sum(
            (current > 0) + (carried > 0) for current, carried, _ in given_people
        )
