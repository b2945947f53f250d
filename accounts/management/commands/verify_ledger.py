"""Check every invariant of the ledger; exit 1 with the first offending rows when one does not hold."""

from itertools import islice

from accounts.identity import audit
from accounts.identity.actors import Act, Actor
from accounts.jobs import against_facts
from accounts.ledger import verify
from accounts.management.base import BaseCommand, CommandError
from accounts.queries import explanations
from yibao.lib import clock


class Command(BaseCommand):
    help = "Verify the ledger: balances, chains, batches, reversals, control totals, explanations, triggers."

    def handle(self, *args: object, **options: object) -> None:
        found = list(verify.findings())
        found += against_facts.findings()
        if unexplained := tuple(islice(explanations.differences(), verify.SHOWN)):
            found.append(verify.Finding("每笔划入按依据重算等于记账金额", unexplained))
        act = Act(Actor.system("verify_ledger"), clock.now())
        audit.record(act=act, verb=verify.VERIFIED, detail={"findings": len(found)})
        if options["json"]:
            document = {"ok": not found, "findings": [{"invariant": f.invariant, "rows": f.rows} for f in found]}
            self.answer(document)
        elif not found:
            self.stdout.write(f"账本正确：{len(verify.INVARIANTS | verify.OF_OTHER_APPS) + 5} 项检查全部通过。")
        if found:
            lines = [f"「{f.invariant}」不成立：" + "；".join(str(row) for row in f.rows) for f in found]
            raise CommandError("\n".join(lines))
