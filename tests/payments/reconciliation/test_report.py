"""对账: a day's report adds up with the ledger, names whom the money is owed to, and finds books that were falsified."""

import csv
import json
import stat
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.codes import PotKind
from accounts.models import Transfer
from payments.bills import operations
from payments.models import Bill
from payments.reconciliation.report import CSV_COLUMNS
from tests.factories import family
from tests.factories.acts import act_on
from tests.factories.family import RUIAN, TODAY
from tests.personas import clinic, spend
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("policies_loaded")


def reconcile(day: date = TODAY, *more: str, region: str = RUIAN) -> dict:
    """Return the report; the command's exit status agrees with it."""
    out, failed = StringIO(), False
    try:
        call_command("reconcile", "--region", region, "--day", day.isoformat(), "--json", *more, stdout=out)
    except CommandError as error:
        failed = error.returncode == 1
    document = json.loads(out.getvalue())
    assert failed == bool(document["differences"])
    return document


def pay(person, fen: int, key: str, place, on: date = TODAY) -> Bill:
    return operations.pay(
        act=act_on(on), institution=place, person=person, region=RUIAN, amount_fen=fen, on=on, bill_no=key
    )


@pytest.fixture
def day():
    """A mother with 100.00 uses a clinic for 250.00: her own money, then her child's; a pharmacy bill is given back."""
    mother, child = family.insured(carried=100_00), family.insured(carried=1000_00)
    family.bond(child, mother)
    place, pharmacy = clinic(RUIAN, code="H1"), clinic(RUIAN, code="P1", kind="pharmacy", level=0)
    with clock.set_to(family.NOW):
        pay(mother, 250_00, "b1", place)
        back = pay(child, 40_00, "b2", pharmacy)
        operations.refund(act=act_on(TODAY), bill=back, bill_no="r1", reason="退药")
    return mother, child


def kind_of(report: dict, kind: str) -> dict:
    return next(sums for sums in report["kinds"] if sums["kind"] == kind)


class TestADay:
    def test_spent_and_refunded_stand_by_kind(self, day):
        spending = kind_of(reconcile(), "spending")
        assert (spending["vouchers"], spending["spent"], spending["refunded"]) == (2, "290.00", "40.00")

    def test_each_institution_is_owed_what_its_bills_took_less_what_it_gave_back(self, day):
        report = reconcile()["institutions"]
        assert {one["fixmedins_code"]: (one["spent"], one["refunded"], one["owed"]) for one in report["each"]} == {
            "H1": ("250.00", "0.00", "250.00"),
            "P1": ("40.00", "40.00", "0.00"),
        }
        assert report["owed"] == "250.00"

    def test_what_is_owed_stays_owed_the_next_day_when_nothing_happens(self, day):
        report = reconcile(TODAY + timedelta(days=1))
        assert report["kinds"] == []
        assert [(one["fixmedins_code"], one["spent"], one["owed"]) for one in report["institutions"]["each"]] == [
            ("H1", "0.00", "250.00")
        ]

    def test_the_day_before_knows_nothing_of_it(self, day):
        assert reconcile(TODAY - timedelta(days=1))["institutions"] == {"owed": "0.00", "each": []}

    def test_whose_money_relatives_used_is_told_masked(self, day):
        mother, child = day
        (shared,) = reconcile()["shared"]
        assert (shared["used"], shared["refunded"]) == ("150.00", "0.00")
        assert shared["psn_name"] == f"{child.name[0]}*"
        assert str(child.certno) not in json.dumps(shared)

    def test_what_a_relatives_account_in_another_region_pays_is_owed_by_that_region(self):
        mother, child = family.insured(carried=10_00), family.insured(family.ZHOUSHAN, carried=500_00)
        family.bond(child, mother)
        pay(mother, 60_00, "b1", clinic(RUIAN, code="H1"))
        owed = {region: reconcile(region=region)["institutions"]["owed"] for region in (RUIAN, family.ZHOUSHAN)}
        assert owed == {RUIAN: "10.00", family.ZHOUSHAN: "50.00"}
        assert [reconcile(region=region)["differences"] for region in owed] == [[], []]

    def test_a_bill_handed_in_later_belongs_to_its_own_day_and_is_said_to_be_late(self, day):
        person = family.insured(carried=90_00)
        assert kind_of(reconcile(), "spending")["recorded_later"] == 0
        with clock.set_to(family.NOW + timedelta(days=1)):
            pay(person, 5_00, "late", clinic(RUIAN, code="H2"), on=TODAY)
        spending = kind_of(reconcile(), "spending")
        assert (spending["spent"], spending["recorded_later"]) == ("295.00", 1)

    def test_the_treasurys_table_has_the_same_sums_and_is_private(self, day, tmp_path):
        path = tmp_path / "day.csv"
        reconcile(TODAY, "--csv", str(path))
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
        assert tuple(rows[0]) == CSV_COLUMNS
        owed = {row["code"]: row["owed"] for row in rows if row["section"] == "定点机构"}
        assert owed == {"H1": "250.00", "P1": "0.00"}
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_an_unknown_region_is_refused_in_words(self):
        with pytest.raises(CommandError, match="没有载入统筹区 999999"):
            call_command("reconcile", "--region", "999999", "--day", "2026-03-10")

    def test_it_writes_nothing(self, day):
        with connection.execute_wrapper(_only_reads):
            reconcile()


def _only_reads(execute, sql, params, many, context):
    assert sql.lstrip(" \n(").startswith(("SELECT", "SAVEPOINT", "RELEASE")), sql
    return execute(sql, params, many, context)


class TestFalsifiedBooks:
    def names(self) -> set[str]:
        return {one["name"] for one in reconcile()["differences"]}

    def test_right_books_have_no_difference(self, day):
        assert self.names() == set()

    def test_money_owed_to_institutions_without_a_bill(self):
        spend(family.insured(carried=50_00), 30_00, on=TODAY, key="no bill", region=RUIAN)
        assert "待付定点机构的记账没有结算单" in self.names()

    def test_a_bill_that_says_another_sum_than_the_books(self, day):
        self.rewrite("payments_bill", "UPDATE payments_bill SET account_fen = account_fen - 1 WHERE bill_no = 'b1'")
        assert self.names() == {"结算单的账户支付与记账不等"}

    def test_a_relative_debited_more_than_was_written_down_as_shared(self, day):
        self.rewrite("family_draw", "UPDATE family_draw SET amount_fen = amount_fen - 1")
        assert self.names() == {"共济使用的登记与记账不等"}

    def test_a_refund_of_more_than_was_paid(self, day):
        back = Transfer.objects.get(voucher__kind="reversal", target__kind=PotKind.CARRIED)
        self.rewrite(
            "accounts_transfer",
            f"UPDATE accounts_transfer SET amount_fen = amount_fen + 1 WHERE id = {back.pk}",
        )
        assert {"退给账户的钱比付出的多", "统筹区科目与个人账户合计不相抵"} <= self.names()

    def rewrite(self, table: str, sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(sql)
            assert cursor.rowcount
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_rewrite")
