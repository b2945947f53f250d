"""What the money must be, worked out by a few lines of plain Python from the rules of domain 3.4. No database, no SQL.

Written from the documents, not from the program: months are counted day by day, and pots are plain numbers.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta


class RefusedError(Exception):
    """The rules refuse it: not enough money, a key used for something else, reversed before."""


@dataclass(slots=True)
class Someone:
    """A person in one region. `current_year` is the benefit year whose money is in 当年; None where there is no 当年."""

    current_year: int | None
    current: int = 0
    carried: int = 0
    owed: int = 0
    statuses: list[tuple[date, bool, bool]] = field(default_factory=list)  # from, insured, retired
    bases: dict[date, int] = field(default_factory=dict)  # month → base in fen
    posted: dict[int, int] = field(default_factory=dict)  # benefit year → fen credited for it so far
    credited: set[date] = field(default_factory=set)  # months, where credited by month

    def status_on(self, day: date) -> tuple[bool, bool]:
        """Return whether insured on a day, and whether retired."""
        known = [(insured, retired) for since, insured, retired in sorted(self.statuses) if since <= day]
        return known[-1] if known else (False, False)

    def status_in(self, month: date) -> bool | None:
        """Return None when not insured on any day of the month, else whether retired on the first such day."""
        day = month
        while day.month == month.month:
            insured, retired = self.status_on(day)
            if insured:
                return retired
            day += timedelta(days=1)
        return None

    def base_in(self, month: date) -> int:
        known = sorted(since for since in self.bases if since <= month) or sorted(self.bases)[:1]
        return self.bases[known[-1]]

    def worth_of(self, year: int, *, settled: bool) -> int:
        """Return what a benefit year is worth as far as is known: 2% of the base, retirees 900 yuan a year.

        Nothing is credited ahead to who has paid for no month of the year nor one of the three before it. Once the
        year is `settled`, only months paid for count. A suspended month counts when it is paid for.
        """
        total = 0
        ahead = not settled and any(date(year - 1, 10, 1) <= month < date(year + 1, 1, 1) for month in self.bases)
        for month in (date(year, number, 1) for number in range(1, 13)):
            retired = self.status_in(month)
            if retired:
                total += 75_00
            elif month in self.bases or (retired is False and ahead):
                total += self.base_in(month) * 2 // 100
        return total

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
        self._begin(who, on)
        part = min(fen, current)
        who.current -= part
        who.carried -= fen - part
        self.vouchers[key] = Posted(who, on, ("spend", id(who), fen, on), part, fen - part)

    def give(self, key: str, who: Someone, fen: int, on: date, *, to_current: bool) -> None:
        request = ("give", id(who), fen, on, to_current)
        if self.repeated(key, request):
            return
        if to_current:
            self._begin(who, on)
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
            self._begin(who, on)
        if voucher.from_current and who.current_year != voucher.on.year:
            who.carried += voucher.from_current + voucher.from_carried
        else:
            who.current += voucher.from_current
            who.carried += voucher.from_carried
        if min(who.current, who.carried) < 0:
            who.current, who.carried, who.current_year = current, carried, year
            raise RefusedError("not enough")
        voucher.reversed_by = key

    def credit_year(self, year: int) -> None:
        """Pre-credit a year, or what has changed since, in either direction."""
        self.credited.add(year)
        for who in self.people:
            self._post_difference(who, year, settled=False)

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
        if before is None and not worth:
            return
        difference = worth - (before or 0)
        if difference > 0:
            who.credit(year, difference)
        elif difference:
            who.recover(year, -difference)
        who.posted[year] = worth

    def credit_month(self, month: date) -> None:
        """Credit a month to all who paid for it or are retired in it, and months paid late with it."""
        for who in self.people:
            due = {paid for paid in who.bases if paid <= month}
            if who.status_in(month):
                due.add(month)
            for one in due - who.credited:
                retired = one not in who.bases
                who.credit(one.year, 75_00 if retired else who.bases[one] * 2 // 100)
                who.credited.add(one)

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

    def _begin(self, who: Someone, on: date) -> None:
        if on.year not in self.closed:
            who.roll_over(on.year)

    def _usable(self, who: Someone, on: date) -> tuple[int, int]:
        if who.current_year is None or on.year in self.closed or who.current_year > on.year:
            return 0, who.carried
        if who.current_year < on.year:
            return 0, who.carried + who.current
        return who.current, who.carried
