"""建立家庭共济: a clerk who has seen both people's documents binds them (seed S3)."""

from dataclasses import dataclass
from datetime import date

from accounts.codes import CaseKind, Relation, Scope
from accounts.identity.actors import Act
from accounts.models import Case
from accounts.operations.cases.handlers import Assessment, CaseHandler, NeededPaper, Outcome, register
from accounts.operations.cases.proofs import who_came
from accounts.policies import registry
from family.codes import ACTIVE_STATES, OPEN, EventKind
from family.models import Bond, Invitation
from family.operations import counter
from family.operations.cases import papers
from family.operations.cases.reasons import sentences
from family.operations.cases.words import limit_words, until_words
from family.queries import eligibility
from family.queries.invitations import own_indexes
from family.queries.kin import kin_of, was_shown
from family.rules import Reason, kinship
from yibao.lib.fen import grouped


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the form asked, and how the clerk knows the relation. `relation` as code, or as the word for what is no code."""

    relation: str
    scopes: tuple[str, ...]
    limit_fen: int | None
    until_on: date | None
    user_present: bool
    temporary: bool
    shown: bool

    def against(self, act: Act, case: Case) -> tuple[Reason, ...]:
        assert case.other
        return eligibility.to_bind_at_counter(
            payer=case.subject,
            user=case.other,
            region=case.region,
            on=act.on,
            user_present=self.user_present,
            relation=self.relation,
            scopes=self.scopes,
            limit_fen=self.limit_fen,
            until_on=self.until_on,
            identity_checked=not self.temporary,
            shown=self.shown,
        )


def _asked(case: Case, on: date) -> _Asked:
    assert case.other
    relation, until = case.asked.get("relation", ""), case.asked.get("until")
    # A parent who lets their own child use the money agrees for the child; an agent is not that parent.
    is_own_child = relation == Relation.CHILD and papers.is_minor(case.other, case.region, on) and not case.has_agent
    return _Asked(
        relation=relation,
        scopes=tuple(case.asked.get("scopes", ())),
        limit_fen=case.asked.get("limit_fen"),
        until_on=date.fromisoformat(until) if until else None,
        user_present=bool(case.asked.get("user_present")) or is_own_child,
        temporary=bool(case.asked.get("temporary")),
        shown=papers.has_seen(case, papers.KIN) or _was_shown(case, relation),
    )


def _was_shown(case: Case, relation: str) -> bool:
    assert case.other
    return relation in Relation.values and was_shown(case.subject, case.other, relation)


def _assess(act: Act, case: Case) -> Assessment:
    needed = papers.to_bind(case, act.on)
    if case.other is None:
        return Assessment(papers=needed)
    asked = _asked(case, act.on)
    if not asked.relation:
        return Assessment(stops=("还没有选被授权人是授权人的什么人",), papers=needed)
    needed = (*needed, *_kin_papers(act, case, asked))
    if against := asked.against(act, case):
        return Assessment(stops=sentences(against), papers=needed)
    place = 1 + Bond.objects.filter(user=case.other, state__in=ACTIVE_STATES).count()
    return Assessment(
        content={
            "payer": case.subject_id,
            "user": case.other_id,
            "region": case.region,
            "relation": asked.relation,
            "scopes": list(asked.scopes),
            "limit_fen": asked.limit_fen,
            "until": case.asked.get("until"),
            "declared": not asked.shown,
            "place": place,
            **({"temporary": True} if asked.temporary else {}),
        },
        words=_words(act, case, asked, place),
        notes=_notes(act, case, asked),
        papers=needed,
    )


def _kin_papers(act: Act, case: Case, asked: _Asked) -> tuple[NeededPaper, ...]:
    """Return the paper that shows the relation: needed where birth days do not support it, else for the full limit."""
    if _was_shown(case, asked.relation):
        return ()
    assert case.other
    required = kinship.needs_papers(asked.relation, kin_of(case.subject), kin_of(case.other), act.on)
    return (papers.of_relation(asked.relation, required=required),)


def _capped_fen(act: Act, case: Case, asked: _Asked) -> int | None:
    """Return the low limit (fen a year) that holds until the relation is shown; None where what is asked for holds."""
    terms = registry.sharing_or_none(case.region, act.on)
    most = None if asked.shown or terms is None else terms.declared_limit_fen
    return most if most is not None and (asked.limit_fen is None or asked.limit_fen > most) else None


def _words(act: Act, case: Case, asked: _Asked, place: int) -> list[tuple[str, str]]:
    shown = "看过能看出关系的证件" if asked.shown else "没有看到能看出关系的证件"
    capped_fen = _capped_fen(act, case, asked)
    limit = limit_words(asked.limit_fen)
    if capped_fen is not None:
        limit += f"；补交关系材料以前每年最多 {grouped(capped_fen)} 元"
    return [
        ("被授权人是授权人的", Relation(asked.relation).label),
        ("关系", shown),
        *([("身份", "没有看到身份证件原件，作临时成员")] if asked.temporary else []),
        ("用来", "、".join(Scope(scope).label for scope in asked.scopes)),
        ("每年最多用", limit),
        ("用到哪天", until_words(asked.until_on)),
        ("使用先后", f"被授权人用的第{place}个人的钱"),
        *_consent(act, case),
    ]


def _consent(act: Act, case: Case) -> list[tuple[str, str]]:
    """Say how the one who will use the money agreed, where the region's terms want it."""
    terms = registry.sharing_or_none(case.region, act.on)
    if terms is None or not terms.accept_required:
        return []
    was_there = case.asked.get("user_present")
    return [("被授权人同意", "本人（未成年的由父母）在场，同意使用" if was_there else "未成年，由授权人代为同意")]


def _notes(act: Act, case: Case, asked: _Asked) -> tuple[str, ...]:
    assert case.other
    notes = []
    capped_fen = _capped_fen(act, case, asked)
    if capped_fen is not None:
        notes.append(f"没有看到能看出关系的证件，先每年最多用 {grouped(capped_fen)} 元；以后补交，按要求的额度用")
    if asked.temporary:
        notes.append("临时成员只能代缴居民医保。以后带身份证件原件来，先办解除，再绑定，就不限于代缴")
    rows = Invitation.objects.filter(payer=case.subject, invitee_index__in=own_indexes(case.other), state__in=OPEN)
    if number := rows.values_list("number", flat=True).first():
        notes.append(f"网上的邀请 {number} 还没有答复：这里绑定以后，那份邀请不用再答复，到期作废")
    return tuple(notes)


def _execute(act: Act, case: Case) -> Outcome:
    assert case.other
    asked = _asked(case, act.on)
    bond = counter.bind_at_counter(
        act=act,
        payer=case.subject,
        user=case.other,
        region=case.region,
        relation=asked.relation,
        scopes=asked.scopes,
        limit_fen=asked.limit_fen,
        until_on=asked.until_on,
        user_present=asked.user_present,
        identity_checked=not asked.temporary,
        declared=not asked.shown,
    )
    event = bond.events.get(kind=EventKind.BOUND)
    return Outcome("已绑定，从今天起可以用，两人都会收到通知", {"events": [event.pk]})


def _undo(act: Act, case: Case) -> str:
    counter.undo_at_counter(act=act, event_id=case.record["events"][0])
    return "已撤销，这次绑定当作没有办过，两人都会收到通知"


register(
    CaseHandler(
        kind=CaseKind.BIND,
        assess=_assess,
        execute=_execute,
        undo=_undo,
        other="被授权人",
        asks_who_came=lambda case, on: papers.parent_comes(case, case.asked, on),
        tells=who_came,
        undertakings_of=lambda case: [(case.subject, case.other)] if case.other else [],
        online="能：授权人登录后在家庭共济里邀请，被授权人登录后同意",
    )
)
