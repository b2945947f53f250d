"""What the staff of the city do, day by day: files in, jobs run, rows worked off, the year closed."""

import io
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import time_machine
from django.core.management import CommandError, call_command

from accounts.codes import HeldReason, HeldState, Role
from accounts.models import HeldRow
from accounts.queries.people import find_by_certno
from accounts.roster import held
from payments.bills import operations as bills
from tests.factories.acts import act_now
from tests.factories.people import certno
from tests.factories.users import official
from tests.personas import HUNAN, ZHOUSHAN, clinic
from tests.scenarios.city.citizens import LIVE, Citizen
from tests.scenarios.city.papers import Paper, Papers, Row, balance_row, written
from yibao.lib.fen import yuan

MAKER, CHECKER = "maker", "checker"


class Bureau:
    """Two members of staff at work. `laid_aside` counts what imports held, by reason code."""

    def __init__(self, folder: Path, papers: Papers) -> None:
        self.papers = papers
        self.laid_aside: Counter[str] = Counter()
        self._folder = folder
        self._files = 0
        official(Role.CLERK, MAKER, certno=certno(901))
        official(Role.REVIEWER, CHECKER, certno=certno(902))

    def run(self, day: date, command: str, *arguments: str) -> str:
        """Run a command on a day; return what it printed. Rows laid aside, and people named, are no failure here."""
        printed, failure = self.tried(day, command, *arguments)
        assert not failure or "留待处理" in failure or "没有全部完成" in failure, (
            f"{day} {command}: {failure} {printed}"
        )
        return printed

    def tried(self, day: date, command: str, *arguments: str) -> tuple[str, str]:
        """Run a command on a day; return what it printed, and why it failed."""
        out, failure = io.StringIO(), ""
        with time_machine.travel(f"{day} 10:00:00+08:00", tick=False):
            try:
                call_command(command, *arguments, stdout=out, stderr=io.StringIO())
            except CommandError as error:
                failure = str(error)
        return out.getvalue(), failure

    def bring_in(self, day: date, command: str, paper: Paper) -> dict[str, Any]:
        """Import a file with --hold; see that exactly the rows that are wrong were laid aside."""
        more = ["--expect-sum", yuan(paper.sum_fen())] if self._has_sum(paper) else []
        path = str(self.write(paper.rows))
        printed = self.run(day, command, path, "--hold", "--json", "--expect-rows", str(len(paper.rows)), *more)
        result = json.loads(printed)
        found = {row["row"]: row["reason_code"] for row in result["held"]}
        assert found == paper.held
        assert result["left_out"] == paper.left_out
        self.laid_aside.update(found.values())
        self._work_off(day, paper, {row["id"]: row["row"] for row in result["held"]})
        return result

    def write(self, rows: list[Row]) -> Path:
        self._files += 1
        return written(self._folder / f"{self._files}.csv", rows)

    def month(self, day: date) -> None:
        """A month's work: roster on the 11th, payments on the 12th, jobs on the 21st, corrections on the 25th."""
        self.bring_in(day.replace(day=11), "import_roster", self.papers.roster(day.replace(day=11)))
        self.bring_in(day.replace(day=12), "import_contributions", self.papers.paid(day.replace(day=12)))
        self.run(day.replace(day=21), "due_jobs", "--run")
        corrections = self.papers.take_corrections()
        if corrections.rows:
            self.bring_in(day.replace(day=25), "import_contributions", corrections)

    def withdraw(self, day: date, result: dict[str, Any]) -> None:
        by = ("--by", MAKER, "--by", CHECKER)
        self.run(day, "withdraw_import", str(result["import_id"]), "--reason", "导入了错的文件", *by)

    def open_accounts(self, citizens: list[Citizen], as_of: date) -> None:
        """Bring in what people had in the old system; a file that was cut off changes nothing."""
        there = [who for who in citizens if who.changes[0].on < LIVE]
        rows = [balance_row(who, who.region, as_of, *who.opening_fen) for who in there]
        total = ["--expect-sum", yuan(sum(sum(who.opening_fen) for who in there))]
        _, refusal = self.tried(LIVE, "import_balances", str(self.write(rows[:-1])), *total)
        assert "余额合计应为" in refusal
        self.run(LIVE, "import_balances", str(self.write(rows)), *total, "--expect-rows", str(len(rows)))

    def pay_bills(self, citizens: list[Citizen], on: date) -> None:
        places = {ZHOUSHAN: clinic(), HUNAN: clinic(HUNAN, "H002")}
        with time_machine.travel(f"{on} 10:00:00+08:00", tick=False):
            for who in citizens:
                if who.spent_fen:
                    bills.pay(
                        act=act_now(),
                        institution=places[who.region],
                        person=find_by_certno(who.certno),
                        region=who.region,
                        amount_fen=who.spent_fen,
                        on=on,
                        bill_no=f"bill {who.serial}",
                    )

    def _work_off(self, day: date, paper: Paper, rows: dict[int, int]) -> None:
        """Mend, confirm and drop what an import laid aside."""
        drop = [str(pk) for pk, row in rows.items() if row not in paper.mend]
        believe = []
        with time_machine.travel(f"{day} 11:00:00+08:00", tick=False):
            for pk, row in rows.items():
                if row not in paper.mend:
                    continue
                if paper.mend[row]:
                    held.mend(act=act_now(), row_id=pk, cells=paper.mend[row])
                believe.append(str(pk))
        by = ("--by", MAKER, "--by", CHECKER)
        if drop:
            self.run(day, "held_rows", "--drop", *drop, *by)
        if believe:
            self.run(day, "held_rows", "--confirm", *believe, *by)
        assert not HeldRow.objects.filter(state=HeldState.WAITING).exists()

    @staticmethod
    def _has_sum(paper: Paper) -> bool:
        return "base" in paper.rows[0] and HeldReason.UNREADABLE not in paper.held.values()
