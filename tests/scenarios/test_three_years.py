"""Three years in 舟山 and 湖南, told through what a bureau does: files, the calendar, bills, and what people are told."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.codes import VoucherKind
from accounts.models import Person, Transfer
from accounts.queries.people import find_by_certno
from accounts.roster.contributions import import_contributions
from accounts.roster.people import import_roster
from payments.bills import operations
from tests import databases
from tests.factories.acts import act_on
from tests.factories.files import contribution_row, csv_file, roster_row
from tests.factories.people import certno
from tests.personas import HUNAN, ZHOUSHAN, Balances, balances, clinic
from yibao.lib.months import Month, month_range

FLEXIBLE, LEAVES, RETIRES, MONTHLY, RETIRED = range(1, 6)
HERE = {"insuplc_admdvs": HUNAN}


def asked(*arguments: str) -> dict:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def somebody(serial: int) -> Person:
    return find_by_certno(certno(serial))


class Bureau:
    """What happens on a day, in the order in which it happens."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.files = 0
        self.place = clinic()

    def on(self, day: date, *, roster=(), paid=(), bills=()) -> None:
        for rows, bring_in in ((roster, import_roster), (paid, import_contributions)):
            if rows:
                self.files += 1
                bring_in(act=act_on(day), path=csv_file(self.folder / f"{self.files}.csv", rows))
        asked("due_jobs", "--run", "--on", day.isoformat())
        for serial, amount_fen in bills:
            operations.pay(
                act=act_on(day),
                institution=self.place,
                person=somebody(serial),
                region=ZHOUSHAN,
                amount_fen=amount_fen,
                on=day,
                bill_no=f"{serial} {day} {amount_fen}",
            )


@pytest.fixture(scope="module")
def the_end(policies_template, django_db_blocker, tmp_path_factory):
    """A database in which the three years have passed."""
    name = f"{policies_template}_years"
    with django_db_blocker.unblock(), databases.copied(policies_template, name):
        with databases.database(name):
            live(Bureau(tmp_path_factory.mktemp("files")))
        yield name


@pytest.fixture
def three_years(the_end, django_db_blocker):
    with django_db_blocker.unblock(), databases.database(the_end):
        yield


def live(bureau: Bureau) -> None:
    bureau.on(
        date(2023, 1, 20),
        roster=[
            roster_row(FLEXIBLE, flex="1"),
            roster_row(LEAVES),
            roster_row(RETIRES),
            roster_row(MONTHLY, **HERE),
            roster_row(RETIRED, psn_type="12", **HERE),
        ],
        paid=[
            contribution_row(serial, accrym="2023-01", base=base, received_on="2023-01-10")
            for serial, base in ((FLEXIBLE, "4462.00"), (LEAVES, "5000.00"), (RETIRES, "6000.00"))
        ]
        + [contribution_row(MONTHLY, accrym="2023-01", base="5000.00", received_on="2023-01-10", **HERE)],
    )
    for month in month_range(Month(2023, 2), Month(2025, 12)):
        day = month.first.replace(day=20)
        missed = month in (Month(2023, 5), Month(2024, 12))  # paid a month late
        late = month in (Month(2023, 6), Month(2025, 1))
        months = [month + -1, month] if late else [] if missed else [month]
        bureau.on(
            day,
            roster=[
                row
                for when, row in (
                    (Month(2024, 4), roster_row(LEAVES, psn_insu_stas="4", stas_date="2024-04-01")),
                    (Month(2025, 1), roster_row(LEAVES, psn_insu_stas="1", stas_date="2025-01-01")),
                    (Month(2025, 7), roster_row(RETIRES, psn_type="12", stas_date="2025-07-01")),
                )
                if when == month
            ],
            paid=[
                contribution_row(MONTHLY, accrym=str(m), base="5000.00", received_on=str(day), **HERE) for m in months
            ]
            + [
                contribution_row(serial, accrym=str(month), base=base, received_on=str(day))
                for serial, base, is_insured in (
                    (FLEXIBLE, "4462.00", True),
                    (LEAVES, "5000.00", not Month(2024, 4) <= month < Month(2025, 1)),
                    (RETIRES, "6000.00", month < Month(2025, 7)),
                )
                if is_insured
            ],
            bills=[
                (serial, fen)
                for when, serial, fen in (
                    (Month(2023, 3), FLEXIBLE, 500_00),
                    (Month(2024, 2), LEAVES, 2400_00),
                    (Month(2024, 6), FLEXIBLE, 1500_00),
                    (Month(2025, 8), RETIRES, 100_00),
                )
                if when == month
            ],
        )


def test_everybody_has_what_the_rules_give_them(three_years):
    floor, five, six = 1070_88, 1200_00, 1440_00
    # 2023: 570.88 left. 2024: 1,070.88 of the year, then 429.12 of what was saved.
    assert balances(somebody(FLEXIBLE)) == Balances(current=floor, carried=570_88 - (1500_00 - floor))
    # Left in April 2024 with everything spent: nine months owed, paid back from the twelve of 2025.
    assert balances(somebody(LEAVES)) == Balances(current=five - 900_00, carried=0, receivable=0)
    # Half of 2025 on the base of 6,000, half on the retirees' quota of 900 a year.
    assert balances(somebody(RETIRES)) == Balances(current=720_00 + 450_00 - 100_00, carried=2 * six, receivable=0)
    assert balances(somebody(MONTHLY), HUNAN) == Balances(carried=35 * 100_00)
    assert balances(somebody(RETIRED), HUNAN) == Balances(carried=35 * 75_00)


def test_the_books_are_right_and_nothing_is_due(three_years):
    assert asked("verify_ledger") == {"ok": True, "findings": []}
    assert asked("due_jobs", "--on", "2025-11-20") == {"on": "2025-11-20", "due": []}


@pytest.mark.parametrize("serial", [FLEXIBLE, LEAVES, RETIRES, MONTHLY, RETIRED])
def test_every_statement_adds_up_and_explains_every_fen(three_years, serial):
    statement = asked("statement", certno(serial))
    sums: dict[str, int] = {}
    for entry in statement["entries"]:
        fen = int(entry["amount"].replace(".", ""))
        sums[entry["pot"]] = sums.get(entry["pot"], 0) + fen
        assert int(entry["balance"].replace(".", "")) == sums[entry["pot"]]
        assert entry["explanation"]["words"]
        if entry["kind"] in (VoucherKind.ACCRUAL, VoucherKind.PRECREDIT, VoucherKind.ADJUSTMENT, VoucherKind.TRUEUP):
            assert entry["explanation"]["inputs"]
            assert entry["explanation"]["source"]
    shown = {kind: yuan for kind, yuan in statement["pots"].items() if yuan is not None}
    assert {kind: int(yuan.replace(".", "")) for kind, yuan in shown.items()} == {
        kind: abs(sums.get(kind, 0)) for kind in shown
    }


def test_late_months_were_credited_for_their_own_month(three_years):
    person = somebody(MONTHLY)
    rows = Transfer.objects.filter(target__person=person).select_related("voucher").order_by("pk")
    booked = {row.period: row.voucher.occurred_on for row in rows}
    assert list(booked) == sorted(booked) == [str(month) for month in month_range(Month(2023, 1), Month(2025, 12))]
    assert booked["2023-05"] == booked["2023-06"] == date(2023, 6, 20)
    assert booked["2024-12"] == booked["2025-01"] == date(2025, 1, 20)
