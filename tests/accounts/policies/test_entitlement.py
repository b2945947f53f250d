"""Which months count, in which region: the rule in sentences. Pure."""

from datetime import date

import pytest

from accounts.policies.entitlement import NotDue, Place, month_in, region_of
from accounts.policies.status import Status
from yibao.lib.months import Month, month_range

pytestmark = pytest.mark.unit

EMPLOYED, RETIRED = "11", "12"
NORMAL, SUSPENDED, ENDED = 1, 2, 4
JANUARY, JUNE, JULY = Month(2025, 1), Month(2025, 6), Month(2025, 7)


def since(day: str, status: int = NORMAL, kind: str = EMPLOYED, end_reason: int | None = None) -> Status:
    return Status(date.fromisoformat(day), status, kind, end_reason=end_reason)


def place(*history: Status, paid: tuple[Month, ...] = ()) -> Place:
    return Place(history, paid)


class TestMonthInOneRegion:
    def test_an_insured_month_counts_before_it_is_paid_for(self):
        assert month_in(place(since("2024-01-01")), JUNE).status

    def test_at_the_settlement_only_paid_months_count(self):
        insured = since("2024-01-01")
        assert month_in(place(insured), JUNE, paid_only=True) == (None, NotDue.UNPAID)
        assert month_in(place(insured, paid=(JUNE,)), JUNE, paid_only=True) == (insured, None)

    def test_retirees_pay_nothing_and_are_credited_all_the_same(self):
        assert month_in(place(since("2024-01-01", kind=RETIRED)), JUNE, paid_only=True).status

    def test_a_suspended_month_counts_once_it_is_paid_for(self):
        suspended = since("2025-04-01", SUSPENDED)
        assert month_in(place(since("2024-01-01"), suspended), JUNE) == (None, None)
        assert month_in(place(since("2024-01-01"), suspended, paid=(JUNE,)), JUNE) == (suspended, None)

    @pytest.mark.parametrize(("reason", "said"), [(1, NotDue.DIED), (3, NotDue.ENDED), (None, NotDue.ENDED)])
    def test_what_is_paid_after_the_end_is_not_credited_and_says_why(self, reason, said):
        ended = since("2025-03-10", ENDED, end_reason=reason)
        assert month_in(place(since("2024-01-01"), ended, paid=(JUNE,)), JUNE) == (None, said)

    def test_who_pays_in_a_suspension_does_so_as_somebody_who_works(self):
        suspended = since("2025-04-01", SUSPENDED, kind=RETIRED)
        status, _ = month_in(place(since("2024-01-01"), suspended, paid=(JUNE,)), JUNE)
        assert status is not None
        assert not status.is_retiree

    def test_the_month_of_the_end_itself_counts(self):
        assert month_in(place(since("2024-01-01"), since("2025-06-10", ENDED), paid=(JUNE,)), JUNE).status

    def test_money_that_comes_before_the_roster_counts(self):
        assert month_in(place(since("2025-07-01"), paid=(JUNE,)), JUNE).status


class TestOneRegionForEachMonth:
    """Moved on 15 June: insured in both regions in June."""

    def moved(self, paid_here: tuple[Month, ...] = (), paid_there: tuple[Month, ...] = ()) -> dict[str, Place]:
        return {
            "330381": place(since("2024-01-01"), since("2025-06-15", ENDED), paid=paid_here),
            "350500": place(since("2025-06-15"), paid=paid_there),
        }

    def test_the_month_of_a_move_belongs_where_it_was_paid(self):
        assert region_of(self.moved(paid_there=(JUNE,)), JUNE) == "350500"
        assert region_of(self.moved(paid_here=(JUNE,)), JUNE) == "330381"

    def test_paid_in_both_it_belongs_where_they_were_on_the_first(self):
        assert region_of(self.moved((JUNE,), (JUNE,)), JUNE) == "330381"

    def test_paid_nowhere_yet_it_belongs_where_they_were_on_the_first(self):
        assert region_of(self.moved(), JUNE) == "330381"

    def test_what_the_old_region_was_paid_after_the_end_does_not_make_it_the_old_regions_month(self):
        assert region_of(self.moved(paid_here=(JULY,)), JULY) == "350500"

    def test_insured_twice_the_older_insurance_counts(self):
        places = {"350500": place(since("2025-02-01")), "330381": place(since("2025-03-01"))}
        assert region_of(places, JUNE) == "350500"

    def test_every_month_has_at_most_one_region_and_one_where_somebody_is_insured(self):
        places = self.moved(paid_here=(JANUARY,), paid_there=(JULY,))
        owners = [region_of(places, month) for month in month_range(JANUARY, Month(2026, 1))]
        assert owners == ["330381"] * 6 + ["350500"] * 6

    def test_nobody_expects_anything_before_the_first_insurance(self):
        assert region_of(self.moved(), Month(2023, 1)) is None
