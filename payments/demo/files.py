"""Rosters and contribution files, as a bureau would receive them: the personas', and a population's of any size."""

import csv
import os
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

from stdnum.cn import ric

from accounts.codes import EnrolmentStatus, PersonType
from accounts.roster import contributions, people
from payments.demo.personas import Member
from yibao.lib.months import Month

_FAMILY_NAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
_GIVEN_NAMES = "伟芳娜静敏丽强磊军洋勇艳杰娟涛明超兰霞平"


def write_roster(path: Path, rows: Iterable[Iterable[str]]) -> Path:
    """Write a roster as CSV and return its path."""
    return _write(path, people.COLUMNS, rows)


def write_contributions(path: Path, rows: Iterable[Iterable[str]], *more: str) -> Path:
    """Write a file of contributions as CSV, with `more` optional columns, and return its path."""
    return _write(path, (*contributions.COLUMNS, *more), rows)


def _write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def roster_of(personas: Iterable[Member], after: str, until: str) -> Iterator[list[str]]:
    """Yield a row per person and change since the day `after`, up to and with `until`."""
    for member in personas:
        for since in member.since:
            if after < since.day <= until:
                yield [
                    member.certno, member.name, str(member.gender), member.born.isoformat(), member.phone, member.region,
                    since.what.insurance, since.what, str(since.status), since.day, "1" if member.flex else "", "",
                    member.street, "",
                ]  # fmt: skip


def contributions_of(personas: Iterable[Member], month: Month) -> Iterator[list[str]]:
    """Yield what was received on the 15th: for the month itself, for one that is late, and what corrects the last."""
    for member in personas:
        paid = [] if str(month) in member.late else [month]
        paid += [Month.parse(late) for late, came in member.late.items() if came == str(month)]
        for of in paid:
            if _employed(member, of) and (base := member.slips.get(str(of)) or _base(member, of)):
                yield [member.certno, member.region, str(of), base, f"{month}-15", ""]
        before = month + -1
        if str(before) in member.slips:
            yield [member.certno, member.region, str(before), _base(member, before), f"{month}-15", "更正"]


def _base(member: Member, month: Month) -> str:
    """Return the base in force in a month, in yuan; nothing before the first one."""
    return next((base for since, base in reversed(member.bases.items()) if since <= str(month)), "")


def _employed(member: Member, month: Month) -> bool:
    row = [since for since in member.since if since.day <= month.first.isoformat()]
    return bool(row) and row[-1].what == PersonType.EMPLOYED and row[-1].status == EnrolmentStatus.NORMAL


def population_roster(people: int, region: str, *, with_phones: bool = False) -> Iterator[list[str]]:
    """Yield that many insured people, the same ones every time: nine employees to one retiree.

    With phones, each has one of their own among the first hundred million people.
    """
    for number in range(people):
        certno, born = _certno(number)
        name = _FAMILY_NAMES[number % 20] + _GIVEN_NAMES[number // 20 % 20] + _GIVEN_NAMES[number // 400 % 20]
        kind = PersonType.EMPLOYED if number % 10 else PersonType.RETIRED
        yield [
            certno,
            name,
            str(1 + number % 2),
            born.isoformat(),
            f"199{number:08d}" if with_phones else "",
            region,
            kind.insurance,
            kind,
            str(EnrolmentStatus.NORMAL),
            "2020-01-01",
            "",
            "",
            "",
            "",
        ]


def population_contributions(people: int, region: str, month: Month) -> Iterator[list[str]]:
    """Yield their contributions for one month, on bases between 4,500 and 25,000 yuan."""
    bases = Random(8)
    for number in range(people):
        base = bases.randrange(4_500, 25_000)
        if number % 10:
            yield [_certno(number)[0], region, str(month), f"{base}.00", f"{month}-15"]


def _certno(number: int) -> tuple[str, date]:
    born = date(1930, 1, 1) + timedelta(days=number // 900)
    stem = f"999902{born:%Y%m%d}{100 + number % 900:03d}"
    return stem + ric.calc_check_digit(stem + "0"), born
