"""Pictures of papers (材料影像): taken with what was seen, shown to whoever may act on the case, gone after their time.

A picture may be taken and removed while its case is worked on; what is submitted is the digests of those that are there.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from django.db import transaction
from django.db.models import QuerySet

from accounts.codes import COUNTER_ROLES, CaseState, Role
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import AuditEvent, Case, CaseScan, Office, User
from accounts.operations.cases import desk
from accounts.operations.cases.access import CaseError, on_case, refuse_own_case, staff_at_counter
from accounts.operations.cases.handlers import NeededPaper, handler_of
from accounts.policies import registry
from accounts.queries.cases import case_at
from accounts.queries.scans import SCAN_ADDED, kept_scans, left_before, takes_scans
from accounts.sealing.fields import SealBrokenError
from yibao.lib.clock import SHANGHAI
from yibao.lib.pictures import MOST_BYTES

MOST = 20  # of a case
VIEWED = "case.scan_viewed"


class ScanAlteredError(CaseError):
    """What is kept is not the picture that was taken: somebody changed it behind the application's back."""

    message = "这张影像和当时传的不一样，不能作为依据。请退回重传，并报告管理员"


def digest_of(number: str, paper: str, content: bytes) -> str:
    """Return the SM3 (hex) of a picture as one of this paper of this case."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(f"{number}\0{paper}\0".encode())
    digest.update(content)
    return digest.finalize().hex()


def unscanned(case: Case, papers: Sequence[NeededPaper], on: date) -> list[NeededPaper]:
    """Return the papers that were seen, and of which the region wants a picture that is not there (at most a query)."""
    wanted = registry.counter(case.region, on).scanned or ()
    seen = {paper["code"] for paper in case.papers}
    wanting = [paper for paper in papers if paper.kind in wanted and paper.code in seen]
    there = set(kept_scans(case).values_list("paper", flat=True)) if wanting else set()
    return [paper for paper in wanting if paper.code not in there]


@transaction.atomic
def save_seen(
    *,
    act: Act,
    number: str,
    version: int,
    added: Mapping[str, Sequence[bytes]],
    removed: Collection[int],
    **seen: Any,
) -> Case:
    """Save what was seen (fields of desk.save) with the pictures of it; return the case.

    added are JPEGs as yibao.lib.pictures makes them, by the code of the paper; removed are ids of pictures. Raises
    CaseError for a paper that the case does not have and beyond MOST pictures; what desk.save raises.
    """
    user, _ = staff_at_counter(act)
    case = desk.save(act=act, number=number, version=version, **seen)
    act = on_case(act, case)
    for scan in kept_scans(case).filter(pk__in=removed):
        CaseScan.objects.filter(pk=scan.pk).update(content=None, purged_by=user, purged_at=act.at)
        _record(act, case, "case.scan_removed", scan)
    if any(added.values()):
        _add(act, user, case, added)
    return case


def _add(act: Act, user: User, case: Case, added: Mapping[str, Sequence[bytes]]) -> None:
    if not takes_scans(case.region, act.on):
        raise CaseError("本统筹区不留材料影像，没有保存")
    names = {paper.code: paper.name for paper in handler_of(case.kind).assess(act, case).papers}
    for paper, pictures in added.items():
        if paper not in names:
            raise CaseError("这件业务不要这样材料，影像没有保存。请重新打开再传")
        for content in pictures:
            if len(content) > MOST_BYTES:
                raise ValueError("not a picture as yibao.lib.pictures makes it")
            scan = CaseScan.objects.create(
                case=case,
                paper=paper,
                name=names[paper],
                content=content,
                digest=digest_of(case.number, paper, content),
                size=len(content),
                uploaded_by=user,
                uploaded_at=act.at,
            )
            _record(act, case, SCAN_ADDED, scan)
    if kept_scans(case).count() > MOST:
        raise CaseError(f"一件业务最多{MOST}张影像，没有保存。请先删掉不要的")


@transaction.atomic
def view(*, act: Act, number: str, scan_id: int) -> bytes:
    """Return a picture (JPEG) for whoever may act on its case, and write down that it was looked at.

    Raises CaseError for everybody else and for a picture that is gone, ScanAlteredError for one that was not taken so.
    """
    user, office = staff_at_counter(act, COUNTER_ROLES)
    case = case_at(office, number)
    scan = CaseScan.objects.filter(case=case, pk=scan_id).first() if case else None
    if case is None or scan is None:
        raise CaseError("没有这张影像")
    refuse_own_case(user, case)
    if why := why_not_shown(user, office, case):
        raise CaseError(why)
    if scan.purged_at:
        raise CaseError("这张影像已经删除，只留有指纹")
    content = _as_taken(case, scan)
    desk.record_for_both(on_case(act, case), case, VIEWED, scan=scan.pk, paper=scan.paper)
    return content


def why_not_shown(user: User, office: Office, case: Case) -> str:
    """Return why this member of staff of the region may not look at the pictures of a case; "" where they may.

    A clerk while they work on it, a reviewer from when it was submitted.
    """
    if user.role == Role.REVIEWER:
        return "这件业务还在办，提交以后才能看影像" if case.is_in_work else ""
    is_held = case.state == CaseState.OPEN and (case.holder_id, case.office) == (user.pk, office.code)
    return "" if is_held else "这件业务不在您手上，不能看影像"


def purge_expired(*, act: Act) -> int:
    """Purge the pictures whose time is over, a transaction for each case; return how many. Their digests stay."""
    regions = CaseScan.objects.filter(purged_at=None).order_by().values_list("case__region", flat=True).distinct()
    cases = {scan.case_id for region in regions for scan in _expired(region, act.on).only("case")}
    return sum(_purge_case(act, case_id) for case_id in sorted(cases))


@transaction.atomic
def _purge_case(act: Act, case_id: int) -> int:
    case = Case.objects.select_for_update(no_key=True).get(pk=case_id)
    # Asked again under the lock: another purge was first, or somebody went on with the case.
    gone = list(_expired(case.region, act.on).filter(case=case).values_list("pk", flat=True))
    if gone:
        CaseScan.objects.filter(pk__in=gone).update(content=None, purged_at=act.at)
        detail = {"kind": case.kind, "scans": gone}
        audit.record(act=on_case(act, case), verb="case.scans_purged", subject=case.subject_id, detail=detail)
    return len(gone)


def _expired(region: str, on: date) -> QuerySet[CaseScan]:
    """Return the pictures whose days are over, by the region's terms of that day; without any, once the case ended."""
    terms = registry.counter_or_none(region, on)
    days = (terms.scan_days if terms else None) or 0
    return left_before(region, datetime.combine(on - timedelta(days=days), time(), SHANGHAI))


def _as_taken(case: Case, scan: CaseScan) -> bytes:
    """Return the content of a picture that is what its digest says, and the audit too. Raises ScanAlteredError."""
    try:
        content = scan.content
    except SealBrokenError:
        raise ScanAlteredError from None
    taken = AuditEvent.objects.filter(verb=SCAN_ADDED, case=case.number, subject=case.subject_id)
    said = taken.filter(detail__scan=scan.pk, detail__digest=scan.digest).exists()
    if content is None or not said or digest_of(case.number, scan.paper, content) != scan.digest:
        raise ScanAlteredError
    return content


def _record(act: Act, case: Case, verb: str, scan: CaseScan) -> None:
    detail = {"kind": case.kind, "scan": scan.pk, "paper": scan.paper, "digest": scan.digest}
    audit.record(act=act, verb=verb, subject=case.subject_id, detail=detail)
