"""What two people sign and no formula gives: 核销 of a debt that is lost, and 人工调账.

Neither is ever counted as credited by a run (jobs.posted asks for the runs' own kinds), so no later run undoes or
repeats it: what is written off is not demanded again, nor given back.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from accounts.codes import ACCOUNT_POTS, LifeEventKind, PotKind, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger.posting import Locked, Move
from accounts.ledger.pots import system_pot
from accounts.models import Approval, Person, Pot
from accounts.operations.approval_kinds import Content, Kind, register
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

WRITE_OFF, ADJUST = "life.write_off", "life.adjust"
MOST_FEN = 10**9


def _pots(person: int, region: str) -> dict[str, Pot]:
    """Lock somebody's pots and return them by kind."""
    rows = Pot.objects.select_for_update(of=("self",)).filter(person=person, region=region)
    return {pot.kind: pot for pot in sorted(rows.order_by("pk"), key=lambda pot: pot.kind != PotKind.CURRENT)}


@refusing
def _write_off(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    person, region = parts_of(subject)
    name, pots = region_name(region), _pots(person, region)
    person_of(person)
    owed_fen = -(pots[PotKind.RECEIVABLE].balance_fen or 0) if PotKind.RECEIVABLE in pots else 0
    if not owed_fen:
        raise LifeEventError(f"这个人在{name}没有待追回的欠款")
    paper = Paper.read(asked["proof"], asked["document"])
    return {"person": person, "region": region, "owed_fen": owed_fen, "proof": paper.kind, "document": paper.number}


def _write_off_words(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("核销", f"参保人 {content['person']} 在{region_name(content['region'])}的欠款"),
        ("金额", f"{yuan(content['owed_fen'])}，核销后不再追回，也不补发"),
        ("凭据", paper_of(content).words),
    ]


def _execute_write_off(act: Act, approval: Approval) -> str:
    content = approval.content
    person, region = Person.objects.get(pk=content["person"]), content["region"]
    debt = Pot.objects.get(person=person, region=region, kind=PotKind.RECEIVABLE)
    fund = system_pot(region, PotKind.FUND)
    post_signed(
        act=act,
        approval=approval,
        kind=VoucherKind.WRITE_OFF,
        person=person,
        region=region,
        pots=[debt],
        decide=lambda locked: [Move(fund, debt.pk, content["owed_fen"])],
        words=f"核销：{approval.reason}",
    )
    event = record_signed(act=act, approval=approval, kind=LifeEventKind.WRITE_OFF, person=person, region=region)
    tell(act=act, person=person, template=notice_words.written_off, facts={"event": event.pk})
    return f"已核销 {yuan(content['owed_fen'])}"


@refusing
def _adjust(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    person, region = parts_of(subject)
    name, pots = region_name(region), _pots(person, region)
    person_of(person)
    kind, fen = asked["pot"], asked["fen"]
    if kind not in ACCOUNT_POTS or kind not in pots:
        raise LifeEventError(f"这个人在{name}没有{PotKind(kind).label if kind in PotKind.values else kind}，请检查账户")
    if not fen or abs(fen) > MOST_FEN:
        raise LifeEventError(f"调账的金额不能是零，也不能超过 {yuan(MOST_FEN)}")
    has_fen = pots[kind].balance_fen or 0
    if has_fen + fen < 0:
        raise LifeEventError(f"{PotKind(kind).label}只有 {yuan(has_fen)}，不够减少 {yuan(-fen)}")
    paper = Paper.read(asked["proof"], asked["document"])
    content: Content = {"person": person, "region": region, "pot": kind, "fen": fen}
    return content | {"has_fen": has_fen, "proof": paper.kind, "document": paper.number}


def _adjust_words(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    fen, has_fen = content["fen"], content["has_fen"]
    return [
        ("调账", f"参保人 {content['person']} 在{region_name(content['region'])}的{PotKind(content['pot']).label}"),
        ("增加" if fen > 0 else "减少", yuan(abs(fen))),
        ("调账前后", f"{yuan(has_fen)} → {yuan(has_fen + fen)}"),
        ("凭据", paper_of(content).words),
    ]


def _execute_adjust(act: Act, approval: Approval) -> str:
    content = approval.content
    person, region, fen = Person.objects.get(pk=content["person"]), content["region"], content["fen"]
    own = {pot.kind: pot for pot in Pot.objects.filter(person=person, region=region, kind__in=ACCOUNT_POTS)}
    pot, fund = own[content["pot"]].pk, system_pot(region, PotKind.FUND)

    def decide(locked: Locked) -> list[Move]:
        return [Move(fund, pot, fen) if fen > 0 else Move(pot, fund, -fen)]

    post_signed(
        act=act,
        approval=approval,
        kind=VoucherKind.MANUAL,
        person=person,
        region=region,
        pots=own.values(),
        decide=decide,
        words=f"人工调账：{approval.reason}",
    )
    event = record_signed(act=act, approval=approval, kind=LifeEventKind.ADJUSTMENT, person=person, region=region)
    tell(act=act, person=person, template=notice_words.adjusted, facts={"event": event.pk})
    return f"已{'增加' if fen > 0 else '减少'} {yuan(abs(fen))}"


register(
    Kind(
        code=WRITE_OFF,
        title="核销待追回",
        maker_roles=RECORDERS,
        checker_roles=(CHECKERS[-1],),
        content=_write_off,
        describe=_write_off_words,
        execute=_execute_write_off,
        why_not=why_not,
    )
)
register(
    Kind(
        code=ADJUST,
        title="人工调账",
        maker_roles=RECORDERS,
        checker_roles=(CHECKERS[-1],),
        content=_adjust,
        describe=_adjust_words,
        execute=_execute_adjust,
        why_not=why_not,
    )
)
