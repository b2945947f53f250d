"""登记合并: two records of one person become one. Facts, numbers, sign-in, sharing and money follow; two people sign it.

The runs settle both records at once, as they would daily: what was credited to the record that goes is taken back there
and credited to the one that is kept, where it is due. Whatever is left after that, money or debt, is moved by one
voucher in each region.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.db import transaction

from accounts.codes import ACCOUNT_POTS, MONEY_POTS, LifeEventKind, PotKind, VoucherKind
from accounts.identity.actors import Act, Actor
from accounts.jobs.one_person import settle_person
from accounts.ledger.posting import Locked, Move, post
from accounts.ledger.pots import open_account, pool_pot, receivables, regions_of
from accounts.models import Approval, LifeEvent, Person, Pot, Voucher
from accounts.operations.approval_kinds import Content, Kind, register
from accounts.operations.life_events import hooks, leaving
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
from accounts.operations.life_events.merged_records import contradictions, move_facts, move_sign_in
from accounts.operations.life_events.vouchers import paper_of, parts_of, record_signed
from accounts.operations.notices import tell
from accounts.queries import notice_words
from yibao.lib.clock import SHANGHAI

MERGE = "life.merge"
_WORDS = "两份登记合并，余额并入"


@refusing
def _content(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    (gone_id, _), kept_id = parts_of(subject), int(asked["kept"])
    accounts = {(person, region) for person in (gone_id, kept_id) for region in regions_of(person)}
    leaving.lock_accounts(accounts, on)
    people = {pk: person_of(pk) for pk in sorted({gone_id, kept_id})}
    gone, kept = people[gone_id], people[kept_id]
    act = Act(Actor.system("preview"), datetime.combine(on, time(), SHANGHAI))
    if found := list(contradictions(gone, kept, act)):
        raise LifeEventError("；".join(found))
    paper = Paper.read(asked["proof"], asked["document"])
    return {
        "gone": gone_id,
        "kept": kept_id,
        "another_birth": gone.birth_on != kept.birth_on,
        "proof": paper.kind,
        "document": paper.number,
        **_preview(act, gone, kept),
    }


def _preview(act: Act, gone: Person, kept: Person) -> Content:
    """Return what would come of it, from doing it and taking it back."""
    before = _balances(kept)
    with transaction.atomic():
        done = _unite(act, Person.objects.get(pk=gone.pk), kept, None)
        after = _balances(kept)
        transaction.set_rollback(True)
    regions = {region: [before.get(region, 0), after[region]] for region in sorted(after)}
    return {**done, "fen": regions}


def _balances(person: Person) -> dict[str, int]:
    """Return region → what somebody has there, a debt subtracted (fen)."""
    found: dict[str, int] = {}
    for pot in Pot.objects.filter(person=person):
        found[pot.region] = found.get(pot.region, 0) + (pot.balance_fen or 0)
    return found


def _describe(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    birth = [("出生日期", "两份不同，以保留的登记为准")] if content["another_birth"] else []
    return [
        ("合并", f"参保人 {content['gone']} 并入参保人 {content['kept']}，前者的号码成为曾用号码"),
        *birth,
        ("并入的记录", f"参保 {content['enrolments']} 条，缴费 {content['contributions']} 条"),
        *(
            (f"{region_name(region)}的账户", f"{yuan(before)} → {yuan(after)}")
            for region, (before, after) in content["fen"].items()
        ),
        ("登录账号", "一并转到保留的登记" if content["sign_in"] else "不变"),
        ("凭据", paper_of(content).words),
    ]


def _execute(act: Act, approval: Approval) -> str:
    content = approval.content
    gone, kept = Person.objects.get(pk=content["gone"]), Person.objects.get(pk=content["kept"])
    _unite(act, gone, kept, approval)
    record_signed(act=act, approval=approval, kind=LifeEventKind.MERGE, person=kept)
    tell(act=act, person=kept, template=notice_words.merged, facts={})
    return f"参保人 {gone.pk} 已并入参保人 {kept.pk}"


def _unite(act: Act, gone: Person, kept: Person, approval: Approval | None) -> Content:
    """Do it, in the caller's transaction. Without an approval it is only to be looked at, and taken back."""
    regions = sorted({*regions_of(gone.pk), *regions_of(kept.pk)})
    facts = move_facts(act, gone, kept, approval)
    for region in regions:
        open_account(kept.pk, region)
    for follow in hooks.on_merge:
        follow(act, gone, kept)
    sign_in = move_sign_in(gone, kept)
    for region in regions:
        for person in (gone, kept):
            settle_person(act=act, person_id=person.pk, region=region)
        _move_rest(act, gone, kept, region, approval)
    return {"enrolments": facts.enrolments, "contributions": facts.contributions, "sign_in": sign_in}


def move_what_came_later(*, act: Act) -> int:
    """Move what has come to merged records since, such as a refund of a bill of theirs; return from how many accounts.

    The vouchers name the approval of the merge. Repeating it does nothing more.
    """
    merges = LifeEvent.objects.filter(kind=LifeEventKind.MERGE).select_related("person", "approval")
    merged = {event.detail["gone"]: event for event in merges}
    late = Pot.objects.filter(person__in=merged).exclude(balance_fen=0)
    accounts = sorted(set(late.values_list("person_id", "region")))
    for gone_id, region in accounts:
        event = merged[gone_id]
        with transaction.atomic():
            _move_rest(act, Person.objects.get(pk=gone_id), event.person, region, event.approval)
    return len(accounts)


def _move_rest(act: Act, gone: Person, kept: Person, region: str, approval: Approval | None) -> None:
    left = {pot.kind for pot in Pot.objects.filter(person=gone, region=region) if pot.balance_fen}
    if not left:
        return
    if PotKind.POOL in left:
        pool_pot(region, kept.pk)
    if PotKind.RECEIVABLE in left:
        receivables(region, [kept.pk])
    pots = list(Pot.objects.filter(person__in=(gone, kept), region=region))

    def decide(locked: Locked) -> list[Move]:
        now = [locked.pots[pot.pk] for pot in pots]
        return merge_moves([p for p in now if p.person_id == gone.pk], [p for p in now if p.person_id == kept.pk])

    paper, key = f"（{paper_of(approval.content).words}）" if approval else "", f"merge:{gone.pk}:{region}"
    post(
        act=act,
        kind=VoucherKind.MERGE,
        region=region,
        key=f"{key}:{Voucher.objects.filter(kind=VoucherKind.MERGE, key__startswith=key).count()}",
        payload={"gone": gone.pk, "kept": kept.pk},
        pots=[pot.pk for pot in pots],
        decide=decide,
        subject_id=kept.pk,
        reason=f"{_WORDS}{paper}",
        approval_id=approval.pk if approval else None,
    )


@dataclass(slots=True)
class _Moves:
    """Moves as they are found, and what is in each pot after them (fen)."""

    fen: dict[int, int]
    found: list[Move] = field(default_factory=list)

    def move(self, source: Pot, target: Pot, fen: int) -> None:
        if fen > 0:
            self.found.append(Move(source.pk, target.pk, fen))
            self.fen[source.pk] -= fen
            self.fen[target.pk] += fen


def merge_moves(gone: Iterable[Pot], kept: Iterable[Pot]) -> list[Move]:
    """Return the moves that leave nothing with the record that goes: a debt is paid from its money, then from the other's.

    当年 goes to 当年 of the same year, else to 历年. What nobody's money covers stays a debt, of the record that is kept.
    """
    old, new = {pot.kind: pot for pot in gone}, {pot.kind: pot for pot in kept}
    moves = _Moves({pot.pk: pot.balance_fen or 0 for pot in (*old.values(), *new.values())})
    money = [pots[kind] for pots in (old, new) for kind in MONEY_POTS if kind in pots]
    if debt := old.get(PotKind.RECEIVABLE):
        for pot in money:
            if pot.kind in ACCOUNT_POTS or pot.person_id == debt.person_id:
                moves.move(pot, debt, min(moves.fen[pot.pk], -moves.fen[debt.pk]))
        if moves.fen[debt.pk]:
            moves.move(new[PotKind.RECEIVABLE], debt, -moves.fen[debt.pk])
    for kind in MONEY_POTS:
        if kind in old:
            target = new.get(kind)
            if target is None or target.year != old[kind].year:
                target = new[PotKind.CARRIED]
            moves.move(old[kind], target, moves.fen[old[kind].pk])
    return moves.found


register(
    Kind(
        code=MERGE,
        title="登记合并",
        maker_roles=RECORDERS,
        checker_roles=CHECKERS,
        content=_content,
        describe=_describe,
        execute=_execute,
        why_not=why_not,
    )
)
