"""A person's own statement: sums by month or benefit year in one query, and the entries of a stretch of days.

Entries stand on the day they are for. Only the year-end rollover differs from its booking day: it belongs to the last
day of its year even when it was posted at the first use in the new one.

There is one order, for the command, the page, paper and files: by day, then by booking.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from accounts.codes import CREDIT_KINDS, USE_KINDS, PotKind, VoucherKind
from accounts.ledger.legs import LEGS
from accounts.models import Pot, Transfer, Voucher
from accounts.policies import formulas
from accounts.policies.terms import CreditTerms
from accounts.queries.account import Account
from accounts.queries.entries import Entry, entries_of
from yibao.lib.periods import Period, year_in_sql

EVERYTHING = Q()


@dataclass(frozen=True, slots=True)
class Cut:
    """Part of the books: what stands on days before `until`, and was booked up to the transfer `booked_to`; None is all.

    The books only grow, so what they said when that transfer was the last can always be said again.
    """

    until: date | None = None
    booked_to: int | None = None

    @property
    def booked(self) -> Q:
        return EVERYTHING if self.booked_to is None else Q(pk__lte=self.booked_to)

    def end(self, until: date) -> date:
        """Return the first day after some days that is not counted any more."""
        return min(until, self.until) if self.until else until


WHOLE = Cut()


@dataclass(frozen=True, slots=True)
class Sum:
    """What moved in one stretch, in one pot, for one reason and in one direction: fen, negative when going out.

    `kind` is that of the original where something was reversed. `inner` is between two of the person's own pots.
    `user` is the id of the person for whom a use paid; None for everything else.
    """

    start: date
    pot: PotKind
    kind: VoucherKind
    inner: bool
    user: int | None
    fen: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A month or benefit year in figures (fen). opening + all the others = closing.

    `brought` is what was taken over from the old system (期初).

    Of some pots seen together: what moved among them is none of `moved`. `returned` are uses given back, `adjusted` is
    what was signed by hand (人工调账); `arrived` came from another account, `out` went to one or was paid out.
    """

    start: date
    opening_fen: int
    brought_fen: int = 0
    credited_fen: int = 0
    used_fen: int = 0
    returned_fen: int = 0
    taken_fen: int = 0
    moved_fen: int = 0
    arrived_fen: int = 0
    out_fen: int = 0
    adjusted_fen: int = 0

    @property
    def closing_fen(self) -> int:
        used_fen = self.used_fen + self.returned_fen
        change = self.credited_fen + used_fen + self.taken_fen + self.moved_fen
        signed_fen = self.arrived_fen + self.out_fen + self.adjusted_fen
        return self.opening_fen + self.brought_fen + change + signed_fen


_SUMS = f"""
    SELECT date_trunc(%(unit)s, m.on_day - make_interval(months => %(shift)s)) + make_interval(months => %(shift)s),
           p.kind, m.kind, m.is_inner, m.user_id, sum(m.signed)
    FROM (
        SELECT CASE WHEN v.kind = 'rollover'
                    THEN (make_date({year_in_sql("v.period")}, %(shift)s + 1, 1) + interval '1 year - 1 day')::date
                    ELSE v.occurred_on END AS on_day,
               leg.pot, coalesce(o.kind, v.kind) AS kind, leg.other = ANY(%(own)s) AS is_inner, leg.change AS signed,
               CASE WHEN coalesce(o.kind, v.kind) = ANY(%(uses)s) THEN v.subject_id END AS user_id
        FROM ({LEGS}) leg
        JOIN accounts_voucher v ON v.id = leg.voucher_id
        LEFT JOIN accounts_voucher o ON o.id = v.reverses_id
        WHERE leg.pot = ANY(%(own)s) AND leg.id <= coalesce(%(booked_to)s, leg.id)
    ) m
    JOIN accounts_pot p ON p.id = m.pot
    WHERE m.on_day < coalesce(%(until)s, 'infinity'::date)
    GROUP BY 1, p.kind, m.kind, m.is_inner, m.user_id, m.signed > 0
    ORDER BY 1
"""


def month_sums(account: Account, cut: Cut = WHOLE) -> list[Sum]:
    """Return what moved in each calendar month, oldest first (one query)."""
    return _sums(account, "month", account.credit, cut)


def year_sums(account: Account) -> list[Sum]:
    """Return what moved in each benefit year, named by its first day, oldest first (one query)."""
    return _sums(account, "year", account.credit, WHOLE)


def _sums(account: Account, unit: str, terms: CreditTerms, cut: Cut) -> list[Sum]:
    own = [pot.pk for pot in account.pots.values()]
    if not own:
        return []
    with connection.cursor() as cursor:
        uses = [str(kind) for kind in USE_KINDS]
        cursor.execute(
            _SUMS,
            {
                "unit": unit,
                "shift": terms.year_start_month - 1,
                "own": own,
                "uses": uses,
                "booked_to": cut.booked_to,
                "until": cut.until,
            },
        )
        return [
            Sum(start.date(), PotKind(pot), VoucherKind(kind), inner, user, int(fen))
            for start, pot, kind, inner, user, fen in cursor.fetchall()
        ]


def stretches(sums: Iterable[Sum], pots: Collection[PotKind]) -> list[Stretch]:
    """Return the months or years in which one of these pots moved, oldest first, each opening where the last closed."""
    by_start: dict[date, list[Sum]] = defaultdict(list)
    for one in sums:
        if one.pot in pots:
            by_start[one.start].append(one)
    found: list[Stretch] = []
    for start in sorted(by_start):
        opening = found[-1].closing_fen if found else 0
        found.append(_stretch(start, opening, by_start[start]))
    return found


def _stretch(start: date, opening_fen: int, sums: Iterable[Sum]) -> Stretch:
    figures: dict[str, int] = defaultdict(int)
    for one in sums:
        figures[_column(one)] += one.fen
    return Stretch(start, opening_fen, **figures)


def _column(one: Sum) -> str:
    if one.inner:  # of what leaves an account, a debt is paid first: that is no move to the pool
        return "taken_fen" if one.kind.is_move else "moved_fen"
    if one.kind == VoucherKind.OPENING:
        return "brought_fen"
    if one.kind.is_use:
        return "used_fen" if one.fen < 0 else "returned_fen"
    if one.kind.is_credit:
        return "credited_fen" if one.fen > 0 else "taken_fen"
    if one.kind == VoucherKind.MANUAL:
        return "adjusted_fen"
    return "arrived_fen" if one.fen > 0 else "out_fen"


def effective_on(voucher: Voucher, terms: CreditTerms) -> date:
    """Return the day an entry stands on: the last day of its year for a rollover, else the day it happened."""
    if voucher.kind == VoucherKind.ROLLOVER:
        _, ends = formulas.year_range(Period.parse(voucher.period).year, terms)
        return ends - timedelta(days=1)
    return voucher.occurred_on


def corrects_closed_year(voucher: Voucher, terms: CreditTerms) -> bool:
    """Say whether a credit was posted in a later benefit year than the one it is for: that one was closed."""
    if voucher.kind not in CREDIT_KINDS or voucher.kind == VoucherKind.ACCRUAL:
        return False
    return Period.parse(voucher.period).year < formulas.benefit_year(voucher.occurred_on, terms)


def transfers_between(account: Account, first: date, until: date) -> QuerySet[Transfer]:
    """Return the transfers of the person's own pots that stand on the days from `first` to before `until`."""
    own = [pot.pk for pot in account.pots.values()]
    return _with_voucher().filter(_touching(own), _shown_between(account.credit, first, until))


def transfer_of(pots: Iterable[Pot], transfer_id: int) -> Transfer | None:
    """Return one transfer if it touches one of these pots, with what it reverses; else None."""
    own = [pot.pk for pot in pots]
    rows = _with_voucher().select_related("voucher__run")
    return rows.filter(_touching(own), pk=transfer_id).first()


# Said like this, each side is found in its own index. An OR with ORDER BY and LIMIT may tempt the planner to walk the
# ledger of the whole city backwards until it meets enough of one person.
_LATEST = f"SELECT DISTINCT id FROM ({LEGS}) leg WHERE pot = ANY(%s) ORDER BY id DESC LIMIT %s"


def latest_transfers(account: Account, most: int) -> list[Transfer]:
    """Return the transfers booked last, the latest first."""
    own = [pot.pk for pot in account.pots.values()]
    return list(_with_voucher().filter(pk__in=RawSQL(_LATEST, [own, most])).order_by("-id"))


def entries_between(account: Account, first: date, until: date, *, where: Q = EVERYTHING) -> list[Entry]:
    """Return the entries that stand on these days, in the order of a statement (one query)."""
    entries = entries_of(account.person, transfers_between(account, first, until).filter(where))
    return sorted(entries, key=lambda entry: (effective_on(entry.transfer.voucher, account.credit), entry.id))


def _touching(own: list[int]) -> Q:
    return Q(target__in=own, target_balance_fen__isnull=False) | Q(source__in=own, source_balance_fen__isnull=False)


def _shown_between(terms: CreditTerms, first: date, until: date) -> Q:
    years = range(first.year - 2, until.year + 1)
    rolled = [str(Period(y)) for y in years if first < formulas.year_range(y, terms)[1] <= until]
    rollover = Q(voucher__kind=VoucherKind.ROLLOVER)
    return Q(~rollover, voucher__occurred_on__gte=first, voucher__occurred_on__lt=until) | Q(
        rollover, voucher__period__in=rolled
    )


def _with_voucher() -> QuerySet[Transfer]:
    return Transfer.objects.select_related(
        "voucher", "voucher__subject", "voucher__reverses", "source", "target"
    ).defer("voucher__subject__certno", "voucher__subject__phone")
