"""What a case kind knows: what has to be seen, what stands in the way, what happens. One handler per kind.

An app registers its handlers when it starts (AppConfig.ready imports the module that holds them).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from accounts.codes import CaseKind, PaperKind
from accounts.identity.actors import Act
from accounts.models import Case, Person
from accounts.policies import registry

Words = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class NeededPaper:
    """材料：这件业务要看的一样东西。

    `code` is stored with the case when it has been seen, and stays. `note` says what will do (原件，任一即可), `where` where
    to get it. `required`: without it the case cannot be submitted; else its lack changes what happens (a low limit).
    `numbered`: the paper has a number of its own that is written down. `kind`: of which a region may want a picture.
    """

    code: str
    name: str
    note: str = ""
    where: str = ""
    required: bool = True
    numbered: bool = False
    kind: PaperKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """核对：这件业务现在提交的话会怎样。

    `stops` (不能办) and `notes` (注意) are sentences with the next step. `content` is plain JSON: what would be done and the
    state it relies on, people by their ids only; `words` says it, label and value. Both are empty where something stops;
    where only documents and papers are still to be seen, `words` stand: some of those papers are signed with them.
    """

    content: Mapping[str, Any] = field(default_factory=dict)
    words: Words = field(default_factory=list)
    stops: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    papers: tuple[NeededPaper, ...] = ()

    def missing(self, case: Case) -> list[NeededPaper]:
        """Return what must be seen and has not been."""
        seen = {paper["code"] for paper in case.papers}
        return [paper for paper in self.papers if paper.required and paper.code not in seen]


@dataclass(frozen=True, slots=True)
class Outcome:
    """办理结果：一句话说做了什么；留下的编号，撤销时用；只给看一次、不保存的内容（例如核验码）。"""

    said: str
    record: Mapping[str, Any] = field(default_factory=dict)
    shown_once: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """这类业务自己的双人复核（accounts.operations.approval_kinds）：提交时用的参数。"""

    kind: str
    subject: str
    reason: str
    document: str = ""
    asked: Mapping[str, Any] = field(default_factory=dict)


def _nobody_came(case: Case, on: date) -> bool:
    return False


def _nothing(case: Case) -> Words:
    return []


def _nobody(case: Case) -> list[tuple[Person, Person]]:
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHandler:
    """一类窗口业务怎么办。

    `assess(act, case)` reads and changes nothing. It is called for the page, again when the case is submitted, and by the
    approval; then under a lock on the case and in the transaction of the deed, so it locks what must not move.
    `execute(act, case)` does it in the caller's transaction; act names the office and the case. Raises an AccountsError
    where it is refused: nothing has happened then.
    `undo(act, case)` takes back what `execute` did, by `case.record`, and says so; kinds without it offer none.
    `undo_proof`: whose number is written down before it is taken back, as money has left the house; "" where none has.
    `instead` says what a clerk does where such a case was done wrongly: of kinds without `undo`, a whole sentence.
    `opposite` is the kind that its undoing amounts to: where a second person checks that one, nobody undoes this alone.
    `guards_money`: it ends or narrows somebody's use of money, so that undoing it lets them at the money again.
    `signed(case)`: the kind has an approval kind of its own, which does the deed; then there is no `execute`.
    `other` is what the second person is called on the page (用钱的人), "" where the case concerns one person only;
    `other_is_optional`: there need not be one.
    `online` says what the citizen can do on the portal instead of coming again, "" where nothing.
    `tells(case)` says in words what is personal of it: for the clerk and whoever checks it, on the page, never kept.
    `undertakings_of(case)` names authoriser and user of each bond for which an undertaking is signed (seed S3, answer 8).
    `always_reviewed`: a second person checks it whatever the region's terms say.
    `asks_who_came(case, on)`: somebody comes who is neither the person nor an agent; who, is written down (Case.private).
    `takes_agent`: somebody else may come in the subject's place. `subject_comes`: False where the subject cannot (death).
    """

    kind: CaseKind
    assess: Callable[[Act, Case], Assessment]
    execute: Callable[[Act, Case], Outcome] | None = None
    undo: Callable[[Act, Case], str] | None = None
    undo_proof: str = ""
    instead: str = ""
    opposite: CaseKind | None = None
    guards_money: bool = False
    signed: Callable[[Case], Signed] | None = None
    other: str = ""
    other_is_optional: bool = False
    asks_who_came: Callable[[Case, date], bool] = _nobody_came
    takes_agent: bool = True
    subject_comes: bool = True
    may_be_reviewed: bool = True
    online: str = ""
    always_reviewed: bool = False
    tells: Callable[[Case], Words] = _nothing
    undertakings_of: Callable[[Case], list[tuple[Person, Person]]] = _nobody


_handlers: dict[str, CaseHandler] = {}


def register(handler: CaseHandler) -> CaseHandler:
    """Make known how a kind is handled. Registering a kind again replaces it."""
    _handlers[handler.kind] = handler
    return handler


def handler_of(kind: str) -> CaseHandler:
    """Return the handler of a case kind. Raises LookupError."""
    return _handlers[kind]


def is_reviewed(case: Case, on: date) -> bool:
    """Say whether a second person has to check the case before it happens, by the region's terms of that day."""
    handler = handler_of(case.kind)
    if handler.signed or handler.always_reviewed:
        return True
    terms = registry.counter(case.region, on)
    return handler.may_be_reviewed and (case.kind in terms.reviewed or (case.has_agent and terms.reviewed_agent))


def kinds() -> list[CaseKind]:
    """Return the case kinds that can be handled, in the order of the code list."""
    return [kind for kind in CaseKind if kind in _handlers]
