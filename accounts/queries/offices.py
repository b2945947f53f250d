"""Which counter, and what to bring."""

from dataclasses import dataclass
from datetime import date

from accounts.codes import PersonGroup, Situation
from accounts.models import Duty, Enrolment, Office, Paper, Person
from accounts.offices import uncovered
from accounts.policies import registry


@dataclass(frozen=True, slots=True)
class Checklist:
    """The papers of one situation, in order, and the document that asks for them."""

    situation: Situation
    papers: list[Paper]

    @property
    def source(self) -> str:
        return "；".join(dict.fromkeys(paper.source for paper in self.papers))


def regions_with_offices() -> list[str]:
    """Return the regions whose counters are on file, by code."""
    return list(Office.objects.order_by("region").values_list("region", flat=True).distinct())


def streets_of(region: str) -> list[str]:
    """Return the streets and townships of a region's counters, in the order in which they were put on file."""
    rows = Duty.objects.filter(region=region).order_by("id").values_list("street", flat=True)
    return list(dict.fromkeys(rows))


def duty_on(region: str, street: str, group: str, day: date) -> Duty | None:
    """Return which office serves these people of this street on a day; None before the first day on file."""
    rows = Duty.objects.filter(region=region, street=street, group=group, from_on__lte=day)
    return rows.select_related("office").order_by("-from_on").first()


def office_for(person: Person, region: str, day: date) -> Office | None:
    """Return the office whose area somebody belongs to on a day; None where their street is not known or not divided.

    Who is a civil servant the roster does not say: people are taken as 职工医保 (seed S3).
    """
    rows = Enrolment.objects.filter(person=person, region=region, from_on__lte=day).exclude(street="")
    street = rows.order_by("-from_on", "-seq").values_list("street", flat=True).first()
    duty = duty_on(region, street, PersonGroup.EMPLOYEE, day) if street else None
    return duty.office if duty else None


def responsible_office(kind: str, person: Person, region: str, day: date) -> Office | None:
    """Return the office that has to finish somebody's case of a kind on a day; None where any of the region may."""
    return office_for(person, region, day) if registry.is_by_area(kind, region, day) else None


def first_day(region: str) -> date | None:
    """Return the first day for which counters are on file in a region."""
    return Duty.objects.filter(region=region).order_by("from_on").values_list("from_on", flat=True).first()


def checklists_on(region: str, day: date) -> list[Checklist]:
    """Return the papers to bring on a day, situation by situation; those with none on file are left out (one query)."""
    rows = Paper.objects.filter(region=region, from_on__lte=day).order_by("-from_on", "place")
    by_situation: dict[str, list[Paper]] = {}
    for paper in rows:
        papers = by_situation.setdefault(paper.situation, [])
        if not papers or papers[0].from_on == paper.from_on:
            papers.append(paper)
    return [Checklist(one, by_situation[one.value]) for one in Situation if one.value in by_situation]


def checklist_on(region: str, situation: str, day: date) -> Checklist | None:
    """Return the papers to bring in one situation on a day; None when none are on file."""
    return next((one for one in checklists_on(region, day) if one.situation == situation), None)


def gaps(region: str) -> list[str]:
    """Return, in Chinese, who would find no counter in a region; admin shows it after every change."""
    return uncovered(Duty.objects.filter(region=region).order_by("id").values_list("street", "group", "from_on"))
