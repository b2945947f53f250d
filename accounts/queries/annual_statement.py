"""The year's 对账单: what an account had, every entry, what is left, and a digest by which it is known again."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

from accounts.codes import MONEY_POTS, VoucherKind
from accounts.models import AnnualStatement, Person
from accounts.policies import formulas
from accounts.queries.account import Account, account_in, accounts_of
from accounts.queries.entries import Entry
from accounts.queries.lines import pot_name
from accounts.queries.months import (
    Balance,
    StatementMonth,
    balances_around,
    figures_by_month,
    statement,
    totals_of,
)
from accounts.queries.statement import Cut, Stretch, Sum, effective_on, entries_between, month_sums


@dataclass(frozen=True, slots=True)
class Extent:
    """Which statement: a benefit year up to a day, and the last transfer that was booked then (None: everything by now)."""

    year: int
    closes_on: date
    booked_to: int | None = None

    @classmethod
    def of(cls, issued: AnnualStatement) -> "Extent":
        return cls(issued.year, issued.closes_on, issued.booked_to)

    @property
    def cut(self) -> Cut:
        return Cut(self.closes_on + timedelta(days=1), self.booked_to)


@dataclass(frozen=True, slots=True)
class Content:
    """What a statement says. Fen; `kept` is what each account of the person held at the end."""

    opening: Balance
    closing: Balance
    months: list[StatementMonth]
    figures: Stretch
    kept: list[tuple[str, int]]
    digest: str
    last_entry: int

    @property
    def totals(self) -> list[tuple[str, int]]:
        return totals_of(self.figures)


def extent_today(account: Account, year: int) -> Extent:
    """Return the extent of a statement issued today: the whole year, or up to today while it runs."""
    _, until = formulas.year_range(year, account.credit)
    return Extent(year, min(until - timedelta(days=1), account.today))


def content_of(account: Account, extent: Extent, *, url: Callable[[int], str]) -> Content:
    """Return what the statement of an extent says (three queries). Without entries its digest is that of no lines."""
    first, _ = formulas.year_range(extent.year, account.credit)
    cut, pots = extent.cut, list(account.pots)
    sums = month_sums(account, cut)
    by_month = figures_by_month(sums, pots)
    opening, closing = balances_around(by_month, first, cut.end(date.max), extent.closes_on)
    months = [month for month in by_month if month.first >= first]
    entries = entries_between(account, first, cut.end(date.max), where=cut.booked)
    return Content(
        opening=opening,
        closing=closing,
        months=statement(account, by_month, months, pots, url=url, cut=cut),
        figures=_total((by_month[month] for month in months), first, opening.fen),
        kept=_kept(account, sums),
        digest=_digest(account, extent, entries, (opening.fen, closing.fen)),
        last_entry=max((entry.id for entry in entries), default=0),
    )


def _total(months: Iterable[Stretch], first: date, opening_fen: int) -> Stretch:
    """Add the months of a year up."""
    total = Stretch(first, opening_fen)
    for month in months:
        moved = [one.name for one in fields(Stretch) if one.name not in ("start", "opening_fen")]
        total = replace(total, **{name: getattr(total, name) + getattr(month, name) for name in moved})
    return total


def _kept(account: Account, sums: Iterable[Sum]) -> list[tuple[str, int]]:
    left = dict.fromkeys(account.pots, 0)
    for one in sums:
        left[one.pot] += one.fen
    return [
        (pot_name(pot, account.credit.has_buckets), abs(fen)) for pot, fen in left.items() if pot in MONEY_POTS or fen
    ]


def _digest(account: Account, extent: Extent, entries: Iterable[Entry], balances_fen: tuple[int, int]) -> str:
    """Return the SHA-256 of the facts: words (how a relative is called, what an account is called) may change.

    The year-end rollover is no part of it: booked in the new year under the last day of the old one, it changes no sum.
    """
    lines = [
        [entry.id, effective_on(entry.transfer.voucher, account.credit).isoformat(), entry.pot.value, entry.amount_fen]
        for entry in entries
        if entry.kind != VoucherKind.ROLLOVER
    ]
    facts = [account.region, extent.year, extent.closes_on.isoformat(), *balances_fen, lines]
    return hashlib.sha256(json.dumps(facts, separators=(",", ":")).encode()).hexdigest()


def is_what_books_say(issued: AnnualStatement, today: date) -> bool:
    """Say whether the books give the same statement now, for the same days: nothing was corrected or came late."""
    account = account_in(accounts_of(issued.person), issued.region, today)
    now = content_of(account, Extent(issued.year, issued.closes_on), url=lambda _: "")
    return now.digest == issued.digest


def issued_to(person: Person, region: str) -> list[AnnualStatement]:
    """Return the statements that somebody was given of a region's account, the latest first."""
    return list(AnnualStatement.objects.filter(person=person, region=region).order_by("-pk"))
