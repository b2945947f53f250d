"""Limits hold when everybody asks at once: real threads, each with its own connection, on PostgreSQL."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from accounts.identity import codes, day_counts, limits
from accounts.identity.actors import Act, Actor
from accounts.models import IdentityCode, OutboxMessage, PhoneCode, User
from accounts.operations import identity
from tests.accounts.test_signin import code_in_outbox, wrong
from tests.concurrency import all_at_once
from tests.factories.people import EnrolmentFactory, PersonFactory
from tests.factories.users import citizen, official
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("transactional_db")

PHONE = "19900000001"
AT_ONCE = 25
TODAY = clock.today()
NOW = clock.now()  # one moment for all of them, however long they take


def at_once(act: Callable[[int], object], times: int = AT_ONCE) -> Counter:
    """Let as many sessions act at the same moment; count results by value, and errors by their class."""
    results = all_at_once(*[lambda number=number: act(number) for number in range(times)])
    return Counter(result.__name__ if isinstance(result, type) else result for result in results)


def issue(phone: str, address: str = "127.0.0.1") -> PhoneCode:
    return codes.issue(purpose=codes.SIGN_IN, phone=phone, address=address, now=NOW)


@pytest.fixture
def looked_at(monkeypatch) -> list[str]:
    """Return the digests that were compared with what somebody typed."""
    compared: list[str] = []
    compare = codes.constant_time_compare

    def watched(kept: str, given: str) -> bool:
        compared.append(kept)
        return compare(kept, given)

    monkeypatch.setattr(codes, "constant_time_compare", watched)
    return compared


def test_of_many_wrong_guesses_at_once_five_are_looked_at(looked_at):
    row = issue(PHONE)
    bad = wrong(code_in_outbox())

    def guess(number: int) -> None:
        codes.check(code_id=row.id, purpose=codes.SIGN_IN, typed=bad, address=f"10.0.0.{number}", now=NOW)

    outcome = at_once(guess)
    assert outcome["WrongCodeError"] + outcome["TooOftenError"] == AT_ONCE
    assert looked_at.count(row.digest) == codes.GUESSES.times
    assert limits.left("code guess", PHONE, codes.GUESSES, NOW) == 0
    assert not PhoneCode.objects.exclude(used_at=None).exists()


def test_guesses_spread_over_many_codes_of_one_number_share_one_allowance(settings, looked_at):
    settings.SMS_PER_NUMBER = "100/1s"
    rows = [issue(PHONE) for _ in range(10)]
    right = {row.digest for row in rows}

    def guess(number: int) -> str:
        row = rows[number % len(rows)]
        typed = next(code for code in map("{:06}".format, range(100)) if codes._digest(str(row.id), code) not in right)
        codes.check(code_id=row.id, purpose=codes.SIGN_IN, typed=typed, address=f"10.0.0.{number}", now=NOW)
        return "in"

    outcome = at_once(guess)
    assert outcome["in"] == 0
    assert sum(digest in right for digest in looked_at) == codes.GUESSES.times


def test_the_right_code_given_many_times_at_once_is_used_once():
    row = issue(PHONE)
    code = code_in_outbox()

    def give(number: int) -> str:
        codes.check(code_id=row.id, purpose=codes.SIGN_IN, typed=code, address=f"10.0.0.{number}", now=NOW)
        return "in"

    assert at_once(give)["in"] == 1


def test_a_number_gets_one_message_however_many_ask_at_once():
    assert at_once(lambda number: bool(issue(PHONE, f"10.0.0.{number}")))[True] == 1
    assert OutboxMessage.objects.count() == PhoneCode.objects.count() == 1


def test_an_address_gets_exactly_its_messages_however_many_ask_at_once(settings):
    settings.SMS_PER_ADDRESS = "20/1h"
    outcome = at_once(lambda number: bool(issue(f"199000{number:05d}")))
    assert outcome == {True: 20, "TooOftenError": AT_ONCE - 20}
    assert OutboxMessage.objects.count() == 20


def test_the_site_sends_exactly_its_daily_budget_however_many_ask_at_once(settings):
    settings.SMS_CODES_PER_DAY = 13
    outcome = at_once(lambda number: bool(issue(f"199000{number:05d}", f"10.0.0.{number}")))
    assert outcome == {True: 13, "TooOftenError": AT_ONCE - 13}
    assert day_counts.used_on(codes.DAYS_CODES, TODAY) == OutboxMessage.objects.count() == 13


def test_a_locked_count_of_the_day_holds_up_nobody():
    """One transaction that hangs after counting: what it has locked, others go around, and the total still holds."""
    issue("19900000002", "10.0.0.2")
    stuck = psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.ClientCursor})
    with stuck, stuck.cursor() as cursor, connection.cursor() as own:
        cursor.execute("SELECT id FROM accounts_daycount FOR UPDATE")
        own.execute("SET lock_timeout = '1ms'")
        issue(PHONE)
        issue("19900000003", "10.0.0.3")
        own.execute("RESET lock_timeout")
        assert day_counts.used_on(codes.DAYS_CODES, TODAY) == 3


def test_what_is_refused_counts_for_nothing():
    issue(PHONE)
    at_once(lambda number: issue(PHONE), times=10)
    assert day_counts.used_on(codes.DAYS_CODES, TODAY) == 1
    later = NOW + timedelta(seconds=61)
    codes.issue(purpose=codes.SIGN_IN, phone=PHONE, address="127.0.0.1", now=later)
    assert day_counts.used_on(codes.DAYS_CODES, TODAY) == 2


def test_a_number_proven_in_many_windows_at_once_makes_one_user():
    outcome = at_once(lambda number: identity.welcome(act=Act(Actor.system("sign-in"), NOW), phone=PHONE).pk, times=20)
    assert len(outcome) == 1
    assert User.objects.count() == 1


def test_one_person_is_tied_to_one_sign_in_however_many_prove_it_at_once():
    person = PersonFactory()
    EnrolmentFactory(person=person, region="330900")
    users = [citizen(f"199001{number:05d}") for number in range(20)]

    def prove(number: int) -> str:
        user = users[number]
        identity.prove_by_record(
            act=Act(Actor.citizen(user), NOW), user=user, name=person.name, certno=person.certno, region="330900",
            address=f"10.0.0.{number}",
        )  # fmt: skip
        return "tied"

    assert at_once(prove, times=20) == {"tied": 1, "NoMatchError": 19}
    assert User.objects.filter(person=person).count() == 1


def test_a_counter_code_opens_one_sign_in_however_many_type_it_at_once():
    person, clerk = PersonFactory(), official()
    code = identity.issue_identity_code(act=Act(Actor.staff(clerk, "R01"), NOW), person=person)
    users = [citizen(f"199001{number:05d}") for number in range(20)]

    def prove(number: int) -> str:
        user = users[number]
        identity.prove_by_code(act=Act(Actor.citizen(user), NOW), user=user, typed=code, address=f"10.0.0.{number}")
        return "tied"

    assert at_once(prove, times=20) == {"tied": 1, "NoMatchError": 19}
    assert IdentityCode.objects.get().used_by == User.objects.get(person=person)


def test_identity_tries_of_one_user_are_limited_however_many_come_at_once():
    user = citizen(PHONE)

    def prove(number: int) -> None:
        identity.prove_by_code(
            act=Act(Actor.citizen(user), NOW), user=user, typed="ABCDEFGH", address=f"10.0.0.{number}"
        )

    outcome = at_once(prove, times=30)
    assert outcome == {"NoMatchError": 5, "TooOftenError": 25}
