"""What files say about the people of the model: late, missing, doubled, contradictory, corrected, refunded, withdrawn.

Each operation brings one small file in, as staff do, and tells the model the same.
"""

import copy
import random
import tempfile
from abc import ABC, abstractmethod
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from accounts.codes import LifeEventKind, ProofKind
from accounts.errors import AccountsError
from accounts.identity.access import actor_of
from accounts.identity.actors import Act
from accounts.models import Person, User
from accounts.operations import approvals
from accounts.operations.life_events import death, moving
from accounts.operations.life_events.events import Paper
from accounts.operations.life_events.vouchers import subject_of
from accounts.roster import held, withdrawing
from accounts.roster.contributions import import_contributions
from accounts.roster.drafts import ImportResult
from accounts.roster.people import COLUMNS, import_roster
from tests.accounts.operations.life_kit import Desk
from tests.chaos.facts import ENDED, NORMAL, SUSPENDED, Payment, Status
from tests.chaos.reference import Books, Human, Someone
from tests.factories.acts import act_now
from tests.factories.files import csv_file
from tests.personas import HUNAN, ZHOUSHAN
from yibao.lib import clock
from yibao.lib.fen import yuan

FACTS = {
    "new base": 4,
    "pay for a month": 8,
    "leave or return": 5,
    "retire": 1,
    "said twice": 2,
    "another base unsaid": 3,
    "hardly true": 2,
    "corrected": 4,
    "difference": 2,
    "refunded": 3,
    "second payer": 3,
    "withdraw a file": 4,
    "move": 2,
    "die": 0.15,
    "take the money along": 2,
}
PAPER = Paper(ProofKind.DEATH_CERTIFICATE, "D-0001")
PAYERS = ("A1", "B2")


class FactsByFile(ABC):
    """The part of the world that files tell. `files`: those that can still be withdrawn, with who they are about."""

    dice: random.Random
    today: date
    log: list[str]
    books: dict[str, Books]
    real: dict[int, tuple[Person, str]]

    @abstractmethod
    def account(self, human: Human, person: Person, region: str) -> Someone:
        """Return the person's account in a region, as the model has it."""

    def __init__(self) -> None:
        self.files: dict[int, list[Someone]] = {}
        self.desk = Desk()
        self._folder = tempfile.TemporaryDirectory()
        self._written = 0

    # Payments

    def most_pay(self, month: date) -> None:
        """In 舟山: who is insured and not retired pays for the month, but now and then somebody does not. One file."""
        paid = []
        for who in self.books[ZHOUSHAN].people:
            status = who.facts.status_on(month)
            insured = status and status.status == NORMAL and not status.retired
            if insured and month not in who.facts.counting and self.dice.random() < 0.9:
                paid.append((who, self._payment(month, payer=self.dice.choice(PAYERS))))
        if paid:
            result = self._paid(*paid)
            assert result.contributions_added == len(paid), result

    def _new_base(self) -> str:
        who = self.dice.choice([who for who in self.books[ZHOUSHAN].people if who.facts.statuses])
        return self.pay_for(who, self.today.replace(day=1))

    def _pay_for_a_month(self) -> str:
        """This month, or one before for which nobody had paid."""
        first = self.today.replace(day=1)
        month = self.dice.choice([first, date(2023, self.dice.randint(1, 12), 1), date(first.year, 1, 1)])
        return self.pay_for(self._somebody_paying(), month) if month <= first else "not yet"

    def pay_for(self, who: Someone, month: date) -> str:
        if month in who.facts.counting:
            return "paid already"
        result = self._paid((who, self._payment(month, payer=self.dice.choice(PAYERS))))
        assert result.contributions_added == 1, result
        return ""

    def _second_payer(self) -> str:
        who, counting = self._some_paid()
        if who.facts.waiting.get(counting.month):
            return "waits already"
        other = PAYERS[counting.payer == PAYERS[0]]
        result = self._paid((who, self._payment(counting.month, payer=other)))
        assert result.second_payers == 1, result
        return ""

    def _corrected(self) -> str:
        who, counting = self._some_paid()
        result = self._paid((who, self._payment(counting.month, "更正", counting.payer)))
        assert result.corrected == 1, result
        return ""

    def _difference(self) -> str:
        who, counting = self._some_paid()
        if counting.base > 11_000_00:
            return "enough"
        told = self._payment(counting.month, "补差", counting.payer)
        result = self._paid((who, replace(told, base=self.dice.randint(1, 90_000))))
        assert result.corrected == 1, result
        return ""

    def _refunded(self) -> str:
        who, counting = self._some_paid()
        told = replace(self._payment(counting.month, "退费", counting.payer), base=counting.base)
        assert self._paid((who, told)).refunded == 1
        return ""

    def _said_twice(self) -> str:
        """What counts, once more: nothing new."""
        who, counting = self._some_paid()
        result = self._bring_in_paid((who, replace(counting, kind="")), paid="")
        assert (result.contributions_added, result.second_payers, result.held) == (0, 0, ()), result
        return ""

    def _another_base_unsaid(self) -> str:
        """The same month and payer with another base, and not called a correction: laid aside; some are believed."""
        who, counting = self._some_paid()
        first = next(payment for payment in who.facts.told_payments if payment.month == counting.month)
        if counting == first and counting.kind == "更正":
            return "would be what was corrected"  # whose file is withdrawn
        told = self._payment(counting.month, payer=counting.payer)
        (row,) = self._bring_in_paid((who, told)).held
        assert row.reason_code == "contradicts_known", row
        if self.dice.random() < 0.5:
            held.drop(act=act_now(), ids=[row.id])
            return "dropped"
        self._by_two(held.CONFIRM, held.subject_of([row.id]), {"rows": [row.id]})
        who.facts.tell(replace(told, kind="更正"))
        return "believed"

    def _hardly_true(self) -> str:
        """A base above what anybody has: laid aside, and dropped."""
        told = self._payment(self.today.replace(day=1), payer="C3")
        (row,) = self._bring_in_paid((self._somebody_paying(), replace(told, base=30_000_000 + told.base))).held
        assert row.reason_code == "base_above_bound", row
        held.drop(act=act_now(), ids=[row.id])
        return ""

    # Statuses

    def _leave_or_return(self) -> str:
        who = self._somebody_alive()
        status = who.facts.status_on(self.today)
        if status is None:
            return "not here yet"
        if status.status != NORMAL:
            return self._changes(who, NORMAL, status.retired)
        return self._changes(who, self.dice.choice([SUSPENDED, SUSPENDED, ENDED]), status.retired)

    def _retire(self) -> str:
        who = self._somebody_alive()
        if who.region == HUNAN or not who.facts.statuses:
            return "not there"
        return self._changes(who, NORMAL, retired=True)

    def _changes(self, who: Someone, status: int, retired: bool) -> str:
        since = self._since(who)
        if since > self.today:
            return "changed today"
        self._on_roster([(who, Status(since, status, retired))])
        return ""

    def _move(self) -> str:
        """To the other region; now and then the end in the old one is not told."""
        who = self._somebody_alive()
        now = who.facts.status_on(self.today)
        person, region = self.real[id(who)]
        elsewhere = HUNAN if region == ZHOUSHAN else ZHOUSHAN
        there = who.human.accounts.get(elsewhere)
        since = max(self._since(one) for one in (who, there) if one)
        if now is None or now.status != NORMAL or since > self.today:
            return "not now"
        if now.retired and there is not None and there.facts.told_payments:
            return "retired"  # paid and retired at once is for staff to decide
        there = self.account(who.human, person, elsewhere)
        rows = [(who, Status(since, ENDED, now.retired)), (there, Status(since, NORMAL, now.retired))]
        self._on_roster(rows if self.dice.random() < 0.8 else rows[1:])
        return ""

    def _since(self, who: Someone) -> date:
        """Return a day after the last change: today, or one that is told late."""
        last = who.facts.statuses[-1].since if who.facts.statuses else date(2022, 12, 31)
        return max(last + timedelta(days=1), self.today - timedelta(days=self.dice.choice([0, 0, 20, 70])))

    def _die(self) -> str:
        """Reported at a counter: what was credited for later months is taken back at once."""
        who = self._somebody_alive()
        on = self.today - timedelta(days=self.dice.randint(0, 60))
        person, _ = self.real[id(who)]
        death.report_death(act=_act_of(self.desk.maker), person=person, on=on, paper=PAPER, reason="家属报告")
        who.human.died_on = on
        for region, account in sorted(who.human.accounts.items()):
            account.facts.end(on)
            self.books[region].begin(account, self.today)
            self.books[region].settle(account)
        self.files = {file: about for file, about in self.files.items() if not any(one.human.died_on for one in about)}
        return ""

    def _take_the_money_along(self) -> str:
        """Everything that is left where somebody's insurance has ended goes to the other region."""
        who = self._somebody_alive()
        now, others = who.facts.status_on(self.today), [one for one in who.human.accounts.values() if one is not who]
        if now is None or now.status != ENDED or not others:
            return "not now"
        person, region = self.real[id(who)]
        asked = {"why": LifeEventKind.TRANSFER, "to": others[0].region, "proof": PAPER.kind, "document": PAPER.number}
        before = copy.deepcopy(who, {id(who.human): who.human})
        self.books[region].settle(who)
        if not who.current + who.carried:
            for field in fields(Someone):
                setattr(who, field.name, getattr(before, field.name))
            return "nothing there"
        self._by_two(moving.MOVE, subject_of(person.pk, region), asked)
        self.books[region].move(who, others[0], self.books[others[0].region], self.today)
        return ""

    # Withdrawing

    def _withdraw_a_file(self) -> str:
        if not self.files:
            return "none"
        file = self.dice.choice(list(self.files)[-12:])
        self.log[-1] += f" {file}"
        refusal = self._withdraw(file)
        if refusal:
            differences = any(told.kind == "补差" for who in self.files[file] for told in who.facts.told_payments)
            assert "后来的补差" in refusal, refusal
            assert differences, refusal
            return "built upon"
        for who in self.files.pop(file):
            who.facts.withdraw(file)
        return ""

    def _withdraw(self, file: int) -> str:
        """Withdraw an import; return why it is refused."""
        try:
            if withdrawing.needs_two(file):
                self._by_two(withdrawing.WITHDRAW, withdrawing.subject_of(file), None)
            else:
                withdrawing.withdraw(act=act_now(), import_id=file, reason="导错了")
        except AccountsError as refusal:
            return refusal.message
        return ""

    # Files

    def _payment(self, month: date, kind: str = "", payer: str = "") -> Payment:
        """Return a payment that comes in today, on a base that nobody else has."""
        self._written += 1
        base = self.dice.randint(4500, 9000) * 100 + self._written % 100
        return Payment(month, base, self.today, kind, payer)

    def _paid(self, *payments: tuple[Someone, Payment]) -> ImportResult:
        result = self._bring_in_paid(*payments)
        assert not result.held, result.held
        for who, told in payments:
            who.facts.tell(replace(told, file=result.import_id))
        self.files[result.import_id] = [who for who, _ in payments]
        return result

    def _bring_in_paid(self, *payments: tuple[Someone, Payment], **more: str) -> ImportResult:
        rows = [self._row(*payment) | more for payment in payments]
        return import_contributions(act=act_now(), path=self._file(rows), hold=True)

    def _row(self, who: Someone, told: Payment) -> dict[str, str]:
        person, region = self.real[id(who)]
        self.log[-1] += f" {region} {person.pk}: {told.month:%Y-%m} {told.kind} {yuan(told.base)} {told.payer}"
        return {
            "certno": person.certno,
            "insuplc_admdvs": region,
            "accrym": f"{told.month:%Y-%m}",
            "base": yuan(told.base),
            "received_on": told.received.isoformat(),
            "clct_type": told.kind,
            "payer": told.payer,
        }

    def _on_roster(self, changes: list[tuple[Someone, Status]]) -> None:
        self._written += 1
        rows = [_roster_row(*self.real[id(who)], status) for who, status in changes]
        result = import_roster(act=act_now(), path=self._file(rows))
        assert (result.held, result.enrolments_added) == ((), len(rows)), result
        for who, status in changes:
            person, region = self.real[id(who)]
            self.log[-1] += f" {region} {person.pk}: {status.status} {status.retired=} since {status.since}"
            who.facts.tell(replace(status, file=result.import_id))
        self.files[result.import_id] = [who for who, _ in changes]

    def _file(self, rows: list[dict[str, str]]) -> Path:
        return csv_file(Path(self._folder.name) / "file.csv", rows)

    def _by_two(self, kind: str, subject: str, asked: dict[str, Any] | None) -> None:
        submitted = approvals.submit(
            act=_act_of(self.desk.maker), kind=kind, subject=subject, reason="查实后办理", asked=asked
        )
        act = _act_of(self.desk.checker)
        approvals.approve(act=act, approval_id=submitted.pk, digest=submitted.digest)

    # Picking

    def _somebody_alive(self) -> Someone:
        people = [who for books in self.books.values() for who in books.people]
        return self.dice.choice([who for who in people if not who.human.died_on])

    def _somebody_paying(self) -> Someone:
        """Return somebody the region knows; in 湖南 nobody who was ever retired there."""
        people = [who for books in self.books.values() for who in books.people if who.facts.statuses]
        return self.dice.choice([who for who in people if who.region == ZHOUSHAN or not _ever_retired(who)])

    def _some_paid(self) -> tuple[Someone, Payment]:
        people = [who for books in self.books.values() for who in books.people if who.facts.statuses]
        if not any(who.facts.counting for who in people):  # all that was ever paid is taken back
            self.pay_for(self._somebody_paying(), self.today.replace(day=1))
        who = self.dice.choice([who for who in people if who.facts.counting])
        return who, who.facts.counting[self.dice.choice(sorted(who.facts.counting)[-8:])]


def _ever_retired(who: Someone) -> bool:
    return any(status.retired for status in who.facts.told_statuses)


def _act_of(user: User) -> Act:
    return Act(actor_of(user), clock.now())


def _roster_row(person: Person, region: str, status: Status) -> dict[str, str]:
    return {
        **dict.fromkeys(COLUMNS, ""),
        "certno": person.certno,
        "psn_name": person.name,
        "gend": str(person.gender),
        "brdy": person.birth_on.isoformat(),
        "mob": person.phone,
        "insuplc_admdvs": region,
        "insutype": "310",
        "psn_type": "12" if status.retired else "11",
        "psn_insu_stas": str(status.status),
        "stas_date": status.since.isoformat(),
    }
