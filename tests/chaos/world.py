"""The real ledger and the reference model side by side: the same random operation on both, then everything compared."""

import random
from datetime import date, timedelta

from django.db import connection

from accounts.codes import PotKind, RunState
from accounts.jobs.yearly import unpaid
from accounts.ledger.errors import AlreadyReversedError, InsufficientFundsError, KeyReusedError
from accounts.ledger.verify import findings
from accounts.models import Person, Voucher
from accounts.queries import explanations
from tests import personas
from tests.chaos.invariants import broken
from tests.chaos.reference import Books, Posted, RefusedError, Someone
from tests.personas import HUNAN, ZHOUSHAN

START = date(2023, 1, 10)
WEIGHTS = {
    "spend": 30,
    "spend of an earlier day": 8,
    "give": 10,
    "request again": 8,
    "request changed": 4,
    "reverse": 14,
    "reverse again": 4,
    "time passes": 12,
    "new base": 4,
    "leave or return": 5,
    "retire": 1,
    "credit": 8,
    "true up": 3,
    "pay for a month": 8,
    "close": 4,
}


class World:
    """Three people of a region that pre-credits years and two of one that credits months, and a calendar."""

    def __init__(self, seed: str) -> None:
        self.dice = random.Random(seed)
        self.seed = seed
        self.today = START
        self.log: list[str] = []
        self.serial = 0
        self.month = date(2023, 1, 1)  # the next one to be credited in 湖南
        self.books = {ZHOUSHAN: Books(by_month=False), HUNAN: Books(by_month=True)}
        self.real: dict[int, tuple[Person, str]] = {}
        self.vouchers: dict[str, int] = {}
        unpaid.ONE_IN = 0  # three people are too few to tell a missing file from people who do not pay
        for _ in range(3):
            self._add(ZHOUSHAN, "11")
        for person_type in ("11", "12"):
            self._add(HUNAN, person_type)

    def _add(self, region: str, person_type: str) -> None:
        person = personas.insured(region, person_type=person_type)
        who = Someone(2019 if region == ZHOUSHAN else None)
        who.statuses.append((date(2020, 1, 1), True, person_type == "12"))
        self.books[region].people.append(who)
        self.real[id(who)] = person, region
        if region == ZHOUSHAN:
            self._pay_for(who, date(2022, 12, 1))

    # One operation

    def operate(self) -> str:
        """Do one random operation on both; return what it was and what came of it. Raises AssertionError."""
        (name,) = self.dice.choices(list(WEIGHTS), list(WEIGHTS.values()))
        self.log.append(f"{self.today} {name}")
        try:
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
        return getattr(self, "_" + name.replace(" ", "_"))()

    def _compare(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT person_id, kind, balance_fen FROM accounts_pot WHERE person_id IS NOT NULL")
            real: dict[tuple[int, str], int] = {(person, kind): fen for person, kind, fen in cursor.fetchall()}
        for books in self.books.values():
            for who in books.people:
                person = self.real[id(who)][0].pk
                expected = (who.current, who.carried, -who.owed)
                found = tuple(real.get((person, kind), 0) for kind in ("current", "carried", "receivable"))
                assert found == expected, f"person {person}: 当年, 历年, 待追回 are {found}, the model says {expected}"
        if broken():
            raise AssertionError(f"not sound: {list(findings())}")

    def check_explanations(self) -> None:
        """Every credited fen follows from the facts stored with it, and the guards stand."""
        assert list(explanations.differences()) == [], self.seed
        assert list(findings()) == [], self.seed
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
        if self.today.month != before.month:
            self._most_pay(self.today.replace(day=1))
        if self.today.year - 1 not in self.books[ZHOUSHAN].closed and self.today.month > 2:
            return self._close()
        return ""

    def _most_pay(self, month: date) -> None:
        """In 舟山: who is insured and not retired pays for the month, but now and then somebody does not."""
        for who in self.books[ZHOUSHAN].people:
            insured, retired = who.status_on(month)
            if insured and not retired and self.dice.random() < 0.9:
                self._pay_for(who, month)

    def _new_base(self) -> str:
        who = self.dice.choice(self.books[ZHOUSHAN].people)
        return self._pay_for(who, self.today.replace(day=1))

    def _pay_for_a_month(self) -> str:
        """In 湖南: this month, or one before for which nobody had paid."""
        who = self.books[HUNAN].people[0]
        first = self.today.replace(day=1)
        month = self.dice.choice([first, date(2023, self.dice.randint(1, 12), 1), date(first.year, 1, 1)])
        return self._pay_for(who, month) if month <= first else "not yet"

    def _pay_for(self, who: Someone, month: date) -> str:
        if month in who.bases:
            return "paid already"
        person, region = self.real[id(who)]
        who.bases[month] = self.dice.randint(4500, 9000) * 100
        base = f"{who.bases[month] // 100}.00"
        personas.paid_for(person, month, base, received=self.today, late=region == HUNAN and month < self.month)
        return ""

    def _leave_or_return(self) -> str:
        who, _, _ = self._somebody()
        insured, retired = who.status_on(self.today)
        return self._status(who, not insured, retired)

    def _retire(self) -> str:
        who = self.dice.choice(self.books[ZHOUSHAN].people)
        return self._status(who, True, True)

    def _status(self, who: Someone, insured: bool, retired: bool) -> str:
        last = max(who.statuses)[0]
        since = max(last + timedelta(days=1), self.today - timedelta(days=self.dice.choice([0, 0, 20, 70])))
        if since > self.today:
            return "changed today"
        who.statuses.append((since, insured, retired))
        self.log[-1] += f" {insured=} {retired=} since {since}"
        personas.changed(
            self.real[id(who)][0], since, status=1 if insured else 2, person_type="12" if retired else "11"
        )
        return ""

    def _credit(self) -> str:
        if self.dice.random() < 0.5:
            return self._credit_month()
        year = self.today.year
        if year > 2023 and year - 1 not in self.books[ZHOUSHAN].closed:
            return "the year before is open"
        self.books[ZHOUSHAN].credit_year(year)
        self._run("accrual", str(year), ZHOUSHAN)
        return "year"

    def _credit_month(self) -> str:
        again = self.month > date(2023, 1, 1) and self.dice.random() < 0.2
        month = (self.month - timedelta(days=1)).replace(day=1) if again else self.month
        if month > self.today:
            return "not yet"
        self.books[HUNAN].credit_month(month)
        self._run("accrual", f"{month:%Y-%m}", HUNAN)
        if not again:
            self.month = (month + timedelta(days=31)).replace(day=1)
        return "month again" if again else "month"

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

    # Picking

    def _run(self, kind: str, period: str, region: str) -> None:
        self.log[-1] += f" {region} {kind} {period}"
        for report in personas.run(kind, period, on=self.today, region=region):
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
