"""The end of a case: submitted, checked by a second person where the region asks for that, and done.

What is submitted is the digest of what was shown; when anything it relies on has moved since, nothing happens.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from cryptography.hazmat.primitives import hashes
from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts.codes import ApprovalState, CaseState, Role
from accounts.identity import audit
from accounts.identity.actors import Act, Actor
from accounts.models import Approval, Case, DayClose, Office, User
from accounts.operations import approvals
from accounts.operations.approval_kinds import Content, Kind, register
from accounts.operations.approvals import ApprovalError
from accounts.operations.cases import desk
from accounts.operations.cases.access import (
    CaseError,
    CaseMovedError,
    is_by_family,
    on_case,
    why_not_on_case,
)
from accounts.operations.cases.handlers import Assessment, CaseHandler, handler_of, is_reviewed
from accounts.operations.cases.scans import unscanned
from accounts.queries.cases import workers_on
from accounts.queries.offices import responsible_office
from accounts.queries.people import is_same_person
from accounts.queries.scans import kept_scans
from yibao.lib.clock import SHANGHAI

CASE = "case"
_CASE_DIGEST = "case_digest"  # the key of the digest of the case in what another kind of approval was asked with


@dataclass(frozen=True, slots=True)
class Submitted:
    """提交的结果：业务、一句话、只给看一次的内容。还要复核时一句话说等谁。"""

    case: Case
    said: str
    shown_once: str = ""


def assess(act: Act, case: Case) -> Assessment:
    """Return what would happen if the case were submitted now, with what stands in the way on the case's own side."""
    handler = handler_of(case.kind)
    found = handler.assess(on_case(act, case), case)
    unseen = _unseen(act, case, found)
    stops = (
        *_without_other(case, handler),
        *_without_comer(case, handler, act.on),
        *_not_by_agent(case, handler),
        *unseen,
        *_elsewhere(act, case),
        *found.stops,
    )
    if not stops:
        return found
    words = found.words if len(stops) == len(unseen) else []  # a paper may have to be signed before it can be seen
    return Assessment(words=words, stops=stops, notes=found.notes, papers=found.papers)


def digest_of(case: Case, found: Assessment) -> str:
    """Return the SM3 (hex) of everything that submitting the case as it was shown would mean."""
    return _sm3(_whole(case, found))


def _sm3(content: Mapping[str, Any]) -> str:
    digest = hashes.Hash(hashes.SM3())
    digest.update(json.dumps(content, ensure_ascii=False, sort_keys=True).encode())
    return digest.finalize().hex()


@transaction.atomic
def submit(*, act: Act, number: str, version: int, digest: str) -> Submitted:
    """Let the case happen, or wait for a second person where the region's terms ask for one.

    digest is that of what was shown (digest_of). Raises CaseError where something stands in the way, CaseMovedError
    when it is no longer what was shown, and what the handler refuses with.
    """
    case, user, _ = desk.held(act, number, version)
    _refuse_closed(act, user)
    desk.lock_people(case)
    act = on_case(act, case)
    handler, found = handler_of(case.kind), assess(act, case)
    if found.stops:
        raise CaseError(found.stops[0])
    if digest_of(case, found) != digest:
        raise CaseMovedError
    case.submitted_by, case.submitted_at, case.holder = user, act.at, None
    case.words = [list(pair) for pair in found.words]
    case.version += 1
    if is_reviewed(case, act.on):
        return _wait(act, case, handler)
    assert handler.execute  # a kind without a deed of its own is signed
    outcome = handler.execute(act, case)
    _finish(act, case, outcome.said, outcome.record)
    return Submitted(case, outcome.said, outcome.shown_once)


def _refuse_closed(act: Act, user: User) -> None:
    """Raise CaseError where the clerk has closed the day since they clicked: it would be on the sheet, and not counted."""
    if DayClose.objects.filter(clerk=user, at__gte=act.at).exists():
        raise CaseError("您刚刚日结了，这件还没有提交。请再提交一次，它不算进今天的日结")


def _without_other(case: Case, handler: CaseHandler) -> list[str]:
    if not handler.other or handler.other_is_optional or case.other:
        return []
    return [f"还没有{handler.other}：请刷证件，或输入证件号码"]


def _without_comer(case: Case, handler: CaseHandler, on: date) -> list[str]:
    """Return that nobody knows who stands at the window; of what was submitted before that was asked, nothing."""
    if not case.is_in_work or not handler.asks_who_came(case, on) or case.came_certno:
        return []
    return ["还没有填来人：请填来人的姓名、证件号码、是什么人"]


def _not_by_agent(case: Case, handler: CaseHandler) -> list[str]:
    return ["这类业务不能代办，要本人来"] if case.has_agent and not handler.takes_agent else []


def _unseen(act: Act, case: Case, found: Assessment) -> list[str]:
    """Return what of documents and papers has not been seen, and what the second person could not see."""
    identities = [] if case.identities_checked else ["请核对来人和证件，勾选「人证一致，我已核对」"]
    no_scan = unscanned(case, found.papers, act.on) if is_reviewed(case, act.on) else []
    return [
        *identities,
        *(f"缺：{paper.name}" for paper in found.missing(case)),
        *(f"缺影像：{paper.name}" for paper in no_scan),
    ]


def _elsewhere(act: Act, case: Case) -> list[str]:
    office = responsible_office(case.kind, case.subject, case.region, act.on)
    if office is None or office.code == act.actor.office:
        return []
    return [f"这件业务归{office.name}办（{office.address}，{office.phone}），这里可以先收材料、挂起"]


def _wait(act: Act, case: Case, handler: CaseHandler) -> Submitted:
    case.save()
    if handler.signed:
        how = handler.signed(case)
        asked = {**how.asked, _CASE_DIGEST: _sm3(_told(case))}  # the deed's kind knows nothing of papers and pictures
        approval = approvals.submit(
            act=act, kind=how.kind, subject=how.subject, reason=how.reason, document=how.document, asked=asked
        )
    else:
        reason = f"窗口业务：{case.get_kind_display()}"
        approval = approvals.submit(
            act=act, kind=CASE, subject=f"case:{case.number}", reason=reason, document=case.power_number
        )
    case.approval, case.state = approval, CaseState.WAITING
    case.save(update_fields=["approval", "state"])
    audit.record(act=act, verb="case.submitted", subject=case.subject_id, detail={"kind": case.kind})
    return Submitted(case, f"已提交，等复核（双人复核 {approval.pk}）")


def _finish(act: Act, case: Case, said: str, record: Mapping[str, Any]) -> None:
    case.state, case.said, case.record, case.done_at = CaseState.DONE, said, dict(record), act.at
    case.save()
    desk.record_for_both(act, case, "case.done")


def _whole(case: Case, found: Assessment) -> dict[str, Any]:
    """Return everything that is agreed to: the case as it is told, and what would be done."""
    return {**_told(case), "does": dict(found.content), "words": [list(pair) for pair in found.words]}


def _told(case: Case) -> dict[str, Any]:
    """Return the case as it is told: whom it is about, what they ask, what was seen of papers and pictures."""
    private = "|".join((case.private, case.agent_name, case.agent_certno))
    scans = [list(scan) for scan in kept_scans(case).values_list("paper", "digest")]
    return {
        "case": case.number,
        "kind": case.kind,
        "region": case.region,
        "subject": case.subject_id,
        "other": case.other_id,
        "asked": case.asked,
        "papers": case.papers,
        "power": case.power_number,
        # What is personal is covered by the digest and not in it.
        "private": salted_hmac("accounts.case.private", private, algorithm="sha256").hexdigest(),
        **({"scans": scans} if scans else {}),  # what was submitted before there were pictures has no such key
    }


def _case_of(subject: str) -> Case:
    rows = Case.objects.select_for_update(of=("self",), no_key=True).select_related("subject", "other", "submitted_by")
    case = rows.filter(number=subject.removeprefix("case:")).first()
    if case is None:
        raise ApprovalError("没有这件窗口业务")
    desk.lock_people(case)
    return case


def _content(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    case = _case_of(subject)
    assert case.submitted_by
    noon = datetime.combine(on, time(12), SHANGHAI)  # only the day counts
    found = assess(Act(Actor.staff(case.submitted_by, case.office, case.number), noon), case)
    if found.stops:
        raise ApprovalError(found.stops[0].rstrip("。"))
    return _whole(case, found)


def _describe(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    case = Case.objects.get(number=content["case"])
    return [("业务", f"{case.get_kind_display()} {case.number}"), *((pair[0], pair[1]) for pair in content["words"])]


def _execute(act: Act, approval: Approval) -> str:
    case = _case_of(approval.subject)
    execute = handler_of(case.kind).execute
    assert execute
    outcome = execute(on_case(act, case), case)
    case.record = dict(outcome.record)
    case.save(update_fields=["record"])
    return outcome.said


def _authors(content: Mapping[str, Any]) -> list[int]:
    return sorted(workers_on(Case.objects.get(number=content["case"])))


def _why_not(user: User, content: Mapping[str, Any]) -> str:
    """Return why somebody may not check a case: another region's office, or their own family, also as the agent."""
    case = Case.objects.select_related("subject", "other").get(number=content["case"])
    office = Office.objects.filter(code=user.office).first()
    if office is None or office.region != case.region:
        return "这不是您所在统筹区的业务，不能由您复核"
    return why_not_on_case(user, case)


register(
    Kind(
        code=CASE,
        title="窗口业务",
        maker_roles=(Role.CLERK,),
        checker_roles=(Role.REVIEWER,),
        content=_content,
        describe=_describe,
        execute=_execute,
        authors=_authors,
        why_not=_why_not,
    )
)


@approvals.why_not_checked.append
def _why_not_checked(user: User, approval: Approval) -> str:
    """Return why somebody may not check what a case asks for, under whichever kind of approval it is signed."""
    case = Case.objects.select_related("subject", "other").filter(approval=approval).first()
    if case is None:
        return ""
    workers = User.objects.filter(pk__in=workers_on(case))
    if any(is_same_person(user, worker) for worker in workers):
        return "您办过这件业务，不能由您复核。请另一位同事办理"
    if is_by_family(user, workers):
        return "您的家人办过这件业务，不能由您复核。请另一位同事办理"
    return why_not_on_case(user, case)


@approvals.why_moved.append
def _why_moved(approval: Approval) -> str:
    """Return that a case signed under another kind of approval is not told any more as it was when it was submitted."""
    case = Case.objects.filter(approval=approval).first() if _CASE_DIGEST in approval.asked else None
    return "提交以后业务的内容、材料或影像变了" if case and _sm3(_told(case)) != approval.asked[_CASE_DIGEST] else ""


@approvals.on_decided.append
def _follow(act: Act, approval: Approval, said: str) -> None:
    """Let the case follow its approval: done, or back to the desk with the checker's words."""
    case = Case.objects.select_for_update(of=("self",), no_key=True).filter(approval=approval).first()
    if case is None or case.state != CaseState.WAITING:
        return
    if approval.state == ApprovalState.APPROVED:
        _finish(on_case(act, case), case, said, case.record)
        return
    case.state, case.approval, case.version = CaseState.RETURNED, None, case.version + 1
    case.note = approval.note or ApprovalState(approval.state).label
    case.save(update_fields=["state", "approval", "note", "version"])
    audit.record(act=on_case(act, case), verb="case.returned", subject=case.subject_id, detail={"kind": case.kind})
