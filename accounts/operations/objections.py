"""异议: 「不是我来办的」, said by whom it concerns, answered by a reviewer who had nothing to do with it."""

from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.codes import ObjectionState, Role
from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import AuditEvent, Case, Objection, Office, Person, User
from accounts.models.objections import ANSWER_LENGTH, WORDS_LENGTH
from accounts.operations import notices
from accounts.operations.cases.access import is_by_family, staff_at_counter, why_not_on
from accounts.queries import notice_words, trace
from accounts.queries.lookups import open_lookup
from accounts.queries.objections import taken_by, those_objected_to
from accounts.queries.people import is_same_person, regions_of
from yibao.lib.links import has_link
from yibao.lib.masking import scrubbed
from yibao.lib.speakable import dated_number

_RANDOM = 8  # characters of a number that stands in addresses


class ObjectionError(AccountsError):
    """It cannot be objected to, or not be answered, by this person, like this. Nothing has happened."""


class AlreadyObjectedError(ObjectionError):
    """This look or act was objected to before."""

    message = "这一次您已经反映过了，请在“办事进度”里看办到哪一步"


class ObjectionAnsweredError(ObjectionError):
    """A colleague has answered first."""

    message = "同事已经答复过了，您的答复没有发出"


def object_to(*, act: Act, person: Person, event_id: int, words: str = "") -> Objection:
    """Keep that somebody was not at the counter when this was looked at or done, and return it with its number.

    event_id is one of the person's own trace (queries.trace.trace_of); of a case all steps are one matter. words are
    optional. Raises ObjectionError for anything else, for long words, and for numbers of people; AlreadyObjectedError.
    """
    event = trace.trace_of(person).filter(pk=event_id).first()
    if event is None:
        raise ObjectionError("您的记录里没有这一次，请回到列表重新点")
    said = words.strip()
    if len(said) > WORDS_LENGTH:
        raise ObjectionError(f"说明写得太长了，请不要超过{WORDS_LENGTH}个字")
    if scrubbed(said) != said:
        raise ObjectionError("说明里像是有证件号码或手机号，请去掉再交")
    case = Case.objects.filter(number=event.case).first() if trace.is_act(event) else None
    with transaction.atomic():
        try:
            with transaction.atomic():
                objection = Objection.objects.create(
                    number=dated_number("YY", act.on, _RANDOM),
                    subject=person,
                    event=event,
                    case=case,
                    region=_region(event, case, person),
                    words=said,
                    at=act.at,
                )
        except IntegrityError as error:
            raise AlreadyObjectedError from error
        audit.record(act=act, verb="objection.made", subject=person, detail={"number": objection.number})
    return objection


def take_objection(*, act: Act, token: UUID, event_id: int, words: str = "") -> Objection:
    """Keep what somebody at the window objects to, as they would themselves online, and return it with its number.

    token is that of the clerk's look-up of them, who has held their card against them. Raises CaseError for other roles,
    ObjectionError as object_to does, for a look-up that is over, and for whoever looked or had a hand in it themselves.
    """
    clerk, _ = staff_at_counter(act)
    lookup = open_lookup(clerk, token, act.at)
    if lookup is None:
        raise ObjectionError("这次查人已经过期，请重新查")
    if why := why_not_on(clerk, lookup.person):
        raise ObjectionError(why)
    with transaction.atomic():
        objection = object_to(act=act, person=lookup.person, event_id=event_id, words=words)
        if any(is_same_person(clerk, other) for other in those_objected_to(objection)):
            raise ObjectionError("这件事您经手过，不能由您代收，请另一位同事办理")
    return objection


def answer(*, act: Act, number: str, text: str) -> Objection:
    """Answer what somebody objected to, and tell them so.

    By a reviewer of its region who is none of those objected to and nobody's family in it. Raises CaseError for other
    roles and offices, ObjectionError, ObjectionAnsweredError.
    """
    user, office = staff_at_counter(act, (Role.REVIEWER,))
    said = _fit_answer(text)
    with transaction.atomic():
        rows = Objection.objects.select_for_update(of=("self",)).select_related("subject", "event", "case__approval")
        objection = rows.filter(number=number, region=office.region).first()
        if objection is None:
            raise ObjectionError("本统筹区没有这件异议，请检查编号")
        if objection.state != ObjectionState.OPEN:
            raise ObjectionAnsweredError
        if why := why_not_answered_by(user, objection):
            raise ObjectionError(why)
        objection.state, objection.answer = ObjectionState.ANSWERED, said
        objection.answered_by, objection.answered_at = user, act.at
        objection.save(update_fields=["state", "answer", "answered_by", "answered_at"])
        audit.record(act=act, verb="objection.answered", subject=objection.subject, detail={"number": objection.number})
        facts = {"objection": objection.pk}
        person = trace.kept_record(objection.subject)
        notices.tell(act=act, person=person, template=notice_words.objection_answered, facts=facts)
    return objection


def why_not_answered_by(user: User, objection: Objection) -> str:
    """Return why this member of staff may not answer; "" where they may."""
    if why := why_not_on(user, objection.subject):
        return why
    others = those_objected_to(objection)
    if any(is_same_person(user, other) for other in others):
        return "这件事您经手过，不能由您答复，请另一位复核人员办理"
    if is_by_family(user, others):
        return "这件事是您的家人经手的，不能由您答复，请另一位复核人员办理"
    taker = taken_by(objection)
    if taker and is_same_person(user, taker):
        return "这件异议是您代收的，不能由您答复，请另一位复核人员办理"
    return ""


def _fit_answer(text: str) -> str:
    said = text.strip()
    if not said or len(said) > ANSWER_LENGTH:
        raise ObjectionError(f"请写答复，最长{ANSWER_LENGTH}个字")
    if has_link(said):
        raise ObjectionError("答复里不能有链接，没有发出")
    if scrubbed(said) != said:
        raise ObjectionError("答复里像是有证件号码或手机号，请去掉再发")
    return said


def _region(event: AuditEvent, case: Case | None, person: Person) -> str:
    if case is not None:
        return case.region
    office = Office.objects.filter(code=event.office).first()
    return office.region if office else next(iter(regions_of(person)), "")
