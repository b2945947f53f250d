"""代为同意共济邀请: an invitation is agreed to at a counter, for a child by a parent, or by somebody without a phone."""

from accounts.codes import CaseKind, Relation, Scope
from accounts.identity.actors import Act
from accounts.models import Case, Person, User
from accounts.operations.cases.access import CaseError, why_not_on
from accounts.operations.cases.handlers import Assessment, CaseHandler, Outcome, register
from accounts.operations.cases.proofs import who_came
from family.codes import EventKind
from family.models import Invitation
from family.operations import counter
from family.operations.cases import papers
from family.operations.cases.reasons import sentences
from family.operations.cases.words import limit_words, until_words
from family.queries import eligibility
from family.queries.invitations import invitations_received, own_indexes
from family.queries.kin import was_shown
from family.rules.reasons import for_user

_ONLINE = "能：本人登录后同意；孩子的邀请，父母登录后代为同意"


def _assess(act: Act, case: Case) -> Assessment:
    needed = papers.to_agree(case, act.on)
    waiting = {invitation.number: invitation for invitation in invitations_received(case.subject, act.at)}
    if not waiting:
        return Assessment(stops=("没有等这个人答复的邀请，请核对证件；过期的请邀请人重新发送",), papers=needed)
    invitation = waiting.get(case.asked.get("invitation", ""))
    if invitation is None:
        return Assessment(stops=("还没有选同意哪一份邀请",), papers=needed)
    if not _was_shown(invitation, case):
        needed = (*needed, papers.of_relation(invitation.relation, required=False))
    if why := _why_not(act, invitation):
        return Assessment(stops=(why,), papers=needed)
    shown = _is_shown(invitation, case)
    against = eligibility.to_bind(
        payer=invitation.payer,
        user=case.subject,
        region=invitation.region,
        relation=invitation.relation,
        scopes=tuple(invitation.scopes),
        on=act.on,
        limit_fen=invitation.limit_fen,
        until_on=invitation.until_on,
        shown=shown,
    )
    if against:  # of the payer's money nothing is said: who stands here is only invited to use it
        return Assessment(stops=sentences(for_user(against)), papers=needed)
    return Assessment(
        content={"invitation": invitation.pk, "user": case.subject_id, "declared": not shown},
        words=_words(invitation, shown),
        notes=() if shown else ("没有看到能看出关系的证件：当地有低额度的，先按低额度用，以后可以补交",),
        papers=needed,
    )


def _why_not(act: Act, invitation: Invitation) -> str:
    """Return why whoever acts may not: the payer, who is not at the counter, is themselves or of their family."""
    return why_not_on(User.objects.get(pk=act.actor.user_id or 0), invitation.payer)


def _was_shown(invitation: Invitation, case: Case) -> bool:
    return was_shown(invitation.payer, case.subject, invitation.relation)


def _is_shown(invitation: Invitation, case: Case) -> bool:
    return papers.has_seen(case, papers.KIN) or _was_shown(invitation, case)


def _words(invitation: Invitation, shown: bool) -> list[tuple[str, str]]:
    return [
        ("同意邀请", str(invitation.number)),
        ("被邀请人是邀请人的", Relation(invitation.relation).label),
        ("关系", "看过能看出关系的证件" if shown else "没有看到能看出关系的证件"),
        ("用来", "、".join(Scope(scope).label for scope in invitation.scopes)),
        ("每年最多用", limit_words(invitation.limit_fen)),
        ("用到哪天", until_words(invitation.until_on)),
    ]


def _undertakings_of(case: Case) -> list[tuple[Person, Person]]:
    rows = Invitation.objects.filter(invitee_index__in=own_indexes(case.subject)).select_related("payer")
    invitation = rows.filter(number=case.asked.get("invitation", "")).first()
    return [(invitation.payer, case.subject)] if invitation else []


def _execute(act: Act, case: Case) -> Outcome:
    number = case.asked["invitation"]
    invitation = Invitation.objects.select_related("payer").get(number=number)
    if why := _why_not(act, invitation):  # the reviewer may be somebody else than the clerk
        raise CaseError(why)
    bond = counter.accept_at_counter(act=act, number=number, declared=not _is_shown(invitation, case))
    event = bond.events.get(kind=EventKind.ACCEPTED)
    return Outcome("已同意，从今天起可以用，两人都会收到通知", {"events": [event.pk]})


def _undo(act: Act, case: Case) -> str:
    invitation = Invitation.objects.select_related("payer").get(number=case.asked["invitation"])
    if why := _why_not(act, invitation):  # so may be whoever takes it back
        raise CaseError(why)
    counter.undo_at_counter(act=act, event_id=case.record["events"][0])
    return "已撤销，邀请又在等答复，两人都会收到通知"


register(
    CaseHandler(
        kind=CaseKind.ACCEPT,
        assess=_assess,
        execute=_execute,
        undo=_undo,
        online=_ONLINE,
        undertakings_of=_undertakings_of,
        asks_who_came=lambda case, on: papers.is_minor(case.subject, case.region, on),
        tells=who_came,
    )
)
