"""Money that leaves an account for good: to an account here (关系转移, 继承), or paid out (转出, 清退, 继承).

Between accounts it is one case with two vouchers, one in the books of each region, through 转出与清退.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from accounts.codes import LifeEventKind, PotKind, VoucherKind
from accounts.identity.actors import Act
from accounts.jobs.one_person import settle_person
from accounts.ledger.freezing import reported_deaths
from accounts.ledger.posting import Locked, Move
from accounts.ledger.pots import system_pot
from accounts.models import Approval, Person, Pot
from accounts.operations.approval_kinds import Content, Kind, register
from accounts.operations.life_events import leaving
from accounts.operations.life_events.events import (
    CHECKERS,
    RECORDERS,
    LifeEventError,
    Paper,
    person_of,
    refusing,
    region_name,
    why_not,
    yuan,
)
from accounts.operations.life_events.vouchers import paper_of, parts_of, post_signed, record_signed
from accounts.operations.notices import tell
from accounts.queries import notice_words

PAY_OUT, MOVE = "life.pay_out", "life.move"
PAID_OUT_AS = (LifeEventKind.TRANSFER_OUT, LifeEventKind.LEAVING, LifeEventKind.INHERITANCE)
MOVED_AS = {LifeEventKind.TRANSFER: VoucherKind.MOVED, LifeEventKind.INHERITANCE: VoucherKind.INHERITANCE}
_TAIL = 4  # digits of an account number that are kept


def masked_payee(text: str) -> str:
    """Return what is kept of where money is paid to: the last four digits. Raises LifeEventError."""
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"\d{8,30}", digits, re.ASCII):
        raise LifeEventError("收款账号应为整个账号的数字，不带其他字")
    return f"尾号{digits[-_TAIL:]}"


def _left(person: Person, region: str, why: LifeEventKind, asked: Mapping[str, Any], on: date) -> Content:
    leaving.refuse_unfit(person, region, why, on)
    left = leaving.left_in(person, region, on)
    if not left.has_fen:
        raise LifeEventError(f"在{region_name(region)}的账户里没有钱了")
    out_fen = asked.get("fen") or left.out_fen
    if out_fen != left.out_fen and (why != LifeEventKind.INHERITANCE or not 0 < out_fen <= left.out_fen):
        raise LifeEventError(f"只有继承可以分几份办，每份不超过能付出的 {yuan(left.out_fen)}")
    paper = Paper.read(asked["proof"], asked["document"])
    return {
        "person": person.pk,
        "region": region,
        "why": why,
        "has_fen": left.has_fen,
        "owed_fen": left.owed_fen,
        "out_fen": out_fen,
        "proof": paper.kind,
        "document": paper.number,
    }


def _left_words(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    why, name = LifeEventKind(content["why"]), region_name(content["region"])
    debt = [("先还多划的欠款", yuan(min(content["owed_fen"], content["has_fen"])))] if content["owed_fen"] else []
    return [(why.label, f"参保人 {content['person']} 在{name}的账户"), ("账户里有", yuan(content["has_fen"])), *debt]


@refusing
def _pay_out(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    person_id, region = parts_of(subject)
    if asked["why"] not in PAID_OUT_AS:
        raise LifeEventError("付出去的钱只能是转出、清退或继承")
    leaving.lock_accounts({(person_id, region)}, on)
    content = _left(person_of(person_id), region, LifeEventKind(asked["why"]), asked, on)
    return content | {"payee": asked["payee"]}


def _pay_out_words(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        *_left_words(content),
        ("付出", f"{yuan(content['out_fen'])}，付至{content['payee']}的账户"),
        ("凭据", paper_of(content).words),
    ]


def _execute_pay_out(act: Act, approval: Approval) -> str:
    content = approval.content
    person, why = Person.objects.get(pk=content["person"]), LifeEventKind(content["why"])
    _empty(act, approval, person, VoucherKind.PAYOUT, f"{why.label}，付至{content['payee']}的账户")
    event = record_signed(act=act, approval=approval, kind=why, person=person, region=content["region"])
    if why != LifeEventKind.INHERITANCE:
        facts = {"event": event.pk, "region": content["region"]}
        tell(act=act, person=person, template=notice_words.paid_out, facts=facts)
    return f"已付出 {yuan(content['out_fen'])}"


@refusing
def _move(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    person_id, region = parts_of(subject)
    why, to, receiver_id = asked["why"], asked["to"], asked.get("heir") or person_id
    if why not in MOVED_AS:
        raise LifeEventError("转到本系统账户的钱只能是关系转移或继承")
    if (why == LifeEventKind.TRANSFER) != (receiver_id == person_id):
        raise LifeEventError("关系转移只转给本人，继承要写明继承人")
    if (receiver_id, to) == (person_id, region):
        raise LifeEventError("转出和转入是同一个账户")
    name = region_name(to)
    pots = leaving.lock_accounts({(person_id, region), (receiver_id, to)}, on)
    if not any((pot.person_id, pot.region, pot.kind) == (receiver_id, to, PotKind.CARRIED) for pot in pots):
        raise LifeEventError(f"收款人在{name}没有职工医保的个人账户，先在那里参保再办")
    if receiver_id != person_id and receiver_id in reported_deaths([receiver_id]):
        raise LifeEventError("继承人也已经去世，不能转入")
    content = _left(person_of(person_id), region, LifeEventKind(why), asked, on)
    return content | {"receiver": receiver_id, "to": to}


def _move_words(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        *_left_words(content),
        ("转入", f"参保人 {content['receiver']} 在{region_name(content['to'])}的历年结余，{yuan(content['out_fen'])}"),
        ("凭据", paper_of(content).words),
    ]


def _execute_move(act: Act, approval: Approval) -> str:
    content = approval.content
    person, receiver = Person.objects.get(pk=content["person"]), Person.objects.get(pk=content["receiver"])
    why, name, to_name = LifeEventKind(content["why"]), region_name(content["region"]), region_name(content["to"])
    kind, inherits = MOVED_AS[why], why == LifeEventKind.INHERITANCE
    out_words = "余额由继承人继承" if inherits else f"医保关系转到{to_name}，余额转出"
    in_words = "继承转入的余额" if inherits else f"医保关系从{name}转来，余额转入"
    _empty(act, approval, person, kind, out_words)
    if content["out_fen"]:
        _take_in(act, approval, receiver, kind, in_words)
    event = record_signed(act=act, approval=approval, kind=why, person=person, region=content["region"])
    facts = {"event": event.pk, "region": content["region"], "to": content["to"]}
    tell(act=act, person=receiver, template=notice_words.moved, facts=facts)
    return f"已转入{to_name} {yuan(content['out_fen'])}"


def _own(person_id: int, region: str) -> list[Pot]:
    return list(Pot.objects.filter(person=person_id, region=region))


def _empty(act: Act, approval: Approval, person: Person, kind: VoucherKind, words: str) -> None:
    """Settle what is due, then send everything out of the account, debts first."""
    region = approval.content["region"]
    settle_person(act=act, person_id=person.pk, region=region)
    own, outward = _own(person.pk, region), system_pot(region, PotKind.OUTWARD)

    def decide(locked: Locked) -> list[Move]:
        return leaving.empty(locked, own, outward, approval.content["out_fen"])

    post_signed(
        act=act, approval=approval, kind=kind, person=person, region=region, pots=own, decide=decide, words=words
    )


def _take_in(act: Act, approval: Approval, receiver: Person, kind: VoucherKind, words: str) -> None:
    region, fen = approval.content["to"], approval.content["out_fen"]
    own, outward = _own(receiver.pk, region), system_pot(region, PotKind.OUTWARD)

    def decide(locked: Locked) -> list[Move]:
        return leaving.take_in(locked, own, outward, fen)

    post_signed(
        act=act,
        approval=approval,
        kind=kind,
        person=receiver,
        region=region,
        pots=own,
        decide=decide,
        words=words,
        part=":in",
    )


register(
    Kind(
        code=PAY_OUT,
        title="账户余额付出（转出、清退、继承）",
        maker_roles=RECORDERS,
        checker_roles=CHECKERS,
        content=_pay_out,
        describe=_pay_out_words,
        execute=_execute_pay_out,
        why_not=why_not,
    )
)
register(
    Kind(
        code=MOVE,
        title="账户余额转到另一个账户（关系转移、继承）",
        maker_roles=RECORDERS,
        checker_roles=CHECKERS,
        content=_move,
        describe=_move_words,
        execute=_execute_move,
        why_not=why_not,
    )
)
