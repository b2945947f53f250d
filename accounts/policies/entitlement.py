"""Which months of somebody count in which region, and why others do not. Pure.

A month is credited once, in one region. It counts where somebody is insured on any of its days, as what they were on
the first of these (accounts.policies.status), and where it was paid for: also a month of a suspension that is paid
for afterwards. Who has died or whose insurance has ended gets nothing for what an employer went on paying.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from accounts.codes import EnrolmentEndReason, EnrolmentStatus, PersonType
from accounts.policies.status import Status, status_in, status_on
from yibao.lib.codes import TextCode
from yibao.lib.months import Month


class NotDue(TextCode):
    """Why a month that somebody might expect is not credited."""

    UNPAID = "unpaid", "这个月没有缴费记录"
    DIED = "paid_after_death", "去世以后的月份，不划入；多缴的由单位申请退费"
    ENDED = "paid_after_end", "医保关系终止以后的月份，不划入；请核对参保状态，或由单位申请退费"
    ELSEWHERE = "credited_elsewhere", "这个月记在另一个统筹区"


class Verdict(NamedTuple):
    """What a month comes to: the row it counts by, or why it does not count. Neither: nobody expects anything."""

    status: Status | None = None
    reason: NotDue | None = None


class Place(NamedTuple):
    """What one region knows of somebody: the history in 职工医保, in order, and the months paid for."""

    history: Sequence[Status]
    paid: Collection[Month]


def month_in(place: Place, month: Month, *, paid_only: bool = False) -> Verdict:
    """Return what a month comes to in a region, were it the only one.

    With `paid_only` a month counts only when it is paid for, as at the settlement of a pre-credited year; retirees pay
    nothing.
    """
    paid = month in place.paid
    status = status_in(place.history, month)
    if status is not None:
        if paid or not paid_only or status.is_retiree:
            return Verdict(status)
        return Verdict(reason=NotDue.UNPAID)
    if not paid:
        return Verdict()
    in_force = status_on(place.history, month.first) or next(iter(place.history), None)
    if in_force is None:
        return Verdict()
    if in_force.status != EnrolmentStatus.ENDED:
        # Who pays does so as somebody who works, whatever the suspended row says.
        return Verdict(replace(in_force, person_type=PersonType.EMPLOYED) if in_force.is_retiree else in_force)
    return Verdict(reason=NotDue.DIED if in_force.end_reason == EnrolmentEndReason.DIED else NotDue.ENDED)


def region_of(places: Mapping[str, Place], month: Month) -> str | None:
    """Return the one region a month belongs to: where it is paid for, else where somebody is insured.

    Paid for in several, or in none: where they were insured on its first day, else on the first day in it. Of two that
    are alike the one they have been in for longer. None where nobody expects anything.
    """
    paid = [code for code, place in places.items() if month in place.paid and month_in(place, month).status]
    found = paid or [code for code, place in places.items() if month_in(place, month).status]
    if len(found) < 2:
        return found[0] if found else None
    return min(found, key=lambda code: (*_since(places[code].history, month), code))


def _since(history: Sequence[Status], month: Month) -> tuple[date, date]:
    """Return from which day of the month somebody is insured, and since when they have been."""
    row = status_on(history, month.first)
    if row is not None and row.status == EnrolmentStatus.NORMAL:
        return month.first, row.from_on
    row = status_in(history, month)
    return (row.from_on, row.from_on) if row else (date.max, date.max)
