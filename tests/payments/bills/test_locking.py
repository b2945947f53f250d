"""What a bill locks before it pays, where others write at the same time: years, pots elsewhere, and all of it or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, transaction
from psycopg.errors import LockNotAvailable

from accounts.ledger import book_years, locking
from accounts.models import BookYear, Person, Voucher
from accounts.policies import registry
from accounts.policies.terms import CreditTerms
from family.queries.plan import reach_of
from payments.bills import operations
from payments.models import Bill, Institution
from tests.concurrency import in_a_session_of_its_own, somebody_waits, wait_until
from tests.factories.acts import act_on
from tests.factories.family import NOW, RUIAN, TODAY, bond, insured
from tests.personas import ZHOUSHAN, clinic
from yibao.lib import pipeline

pytestmark = pytest.mark.usefixtures("committed_db")


def pay(person: Person, region: str = RUIAN) -> Bill:
    """Settle a bill of 50 yuan."""
    place = Institution.objects.first() or clinic()
    return operations.pay(
        act=act_on(TODAY), institution=place, person=person, region=region, amount_fen=50_00, on=TODAY, bill_no="one"
    )


def paid_in(region: str = RUIAN) -> Person:
    """Return somebody with 100 yuan of earlier years, and one of this year, so that its books are open."""
    return insured(region, carried=100_00, current=1_00)


@contextmanager
def locked(person: Person) -> Iterator[psycopg.Connection]:
    """Lock what a bill of this person could touch; yield another session, which waits for nothing."""
    with transaction.atomic():
        locking.lock_reach(act=act_on(TODAY), reach=reach_of(person, RUIAN), regions=[RUIAN])
        with psycopg.connect(**connection.get_connection_params()) as other:
            other.execute("SET lock_timeout = '300ms'")
            yield other


class TestYears:
    CLOSE = "UPDATE accounts_bookyear SET closed_at = now() WHERE region = %s AND year = %s"

    def test_a_year_is_not_closed_under_a_posting(self):
        user = paid_in()
        with locked(user) as other, pytest.raises(LockNotAvailable):
            other.execute(self.CLOSE, [RUIAN, TODAY.year])

    def test_without_the_share_lock_it_is(self, monkeypatch):
        text = locking._years_and_pots_of
        monkeypatch.setattr(locking, "_years_and_pots_of", lambda *reach: text(*reach).replace("FOR SHARE", ""))
        user = paid_in()
        with locked(user) as other:
            assert other.execute(self.CLOSE, [RUIAN, TODAY.year]).rowcount == 1

    def test_a_bill_that_waits_for_the_closing_is_booked_in_the_next_year(self):
        user, paid = paid_in(), []
        with transaction.atomic():
            BookYear.objects.filter(region=RUIAN, year=TODAY.year).update(closed_at=NOW)
            waiting = in_a_session_of_its_own(lambda: paid.append(pay(user)))
            wait_until(somebody_waits, unless=lambda: not waiting.is_alive())
        waiting.join()
        assert [(bill.account_fen, bill.voucher.period) for bill in paid] == [(50_00, str(TODAY.year + 1))]

    def test_none_is_opened_where_nothing_is_posted(self):
        user = insured(ZHOUSHAN, resident=True)
        bond(insured(RUIAN, carried=100_00), user)
        assert pay(user, ZHOUSHAN).account_fen == 50_00
        assert not BookYear.objects.filter(region=ZHOUSHAN).exists()


class TestPotsElsewhere:
    def test_pay_for_somebody_insured_where_no_rule_credits_accounts(self, monkeypatch):
        user = insured(ZHOUSHAN, resident=True)
        bond(insured(RUIAN, carried=100_00), user)
        find = registry._find
        unknown = (ZHOUSHAN, CreditTerms)
        monkeypatch.setattr(registry, "_find", lambda *asked: None if asked[:2] == unknown else find(*asked))
        assert pay(user, ZHOUSHAN).account_fen == 50_00

    def test_none_is_locked_whose_year_was_not(self):
        user, payer = paid_in(), paid_in(ZHOUSHAN)
        bond(payer, user)
        with transaction.atomic():
            first = locking._years_and_pots(reach_of(user, RUIAN), {RUIAN: TODAY.year})
            assert pipeline.send(first) == [[]]
            with psycopg.connect(**connection.get_connection_params()) as other:
                other.execute("SET lock_timeout = '300ms'")
                other.execute("SELECT 1 FROM accounts_pot WHERE person_id IN (%s, %s) FOR UPDATE", [user.pk, payer.pk])

    def test_a_relative_from_elsewhere_who_comes_meanwhile_hides_no_money(self, monkeypatch):
        """Of a year that is not open yet everything is read and locked once more."""
        user, payer = insured(RUIAN, carried=100_00), insured(ZHOUSHAN, carried=100_00)
        lock_open, came = book_years.lock_open, []

        def slowly(region: str, year: int) -> int:
            found = lock_open(region, year)
            if not came:
                came.append(payer)
                in_a_session_of_its_own(lambda: bond(payer, user)).join()
            return found

        monkeypatch.setattr(book_years, "lock_open", slowly)
        assert (pay(user).account_fen, len(came)) == (50_00, 1)

    def test_a_bill_that_two_regions_pay_is_all_or_nothing(self, monkeypatch):
        user, payer = insured(RUIAN, carried=10_00), insured(ZHOUSHAN, carried=100_00)
        bond(payer, user)

        def fail(*_: object) -> None:
            raise RuntimeError

        with monkeypatch.context() as broken:
            broken.setattr(operations, "_keep_shares", fail)
            with pytest.raises(RuntimeError):
                pay(user)
        assert not Bill.objects.exists()
        assert not Voucher.objects.filter(kind="spending").exists()
        bill = pay(user)
        assert (bill.account_fen, len(bill.vouchers)) == (50_00, 2)
