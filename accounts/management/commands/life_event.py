"""Life events at the desk: `life_event freeze CERTNO --region 330900 --proof court --document … --reason … --by A`."""

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from typing import Any

from accounts.codes import ACCOUNT_POTS, ApprovalState, LifeEventKind, PotKind, ProofKind
from accounts.errors import AccountsError
from accounts.identity.actors import Act
from accounts.management.base import BaseCommand, CommandError
from accounts.management.days import day_argument
from accounts.management.staff import acts_by, add_by, by_two, ends_done
from accounts.models import LifeEvent, Person
from accounts.operations.life_events import alive, death, freezing, merging, moving, signed
from accounts.operations.life_events.events import Paper
from accounts.operations.life_events.vouchers import subject_of
from accounts.queries.people import find_by_certno
from yibao.lib.values import BadValueError
from yibao.lib.values.amounts import read_yuan

Options = Mapping[str, Any]
Asked = dict[str, Any]


class Command(BaseCommand):
    help = "Record what happened to somebody, or what is done about their account. What moves money takes two people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=[*_ALONE, *_BY_TWO], help="what happened, or is done")
        parser.add_argument("certno", help="证件号码 of whom it is about")
        parser.add_argument("--region", help="统筹区 code of the account; of a death: none, it ends everywhere")
        parser.add_argument("--on", type=day_argument, help="the day of death; from when it is frozen or released")
        parser.add_argument("--proof", required=True, choices=ProofKind.values, help="kind of paper that proves it")
        parser.add_argument("--document", required=True, help="number of that paper")
        parser.add_argument("--reason", required=True, help="why, for the statement and the checker")
        parser.add_argument("--pot", choices=list(ACCOUNT_POTS), default=PotKind.CARRIED, help="adjust: which pot")
        parser.add_argument("--amount", help="yuan; adjust: --amount=-12.30 takes; of several heirs: one's share")
        parser.add_argument("--why", choices=list(moving.PAID_OUT_AS), help="pay_out: as what")
        parser.add_argument(
            "--payee", help="pay_out: account number the money is paid to; its last four digits are kept"
        )
        parser.add_argument("--to", help="transfer, inherit: 统筹区 code of the account that receives")
        parser.add_argument("--heir", help="inherit: 证件号码 of the heir")
        parser.add_argument(
            "--into", help="merge: 证件号码 of the record that is kept; CERTNO's becomes a former number"
        )
        add_by(parser, two=True)

    def handle(self, *args: object, what: str, certno: str, **options: Any) -> None:
        try:
            person = _person(certno)
            if what in _ALONE:
                done, said = True, self._alone(what, person, options)
            else:
                done, said = self._by_two(what, person, options)
        except AccountsError as error:
            raise CommandError(error.message) from None
        self.tell(said, what=what, person=person.pk, done=done)
        ends_done(done)

    def _alone(self, what: str, person: Person, options: Options) -> str:
        acts = acts_by(options["by"], most=1)
        if not acts:
            raise CommandError("请用 --by 写明由谁办")
        paper = Paper.read(options["proof"], options["document"])
        event = _ALONE[what](acts[0], person, paper, options)
        return f"{event.get_kind_display()}已登记：参保人 {person.pk}，{event.on}"

    def _by_two(self, what: str, person: Person, options: Options) -> tuple[bool, str]:
        if not options["by"]:
            raise CommandError("要两个人：--by 提交人 --by 复核人；只写一个就先提交，等另一位复核")
        kind, ask = _BY_TWO[what]
        region = "" if kind in _OF_THE_PERSON else _needed(options, "region")
        approval, said = by_two(
            options["by"],
            kind=kind,
            subject=subject_of(person.pk, region),
            reason=options["reason"],
            document=options["document"],
            asked={"proof": options["proof"], "document": options["document"], **ask(options)},
        )
        return approval.state == ApprovalState.APPROVED, said


def _person(certno: str) -> Person:
    person = find_by_certno(certno)
    if person is None:
        raise CommandError("名册里没有这个证件号码，请核对后再办")
    return person


def _needed(options: Options, name: str) -> str:
    if not options[name]:
        raise CommandError(f"请写 --{name}")
    return str(options[name])


def _death(act: Act, person: Person, paper: Paper, options: Options) -> LifeEvent:
    if options["on"] is None:
        raise CommandError("请用 --on 写死亡日期，例如 2026-03-10")
    return death.report_death(act=act, person=person, on=options["on"], paper=paper, reason=options["reason"])


def _switch(how: Callable[..., LifeEvent]) -> Callable[[Act, Person, Paper, Options], LifeEvent]:
    def switch(act: Act, person: Person, paper: Paper, options: Options) -> LifeEvent:
        return how(
            act=act,
            person=person,
            region=_needed(options, "region"),
            on=options["on"] or act.on,
            paper=paper,
            reason=options["reason"],
        )

    return switch


def _fen(text: str) -> int:
    try:
        fen = read_yuan(text.removeprefix("-"))
    except BadValueError as error:
        raise CommandError(f"--amount：{error}") from None
    return -fen if text.startswith("-") else fen


def _share(options: Options) -> Asked:
    """One heir's share, where there are several; else everything goes."""
    return {"fen": _fen(options["amount"])} if options["amount"] else {}


def _adjustment(options: Options) -> Asked:
    return {"pot": options["pot"], "fen": _fen(_needed(options, "amount"))}


def _payout(options: Options) -> Asked:
    payee = moving.masked_payee(_needed(options, "payee"))
    return {"why": _needed(options, "why"), "payee": payee, **_share(options)}


def _transfer(options: Options) -> Asked:
    return {"why": LifeEventKind.TRANSFER, "to": _needed(options, "to")}


def _inheritance(options: Options) -> Asked:
    heir = _person(_needed(options, "heir"))
    return {"why": LifeEventKind.INHERITANCE, "to": _needed(options, "to"), "heir": heir.pk, **_share(options)}


_ALONE: dict[str, Callable[[Act, Person, Paper, Options], LifeEvent]] = {
    "death": _death,
    "freeze": _switch(freezing.freeze),
    "release": _switch(freezing.release),
}
_BY_TWO: dict[str, tuple[str, Callable[[Options], Asked]]] = {
    "write_off": (signed.WRITE_OFF, lambda options: {}),
    "adjust": (signed.ADJUST, _adjustment),
    "pay_out": (moving.PAY_OUT, _payout),
    "transfer": (moving.MOVE, _transfer),
    "inherit": (moving.MOVE, _inheritance),
    "alive": (alive.ALIVE, lambda options: {}),
    "merge": (merging.MERGE, lambda options: {"kept": _person(_needed(options, "into")).pk}),
}
_OF_THE_PERSON = (alive.ALIVE, merging.MERGE)
