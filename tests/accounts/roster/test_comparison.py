"""compare_balances: during a parallel run every fen that differs is named, with its size and what it looks like."""

import io
import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from accounts.codes import PotKind, VoucherKind
from accounts.jobs.worker import run_job
from accounts.ledger import pots
from accounts.ledger.posting import Move, post
from accounts.models import Pot, Voucher
from accounts.roster.comparison import Compared, compare_balances
from accounts.roster.difference_reasons import SIZES, DifferenceReason, Known, likely, size_of
from accounts.roster.openings import import_balances
from accounts.roster.problems import ImportRefusedError
from tests.factories.acts import ACTOR, act_on
from tests.factories.files import csv_file
from tests.factories.people import ContributionFactory, EnrolmentFactory, PersonFactory, certno
from yibao.lib import clock
from yibao.lib.periods import Period

QUANZHOU = "350500"
TODAY = date(2026, 7, 31)


def row(serial: int, carried: str, *, as_of: str = "2026-07-31") -> dict[str, str]:
    return {
        "certno": certno(serial),
        "insuplc_admdvs": QUANZHOU,
        "as_of": as_of,
        "current": "0",
        "carried": carried,
        "pool": "",
        "last_year_carried": "",
    }


@pytest.fixture
def july(policies_loaded, tmp_path) -> None:
    """Five people of 泉州 go live with 1,000.00 each; four pay for July and are credited 100.00; the fifth is no payer."""
    for serial in range(1, 6):
        person = PersonFactory(serial=serial)
        EnrolmentFactory(person=person, region=QUANZHOU)
        if serial < 5:
            ContributionFactory(
                person=person, region=QUANZHOU, month=date(2026, 7, 1), base_fen=500_000, received_on=date(2026, 7, 15)
            )
    pots.open_missing([QUANZHOU])
    opening = [row(serial, "1000.00", as_of="2026-06-30") for serial in range(1, 6)]
    import_balances(act=act_on(TODAY), path=csv_file(tmp_path / "opening.csv", opening))
    run_job(actor=ACTOR, kind="accrual", region=QUANZHOU, period=Period(2026, 7), on=date(2026, 7, 20), clock=clock.now)


def compare(tmp_path, rows) -> Compared:
    return compare_balances(act=act_on(TODAY), path=csv_file(tmp_path / "old.csv", rows))


def reasons(compared: Compared) -> dict[int, tuple[str, int]]:
    return {one.row: (one.reason, one.fen) for one in compared.differences}


EQUAL = [(1, "1100.00"), (2, "1100.00"), (3, "1100.00"), (4, "1100.00"), (5, "1000.00")]


def test_two_systems_that_agree_have_no_unexplained_fen(july, tmp_path):
    compared = compare(tmp_path, [row(*one) for one in EQUAL])
    assert (compared.rows, compared.equal, compared.equal_fen, compared.differences) == (5, 5, 540_000, [])


def test_every_difference_is_named_with_what_it_looks_like(july, tmp_path):
    compared = compare(
        tmp_path,
        [
            row(1, "1000.00"),  # the old system has not credited July
            row(2, "1200.00"),  # it has credited one month more
            row(3, "1100.01"),
            row(5, "1100.00"),  # nobody paid for July
            row(8, "7.00"),
        ],
    )
    assert reasons(compared) == {
        0: (DifferenceReason.NOT_IN_FILE, 110_000),
        2: (DifferenceReason.CREDITED_HERE, 10_000),
        3: (DifferenceReason.CREDITED_THERE, -10_000),
        4: (DifferenceReason.ROUNDING, -1),
        5: (DifferenceReason.UNPAID_MONTHS, -10_000),
        6: (DifferenceReason.PERSON_UNKNOWN, -700),
    }


def test_what_was_dated_later_than_the_file_is_not_held_against_it(july, tmp_path):
    person = Pot.objects.filter(person__isnull=False, kind=PotKind.CARRIED).order_by("person").first()
    target = pots.system_pot(QUANZHOU, PotKind.INSTITUTIONS)
    post(
        act=act_on(date(2026, 8, 1)),
        kind=VoucherKind.SPENDING,
        region=QUANZHOU,
        key="later",
        payload={},
        pots=[person.pk],
        decide=lambda locked: [Move(person.pk, target, 5_000)],
    )
    assert compare(tmp_path, [row(*one) for one in EQUAL]).differences == []


def test_a_comparison_changes_nothing(july, tmp_path):
    before = Voucher.objects.count(), list(Pot.objects.order_by("id").values_list("balance_fen", flat=True))
    compare(tmp_path, [row(1, "1.00")])
    after = Voucher.objects.count(), list(Pot.objects.order_by("id").values_list("balance_fen", flat=True))
    assert before == after


def test_a_file_of_two_days_or_with_somebody_twice_is_refused(july, tmp_path):
    with pytest.raises(ImportRefusedError, match="一次只核对一天"):
        compare(tmp_path, [row(1, "1.00"), row(2, "1.00", as_of="2026-07-30")])
    with pytest.raises(ImportRefusedError, match="与第2行重复"):
        compare(tmp_path, [row(1, "1.00"), row(1, "2.00")])


class TestTheCommand:
    def run(self, tmp_path, rows, *options: str) -> str:
        out = io.StringIO()
        path = csv_file(tmp_path / "old.csv", rows)
        try:
            call_command("compare_balances", str(path), *options, stdout=out)
        except CommandError as error:
            return f"{out.getvalue()}\n!{error}"
        return out.getvalue()

    def test_says_how_many_are_equal_and_groups_the_others(self, july, tmp_path):
        said = self.run(tmp_path, [row(1, "1000.00"), *(row(*one) for one in EQUAL[1:])])
        assert "文件 5 行；一致 4 人，合计 4,300.00 元" in said
        assert "不一致 1 人，这里比原系统多 100.00 元" in said
        assert "这里划入了，原系统没有，100元以内：1 人，多 100.00 元" in said
        assert "!1 人不一致" in said
        assert certno(1) not in said

    def test_as_json_it_holds_every_difference(self, july, tmp_path):
        said = self.run(tmp_path, [row(1, "1000.00"), *(row(*one) for one in EQUAL[1:])], "--json")
        document = json.loads(said.splitlines()[0])
        assert (document["equal"], document["equal_sum"], document["different_sum"]) == (4, "4300.00", "100.00")
        (one,) = document["differences"]
        assert (one["row"], one["here"]["carried"], one["there"]["carried"]) == (2, "1100.00", "1000.00")
        assert (one["reason_code"], one["size"]) == ("credited_here", "100元以内")

    def test_what_is_wrong_in_it_is_told_by_cause_and_never_by_cell(self, july, tmp_path):
        said = self.run(tmp_path, [row(person, "好") for person in range(1, 5)])
        (line,) = [line for line in said.splitlines() if line.startswith("carried")]
        assert "共4处" in line
        assert "第2行「好」、第3行「好」" in line
        assert "4 处有问题，见上" in said

    def test_without_a_difference_it_ends_well(self, july, tmp_path):
        said = self.run(tmp_path, [row(*one) for one in EQUAL])
        assert "没有不一致的。" in said
        assert "!" not in said


def known(ours: int, theirs: int, **facts) -> Known:
    return Known(
        **{"is_insured": True, "in_file": True, "has_opening": True} | facts, ours=(0, ours, 0), theirs=(0, theirs, 0)
    )


@pytest.mark.unit
@pytest.mark.parametrize(
    ("about", "reason"),
    [
        (known(0, 100, has_opening=False), DifferenceReason.OPENING_MISSING),
        (Known(True, True, True, (100, 0, 0), (0, 100, 0)), DifferenceReason.BETWEEN_POTS),
        (known(100_012, 100_000, credits=[5_000]), DifferenceReason.ROUNDING),
        (known(15_000, 0, credits=[5_000, 5_000, 5_000]), DifferenceReason.CREDITED_HERE),
        (known(5_000, 0, credits=[5_000], has_moved=True), DifferenceReason.MOVED),
        (known(0, 10_000, credits=[5_000], has_moved=True), DifferenceReason.MOVED),
        (known(0, 10_000, credits=[5_000], unpaid_months=2), DifferenceReason.UNPAID_MONTHS),
        (known(0, 10_000, credits=[5_000]), DifferenceReason.CREDITED_THERE),
        (known(0, 777, credits=[5_000], uses=[777]), DifferenceReason.USED_HERE),
        (known(0, 778, credits=[5_000], uses=[777]), DifferenceReason.OTHER),
        (known(778, 0, credits=[5_000]), DifferenceReason.OTHER),
    ],
)
def test_what_a_difference_looks_like(about, reason):
    assert likely(about, openings_came_in=True) == reason


@pytest.mark.unit
def test_sizes_are_classes_that_leave_nothing_out():
    assert [size_of(fen) for fen in (-12, 13, 1_001, -10_001, 100_001)] == list(SIZES)
