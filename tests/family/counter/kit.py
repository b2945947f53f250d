"""The counter of tests, with a family at it: a payer with money, somebody who would use it, and a day."""

from datetime import date
from typing import Any

from accounts.codes import CaseKind, PotKind
from accounts.identity.actors import Act
from accounts.models import Case, Import, OpeningBalance, Person, User
from accounts.operations.cases import deciding, desk
from accounts.operations.cases.handlers import Assessment
from tests.accounts.operations.counter_kit import TODAY, Counter
from tests.factories.family import RUIAN, credit, insured

RICH = 9_000_00
OWN_PAPERS = ("own_card", "other_card")  # what is asked for where a region has no checklist on file


class FamilyCounter(Counter):
    """Offices T1 and T2 of 瑞安 without areas or checklists, and a day that a test may move."""

    today = TODAY

    def act(self, user: User | None = None, on: date | None = None) -> Act:
        return super().act(user, on or self.today)

    def payer(self, fen: int = RICH, **facts: Any) -> Person:
        """Return somebody whose account held so many fen when the year before `today` ended, as the old system told."""
        facts.setdefault("birth_on", date(1980, 1, 1))
        person = insured(from_on=date(2015, 1, 1), **facts)
        brought = Import.objects.get_or_create(kind="balances", digest="0", rows=1, actor="system:test")[0]
        OpeningBalance.objects.create(
            person=person,
            region=RUIAN,
            as_of=date(self.today.year, 1, 1),
            current_fen=0,
            carried_fen=0,
            pool_fen=0,
            last_year_carried_fen=fen,
            source=brought,
        )
        if fen:
            credit(person, RUIAN, PotKind.CARRIED, fen, on=self.today)
        return person

    def told(self, case: Case, user: User | None = None, **asked: Any) -> Case:
        """Save what the form asks; what is not said stands as the form begins."""
        return desk.save(act=self.act(user), number=case.number, version=case.version, asked={**case.asked, **asked})

    def bind_case(self, payer: Person, user: Person, *papers: str, **asked: Any) -> Case:
        """Return a case of binding in which all was seen and asked: by default a parent, without limit."""
        case = self.open(CaseKind.BIND, payer, other=user)
        case = self.told(case, **{"relation": "5", "scopes": ["medical"], "limit_fen": None, **asked})
        return self.seen(case, *OWN_PAPERS, *papers)

    def shown(self, case: Case, user: User | None = None) -> Assessment:
        """Return what the page says of the case now."""
        return deciding.assess(self.act(user), case)
