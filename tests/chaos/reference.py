"""What the money must be, worked out by a few lines of plain Python from the rules of domain 3.4. No database, no SQL.

Written from the documents, not from the program: months are counted day by day, and pots are plain numbers.
"""

from dataclasses import dataclass, field
from datetime import date

from tests.chaos.facts import History

START = date(2022, 12, 1)  # the month before the first one credited


class RefusedError(Exception):
    """The rules refuse it: not enough money, a key used for something else, reversed before."""


@dataclass(slots=True)
class Human:
    """One person, in however many regions. `died_on`: what was reported at a counter."""

    accounts: dict[str, "Someone"] = field(default_factory=dict)
    died_on: date | None = None

    def region_of(self, month: date) -> str | None:
        """Return the one region in which a month counts: where it is paid for, else where they were insured first."""
        counting = [who for who in self.accounts.values() if who.facts.counts_as(month)]
        paid = [who for who in counting if month in who.facts.counting] or counting
        return min(paid, key=lambda who: who.insured_since(month)).region if paid else None


@dataclass(slots=True)
class Someone:
    """A person in one region. `current_year` is the benefit year whose money is in 当年; None where there is no 当年."""

    human: Human
    region: str
    current_year: int | None
    current: int = 0
    carried: int = 0
    owed: int = 0
    facts: History = field(default_factory=History)
    posted: dict[int, int] = field(default_factory=dict)  # benefit year → fen credited for it so far
    credited: set[date] = field(default_factory=set)  # months, where credited by month

    def insured_since(self, month: date) -> tuple[date, date, str]:
        """Return the first day of the month they are insured on, and since when they have been what they are then."""
        first = self.facts.insured_in(month)
        return (first[0], first[1].since, self.region) if first else (date.max, date.max, self.region)

    def worth_in(self, month: date) -> int:
        """Return what a month that is settled for itself is worth: it is paid for, or somebody is retired in it."""
        kind = self.facts.counts_as(month)
        if kind not in ("paid", "retired") or self.human.region_of(month) != self.region:
            return 0
        return 75_00 if kind == "retired" else _of_base(self.facts.bases[month])

    def worth_of(self, year: int, *, settled: bool) -> int | None:
        """Return what a benefit year is worth as far as is known: 2% of the base, retirees 900 yuan a year.

        Nothing is credited ahead to who has paid for no month of the year nor one of the three before it. Once the
        year is `settled`, only months paid for count. A suspended month counts when it is paid for. None where a month
        counts and no base is known for it.
        """
        total, begins, ends = 0, date(year - 1, 10, 1), date(year + 1, 1, 1)
        paid = [month for who in self.human.accounts.values() for month in who.facts.counting]
        ahead = not settled and any(begins <= month < ends for month in paid)
        for month in _months_of(year):
            kind = self.facts.counts_as(month)
            if not kind or self.human.region_of(month) != self.region:
                continue
            if kind == "retired":
                total += 75_00 * 100
            elif kind == "paid" or ahead:
                base = self.facts.base_in(month, before=ends)
                if base is None:
                    return None
                total += base * 2
        return (total + 50) // 100

    def roll_over(self, year: int) -> None:
        if self.current_year is not None and self.current_year < year:
            self.carried, self.current, self.current_year = self.carried + self.current, 0, year

    def credit(self, year: int, fen: int) -> None:
        """Credit money of a benefit year: debts first, then 当年, or 历年 when 当年 is of a later year."""
        repaid = min(fen, self.owed)
        self.owed -= repaid
        if self.current_year is None or self.current_year > year:
            self.carried += fen - repaid
        elif fen > repaid:
            self.current, self.current_year = self.current + fen - repaid, year

    def recover(self, year: int, fen: int) -> None:
        """Take back what was credited too much: from 当年, then 历年, the rest is owed."""
        if self.current_year is not None and self.current_year <= year:
            part = min(fen, self.current)
            self.current -= part
            fen -= part
        part = min(fen, self.carried)
        self.carried -= part
        self.owed += fen - part


@dataclass(slots=True)
class Posted:
    """One voucher: whose, on which day, and what it took (positive) or gave (negative) from 当年 and 历年."""

    who: Someone
    on: date
    request: tuple
    from_current: int
    from_carried: int
    reversed_by: str = ""


@dataclass(slots=True)
class Books:
    """The region's books: which benefit years are closed, and every voucher by its key."""

    by_month: bool
    closed: set[int] = field(default_factory=set)
    credited: set[int] = field(default_factory=set)  # years whose pre-credit was run
    until: date = START  # the latest month credited, where that is done by month
    people: list[Someone] = field(default_factory=list)
    vouchers: dict[str, Posted] = field(default_factory=dict)

    def repeated(self, key: str, request: tuple) -> bool:
        """Say whether a request came before under its key. Raises RefusedError when that was another one."""
        if key not in self.vouchers:
            return False
        if self.vouchers[key].request != request:
            raise RefusedError("key reused")
        return True

    def spend(self, key: str, who: Someone, fen: int, on: date) -> None:
        if self.repeated(key, ("spend", id(who), fen, on)):
            return
        current, carried = self._usable(who, on)
        if current + carried < fen:
            raise RefusedError("not enough")
        if who.human.died_on is not None and on > who.human.died_on:
            raise RefusedError("dead")
        self.begin(who, on)
        part = min(fen, current)
        who.current -= part
        who.carried -= fen - part
        self.vouchers[key] = Posted(who, on, ("spend", id(who), fen, on), part, fen - part)

    def give(self, key: str, who: Someone, fen: int, on: date, *, to_current: bool) -> None:
        request = ("give", id(who), fen, on, to_current)
        if self.repeated(key, request):
            return
        if to_current:
            self.begin(who, on)
            who.current += fen
        else:
            who.carried += fen
        self.vouchers[key] = Posted(who, on, request, -fen if to_current else 0, 0 if to_current else -fen)

    def reverse(self, key: str, original: str, on: date) -> None:
        """Undo a voucher. Money from 当年 of a year that has gone since comes back as 历年."""
        voucher = self.vouchers[original]
        if voucher.reversed_by:
            if voucher.reversed_by != key:
                raise RefusedError("reversed before")
            return
        who = voucher.who
        current, carried, year = who.current, who.carried, who.current_year
        if voucher.from_current:
            self.begin(who, on)
        if voucher.from_current and who.current_year != voucher.on.year:
            who.carried += voucher.from_current + voucher.from_carried
        else:
            who.current += voucher.from_current
            who.carried += voucher.from_carried
        if min(who.current, who.carried) < 0:
            who.current, who.carried, who.current_year = current, carried, year
            raise RefusedError("not enough")
        voucher.reversed_by = key

    def credit_year(self, year: int, *, only: Someone | None = None) -> None:
        """Pre-credit a year, or what has changed since, in either direction; of a closed year what became known since."""
        self.credited.add(year)
        for who in [only] if only else self.people:
            self._post_difference(who, year, settled=year in self.closed)

    def true_up(self, year: int, *, settled: bool = False) -> None:
        for who in self.people:
            if year in who.posted:
                self._post_difference(who, year, settled=settled)
            elif who.current:
                who.roll_over(year)

    def _post_difference(self, who: Someone, year: int, *, settled: bool) -> None:
        if who.current:
            who.roll_over(year)
        worth, before = who.worth_of(year, settled=settled), who.posted.get(year)
        if worth is None or (before is None and not worth):
            return
        difference = worth - (before or 0)
        if difference > 0:
            who.credit(year, difference)
        elif difference:
            who.recover(year, -difference)
        who.posted[year] = worth

    def credit_month(self, month: date, *, only: Someone | None = None) -> None:
        """Credit all months up to this one to who paid for them or is retired in them.

        What they were credited otherwise before is corrected by benefit year: first what is owed, then what was too much.
        """
        self.until = max(self.until, month)
        for who in [only] if only else self.people:
            worth = {one: fen for one in _months_until(self.until) if (fen := who.worth_in(one))}
            for one in {one for one in worth if one <= month} - who.credited:
                who.credit(one.year, worth[one])
                who.posted[one.year] = who.posted.get(one.year, 0) + worth[one]
                who.credited.add(one)
            differences = {
                year: sum(fen for one, fen in worth.items() if one.year == year and one in who.credited) - posted
                for year, posted in who.posted.items()
            }
            for year, fen in sorted(differences.items(), key=lambda item: item[1] < 0):
                if fen > 0:
                    who.credit(year, fen)
                else:
                    who.recover(year, -fen)
                who.posted[year] += fen

    def settle(self, who: Someone) -> None:
        """Post for one person what the facts of today make due or too much."""
        if self.by_month:
            self.credit_month(self.until, only=who)
        else:
            for year in sorted(self.credited):
                self.credit_year(year, only=who)

    def move(self, who: Someone, there: Someone, books: "Books", on: date) -> None:
        """Pay what somebody owes from their money and let the rest go to another account: debts there first."""
        self.begin(who, on)
        books.begin(there, on)
        has = who.current + who.carried
        repaid = min(has, who.owed)
        who.current, who.carried, who.owed = 0, 0, who.owed - repaid
        repaid_there = min(has - repaid, there.owed)
        there.owed -= repaid_there
        there.carried += has - repaid - repaid_there

    def from_the_start(self, who: Someone) -> int:
        """Return what somebody would have been credited in all, had everything been known from the beginning."""
        if self.by_month:
            return sum(who.worth_in(month) for month in _months_until(self.until))
        worth = {year: who.worth_of(year, settled=year in self.closed) for year in self.credited}
        return sum(who.posted.get(year, 0) if fen is None else fen for year, fen in worth.items())

    def close(self, year: int) -> None:
        if not self.by_month:
            if year in self.credited:
                self.credit_year(year)
            self.true_up(year, settled=True)
        self.closed.add(year)
        for who in self.people:
            who.roll_over(year + 1)
        if not self.by_month:
            self.credit_year(year + 1)

    def begin(self, who: Someone, on: date) -> None:
        """Let last year's 当年 be 历年, as whatever locks somebody's pots does on a day of a year that is open."""
        if on.year not in self.closed:
            who.roll_over(on.year)

    def _usable(self, who: Someone, on: date) -> tuple[int, int]:
        if who.current_year is None or on.year in self.closed or who.current_year > on.year:
            return 0, who.carried
        if who.current_year < on.year:
            return 0, who.carried + who.current
        return who.current, who.carried

    def external(self, who: Someone) -> int:
        """Return what came to somebody, or went, besides credits (fen)."""
        posted = [voucher for voucher in self.vouchers.values() if voucher.who is who and not voucher.reversed_by]
        return -sum(voucher.from_current + voucher.from_carried for voucher in posted)


def _of_base(fen: int) -> int:
    return (fen * 2 + 50) // 100


def _months_until(until: date) -> list[date]:
    return [month for year in range(2023, until.year + 1) for month in _months_of(year) if month <= until]


def _months_of(year: int) -> list[date]:
    return [date(year, number, 1) for number in range(1, 13)]
