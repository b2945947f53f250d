"""The files of the half year, as they are handed in: what is true, told when it is heard of, one row in a hundred wrong."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path
from random import Random

from accounts.roster.balances import COLUMNS as BALANCE_COLUMNS
from accounts.roster.contributions import COLUMNS as PAID_COLUMNS
from accounts.roster.people import COLUMNS as ROSTER_COLUMNS
from tests.factories.files import csv_file
from tests.factories.people import name, phone
from tests.scenarios.city.citizens import LAST, LIVE, SUSPENDED, Change, Citizen
from tests.scenarios.city.slips import FIRST_SLIPS, JUMPS, KNOWN_SLIPS, PAID_SLIPS, Row, Slip, with_rounded_numbers
from yibao.lib.fen import yuan
from yibao.lib.months import Month

_ROSTER = (*ROSTER_COLUMNS, "old_certno", "end_reason", "end_to")
_PAID = (*PAID_COLUMNS, "clct_type", "payer")


@dataclass(slots=True)
class Paper:
    """A file: its rows, and those that will be laid aside: row number → reason code.

    `mend`: those of them that staff confirm, with the cells they change before; the others are dropped.
    """

    rows: list[Row] = field(default_factory=list)
    held: dict[int, str] = field(default_factory=dict)
    mend: dict[int, Row] = field(default_factory=dict)
    left_out: int = 0

    def add(self, rows: Iterable[Row], held: dict[int, str] | None = None, mend: Row | None = None) -> None:
        first = len(self.rows) + 2  # the header is row 1
        self.rows += rows
        for place, code in (held or {}).items():
            self.held[first + place] = code
            if mend is not None:
                self.mend[first + place] = mend

    def sum_fen(self) -> int:
        return sum(int(row["base"].replace(".", "")) for row in self.rows)


class Papers:
    """Writes the files of a city month by month. Nobody's rows go wrong twice."""

    def __init__(self, citizens: list[Citizen], seed: str) -> None:
        self.citizens = citizens
        self.rows = self.slips = 0
        self._dice = Random(seed)
        self._told: dict[int, int] = defaultdict(int)  # citizen → how many changes the bureau has heard of
        self._filed: set[tuple[int, str, Month]] = set()
        self._next_month: list[Row] = []
        self.corrections = Paper()
        steady = [who for who in citizens if who.is_steady]
        self._dice.shuffle(steady)
        self._spare = iter(steady)  # for slips that a month is not about
        self._unspoilt = {who.serial for who in steady[len(steady) // 4 :]}

    def roster(self, on: date) -> Paper:
        """Return what the bureau has heard of until a day. The first one has everybody insured before going live."""
        paper, kinds = Paper(), FIRST_SLIPS
        for who in self.citizens:
            while (told := self._told[who.serial]) < len(who.changes) and _told_on(who.changes[told]) <= on:
                self._told[who.serial] += 1
                row = roster_row(who, who.changes[told])
                if on < LIVE and who.is_steady and who.serial in self._unspoilt and self._dice.random() < 0.021:
                    self._spoil(paper, who, kinds[self.slips % len(kinds)](row, who))
                else:
                    paper.add([row])
        if on >= LIVE:
            self._add_strange(paper)
        self.rows += len(paper.rows)
        return paper

    def _add_strange(self, paper: Paper) -> None:
        """Add rows about people of whom there is nothing new."""
        for wrong in KNOWN_SLIPS:
            who = next(self._spare)
            slip = wrong(roster_row(who, who.changes[0]), who)
            self._spoil(paper, who, slip)
            if slip.mend and "old_certno" in slip.mend:
                who.certno = slip.rows[0]["certno"]

    def paid(self, on: date) -> Paper:
        """Return the month's payments that have come in by a day, of those whom the bureau knows to be insured."""
        paper, number = Paper(), 0
        paper.add(self._next_month)
        self._next_month = []
        kinds = (*PAID_SLIPS, *JUMPS) if Month.of(on) > Month.of(LIVE) else PAID_SLIPS
        for who in self.citizens:
            for (region, month), paid in who.paid.items():
                if paid.on > on or (who.serial, region, month) in self._filed or not self._knows(who, region):
                    continue
                self._filed.add((who.serial, region, month))
                row = paid_row(who, region, month)
                goes_wrong = who.is_steady and who.serial in self._unspoilt and month == Month.of(on) < LAST
                if goes_wrong and self._dice.random() < 0.021:
                    number += 1
                    self._spoil(paper, who, kinds[number % len(kinds)](row))
                elif self._is_jump(who, month, base_fen=paid.base_fen):
                    paper.add([row], {0: "base_jump"}, {})
                else:
                    paper.add([row])
        self.rows += len(paper.rows)
        return paper

    def rounded(self) -> Paper:
        """Return a file that a spreadsheet has spoilt."""
        paper, who = Paper(), next(self._spare)
        for row in with_rounded_numbers(paid_row(who, who.region, Month.of(LIVE))):
            paper.add([row], {0: "rounded_numbers"})
        return paper

    def of_another_town(self, on: date) -> Paper:
        """Return payments of a month on bases that are nobody's."""
        paper = Paper()
        for who in self._some():
            row = paid_row(who, who.region, Month.of(on))
            paper.add([{**row, "base": yuan(who.base_fen + 70_000)}])
        return paper

    def suspended_by_mistake(self, since: date) -> Paper:
        paper = Paper()
        for who in self._some():
            paper.add([roster_row(who, replace(who.changes[0], on=since, status=SUSPENDED))])
        return paper

    def _some(self) -> list[Citizen]:
        """Return one in a hundred, of whom there is nothing else to tell."""
        return list(islice(self._spare, len(self.citizens) // 100))

    def take_corrections(self) -> Paper:
        paper, self.corrections = self.corrections, Paper()
        return paper

    def _knows(self, who: Citizen, region: str) -> bool:
        return any(change.region == region for change in who.changes[: self._told[who.serial]])

    def _is_jump(self, who: Citizen, month: Month, base_fen: int) -> bool:
        before = [paid.base_fen for (_, earlier), paid in who.paid.items() if earlier == month + -1]
        return bool(before) and base_fen > 3 * before[0]

    def _spoil(self, paper: Paper, who: Citizen, slip: Slip) -> None:
        self.slips += 1
        self._unspoilt.discard(who.serial)
        paper.add(slip.rows, slip.held, slip.mend)
        paper.left_out += sum(row.get("insutype") == "510" for row in slip.rows)
        self._next_month += slip.next_month
        for row in slip.later:
            self.corrections.add([row], {0: slip.later_held} if slip.later_held else None)


def _told_on(change: Change) -> date:
    return change.told or change.on


def roster_row(who: Citizen, change: Change) -> Row:
    return {
        **dict.fromkeys(_ROSTER, ""),
        "certno": who.certno,
        "psn_name": name(who.serial),
        "gend": who.gender,
        "brdy": who.born.isoformat(),
        "mob": phone(who.serial),
        "insuplc_admdvs": change.region,
        "insutype": "310",
        "psn_type": "12" if change.kind == "12" else "11",
        "flex": "1" if change.kind == "flex" else "",
        "psn_insu_stas": str(change.status),
        "stas_date": change.on.isoformat(),
        "end_reason": change.end_reason,
        "end_to": change.end_to,
    }


def paid_row(who: Citizen, region: str, month: Month) -> Row:
    paid = who.paid[region, month]
    return {
        "certno": who.certno,
        "insuplc_admdvs": region,
        "accrym": str(month),
        "base": yuan(paid.base_fen),
        "received_on": paid.on.isoformat(),
        "clct_type": "",
        "payer": "",
    }


def balance_row(who: Citizen, region: str, as_of: date, current_fen: int, carried_fen: int) -> Row:
    return {
        "certno": who.certno,
        "insuplc_admdvs": region,
        "as_of": as_of.isoformat(),
        "current": yuan(current_fen),
        "carried": yuan(carried_fen),
        "pool": "",
        "last_year_carried": "",
    }


def written(path: Path, rows: list[Row]) -> Path:
    columns = next(of for of in (_ROSTER, _PAID, BALANCE_COLUMNS) if set(of) == set(rows[0]))
    return csv_file(path, rows, columns)
