"""收回已退的保费: `recover_refund NO --reason TEXT [--document NO] --by MAKER --by CHECKER`, where the tax office keeps it."""

from argparse import ArgumentParser
from typing import Any

from accounts.codes import ApprovalState
from accounts.management.base import BaseCommand, CommandError
from accounts.management.staff import add_by, by_two, ends_done
from payments.premiums.operations.recovering import RECOVER, subject_of


class Command(BaseCommand):
    help = "Take back, by two people, what was refunded of a premium although the tax office does not give it back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("no", metavar="NO", help="the number of the premium order")
        parser.add_argument("--reason", required=True, help="what the tax office said")
        parser.add_argument("--document", default="", help="文号 of its answer")
        add_by(parser, two=True)

    def handle(self, *args: object, **options: Any) -> None:
        if not options["by"]:
            raise CommandError("请用 --by 写明经办账号，再用一个 --by 写复核账号")
        approval, said = by_two(
            options["by"],
            kind=RECOVER,
            subject=subject_of(options["no"]),
            reason=options["reason"],
            document=options["document"],
        )
        done = approval.state == ApprovalState.APPROVED
        self.tell(said, done=done)
        ends_done(done)
