"""The work on a case before it is decided: opening, saving a section, parking, resuming, dropping.

Every change asks for the version that was shown: of two who work on one case the second is told (CaseMovedError).
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.codes import CaseKind, CaseState
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import Case, Enrolment, Office, Person, Pot, User
from accounts.models.cases import IN_WORK
from accounts.operations.cases.access import (
    CaseError,
    CaseMovedError,
    on_case,
    refuse_own_case,
    refuse_own_family,
    require_region,
    staff_at_counter,
)
from accounts.operations.cases.handlers import handler_of
from accounts.policies import registry
from yibao.lib.masking import scrubbed
from yibao.lib.speakable import dated_number

NOTE_LENGTH = 200
_RANDOM = 8  # characters of a number that stands in addresses
# What the sections of the page may change.
_SECTIONS = frozenset(
    ("other", "identities_checked", "agent_name", "agent_certno", "power_number", "asked", "private", "papers")
)


@transaction.atomic
def open_case(*, act: Act, kind: str, subject: Person, region: str, other: Person | None = None) -> Case:
    """Open a case for somebody who has come, at the office of the clerk who acts; the clerk holds it.

    Raises CaseError for who may not, for a region that is not the office's, for people it does not know, and for the
    clerk's own family; NoPolicyError; LookupError for a kind nobody handles.
    """
    handler_of(kind)
    user, office = staff_at_counter(act, lock=True)
    require_region(office, region)
    registry.counter(region, act.on)  # before rules for counters are published there is nothing to do at one
    _refuse_unknown(subject, region)
    refuse_own_family(user, subject, other)
    case = Case.objects.create(
        number=dated_number("YW", act.on, _RANDOM),
        kind=CaseKind(kind),
        region=region,
        office=office.code,
        subject=subject,
        other=other,
        holder=user,
        opened_by=user,
        opened_at=act.at,
    )
    return _record(act, case, "case.opened")


@transaction.atomic
def save(*, act: Act, number: str, version: int, **changes: Any) -> Case:
    """Save what a section of the page was told; None of it is submitted yet.

    changes are fields of the case: other, identities_checked, agent_name, agent_certno, power_number, asked, private,
    papers. Raises CaseError, CaseMovedError.
    """
    if unknown := changes.keys() - _SECTIONS:
        raise ValueError(f"not a section of a case: {unknown}")
    case, user, _ = held(act, number, version)
    if changes.get("other") == case.subject:
        raise CaseError("两个人是同一个人，请核对刷的是谁的证件")
    for name, value in changes.items():
        setattr(case, name, value)
    refuse_own_case(user, case)
    _refuse_personal_data(case.asked, case.power_number, [paper.get("number", "") for paper in case.papers])
    case.version += 1
    case.save(update_fields=[*changes, "version"])
    return case


@transaction.atomic
def park(*, act: Act, number: str, version: int, until_on: date | None = None) -> Case:
    """Lay a case aside until what is missing has been brought, to any office of the region.

    until_on is the day by which that should be, parked_until where nobody says. Raises CaseError, CaseMovedError.
    """
    case, _, _ = held(act, number, version)
    until_on = until_on or parked_until(case.region, act.on)
    if until_on < act.on:
        raise CaseError("补齐材料的日期已经过了，请重写")
    case.state, case.parked_until, case.holder, case.version = CaseState.PARKED, until_on, None, case.version + 1
    case.save(update_fields=["state", "parked_until", "holder", "version"])
    return _record(act, case, "case.parked")


@transaction.atomic
def resume(*, act: Act, number: str, version: int | None = None) -> Case:
    """Take a case that lies aside, was returned, or is a colleague's, and go on with it here.

    version is that which was shown; none where it does not matter who had it last. Raises CaseError, CaseMovedError.
    """
    user, office = staff_at_counter(act, lock=True)
    case = locked(number, office)
    if version is not None and case.version != version:
        raise CaseMovedError
    if case.state not in IN_WORK:
        raise CaseError(f"这件业务{CaseState(case.state).label}，不能接着办")
    refuse_own_case(user, case)
    if case.state == CaseState.OPEN and (case.holder, case.office) == (user, office.code):
        return case
    case.state, case.holder, case.office, case.parked_until = CaseState.OPEN, user, office.code, None
    case.version += 1
    case.save(update_fields=["state", "holder", "office", "parked_until", "version"])
    record_for_both(on_case(act, case), case, "case.resumed")
    return case


@transaction.atomic
def drop(*, act: Act, number: str, version: int, note: str) -> Case:
    """End a case of which nothing comes; note says why. Raises CaseError, CaseMovedError."""
    case, user, _ = held(act, number, version)
    case.state, case.note, case.holder = CaseState.DROPPED, note_of(note), None
    case.closed_by, case.closed_at, case.version = user, act.at, case.version + 1
    case.save(update_fields=["state", "note", "holder", "closed_by", "closed_at", "version"])
    return _record(act, case, "case.dropped")


def held(act: Act, number: str, version: int) -> tuple[Case, User, Office]:
    """Lock a case that the clerk who acts holds, as it was when it was shown. Raises CaseError, CaseMovedError."""
    user, office = staff_at_counter(act, lock=True)
    case = locked(number, office)
    if case.state != CaseState.OPEN:
        raise CaseError(f"这件业务{CaseState(case.state).label}，要改请先点「接着办」")
    if case.holder_id != user.pk:
        raise CaseError("这件业务现在由别的同事在办，要办请先点「接着办」")
    if case.version != version:
        raise CaseMovedError
    refuse_own_case(user, case)
    return case, user, office


def note_of(text: str) -> str:
    """Return a note as it is kept. Raises CaseError for none, a long one, and one with numbers of people."""
    note = text.strip()
    if not note or len(note) > NOTE_LENGTH:
        raise CaseError(f"请写明原因，最长{NOTE_LENGTH}个字")
    if scrubbed(note) != note:
        raise CaseError("原因里像是有证件号码或手机号，请不要写")
    return note


def locked(number: str, office: Office) -> Case:
    """Lock a case of the office's region; elsewhere there is none. Raises CaseError."""
    rows = Case.objects.select_for_update(of=("self",), no_key=True).select_related("subject", "other", "holder")
    case = rows.filter(number=number, region=office.region).first()
    if case is None:
        raise CaseError("本统筹区没有这件业务，请检查业务编号")
    return case


def lock_people(case: Case) -> None:
    """Let nothing else be decided at a counter about the people of a case that the caller has locked; read them anew.

    So what two windows do to one person goes one after the other, and the second is decided by what the first left.
    """
    people = [person for person in (case.subject, case.other) if person]
    with connection.cursor() as cursor:
        for pk in sorted(person.pk for person in people):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"counter person {pk}"])
    for person in people:
        person.refresh_from_db()


def parked_until(region: str, on: date) -> date:
    """Return until when a case that is parked on a day waits, by the region's terms."""
    return on + timedelta(days=registry.counter(region, on).parked_days)


def _refuse_unknown(person: Person, region: str) -> None:
    """Raise CaseError for somebody with whom the region has, and had, nothing to do."""
    is_known = Enrolment.objects.filter(person=person, region=region).exists()
    if not is_known and not Pot.objects.filter(person=person, region=region).exists():
        raise CaseError("这个人没有在本统筹区参保，请到参保地的窗口办")


def _refuse_personal_data(asked: Mapping[str, Any], *numbers: str | Sequence[str]) -> None:
    texts = [str(value) for value in asked.values()]
    for number in numbers:
        texts.extend([number] if isinstance(number, str) else number)
    if any(scrubbed(text) != text for text in texts):
        raise CaseError("填写的内容里像是有证件号码或手机号，这里请写文书自己的编号")


def record_for_both(act: Act, case: Case, verb: str, **more: Any) -> None:
    """Record it for each of those it concerns: both find it among what was done for them at a counter."""
    for person_id in filter(None, (case.subject_id, case.other_id)):
        audit.record(act=act, verb=verb, subject=person_id, detail={"kind": case.kind, **more})


def _record(act: Act, case: Case, verb: str) -> Case:
    audit.record(act=on_case(act, case), verb=verb, subject=case.subject_id, detail={"kind": case.kind})
    return case
