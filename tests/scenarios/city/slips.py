"""What goes wrong in one row in a hundred: what stands in the file, for what it is laid aside, and how it is put right."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from tests.scenarios.city.citizens import Citizen, certno

Row = dict[str, str]
_NOBODY = certno(999, date(1999, 12, 31))


@dataclass(slots=True)
class Slip:
    """What stands in the file instead of a row, and what comes of it.

    `held`: place in `rows` → reason code it is laid aside for. Staff `mend` cells and confirm; where there is nothing to
    mend they drop it. `later`: the rows that put it right, in the next file of corrections, and the reason code they are
    laid aside for themselves; `next_month`: those of the next month's file.
    """

    rows: list[Row]
    held: dict[int, str] = field(default_factory=dict)
    mend: Row | None = None
    later: list[Row] = field(default_factory=list)
    later_held: str = ""
    next_month: list[Row] = field(default_factory=list)


def unreadable_day(row: Row) -> Slip:
    return Slip([{**row, "received_on": "2025-13-40"}], {0: "unreadable"}, mend={"received_on": row["received_on"]})


def unreadable_month(row: Row) -> Slip:
    return Slip([{**row, "accrym": "上月"}], {0: "unreadable"}, mend={"accrym": row["accrym"]})


def unreadable_base(row: Row) -> Slip:
    return Slip([{**row, "base": "五千"}], {0: "unreadable"}, mend={"base": row["base"]})


def wrong_digit(row: Row) -> Slip:
    last = "0" if row["certno"][-1] != "0" else "1"
    return Slip([{**row, "certno": row["certno"][:-1] + last}], {0: "unreadable"}, mend={"certno": row["certno"]})


def fen_for_yuan(row: Row) -> Slip:
    wrong = {**row, "base": row["base"].replace(".", "") + ".00"}
    return Slip([wrong], {0: "base_above_bound"}, later=[row])


def ten_times(row: Row) -> Slip:
    return Slip([{**row, "base": _plus(row, times=10)}], {0: "base_jump"}, mend={"base": row["base"]})


def a_tenth(row: Row) -> Slip:
    return Slip([{**row, "base": row["base"][:-4] + "." + row["base"][-2:]}], {0: "base_jump"}, later=[row])


def doubled(row: Row) -> Slip:
    return Slip([row, row], {1: "contradicts_known"})


def unknown_person(row: Row) -> Slip:
    return Slip([row, {**row, "certno": _NOBODY}], {1: "contradicts_known"})


def another_base_unsaid(row: Row) -> Slip:
    return Slip([row], later=[{**row, "base": _plus(row, fen=5_000)}], later_held="contradicts_known")


def second_payer(row: Row) -> Slip:
    return Slip([{**row, "payer": "A1"}, {**row, "payer": "B2", "base": _plus(row, fen=12_300)}])


def wrong_base(row: Row) -> Slip:
    return Slip([{**row, "base": _plus(row, fen=45_600)}], later=[{**row, "clct_type": "更正"}])


def too_little(row: Row) -> Slip:
    return Slip([{**row, "base": _plus(row, fen=-30_000)}], later=[{**row, "base": "300.00", "clct_type": "补差"}])


def refunded(row: Row) -> Slip:
    wrong = {**row, "base": _plus(row, fen=20_000), "payer": "A1"}
    return Slip([wrong], later=[{**wrong, "clct_type": "退费"}, {**row, "payer": "B2"}])


def missing(row: Row) -> Slip:
    return Slip([], next_month=[{**row, "clct_type": "补缴"}])


PAID_SLIPS: tuple[Callable[[Row], Slip], ...] = (
    unreadable_day,
    unreadable_month,
    unreadable_base,
    wrong_digit,
    fen_for_yuan,
    doubled,
    unknown_person,
    another_base_unsaid,
    second_payer,
    wrong_base,
    too_little,
    refunded,
    missing,
)
# A jump shows where an earlier base is known.
JUMPS = (ten_times, a_tenth)


def _plus(row: Row, fen: int = 0, times: int = 1) -> str:
    base_fen = int(row["base"].replace(".", "")) * times + fen
    return f"{base_fen // 100}.{base_fen % 100:02d}"


def other_gender(row: Row, who: Citizen) -> Slip:
    wrong = {**row, "gend": "2" if who.gender == "1" else "1"}
    return Slip([wrong], {0: "gender_contradicts_number"}, mend={"gend": who.gender})


def unreadable_since(row: Row, who: Citizen) -> Slip:
    return Slip([{**row, "stas_date": "2025-02-30"}], {0: "unreadable"}, mend={"stas_date": row["stas_date"]})


def born_otherwise(row: Row, who: Citizen) -> Slip:
    return Slip([{**row, "brdy": "1990-10-10"}], {0: "unreadable"}, mend={"brdy": row["brdy"]})


def said_twice(row: Row, who: Citizen) -> Slip:
    return Slip([row, row], {1: "contradicts_known"})


def with_another_insurance(row: Row, who: Citizen) -> Slip:
    return Slip([row, {**row, "insutype": "510"}])


FIRST_SLIPS = (other_gender, unreadable_since, born_otherwise, said_twice, with_another_insurance)


def somebody_else(row: Row, who: Citizen) -> Slip:
    """Another person under the number of somebody known."""
    wrong = {**row, "psn_name": "王二晓明", "gend": "2" if who.gender == "1" else "1", "mob": "19900099999"}
    return Slip([wrong], {0: "other_person"})


def corrected_number(row: Row, who: Citizen) -> Slip:
    """The number had a wrong digit all along, and the file does not say whose it was."""
    right = {**row, "certno": certno(who.serial + 500, who.born)}
    return Slip([right], {0: "same_person_other_number"}, mend={"old_certno": row["certno"]})


def another_status_that_day(row: Row, who: Citizen) -> Slip:
    return Slip([{**row, "psn_insu_stas": "2"}], {0: "contradicts_known"})


def with_rounded_numbers(row: Row) -> list[Row]:
    """Return three rows whose numbers a spreadsheet has rounded, and whose check digits fit by chance."""
    numbers = (certno(number * 100, date(1960, 1, day)) for number in range(10) for day in range(1, 29))
    rounded = [number for number in numbers if number.endswith("000")]
    return [{**row, "certno": number} for number in rounded[:3]]


KNOWN_SLIPS = (somebody_else, corrected_number, another_status_that_day)
