"""What somebody is in a month: insured or not, employee, flexible worker or retiree. Pure.

The rule (domain 3.4): a month counts when the person is insured on any of its days, and as what they were on the
first of these days. So a joiner in March has ten months of the year, somebody suspended on 1 July has six, and
who retires on 15 July is an employee until the end of July.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from accounts.codes import Capacity, EnrolmentStatus, PersonType
from yibao.lib.months import Month


@dataclass(frozen=True, slots=True)
class Status:
    """One dated row of an enrolment in 职工医保: holds from its day until the next row's."""

    from_on: date
    status: int
    person_type: str
    flex: bool = False
    pension_fen: int | None = None
    end_reason: int | None = None

    @property
    def is_retiree(self) -> bool:
        return self.person_type.startswith(PersonType.RETIRED)

    @property
    def capacity(self) -> Capacity:
        if self.is_retiree:
            return Capacity.RETIREE
        return Capacity.FLEX if self.flex else Capacity.EMPLOYEE


def status_in(history: Sequence[Status], month: Month) -> Status | None:
    """Return what the person is in this month, or None when not insured on any of its days.

    `history` is in order of `from_on`.
    """
    current = None
    for row in history:
        if row.from_on >= month.next_first:
            break
        if row.from_on > month.first and current is not None and current.status == EnrolmentStatus.NORMAL:
            return current
        current = row
    return current if current is not None and current.status == EnrolmentStatus.NORMAL else None


def status_on(history: Sequence[Status], day: date) -> Status | None:
    """Return the row in force on a day, whatever its status; None before the first."""
    in_force = [row for row in history if row.from_on <= day]
    return in_force[-1] if in_force else None


def paid_as(history: Sequence[Status], month: Month) -> Status | None:
    """Return the row that a paid month counts by: `status_in`, whenever the money comes in.

    Somebody not insured in the month may still have paid for it: then the row in force on its first day counts,
    else the first one known.
    """
    return status_in(history, month) or status_on(history, month.first) or next(iter(history), None)
