"""Let a year be settled although many of its credited months are not paid for: two people say so."""

from argparse import ArgumentParser
from typing import Any

from accounts.codes import ApprovalState
from accounts.management.base import BaseCommand, CommandError
from accounts.management.staff import add_by, by_two, ends_done
from accounts.operations.settlement import APPROVAL, subject_of
from yibao.lib.periods import BadPeriodError, Period


class Command(BaseCommand):
    help = "Say, by two people, that a year is to be settled although many of its months are not paid for."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--region", required=True, help="统筹区 code, e.g. 330900")
        parser.add_argument("--period", required=True, help="the benefit year, e.g. 2025")
        parser.add_argument("--reason", required=True, help="why the months really were not paid for")
        add_by(parser, two=True)

    def handle(self, *args: object, **options: Any) -> None:
        if not options["by"]:
            raise CommandError("请用 --by 写明经办账号，再用一个 --by 写复核账号")
        try:
            period = Period.parse(options["period"])
        except BadPeriodError as error:
            raise CommandError(str(error)) from None
        approval, said = by_two(
            options["by"], kind=APPROVAL, subject=subject_of(options["region"], period), reason=options["reason"]
        )
        done = approval.state == ApprovalState.APPROVED
        self.tell(said, done=done)
        ends_done(done)
