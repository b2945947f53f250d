"""What is known of somebody's insurance in one region, and which months of it count. No database, no SQL.

Facts come by file and are told in order; a file that is withdrawn is as if it had never come, so what holds is found by
telling the rest again from the start. Months are counted day by day.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

NORMAL, SUSPENDED, ENDED = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Status:
    """From a day on somebody is insured or not, and retired or not. `file`: the one that said so."""

    since: date
    status: int
    retired: bool = False
    file: int = 0


@dataclass(frozen=True, slots=True)
class Payment:
    """What a file says about the payment of a month: `kind` as in its column clct_type, the base in fen, when it came."""

    month: date
    base: int
    received: date
    kind: str = ""
    payer: str = ""
    file: int = 0


@dataclass(slots=True)
class History:
    """Everything that was told and not withdrawn, and what follows from it."""

    told_statuses: list[Status] = field(default_factory=list)
    told_payments: list[Payment] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    counting: dict[date, Payment] = field(default_factory=dict)
    waiting: dict[date, list[Payment]] = field(default_factory=dict)

    def tell(self, *facts: Status | Payment) -> None:
        for fact in facts:
            if isinstance(fact, Status):
                self.told_statuses.append(fact)
            else:
                self.told_payments.append(fact)
        self._tell_again()

    def withdraw(self, file: int) -> None:
        self.told_statuses = [status for status in self.told_statuses if status.file != file]
        self.told_payments = [payment for payment in self.told_payments if payment.file != file]
        self._tell_again()

    def end(self, on: date) -> None:
        """Let the insurance end with a day, whatever was told of later ones."""
        self.told_statuses = [status for status in self.told_statuses if status.since <= on]
        last = max(self.told_statuses, key=lambda status: status.since, default=None)
        if last is not None and last.status != ENDED:
            self.told_statuses.append(Status(on + timedelta(days=1), ENDED, last.retired))
        self._tell_again()

    def _tell_again(self) -> None:
        self.statuses = sorted(self.told_statuses, key=lambda status: status.since)
        self.counting, self.waiting = {}, {}
        for payment in self.told_payments:
            self._take(payment)

    def _take(self, told: Payment) -> None:
        """Let at most one payment of a month count: a second payer's waits, a refund ends the one it is about."""
        before, waiting = self.counting.get(told.month), self.waiting.setdefault(told.month, [])
        if told.kind == "退费":
            if before is not None and before.payer == told.payer:
                del self.counting[told.month]
            else:
                self.waiting[told.month] = [payment for payment in waiting if payment.payer != told.payer]
            if told.month not in self.counting and self.waiting[told.month]:
                self.counting[told.month] = self.waiting[told.month].pop(0)
        elif told.kind == "补差":
            self._replace(told, lambda paid: replace(told, base=paid.base + told.base, payer=paid.payer))
        elif told.kind == "更正" and self._replace(told, lambda paid: told):
            pass
        elif before is None:
            self.counting[told.month] = told
        elif (told.payer, told.base) != (before.payer, before.base):  # also paid anew after a refund that is withdrawn
            waiting.append(told)

    def _replace(self, told: Payment, becomes: Callable[[Payment], Payment]) -> bool:
        """Let the payment of the same payer become another one, whether it counts or waits; say whether there is one."""
        before, waiting = self.counting.get(told.month), self.waiting[told.month]
        if before is not None and before.payer == told.payer:
            self.counting[told.month] = becomes(before)
            return True
        waiting[:] = [becomes(paid) if paid.payer == told.payer else paid for paid in waiting]
        return any(paid.payer == told.payer for paid in waiting)

    @property
    def bases(self) -> dict[date, int]:
        return {month: payment.base for month, payment in self.counting.items()}

    def status_on(self, day: date) -> Status | None:
        known = [status for status in self.statuses if status.since <= day]
        return known[-1] if known else None

    def insured_in(self, month: date) -> tuple[date, Status] | None:
        """Return the first day of the month on which somebody is insured, and as what; None for no such day."""
        day = month
        while day.month == month.month:
            status = self.status_on(day)
            if status is not None and status.status == NORMAL:
                return day, status
            day += timedelta(days=1)
        return None

    def counts_as(self, month: date) -> str:
        """Return as what a month counts, were this the only region: retired, paid or unpaid; empty for not at all."""
        insured = self.insured_in(month)
        if insured is not None:
            return "retired" if insured[1].retired else "paid" if month in self.counting else "unpaid"
        status = self.status_on(month) or (self.statuses[0] if self.statuses else None)
        return "paid" if month in self.counting and status is not None and status.status != ENDED else ""

    def base_in(self, month: date, *, before: date) -> int | None:
        """Return the base in force in a month, of those known for months `before` a day."""
        bases = {known: base for known, base in self.bases.items() if known < before}
        known = sorted(since for since in bases if since <= month) or sorted(bases)[:1]
        return bases[known[-1]] if known else None
