"""One case moves money once, whole, and only money that is there."""

from datetime import date, datetime

import pytest
import time_machine
from django.db import transaction

from accounts.codes import PotKind, VoucherKind
from accounts.ledger import book_years, posting
from accounts.ledger.errors import (
    AlreadyReversedError,
    ControlTotalsError,
    InsufficientFundsError,
    KeyReusedError,
    PostingError,
)
from accounts.ledger.posting import Locked, Move
from accounts.ledger.pots import receivables, system_pot
from accounts.ledger.verify import findings
from accounts.models import Pot, Transfer, Voucher
from tests.factories.acts import act_on
from tests.personas import (
    ZHOUSHAN,
    Balances,
    balances,
    changed,
    give,
    insured,
    movements,
    paid_for,
    pot,
    reverse,
    run,
    spend,
)
from yibao.lib import clock
from yibao.lib.clock import SHANGHAI

pytestmark = pytest.mark.usefixtures("policies_loaded")

MARCH = date(2025, 3, 3)


@pytest.fixture
def someone():
    """A person with 300 fen of 2025 in 当年 and 1,000 in 历年."""
    person = insured()
    give(person, 1_000, on=MARCH, key="give carried")
    give(person, 300, on=MARCH, key="give current", into=PotKind.CURRENT)
    return person


def close(year: int, region: str = ZHOUSHAN) -> None:
    run("rollover", str(year), on=date(year + 1, 1, 1), region=region)


def post(
    *, key: str, moves: list[Move], pots: list[int], on: date = MARCH, kind: str = VoucherKind.SPENDING
) -> Voucher:
    return posting.post(
        act=act_on(on),
        kind=VoucherKind.SPENDING,
        region=ZHOUSHAN,
        key=key,
        payload={},
        pots=pots,
        decide=lambda locked: moves,
    )


class TestIdempotency:
    def test_the_same_request_again_returns_the_first_voucher_and_moves_nothing(self, someone):
        first = spend(someone, 100, on=MARCH, key="bill 1")
        again = spend(someone, 100, on=MARCH, key="bill 1")
        assert again == first
        assert balances(someone) == Balances(current=200, carried=1_000)
        assert first.transfers.count() == 1

    @pytest.mark.parametrize("other", [{"amount_fen": 101}, {"on": date(2025, 3, 4)}])
    def test_the_same_key_for_something_else_is_refused(self, someone, other):
        spend(someone, 100, on=MARCH, key="bill 1")
        with pytest.raises(KeyReusedError, match="没有再办"):
            spend(someone, **{"amount_fen": 100, "on": MARCH, **other}, key="bill 1")
        assert balances(someone) == Balances(current=200, carried=1_000)

    def test_a_refusal_leaves_nothing_behind_and_does_not_burn_the_key(self, someone):
        before = Voucher.objects.count(), Transfer.objects.count()
        with pytest.raises(InsufficientFundsError):
            spend(someone, 1_301, on=MARCH, key="bill 1")
        assert (Voucher.objects.count(), Transfer.objects.count()) == before
        assert balances(someone) == Balances(current=300, carried=1_000)
        give(someone, 1, on=MARCH, key="one more fen")
        spend(someone, 1_301, on=MARCH, key="bill 1")
        assert balances(someone) == Balances(current=0, carried=0)


class TestMoney:
    def test_running_balances_stand_on_both_sides_of_personal_pots_only(self, someone):
        row = spend(someone, 100, on=MARCH, key="bill 1").transfers.get()
        assert (row.source_balance_fen, row.target_balance_fen) == (200, None)

    def test_a_pot_that_would_be_overdrawn_stops_everything(self, someone):
        current = pot(someone, PotKind.CURRENT).pk
        institutions = system_pot(ZHOUSHAN, PotKind.INSTITUTIONS)
        with pytest.raises(InsufficientFundsError, match="当年账户余额不足"):
            post(key="k", pots=[current], moves=[Move(current, institutions, 200), Move(current, institutions, 101)])
        assert balances(someone).current == 300

    @pytest.mark.parametrize("amount", [0, -1])
    def test_nothing_and_less_cannot_be_moved(self, someone, amount):
        current = pot(someone, PotKind.CURRENT).pk
        with pytest.raises(PostingError, match="大于零"):
            post(key="k", pots=[current], moves=[Move(current, system_pot(ZHOUSHAN, PotKind.INSTITUTIONS), amount)])

    def test_a_voucher_moves_something(self, someone):
        with pytest.raises(PostingError, match="没有要记的账"):
            post(key="k", pots=[pot(someone, PotKind.CURRENT).pk], moves=[])
        assert not Voucher.objects.filter(key="k").exists()

    def test_somebodys_pot_is_never_touched_without_its_lock(self, someone):
        stranger = insured()
        own, other = pot(someone, PotKind.CARRIED).pk, pot(stranger, PotKind.CARRIED).pk
        with pytest.raises(PostingError, match="没有锁定"):
            post(key="k", pots=[own], moves=[Move(own, other, 1)])
        with pytest.raises(PostingError, match="没有锁定"):
            post(key="k", pots=[other], moves=[Move(own, other, 1)])
        assert balances(stranger).carried == 0

    def test_a_regions_pot_is_not_somebodys(self, someone):
        with pytest.raises(PostingError, match="不是个人资金账户"):
            post(key="k", pots=[system_pot(ZHOUSHAN, PotKind.FUND)], moves=[])

    def test_a_debt_can_be_paid_off_but_never_overpaid(self, someone):
        debt = receivables(ZHOUSHAN, [someone.pk])[someone.pk]
        carried = pot(someone, PotKind.CARRIED).pk
        fund = system_pot(ZHOUSHAN, PotKind.FUND)
        post(key="owe", pots=[debt], moves=[Move(debt, fund, 50)])
        assert balances(someone).receivable == -50
        with pytest.raises(PostingError, match="超过了多划"):
            post(key="too much", pots=[debt, carried], moves=[Move(carried, debt, 51)])
        post(key="enough", pots=[debt, carried], moves=[Move(carried, debt, 50)])
        assert balances(someone) == Balances(current=300, carried=950, receivable=0)


class TestReversal:
    def test_everything_goes_back_where_it_came_from(self, someone):
        voucher = spend(someone, 700, on=MARCH, key="bill 1")
        assert balances(someone) == Balances(current=0, carried=600)
        back = reverse(voucher, on=date(2025, 3, 9), key="refund 1")
        assert balances(someone) == Balances(current=300, carried=1_000)
        assert (back.reverses, back.subject_id) == (voucher, someone.pk)

    def test_it_happens_at_most_once(self, someone):
        voucher = spend(someone, 700, on=MARCH, key="bill 1")
        back = reverse(voucher, on=MARCH, key="refund 1")
        assert reverse(voucher, on=MARCH, key="refund 1") == back
        with pytest.raises(AlreadyReversedError):
            reverse(voucher, on=MARCH, key="refund 2")
        assert balances(someone) == Balances(current=300, carried=1_000)

    def test_a_part_goes_back_to_who_paid_last_first(self, someone):
        voucher = spend(someone, 700, on=MARCH, key="bill 1")  # 300 of 当年, 400 of 历年
        reverse(voucher, on=MARCH, key="refund 1", amount_fen=150)
        assert balances(someone) == Balances(current=0, carried=750)
        reverse(voucher, on=MARCH, key="refund 2", amount_fen=260)
        assert balances(someone) == Balances(current=10, carried=1_000)
        reverse(voucher, on=MARCH, key="refund 3")
        assert balances(someone) == Balances(current=300, carried=1_000)
        with pytest.raises(AlreadyReversedError):
            reverse(voucher, on=MARCH, key="refund 4")
        assert list(findings()) == []

    def test_more_than_is_left_is_refused_and_says_what_is_left(self, someone):
        voucher = spend(someone, 700, on=MARCH, key="bill 1")
        reverse(voucher, on=MARCH, key="refund 1", amount_fen=300)
        with pytest.raises(AlreadyReversedError, match="只剩 4.00 元，退不了 4.01 元"):
            reverse(voucher, on=MARCH, key="refund 2", amount_fen=401)
        assert balances(someone) == Balances(current=0, carried=900)

    @pytest.mark.parametrize("fen", [0, -1])
    def test_nothing_and_less_is_not_given_back(self, someone, fen):
        voucher = spend(someone, 700, on=MARCH, key="bill 1")
        with pytest.raises(PostingError, match="大于零"):
            reverse(voucher, on=MARCH, key="refund 1", amount_fen=fen)

    def test_the_same_key_for_another_part_is_refused(self, someone):
        voucher = spend(someone, 700, on=MARCH, key="bill 1")
        back = reverse(voucher, on=MARCH, key="refund 1", amount_fen=100)
        assert reverse(voucher, on=MARCH, key="refund 1", amount_fen=100) == back
        with pytest.raises(KeyReusedError):
            reverse(voucher, on=MARCH, key="refund 1", amount_fen=200)

    def test_parts_of_last_years_spending_come_back_as_carried(self, someone):
        voucher = spend(someone, 700, on=MARCH, key="bill 1")
        reverse(voucher, on=MARCH, key="refund 1", amount_fen=500)
        assert balances(someone) == Balances(current=100, carried=1_000)
        close(2025)
        reverse(voucher, on=date(2026, 1, 5), key="refund 2")
        assert balances(someone) == Balances(current=0, carried=1_300)

    def test_a_reversal_is_not_reversed(self, someone):
        back = reverse(spend(someone, 700, on=MARCH, key="bill 1"), on=MARCH, key="refund 1")
        with pytest.raises(PostingError, match="冲正凭证不能再冲正"):
            reverse(back, on=MARCH, key="refund 2")

    def test_a_credit_that_was_used_since_cannot_be_taken_back(self, someone):
        credit = give(someone, 500, on=MARCH, key="by mistake")
        spend(someone, 1_700, on=MARCH, key="bill 1")
        with pytest.raises(InsufficientFundsError):
            reverse(credit, on=MARCH, key="undo")
        assert balances(someone) == Balances(current=0, carried=100)


class TestYears:
    """A benefit year's 当年 is spent within the year, and becomes 历年 at its end (domain 3.4)."""

    def test_last_years_spending_comes_back_as_carried(self, someone):
        voucher = spend(someone, 200, on=MARCH, key="bill 1")
        close(2025)
        reverse(voucher, on=date(2026, 1, 5), key="refund 1")
        assert balances(someone) == Balances(current=0, carried=1_300)

    def test_also_when_nothing_was_left_to_roll_over(self, someone):
        voucher = spend(someone, 300, on=MARCH, key="bill 1")
        close(2025)
        reverse(voucher, on=date(2026, 1, 5), key="refund 1")
        assert balances(someone) == Balances(current=0, carried=1_300)

    @pytest.mark.parametrize("spent", [200, 300])
    def test_also_when_the_refund_is_dated_back_into_the_closed_year(self, someone, spent):
        voucher = spend(someone, spent, on=MARCH, key="bill 1")
        close(2025)
        reverse(voucher, on=date(2025, 12, 31), key="refund 1")
        assert balances(someone) == Balances(current=0, carried=1_300)

    def test_also_in_the_new_year_before_the_old_one_is_closed(self, someone):
        voucher = spend(someone, 200, on=MARCH, key="bill 1")
        reverse(voucher, on=date(2026, 1, 5), key="refund 1")
        assert balances(someone) == Balances(current=0, carried=1_300)
        close(2025)
        assert balances(someone) == Balances(current=0, carried=1_300)

    def test_also_when_it_is_dated_back_into_the_old_one_once_the_new_one_has_begun(self, someone):
        """On 5 January the new year was paid in already, and the books of the old one stand open."""
        voucher = spend(someone, 200, on=MARCH, key="bill 1")
        spend(someone, 50, on=date(2026, 1, 2), key="bill 2")
        with time_machine.travel(datetime(2026, 1, 5, 10, tzinfo=SHANGHAI)):
            back = reverse(voucher, on=date(2025, 12, 31), key="refund 1")
        assert (back.period, balances(someone)) == ("2025", Balances(current=0, carried=1_250))
        assert list(findings()) == []

    def test_a_late_payment_of_a_closed_year_uses_carried_only(self, someone):
        close(2025)
        give(someone, 400, on=date(2026, 1, 2), key="new year", into=PotKind.CURRENT)
        assert balances(someone) == Balances(current=400, carried=1_300)
        voucher = spend(someone, 500, on=date(2025, 12, 30), key="late bill")
        assert balances(someone) == Balances(current=400, carried=800)
        assert voucher.period == "2026"
        with pytest.raises(InsufficientFundsError):
            spend(someone, 801, on=date(2025, 12, 30), key="too late a bill")

    def test_the_first_payment_of_a_new_year_brings_what_is_left_forward(self, someone):
        spend(someone, 100, on=date(2026, 1, 2), key="bill 1")
        assert balances(someone) == Balances(current=0, carried=1_200)
        assert movements(someone)[2:] == [
            ("rollover", "2025", "current", -300),
            ("rollover", "2025", "carried", 300),
            ("spending", "2026", "carried", -100),
        ]
        close(2025)
        assert balances(someone) == Balances(current=0, carried=1_200)

    def test_after_that_a_late_bill_of_the_old_year_does_not_touch_the_new_years_money(self, someone):
        give(someone, 400, on=date(2026, 1, 2), key="new year", into=PotKind.CURRENT)
        spend(someone, 1_000, on=date(2025, 12, 30), key="late bill")
        assert balances(someone) == Balances(current=400, carried=300)

    def test_nothing_of_a_closed_year_is_left_in_the_current_pot_of_anybody(self, someone):
        spender, leaver = someone, insured()
        spend(spender, 300, on=MARCH, key="all of it")
        changed(leaver, date(2025, 6, 1), status=4)
        close(2025)
        assert set(Pot.objects.filter(kind=PotKind.CURRENT).values_list("year", "balance_fen")) == {(2026, 0)}

    def test_the_books_of_a_year_close_once(self):
        assert book_years.close(region=ZHOUSHAN, year=2025, at=clock.now())
        assert not book_years.close(region=ZHOUSHAN, year=2025, at=clock.now())
        assert book_years.lock_open(ZHOUSHAN, 2025) == 2026


def test_everything_above_leaves_books_that_verify():
    person = insured()
    paid_for(person, date(2025, 1, 1), "4462.00")
    run("accrual", "2025", on=MARCH)
    voucher = spend(person, 5_000, on=MARCH, key="bill 1")
    spend(person, 7_000, on=date(2026, 1, 2), key="bill 2")
    reverse(voucher, on=date(2026, 1, 3), key="refund 1")
    close(2025)
    assert list(findings()) == []
    assert balances(person) == Balances(current=0, carried=107_088 - 7_000)


def test_a_pot_that_is_not_what_was_read_of_it_refuses_the_posting(someone):
    """Its lock forbids that; were one forgotten, running balances would break off."""
    current = pot(someone, PotKind.CURRENT).pk

    def meanwhile(locked: Locked) -> list[Move]:
        Pot.objects.filter(pk=current).update(balance_fen=299)
        return [Move(current, locked.system_pot(PotKind.INSTITUTIONS), 100)]

    with pytest.raises(ControlTotalsError), transaction.atomic():
        posting.post(
            act=act_on(MARCH),
            kind=VoucherKind.SPENDING,
            region=ZHOUSHAN,
            key="k",
            payload={},
            pots=[current],
            decide=meanwhile,
        )
    assert balances(someone).current == 300
    assert not Voucher.objects.filter(key="k").exists()

    def test_what_is_refused_in_a_new_year_leaves_all_as_it_was_within_whatever_goes_on(self, someone):
        paid = spend(someone, 100, on=MARCH, key="bill 1")
        reverse(paid, on=MARCH, key="refund 1")
        before = movements(someone)
        with transaction.atomic():
            with pytest.raises(AlreadyReversedError):
                reverse(paid, on=date(2026, 1, 2), key="refund 2")
            with pytest.raises(InsufficientFundsError):
                spend(someone, 1_301, on=date(2026, 1, 2), key="bill 2")
        assert (movements(someone), balances(someone)) == (before, Balances(current=300, carried=1_000))
