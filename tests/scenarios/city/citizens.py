"""What is true of the people of a city in the half year after it went live. The files tell it, not always well."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from stdnum.cn import ric

from tests.personas import HUNAN, ZHOUSHAN
from yibao.lib.months import Month, month_range

LIVE = date(2025, 7, 1)
FIRST, LAST = Month(2025, 7), Month(2026, 1)
MONTHS = tuple(month_range(FIRST, LAST + 1))
NORMAL, SUSPENDED, ENDED = 1, 2, 4
DIED, MOVED, LEFT_FOR_GOOD = "1", "2", "3"
_BORN = date(1955, 1, 1)
_DAYS = 16_000  # of births, up to 1998


@dataclass(frozen=True, slots=True)
class Change:
    """From this day on somebody is something else in a region. `kind`: 11 works, flex works for themselves, 12 retired."""

    on: date
    region: str
    kind: str
    status: int = NORMAL
    end_reason: str = ""
    end_to: str = ""
    told: date | None = None  # when the bureau hears of it, where that is not at once


@dataclass(frozen=True, slots=True)
class Paid:
    """What came in for a month: base in fen."""

    base_fen: int
    on: date


@dataclass(slots=True)
class Citizen:
    """One of the insured. `opening_fen`: 当年 and 历年 in the old system. `spent_fen`: in the half year, at clinics."""

    serial: int
    certno: str
    region: str
    fate: str
    base_fen: int
    opening_fen: tuple[int, int] = (0, 0)
    changes: list[Change] = field(default_factory=list)
    paid: dict[tuple[str, Month], Paid] = field(default_factory=dict)
    spent_fen: int = 0

    @property
    def born(self) -> date:
        return born(self.serial)

    @property
    def gender(self) -> str:
        return "1" if int(self.certno[16]) % 2 else "2"

    @property
    def regions(self) -> list[str]:
        return list(dict.fromkeys(change.region for change in self.changes))

    @property
    def is_steady(self) -> bool:
        """Say whether nothing happens to them: they work and pay every month on one base."""
        return self.fate == "steady"

    def history(self, region: str) -> list[Change]:
        return [change for change in self.changes if change.region == region]


def born(serial: int) -> date:
    return _BORN + timedelta(days=serial * 37 % _DAYS)


def certno(serial: int, of_birth: date) -> str:
    stem = f"999902{of_birth:%Y%m%d}{serial % 1000:03d}"
    return stem + ric.calc_check_digit(stem + "0")


def town(people: int, seed: str) -> list[Citizen]:
    """Return so many citizens, the same for the same seed: six in ten live where years are pre-credited."""
    dice = Random(seed)
    return [_citizen(serial, dice) for serial in range(1, people + 1)]


# Of a thousand people. The others work or, one in seven, are retired, and nothing happens to them.
_FATES = {
    "retired": 140,
    "joins": 20,
    "suspended": 15,
    "suspended and back": 15,
    "suspended and pays later": 10,
    "dies": 10,
    "moves": 20,
    "leaves for good": 5,
    "retires": 15,
    "gets another base": 20,
    "earns four times as much": 3,
    "never pays": 4,
    "misses a month": 10,
}


def _citizen(serial: int, dice: Random) -> Citizen:
    (fate,) = dice.choices([*_FATES, "steady"], [*_FATES.values(), 1000 - sum(_FATES.values())])
    region = ZHOUSHAN if dice.random() < 0.6 else HUNAN
    who = Citizen(serial, certno(serial, born(serial)), region, fate, dice.randrange(380_000, 900_000))
    kind = {"retired": "12", "never pays": "flex"}.get(fate) or ("flex" if dice.random() < 0.1 else "11")
    begins = _day(dice, 1, 4) if fate == "joins" else date(2020, 1, 1)
    who.changes.append(Change(begins, region, kind))
    if fate != "joins":
        current = dice.randrange(60_000) if region == ZHOUSHAN else 0
        who.opening_fen = current, dice.randrange(500_000)
    if dice.random() < 0.01 and sum(who.opening_fen):
        who.spent_fen = dice.randint(1, sum(who.opening_fen))
    who.changes += _events(who, dice)
    if any(change.end_reason == DIED for change in who.changes):
        who.spent_fen = 0  # the card of the dead pays nothing
    _pay(who, dice)
    return who


def _day(dice: Random, first: int, last: int) -> date:
    """Return a day in one of the months of the half year, 0 to 5, never the first."""
    return (FIRST + dice.randint(first, last)).first.replace(day=dice.randint(2, 28))


def _late(on: date, dice: Random) -> date | None:
    """Return when the bureau hears of it: now and then more than a month later."""
    return on + timedelta(days=40) if dice.random() < 0.2 else None


def _events(who: Citizen, dice: Random) -> Iterator[Change]:
    begins = who.changes[0]
    on = _day(dice, 1, 3)
    then = replace(begins, on=on, told=_late(on, dice))
    match who.fate:
        case "suspended" | "suspended and pays later":
            yield replace(then, status=SUSPENDED)
        case "suspended and back":
            yield replace(then, status=SUSPENDED)
            yield replace(begins, on=on + timedelta(days=70))
        case "dies":
            yield replace(then, status=ENDED, end_reason=DIED)
        case "leaves for good":
            yield replace(then, status=ENDED, end_reason=LEFT_FOR_GOOD)
        case "retires":
            yield replace(then, kind="12")
        case "moves":
            elsewhere = HUNAN if who.region == ZHOUSHAN else ZHOUSHAN
            yield replace(then, status=ENDED, end_reason=MOVED, end_to=elsewhere)
            yield replace(then, region=elsewhere, told=None)


def _pay(who: Citizen, dice: Random) -> None:
    """Let whoever works pay for each month that they begin as somebody working, from June on where that is asked for."""
    if who.fate == "never pays":
        return
    base = who.base_fen
    missed = FIRST + dice.randint(0, 5) if who.fate == "misses a month" else None
    higher = FIRST + dice.randint(1, 4)
    factor = {"gets another base": 13, "earns four times as much": 40}.get(who.fate, 10)
    for month in (FIRST + -1, *MONTHS):
        on = month.first.replace(day=10)
        base_fen = base * factor // 10 if month >= higher else base
        for region in who.regions:
            row = _in_force(who, region, month)
            works = row is not None and row.status == NORMAL and row.kind != "12"
            if works and month != missed and (month >= FIRST or region == ZHOUSHAN):
                who.paid[region, month] = Paid(base_fen, max(on, row.on) if row else on)
    _pay_otherwise(who, dice)


def _pay_otherwise(who: Citizen, dice: Random) -> None:
    """Let some be paid for when nobody would expect it: the dead, who has moved already, a suspension afterwards."""
    if len(who.changes) < 2:
        return
    on = who.changes[1].on
    month = Month.of(on)
    if who.fate == "dies" and dice.random() < 0.5:
        who.paid[who.region, month + 1] = Paid(who.base_fen, (month + 1).first.replace(day=10))
    if who.fate == "moves" and dice.random() < 0.5:
        who.paid[who.changes[-1].region, month] = Paid(who.base_fen, on)
    if who.fate == "suspended and pays later":
        for later in (month + 1, month + 2):
            who.paid[who.region, later] = Paid(who.base_fen, (month + 3).first.replace(day=5))


def _in_force(who: Citizen, region: str, month: Month) -> Change | None:
    """Return what somebody is on the first day of a month; of who joins in it, as what."""
    known = [change for change in who.history(region) if change.on <= month.first]
    joins = [who.changes[0]] if who.fate == "joins" and Month.of(who.changes[0].on) == month else []
    return (known or joins or [None])[-1]
