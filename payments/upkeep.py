"""What each day brings to payments: orders go to the tax office, its answers are carried out, silence is looked into.

Everything is found in the database and done one by one, each in its own transaction, so a doubled, missed or
broken-off run changes nothing twice.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import partial

from accounts.identity.actors import Act
from payments.premiums.jobs import reminders, unanswered
from payments.premiums.tax_office import applying, batches
from payments.reconciliation import daily
from yibao.lib.clock import SHANGHAI

log = logging.getLogger(__name__)

Due = Iterator[tuple[str, Callable[[], object]]]  # what it is about, and what settles it


@dataclass(slots=True)
class Report:
    """What a run did, by name; and what failed, which the next run tries again."""

    done: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)


def keep_up(*, act: Act) -> Report:
    """Do everything that is due by then; repeating it does nothing more."""
    report = Report()
    for name, work in _WORK.items():
        for what, task in work(act):
            try:
                report.done[name] += int(task() or 0)  # type: ignore[call-overload]
            except Exception:
                log.exception("payments: %s of %s failed", name, what)
                report.failed.append(f"{name}：{what}")
    return report


def _hand_over(act: Act) -> Due:
    """One batch a day: yesterday's orders. `export_premiums` does not wait for the day to end."""
    midnight = datetime.combine(act.on, time(), SHANGHAI)
    for region in batches.regions_to_hand_over():
        yield region, partial(_export, act, region, midnight)


def _export(act: Act, region: str, midnight: datetime) -> int:
    return sum(1 for _ in batches.export(act=act, region=region, ready_by=midnight))


def _carry_out(act: Act) -> Due:
    yield "全部", lambda: applying.apply_answers(act=act).done


def _settle(act: Act) -> Due:
    yield "全部", lambda: applying.settle_claims(act=act).done


def _look_into(act: Act) -> Due:
    for order in unanswered.overdue(act.at):
        yield f"代缴单 {order.pk}", partial(unanswered.look_into, act=act, order=order)


def _remind(act: Act) -> Due:
    for campaign, payer_id in reminders.due(act.on):
        yield f"参保人 {payer_id}", partial(reminders.remind_one, act=act, campaign=campaign, payer_id=payer_id)


def _reconcile(act: Act) -> Due:
    for region, day in daily.missing(act.on):
        yield f"{region} {day}", partial(daily.make, act=act, region=region, day=day)


_WORK: dict[str, Callable[[Act], Due]] = {
    "交税务的批次": _hand_over,
    "办理的税务答复": _carry_out,
    "办结的返还申请": _settle,
    "转为等待查清": _look_into,
    "截止前提醒": _remind,
    "日对账表": _reconcile,
}
