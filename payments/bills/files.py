"""import_bills: bills of pharmacies and clinics without a system of their own, by file, and the answer they get."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import Person
from accounts.policies import registry
from accounts.queries.people import find_by_certno
from accounts.roster import cells
from accounts.roster.files import File, Progress
from accounts.roster.problems import ImportRefusedError, Problem
from family.queries.facts import Insured
from payments.bills import operations
from payments.bills.codes import CATEGORIES, BillKind, code_form
from payments.bills.errors import UnknownBillError
from payments.bills.models import Bill, Institution
from payments.bills.queries import bill_of, has_become, institution_of, parts_of
from payments.bills.rules import one_form
from yibao.lib.csv_files import csv_bytes
from yibao.lib.fen import grouped, yuan
from yibao.lib.masking import scrubbed
from yibao.lib.values.amounts import read_yuan

COLUMNS = ("fixmedins_code", "bill_no", "certno", "setl_date", "kind", "amount")
OPTIONAL = ("category", "reverses")
ANSWERED = ("result", "reason", "current", "carried", "pool", "relatives", "cash")
_KINDS = {kind.label: kind for kind in BillKind}
_CATEGORIES = {label: code for code, label in CATEGORIES.items()}
SETTLED, GIVEN_BACK, REFUSED = "已结算", "已退回", "未结算"
REASON_OF_REFUND = "退药退费"
MOST_FEN = 100_000_000  # a million yuan: more on one bill is a slip of the comma

Row = tuple[int, dict[str, str]]  # its number, and column → text


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a row: the amounts of its pots are yuan, negative where money was given back."""

    result: str
    reason: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)

    def cells(self) -> list[str]:
        return [self.result, self.reason, *(self.parts.get(name, "") for name in ANSWERED[2:])]


@dataclass(slots=True)
class BillsResult:
    """What became of a file, row by row; `answers` by the number of the row, `new` are the bills that it brought (ids)."""

    rows: int = 0
    new: set[int] = field(default_factory=set)
    answers: dict[int, Answer] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    remarks: tuple[str, ...] = ()  # what had to be guessed while reading the file

    def count(self, result: str) -> int:
        return sum(answer.result == result for answer in self.answers.values())

    def as_json(self) -> dict[str, Any]:
        """Return the counts, and for each row that was refused why."""
        return {
            "imported": True,
            "rows": self.rows,
            "settled": self.count(SETTLED),
            "given_back": self.count(GIVEN_BACK),
            "refused": self.count(REFUSED),
            "changed_nothing": not self.new,
            "problems": [problem.as_json() for problem in self.problems],
            "held": [],
            "left_out": 0,
            "remarks": list(self.remarks),
        }


class RowRefusedError(AccountsError):
    """A row cannot be settled as it is written."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        self.column, self.value = column, value
        super().__init__(reason)


def import_bills(
    *,
    act: Act,
    path: Path,
    expect_rows: int | None = None,
    expect_sum_fen: int | None = None,
    progress: Progress | None = None,
) -> tuple[BillsResult, bytes]:
    """Settle the rows of a file one by one, each for itself, and return what became of them, and the answer file.

    The same file again changes nothing and is answered the same. Raises ImportRefusedError for a file that is damaged, or
    whose number of rows or sum of amounts (fen, what is given back counts like the rest) is not what was announced: then
    no row of it is settled.
    """
    file = File(path, COLUMNS, progress, optional=OPTIONAL)
    rows = [(number, _by_column(texts)) for number, texts in file.read()]
    for _, row in rows:
        file.add_unread(row["amount"])
    file.expect(rows=expect_rows, sum_fen=expect_sum_fen)
    if damage := [problem for problem in file.problems.found if problem.code is None]:
        raise ImportRefusedError(damage)
    result = BillsResult(rows=file.rows, remarks=tuple(map(scrubbed, file.remarks)))
    for problem in file.problems.found:  # of rows that could not even be taken apart
        _refuse(result, problem)
    newest = Bill.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    desk = _Desk(act)
    for done, (number, row) in enumerate(_in_order(rows)):
        file.progress("结算", done, len(rows))
        try:
            bill = desk.settle(row)
        except RowRefusedError as why:
            file.problems.add(number, why.column, why.value, why.message)
            _refuse(result, file.problems.found[-1])
        except AccountsError as why:
            file.problems.add_masked(number, "", "", why.message)
            _refuse(result, file.problems.found[-1])
        else:
            if bill.pk > newest:  # a row that stands there twice brings one bill
                result.new.add(bill.pk)
            parts = {name: yuan(fen) for name, fen in parts_of([bill])[bill.pk].by_name().items()}
            result.answers[number] = Answer(GIVEN_BACK if bill.reverses_id else SETTLED, parts=parts)
    result.problems.sort(key=lambda problem: problem.row)
    if result.new:
        counts = {"rows": result.rows, "bills": len(result.new), "refused": result.count(REFUSED)}
        audit.record(act=act, verb="bills.imported", detail={"digest": file.digest, **counts})
    return result, _answer_file(file, result)


def _by_column(texts: Sequence[str]) -> dict[str, str]:
    return dict(zip([*COLUMNS, *OPTIONAL], [*texts, "", ""], strict=False))


def _in_order(rows: list[Row]) -> list[Row]:
    """Return the rows as they are to be settled: what gives a bill of the file back stands after it, the rest as it came."""
    place: dict[tuple[str, str], int] = {}
    for number, row in rows:
        if not row["reverses"]:
            place.setdefault(_bill(row, "bill_no"), number)

    def settled_at(numbered: Row) -> tuple[int, bool]:
        number, row = numbered
        paid = place.get(_bill(row, "reverses"), 0) if row["reverses"] else 0
        return max(number, paid), paid > number

    return sorted(rows, key=settled_at)


def _bill(row: dict[str, str], column: str) -> tuple[str, str]:
    """Return which bill a cell names: of which institution, under which number, however both are written."""
    return code_form(row["fixmedins_code"]), one_form(row[column])


def _refuse(result: BillsResult, problem: Problem) -> None:
    if problem.row not in result.answers:
        result.problems.append(problem)
        result.answers[problem.row] = Answer(REFUSED, f"{problem.column} {problem.reason}".strip())


def _answer_file(file: File, result: BillsResult) -> bytes:
    """Return the rows as they came, each with its answer."""
    given = dict(file.cells_of(result.answers))
    columns = list(dict.fromkeys(column for row in given.values() for column in row))
    rows = ([row.get(name, "") for name in columns] + result.answers[number].cells() for number, row in given.items())
    return csv_bytes([*columns, *ANSWERED], rows)


class _Desk:
    """Settles rows; remembers the institutions it has asked for."""

    def __init__(self, act: Act) -> None:
        self.act = act
        self.institutions: dict[str, Institution | None] = {}

    def settle(self, row: dict[str, str]) -> Bill:
        """Settle or give back as one row says. Raises RowRefusedError and what operations raise."""
        institution = self._institution(row["fixmedins_code"])
        bill_no = _number(institution, row["bill_no"])
        person, on = _person(row["certno"]), self._day(row["setl_date"])
        if bill_no == person.certno:
            raise RowRefusedError("bill_no", row["bill_no"], "这是证件号码，不是单号")
        if row["reverses"]:
            return self._give_back(row, institution, bill_no, person, on)
        region = Insured([person.pk], on).as_user(person.pk).region
        earlier = Bill.objects.filter(institution=institution, bill_no=bill_no).select_related("person").first()
        if earlier and has_become(earlier.person_id, person):  # whatever the roster says of them by now
            person, region = earlier.person, earlier.region
        if not region:
            raise RowRefusedError("certno", row["certno"], f"{on} 那天没有参保记录，请核对号码和日期，或先导入名册")
        if registry.spending_or_none(region, on) is None:
            raise RowRefusedError("setl_date", row["setl_date"], f"参保地 {region} 那天没有使用规则，请核对日期")
        return operations.pay(
            act=self.act,
            institution=institution,
            bill_no=bill_no,
            person=person,
            region=region,
            amount_fen=_amount(row),
            on=on,
            kind=_word(row, "kind", _KINDS),
            category=_word(row, "category", {"": "", **_CATEGORIES}),
        )

    def _give_back(self, row: dict[str, str], institution: Institution, bill_no: str, person: Person, on: date) -> Bill:
        try:
            bill = bill_of(institution, _kept(institution, row["reverses"]))
        except UnknownBillError as why:
            raise RowRefusedError("reverses", row["reverses"], f"{why.message}，请核对原单号") from None
        if not has_become(bill.person_id, person):
            raise RowRefusedError("certno", row["certno"], "与被退的结算单不是同一个人")
        if on < bill.on:
            raise RowRefusedError("setl_date", row["setl_date"], f"退的日期早于结算的日期 {bill.on}")
        _refuse_contradiction(row, "kind", _KINDS, bill.kind)
        _refuse_contradiction(row, "category", _CATEGORIES, bill.category)
        return operations.refund(
            act=self.act,
            bill=bill,
            bill_no=bill_no,
            amount_fen=_amount(row) if row["amount"] else None,
            on=on,
            reason=REASON_OF_REFUND,
        )

    def _institution(self, code: str) -> Institution:
        if code not in self.institutions:
            self.institutions[code] = institution_of(code)
        found = self.institutions[code]
        if found is None:
            raise RowRefusedError("fixmedins_code", code, "没有这个定点机构，请核对编码，或先导入机构")
        return found

    def _day(self, text: str) -> date:
        on = _read("setl_date", text, cells.day)
        if on > self.act.on:
            raise RowRefusedError("setl_date", text, f"日期在今天（{self.act.on}）之后")
        return on


def _read(column: str, text: str, read: Any) -> Any:
    try:
        return read(text)
    except ValueError as fault:
        raise RowRefusedError(column, text, str(fault)) from None


def _number(institution: Institution, text: str) -> str:
    if not one_form(text):
        raise RowRefusedError("bill_no", text, "没有填写单号")
    return _kept(institution, text)


def _kept(institution: Institution, text: str) -> str:
    """Return a bill's number in its one form; as it was written where it was settled so, before there was one form."""
    written, number = unicodedata.normalize("NFC", text), one_form(text)
    if written != number and Bill.objects.filter(institution=institution, bill_no=written).exists():
        return written
    return number


def _person(text: str) -> Person:
    person = find_by_certno(_read("certno", text, cells.any_certificate).number)
    if person is None:
        raise RowRefusedError("certno", text, "名册里没有这个人，请核对号码，或先导入名册")
    return person


def _amount(row: dict[str, str]) -> int:
    fen = int(_read("amount", row["amount"], read_yuan))
    if not 0 < fen <= MOST_FEN:
        reason = f"金额必须大于零，不超过 {grouped(MOST_FEN)} 元，请核对小数点"
        raise RowRefusedError("amount", row["amount"], reason)
    return fen


def _word(row: dict[str, str], column: str, words: Mapping[str, str]) -> str:
    if row[column] not in words:
        raise RowRefusedError(column, row[column], f"应为 {'、'.join(filter(None, words))}")
    return words[row[column]]


def _refuse_contradiction(row: dict[str, str], column: str, words: Mapping[str, str], said: str) -> None:
    """Raise RowRefusedError where a row that gives back says another kind of bill than the one it names."""
    if row[column] and words.get(row[column]) != said:
        was = next((label for label, code in words.items() if code == said), "空着的")
        raise RowRefusedError(column, row[column], f"被退的结算单是{was}，请核对原单号，或空着")
