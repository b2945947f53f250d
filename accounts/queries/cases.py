"""窗口业务: the cases of a counter, always of the region that the office belongs to."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet

from accounts.codes import CaseSheet, CaseState
from accounts.identity.actors import Actor
from accounts.models import AuditEvent, Case, DayClose, Lookup, Office, Person, User
from accounts.models.cases import IN_WORK
from accounts.policies import registry
from accounts.queries.trace import records_of
from yibao.lib.clock import SHANGHAI

_WORK = ("case.opened", "case.resumed", "case.parked", "case.submitted")
LISTED = 50  # of those that wait, the latest


def case_at(office: Office, number: str) -> Case | None:
    """Return a case by its number; None for one of another region, as for none."""
    rows = Case.objects.select_related("subject", "other", "holder", "approval", "submitted_by", "closed_by")
    return rows.filter(number=number, region=office.region).first()


def workers_on(case: Case) -> set[int]:
    """Return the ids of the accounts that worked on a case until it was submitted: only who takes it over can save."""
    return {pk for pk in (case.opened_by_id, case.submitted_by_id, *_acted_on(case, *_WORK)) if pk}


def hands_in(case: Case) -> set[int]:
    """Return the ids of the accounts that had anything to do with a case: worked on it, printed, checked, ended it."""
    known = {case.holder_id, case.closed_by_id, case.approval.checker_id if case.approval else None}
    return workers_on(case) | {pk for pk in known | _acted_on(case) if pk}


def _acted_on(case: Case, *verbs: str) -> set[int | None]:
    """Return whose acts on a case were written down, of these kinds; of any where none is named."""
    events = AuditEvent.objects.filter(subject=case.subject_id, case=case.number)
    events = events.filter(verb__in=verbs) if verbs else events.filter(verb__startswith="case.")
    return {Actor.parse(actor).user_id for actor in events.values_list("actor", flat=True)}


def has_other_name(case: Case) -> bool:
    """Say whether the card of the other person, as it was last read for the case, has another name than on file."""
    if case.other_id is None:
        return False
    read = Lookup.objects.filter(case=case.number, person_id=case.other_id).order_by("-at").first()
    return read is not None and read.name_agrees is False


def in_hand(user: User) -> QuerySet[Case]:
    """Return what the clerk works on and has not submitted, the latest first."""
    return Case.objects.select_related("subject").filter(holder=user, state=CaseState.OPEN)


def aside_at(office: Office) -> QuerySet[Case]:
    """Return what lies aside or was sent back at an office, the latest first, at most LISTED."""
    aside = Q(state=CaseState.PARKED) | Q(state=CaseState.RETURNED)
    return Case.objects.select_related("subject").filter(aside, office=office.code, region=office.region)[:LISTED]


def to_check(office: Office) -> QuerySet[Case]:
    """Return the cases of the region that wait for a reviewer, the oldest first."""
    rows = Case.objects.select_related("subject", "other", "approval__maker")
    return rows.filter(state=CaseState.WAITING, region=office.region).order_by("submitted_at", "id")


def result_by(case: Case) -> date | None:
    """Return by when a case that was submitted for checking has its result, by the terms of that day; None where they give none."""
    if case.submitted_at is None:
        return None
    submitted_on = case.submitted_at.astimezone(SHANGHAI).date()
    terms = registry.counter_or_none(case.region, submitted_on)
    return submitted_on + timedelta(days=terms.result_days) if terms and terms.result_days else None


def of_day(user: User, day: date) -> QuerySet[Case]:
    """Return what somebody opened or submitted on a day, the latest first."""
    mine = Q(opened_by=user, opened_at__date=day) | Q(submitted_by=user, submitted_at__date=day)
    return Case.objects.select_related("subject").filter(mine)


def about(person: Person, region: str) -> list[Case]:
    """Return the last cases of a region that somebody came for, or that concern them besides."""
    ids = records_of(person)
    rows = Case.objects.select_related("subject", "other").filter(Q(subject__in=ids) | Q(other__in=ids), region=region)
    return list(rows[:LISTED])


@dataclass(frozen=True, slots=True)
class DayCounts:
    """一名经办一天的业务：受理了几件，几件打了回执，哪些没打，哪些还没办完（业务编号）。"""

    submitted: int
    without_receipt: list[str]
    still_open: list[str]

    @property
    def receipts(self) -> int:
        return self.submitted - len(self.without_receipt)


def cases_of_day(office: Office, day: date) -> QuerySet[Case]:
    """Return what was opened, submitted or taken back at an office on a day, the latest first."""
    on_day = Q()
    for moment in ("opened_at", "submitted_at", "closed_at"):
        on_day |= _on(day, moment)
    rows = Case.objects.select_related("subject", "opened_by", "submitted_by")
    return rows.filter(on_day, office=office.code, region=office.region)


def submitted_of_day(clerk: User, day: date) -> QuerySet[Case]:
    """Return what a clerk submitted on a day and nobody sent back, in the order of submitting."""
    rows = Case.objects.select_related("subject").filter(_on(day, "submitted_at"), submitted_by=clerk)
    return rows.exclude(state__in=IN_WORK).order_by("submitted_at")


def counts_of_day(clerk: User, day: date) -> DayCounts:
    """Return the clerk's day as it is counted when it is closed."""
    submitted = list(submitted_of_day(clerk, day).values_list("number", "prints"))
    return DayCounts(
        submitted=len(submitted),
        without_receipt=[number for number, prints in submitted if not prints.get(CaseSheet.RECEIPT)],
        still_open=list(in_hand(clerk).order_by("opened_at").values_list("number", flat=True)),
    )


def day_close_of(clerk: User, day: date) -> DayClose | None:
    """Return the clerk's closing of a day, None while it has none."""
    return DayClose.objects.filter(clerk=clerk, day=day).first()


def _on(day: date, moment: str) -> Q:
    begin = datetime.combine(day, time(), SHANGHAI)
    return Q(**{f"{moment}__gte": begin, f"{moment}__lt": begin + timedelta(days=1)})
