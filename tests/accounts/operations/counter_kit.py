"""A counter for tests: two offices of one region and one of another, clerks, a reviewer, and people who come."""

import json
from datetime import date, datetime, time
from typing import Any

import pytest
from django.db import connection

from accounts import triggers
from accounts.codes import CaseKind, Role
from accounts.identity.access import actor_of
from accounts.identity.actors import Act
from accounts.models import Case, Office, Person, Region, User
from accounts.operations import approvals
from accounts.operations.cases import deciding, desk, handlers, scans
from accounts.operations.cases.handlers import (
    Assessment,
    CaseHandler,
    NeededPaper,
    Outcome,
    handler_of,
    is_reviewed,
)
from tests.factories.people import EnrolmentFactory, PersonFactory, certno
from tests.factories.pictures import jpeg
from tests.factories.users import official
from yibao.lib import clock

REGION, ELSEWHERE = "330381", "350500"
CAME = json.dumps({"came_name": "张三", "came_certno": certno(890), "came_as": "儿子"})  # Case.private
TODAY = date(2026, 3, 10)


def happened(case: Case, **at: datetime) -> None:
    """Let a case that is over have been opened, submitted or closed at other times: nobody could change it."""
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_case DISABLE TRIGGER USER")
        Case.objects.filter(pk=case.pk).update(**at)
        connection.check_constraints()
        cursor.execute("ALTER TABLE accounts_case ENABLE TRIGGER USER")
        for table, name, _ in triggers.triggers():
            if table == "accounts_case":
                cursor.execute(f"ALTER TABLE accounts_case ENABLE ALWAYS TRIGGER {name}")


class Counter:
    """Offices T1 and T2 of REGION and X1 of ELSEWHERE, each with a clerk; a reviewer at T1."""

    def __init__(self) -> None:
        for code, region in (("T1", REGION), ("T2", REGION), ("X1", ELSEWHERE)):
            Office.objects.create(
                region=region, code=code, name=f"网点{code}", address="某路1号", phone="65890000", source="测试"
            )
        self.clerk = self.official(Role.CLERK, "T1", 1)
        self.colleague = self.official(Role.CLERK, "T2", 2)
        self.stranger = self.official(Role.CLERK, "X1", 3)
        self.reviewer = self.official(Role.REVIEWER, "T1", 4)

    def official(self, role: Role, office: str, serial: int) -> User:
        """Return a member of staff who is a person of their own."""
        return official(role, f"{role}-{office}-{serial}", office, certno(900 + serial))

    def act(self, user: User | None = None, on: date = TODAY) -> Act:
        return Act(actor_of(user or self.clerk), datetime.combine(on, time(10), clock.SHANGHAI))

    def insured(self, region: str = REGION, **fields: Any) -> Person:
        return EnrolmentFactory(region=region, person=PersonFactory(**fields)).person

    def open(self, kind: CaseKind, subject: Person, **more: Any) -> Case:
        return desk.open_case(act=self.act(), kind=kind, subject=subject, region=REGION, **more)

    def seen(self, case: Case, *codes: str, user: User | None = None) -> Case:
        """Save that the documents were looked at: the person's, and the papers with these codes; with pictures if wanted."""
        case = desk.save(
            act=self.act(user),
            number=case.number,
            version=case.version,
            identities_checked=True,
            papers=[{"code": code, "number": ""} for code in codes],
        )
        papers = handler_of(case.kind).assess(self.act(user), case).papers
        wanting = scans.unscanned(case, papers, TODAY) if is_reviewed(case, TODAY) else []
        if not wanting:
            return case
        added = {paper.code: [jpeg()] for paper in wanting}
        return scans.save_seen(act=self.act(user), number=case.number, version=case.version, added=added, removed=[])

    def finish(self, case: Case) -> Case:
        """Submit a case, let the reviewer approve it where it waits for one, and return it as it then is."""
        waiting = self.submit(case).case
        if approval := waiting.approval:
            approvals.approve(act=self.act(self.reviewer), approval_id=approval.pk, digest=approval.digest)
        waiting.refresh_from_db()
        return waiting

    def digest(self, case: Case, user: User | None = None) -> str:
        """Return the digest of what the page shows now."""
        return deciding.digest_of(case, deciding.assess(self.act(user), case))

    def submit(self, case: Case, user: User | None = None) -> deciding.Submitted:
        return deciding.submit(
            act=self.act(user), number=case.number, version=case.version, digest=self.digest(case, user)
        )


def renaming_kind(monkeypatch: pytest.MonkeyPatch) -> CaseHandler:
    """Let a kind give its region another name, and take that back, with one paper to be seen; return its handler."""

    def assess(act: Act, case: Case) -> Assessment:
        now = name_now()
        return Assessment(content={"from": now}, words=[("改名前", now)], papers=(NeededPaper("letter", "申请书"),))

    def execute(act: Act, case: Case) -> Outcome:
        region = Region.objects.get(pk=case.region)
        before, region.name = region.name, case.asked["name"]
        region.save()
        return Outcome(f"已改名为{region.name}", {"before": before})

    def undo(act: Act, case: Case) -> str:
        Region.objects.filter(pk=case.region).update(name=case.record["before"])
        return "已改回"

    Region.objects.filter(pk=REGION).update(name="旧名市")
    handler = CaseHandler(kind=CaseKind.SHOW, assess=assess, execute=execute, undo=undo)
    monkeypatch.setitem(handlers._handlers, CaseKind.SHOW, handler)
    return handler


def name_now() -> str:
    return Region.objects.get(pk=REGION).name


def ready(counter: Counter, **changes: Any) -> Case:
    """Return a case of that kind in which all has been seen and asked."""
    case = counter.open(CaseKind.SHOW, counter.insured())
    desk.save(act=counter.act(), number=case.number, version=case.version, asked={"name": "新名市"}, **changes)
    case.refresh_from_db()
    return counter.seen(case, "letter")
