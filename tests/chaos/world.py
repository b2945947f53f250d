"""The real ledger and the reference model side by side: the same random operation on both, then everything compared."""

import random
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection

from accounts.codes import PotKind, RunState
from accounts.jobs.yearly import unpaid
from accounts.ledger.errors import AlreadyReversedError, DeadError, InsufficientFundsError, KeyReusedError
from accounts.models import Person, Voucher
from accounts.queries import explanations
from tests import personas
from tests.chaos.facts import NORMAL, Status
from tests.chaos.facts_by_file import FACTS, FactsByFile
from tests.chaos.invariants import broken, found
from tests.chaos.reference import Books, Human, Posted, RefusedError, Someone
from tests.personas import HUNAN, ZHOUSHAN
from yibao.lib import clock

START = date(2023, 1, 10)
FIRST_YEAR = 2023
ASKED_EVERY = 10  # operations: what breaks an invariant is never rewritten, so it is still there to be found
WEIGHTS = {
    "spend": 30,
    "spend of an earlier day": 8,
    "give": 10,
    "request again": 8,
    "request changed": 4,
    "reverse": 14,
    "reverse again": 4,
    "time passes": 12,
    "credit": 10,
    "true up": 3,
    "close": 4,
    **FACTS,
}


def _months(first: date, until: date) -> list[date]:
    """Return the months from the first one up to, not including, another."""
    numbers = range(first.year * 12 + first.month - 1, until.year * 12 + until.month - 1)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


class World(FactsByFile):
    """Three people of a region that pre-credits years and three of one that credits months, and a calendar."""

    def __init__(self, seed: str) -> None:
        self.dice = random.Random(seed)
        self.seed = seed
        self.today = START
        self.log = ["the beginning"]
        self.serial = 0
        self.month = date(FIRST_YEAR, 1, 1)  # the next one to be credited in 湖南
        self.books = {ZHOUSHAN: Books(by_month=False), HUNAN: Books(by_month=True)}
        self.real: dict[int, tuple[Person, str]] = {}
        self.vouchers: dict[str, int] = {}
        super().__init__()
        with time_machine.travel(self.moment(), tick=False):
            for region, person_type in ((ZHOUSHAN, "11"),) * 3 + ((HUNAN, "11"), (HUNAN, "11"), (HUNAN, "12")):
                self._add(region, person_type)

    def _add(self, region: str, person_type: str) -> None:
        who = self.account(Human(), personas.insured(region, person_type=person_type), region)
        who.facts.tell(Status(date(2020, 1, 1), NORMAL, retired=person_type == "12"))
        if region == ZHOUSHAN:
            self.pay_for(who, date(2022, 12, 1))

    def account(self, human: Human, person: Person, region: str) -> Someone:
        """Return the person's account in a region, as the model has it; a new one holds nothing."""
        if region not in human.accounts:
            who = human.accounts[region] = Someone(human, region, 2019 if region == ZHOUSHAN else None)
            self.books[region].people.append(who)
            self.real[id(who)] = person, region
        return human.accounts[region]

    # One operation

    def operate(self) -> str:
        """Do one random operation on both; return what it was and what came of it. Raises AssertionError."""
        (name,) = self.dice.choices(list(WEIGHTS), list(WEIGHTS.values()))
        self.log.append(f"{self.today} {name}")
        try:
            with time_machine.travel(self.moment(), tick=False):
                outcome = self._do(name)
            self._compare()
        except Exception as error:
            told = "\n".join(self.log[-15:])
            raise AssertionError(f"seed {self.seed}, operation {len(self.log)}: {error}\n{told}") from error
        return f"{name}: {outcome}" if outcome else name

    def _do(self, name: str) -> str:
        if name == "spend of an earlier day":
            return self._spend(back=self.dice.randint(1, 60))
        if name == "request changed":
            return self._request_again(change=1)
        return getattr(self, "_" + name.replace(" ", "_").replace(",", ""))()

    def moment(self) -> datetime:
        """Return the present instant: each operation is a second later than the one before."""
        return datetime.combine(self.today, time(8), clock.SHANGHAI) + timedelta(seconds=len(self.log))

    def _compare(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT person_id, region, kind, balance_fen FROM accounts_pot WHERE person_id IS NOT NULL")
            real = {(person, region, kind): fen for person, region, kind, fen in cursor.fetchall()}
        for region, books in self.books.items():
            for who in books.people:
                person = self.real[id(who)][0].pk
                expected = (who.current, who.carried, -who.owed)
                found = tuple(real.get((person, region, kind), 0) for kind in ("current", "carried", "receivable"))
                assert found == expected, (
                    f"{region} {person}: 当年, 历年, 待追回 are {found}, the model says {expected}"
                )
        if len(self.log) % ASKED_EVERY == 0 and broken():
            raise AssertionError(f"not sound: {found()}")

    def check_explanations(self) -> None:
        """Every credited fen follows from the facts stored with it, and the guards stand."""
        assert list(explanations.differences()) == [], self.seed
        assert found() == [], self.seed
        connection.check_constraints()

    # What happens

    def _spend(self, back: int = 0) -> str:
        who, books, region = self._somebody()
        on = max(self.today - timedelta(days=back), date(2023, 1, 1))
        most = who.current + who.carried
        fen = self.dice.randint(1, max(10, most + most // 4))
        return self._request(self._key("spend"), who, books, region, ("spend", id(who), fen, on))

    def _give(self) -> str:
        who, books, region = self._somebody()
        if who.human.died_on:
            return "dead"
        to_current = who.current_year is not None and self.dice.random() < 0.4
        request = ("give", id(who), self.dice.randint(1, 50_000), self.today, to_current)
        return self._request(self._key("give"), who, books, region, request)

    def _request_again(self, change: int = 0) -> str:
        found = self._some_voucher()
        if found is None:
            return "none yet"
        key, voucher, books, region = found
        kind, owner, fen, *rest = voucher.request
        outcome = self._request(key, voucher.who, books, region, (kind, owner, fen + change, *rest))
        assert outcome == ("key reused" if change else ""), outcome
        return outcome

    def _request(self, key: str, who: Someone, books: Books, region: str, request: tuple) -> str:
        kind, _, fen, on, *to = request
        self.log[-1] += f" {region} {request[2:]} as {key}"
        person = self.real[id(who)][0]
        try:
            if kind == "spend":
                books.spend(key, who, fen, on)
            else:
                books.give(key, who, fen, on, to_current=to[0])
            refused = ""
        except RefusedError as refusal:
            refused = str(refusal)
        try:
            if kind == "spend":
                voucher = personas.spend(person, fen, on=on, key=key, region=region)
            else:
                pot = PotKind.CURRENT if to[0] else PotKind.CARRIED
                voucher = personas.give(person, fen, on=on, key=key, region=region, into=pot)
            assert self.vouchers.setdefault(key, voucher.pk) == voucher.pk, "another voucher for the same request"
            outcome = ""
        except InsufficientFundsError:
            outcome = "not enough"
        except KeyReusedError:
            outcome = "key reused"
        except DeadError:
            outcome = "dead"
        assert outcome == refused, f"the ledger says {outcome or 'done'}, the model {refused or 'done'}"
        return outcome

    def _reverse(self) -> str:
        found = self._some_voucher()
        if found is None:
            return "none yet"
        key, _, books, _ = found
        on = max(self.today - timedelta(days=self.dice.choice([0, 0, 0, 30])), date(2023, 1, 1))
        return self._undo(self._key("reverse"), key, books, on)

    def _reverse_again(self) -> str:
        done = [
            (voucher.reversed_by, key, books)
            for books in self.books.values()
            for key, voucher in books.vouchers.items()
            if voucher.reversed_by
        ]
        if not done:
            return "none yet"
        reversal, key, books = self.dice.choice(done)
        on = Voucher.objects.values_list("occurred_on", flat=True).get(key=reversal)
        return self._undo(reversal, key, books, on)

    def _undo(self, key: str, original: str, books: Books, on: date) -> str:
        self.log[-1] += f" of {original} on {on} as {key}"
        try:
            books.reverse(key, original, on)
            refused = ""
        except RefusedError as refusal:
            refused = str(refusal)
        try:
            personas.reverse(Voucher(pk=self.vouchers[original]), on=on, key=key)
            outcome = ""
        except InsufficientFundsError:
            outcome = "not enough"
        except AlreadyReversedError:
            outcome = "reversed before"
        assert outcome == refused, f"the ledger says {outcome or 'done'}, the model {refused or 'done'}"
        return outcome

    def _time_passes(self) -> str:
        before = self.today
        self.today += timedelta(days=self.dice.randint(1, 45))
        with time_machine.travel(self.moment(), tick=False):
            if self.today.month != before.month:
                self.most_pay(self.today.replace(day=1))
            if self.today.year - 1 not in self.books[ZHOUSHAN].closed and self.today.month > 2:
                return self._close()
        return ""

    def _credit(self) -> str:
        if self.dice.random() < 0.5:
            return self._credit_month()
        year = self.today.year
        if year > FIRST_YEAR and year - 1 not in self.books[ZHOUSHAN].closed:
            return "the year before is open"
        if self.dice.random() < 0.2 and year > FIRST_YEAR:
            year = self.dice.randint(FIRST_YEAR, year - 1)
            if year not in self.books[ZHOUSHAN].credited:
                return "never credited"
        self.credit_year(year)
        return "closed year" if year < self.today.year else "year"

    def credit_year(self, year: int) -> None:
        self.books[ZHOUSHAN].credit_year(year)
        self._run("accrual", str(year), ZHOUSHAN)

    def _credit_month(self) -> str:
        first = date(FIRST_YEAR, 1, 1)
        again = self.month > first and self.dice.random() < 0.2
        month = self.dice.choice(_months(first, self.month)[-4:]) if again else self.month
        if month > self.today:
            return "not yet"
        self.credit_month(month)
        return "month again" if again else "month"

    def credit_month(self, month: date) -> None:
        self.books[HUNAN].credit_month(month)
        self._run("accrual", f"{month:%Y-%m}", HUNAN)
        if month == self.month:
            self.month = (month + timedelta(days=31)).replace(day=1)

    def _true_up(self) -> str:
        self.books[ZHOUSHAN].true_up(self.today.year)
        self._run("trueup", str(self.today.year), ZHOUSHAN)
        return ""

    def _close(self) -> str:
        closed = ""
        for region, books in self.books.items():
            year = max(books.closed, default=2022) + 1
            if year < self.today.year:
                books.close(year)
                self._run("close_year", str(year), region)
                closed = "closed"
        return closed or "not over"

    def finish(self) -> None:
        """Work everything off that is known; then everybody has what a run on today's facts from the start had given."""
        with time_machine.travel(self.moment() + timedelta(days=2), tick=False):
            while self._close() == "closed":
                pass
            for year in sorted({*self.books[ZHOUSHAN].credited, self.today.year}):
                self.credit_year(year)
            while self.month <= self.today:
                self.credit_month(self.month)
            self.credit_month((self.month - timedelta(days=1)).replace(day=1))
        try:
            self._compare()
        except AssertionError as error:
            raise AssertionError(f"seed {self.seed}, all worked off: {error}") from error
        for human in {id(who.human): who.human for books in self.books.values() for who in books.people}.values():
            accounts = [(self.books[region], who) for region, who in human.accounts.items()]
            total = sum(who.current + who.carried - who.owed for _, who in accounts)
            expected = sum(books.from_the_start(who) + books.external(who) for books, who in accounts)
            assert total == expected, f"seed {self.seed}: {total} in all, from the start {expected}: {human}"

    # Picking

    def _run(self, kind: str, period: str, region: str) -> None:
        self.log[-1] += f" {region} {kind} {period}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(unpaid, "ONE_IN", 0)  # three people are too few to tell a missing file from who does not pay
            reports = personas.run(kind, period, on=self.today, region=region)
        for report in reports:
            assert report.state in (RunState.DONE, RunState.INCOMPLETE), report  # who never paid is named

    def _key(self, kind: str) -> str:
        self.serial += 1
        return f"{kind} {self.seed} {self.serial}"

    def _somebody(self) -> tuple[Someone, Books, str]:
        region = self.dice.choice([ZHOUSHAN, ZHOUSHAN, HUNAN])
        return self.dice.choice(self.books[region].people), self.books[region], region

    def _some_voucher(self) -> tuple[str, Posted, Books, str] | None:
        known = [
            (key, voucher, books, region)
            for region, books in self.books.items()
            for key, voucher in books.vouchers.items()
        ]
        return self.dice.choice(known[-40:]) if known else None
