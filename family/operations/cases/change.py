"""变更共济额度、期限或先后: the one who pays changes limit and last day, the one who uses changes whose money goes first."""

from datetime import date
from typing import Any

from accounts.codes import CaseKind
from accounts.identity.actors import Act
from accounts.models import Case
from accounts.operations.cases.handlers import Assessment, CaseHandler, Outcome, register
from accounts.operations.cases.identity_papers import who_comes
from family.models import Bond
from family.operations import bonds, counter
from family.operations.cases.reasons import sentences
from family.operations.cases.words import limit_words, until_words
from family.queries.bonds import active_bond, bonds_received, may_reorder
from family.queries.facts import declared_fen
from family.rules import Reason, eligibility
from family.rules.facts import Pair

_NONE = "两人之间现在没有共济关系"
_SAME = "没有要改的内容：填的和现在的一样"
_FIXED = "当地规定了使用先后，不能改；额度和期限由授权人改"
_ONLINE = "能：登录后在家庭共济里改额度、期限和先后"


def _assess(act: Act, case: Case) -> Assessment:
    needed = who_comes(case)
    if case.other is None:
        return Assessment(papers=needed)
    given, received = active_bond(case.subject, case.other), active_bond(case.other, case.subject)
    if given is None and received is None:
        return Assessment(stops=(_NONE,), papers=needed)
    content: dict[str, Any] = {"given": given and given.pk, "received": received and received.pk}
    words: list[tuple[str, str]] = []
    stops: tuple[str, ...] = ()
    if given is not None:
        words, stops = _terms(act, case, given)
        content |= {"limit_fen": [given.limit_fen, _limit_fen(case, given)]}
        content |= {"until": [given.until_on and given.until_on.isoformat(), _until(case, given)]}
    if received is not None and (order := _order(act, case, received)):
        before = [card.bond.pk for card in bonds_received(case.subject, act.on)]
        content |= {"order": [before, order]}
        words.append(("使用先后", f"由第{before.index(received.pk) + 1}位改为第{order.index(received.pk) + 1}位"))
    if not stops and not words:
        stops = (_FIXED if given is None and not may_reorder(case.subject, act.on) else _SAME,)
    return Assessment(stops=stops, papers=needed) if stops else Assessment(content=content, words=words, papers=needed)


def _terms(act: Act, case: Case, bond: Bond) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """Return what changes of limit and last day, and what stands in the way of it."""
    words: list[tuple[str, str]] = []
    found: list[Reason] = []
    limit_fen, until_on = _limit_fen(case, bond), _day(_until(case, bond))
    if limit_fen != bond.limit_fen:
        words.append(("每年最多用", f"由{limit_words(bond.limit_fen)}改为{limit_words(limit_fen)}"))
        found += eligibility.period_reasons(Pair(limit_fen=limit_fen))
        found += eligibility.declared_reasons(limit_fen, declared_fen(bond, act.on))
    if until_on != bond.until_on:
        words.append(("用到哪天", f"由{until_words(bond.until_on)}改为{until_words(until_on)}"))
        found += eligibility.period_reasons(Pair(until_on=until_on, on=act.on))
    return words, sentences(found)


def _limit_fen(case: Case, bond: Bond) -> int | None:
    fen: int | None = case.asked.get("limit_fen", bond.limit_fen)
    return fen


def _until(case: Case, bond: Bond) -> str | None:
    until: str | None = case.asked.get("until", bond.until_on and bond.until_on.isoformat())
    return until


def _day(iso: str | None) -> date | None:
    return date.fromisoformat(iso) if iso else None


def _order(act: Act, case: Case, received: Bond) -> list[int]:
    """Return the new order of everybody whose money the subject uses; [] where it stays or their region fixes it."""
    ids = [card.bond.pk for card in bonds_received(case.subject, act.on)]
    place = int(case.asked.get("place") or 0)
    if not 1 <= place <= len(ids) or not may_reorder(case.subject, act.on):
        return []
    others = [pk for pk in ids if pk != received.pk]
    order = [*others[: place - 1], received.pk, *others[place - 1 :]]
    return order if order != ids else []


def _execute(act: Act, case: Case) -> Outcome:
    assert case.other
    given, received = active_bond(case.subject, case.other), active_bond(case.other, case.subject)
    record: dict[str, Any] = {"events": []}
    if given is not None:
        payer, bond_id = case.subject, given.pk
        limit_fen, until_on = _limit_fen(case, given), _day(_until(case, given))
        done = [
            bonds.set_limit(act=act, payer=payer, bond_id=bond_id, limit_fen=limit_fen),
            bonds.set_end(act=act, payer=payer, bond_id=bond_id, until_on=until_on),
        ]
        record["events"] = [event.pk for event in done if event]
    if received is not None and (order := _order(act, case, received)):
        record["order"] = [card.bond.pk for card in bonds_received(case.subject, act.on)]
        bonds.reorder(act=act, user=case.subject, bond_ids=order)
    return Outcome("已变更，马上生效", record)


def _undo(act: Act, case: Case) -> str:
    for event_id in reversed(case.record["events"]):
        counter.undo_at_counter(act=act, event_id=event_id)
    if order := case.record.get("order"):
        bonds.reorder(act=act, user=case.subject, bond_ids=order)
    return "已撤销，额度、期限和先后改回原来的"


register(
    CaseHandler(
        kind=CaseKind.CHANGE,
        assess=_assess,
        execute=_execute,
        undo=_undo,
        opposite=CaseKind.CHANGE,
        guards_money=True,
        other="共济的另一方",
        online=_ONLINE,
    )
)
