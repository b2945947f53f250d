"""Take back all rows of an import: `withdraw_import 12 --reason TEXT --by A --by B`."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from accounts.codes import ApprovalState
from accounts.errors import AccountsError
from accounts.identity.actors import Act, Actor
from accounts.management.base import BaseCommand, CommandError
from accounts.management.staff import acts_by, add_by, by_two
from accounts.roster import withdrawing
from yibao.lib import clock


class Command(BaseCommand):
    help = "Withdraw an import: its rows stop counting, what they corrected counts again, jobs post the difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("import_id", type=int, metavar="ID")
        parser.add_argument("--reason", required=True, help="why; it is kept with what changes")
        add_by(parser, two=True)

    def handle(self, *args: object, import_id: int, **options: Any) -> None:
        try:
            document = self._withdraw(import_id, options)
        except AccountsError as error:
            raise CommandError(error.message) from None
        self.tell(**document, done=document["withdrawn"])
        if not document["withdrawn"]:
            raise CommandError(f"导入 {import_id} 还没有撤回，等另一位同事复核")

    def refused(self, reason: str) -> dict[str, Any]:
        return super().refused(reason) | {"withdrawn": False}

    def _withdraw(self, import_id: int, options: dict[str, Any]) -> dict[str, Any]:
        acts = acts_by(options["by"]) or [Act(Actor.system("withdraw_import"), clock.now())]
        if not withdrawing.needs_two(import_id):
            done = withdrawing.withdraw(act=acts[0], import_id=import_id, reason=options["reason"])
            return {"withdrawn": True, "said": withdrawing.in_words(done), **asdict(done)}
        if not options["by"]:
            raise CommandError("已经按这次导入划过钱，撤回要两个人：用 --by 写明提交人，再写一次 --by 写明复核人")
        approval, said = by_two(
            options["by"],
            kind=withdrawing.WITHDRAW,
            subject=withdrawing.subject_of(import_id),
            reason=options["reason"],
        )
        return {"withdrawn": approval.state == ApprovalState.APPROVED, "said": said, "import_id": import_id}
