"""Set the day from which a region is credited here: `go_live --region 330900 --on 2026-07-01 --by A --by B`."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.codes import ApprovalState
from accounts.errors import AccountsError
from accounts.identity.actors import Act, Actor
from accounts.management.base import BaseCommand, CommandError
from accounts.management.days import day_argument
from accounts.management.staff import add_by, by_two, ends_done
from accounts.operations import going_live
from yibao.lib import clock


class Command(BaseCommand):
    help = "Set a region's go-live day (上线日): months before that day's are the old system's."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--region", required=True, help="统筹区 code, e.g. 330900")
        parser.add_argument("--on", required=True, type=day_argument, help="the day, e.g. 2026-07-01")
        parser.add_argument("--reason", default="系统上线", help="why, for the checker")
        parser.add_argument("--document", default="", help="document number (文号)")
        add_by(parser, two=True)

    def handle(self, *args: object, region: str, on: date, **options: Any) -> None:
        done = True
        if options["by"]:
            approval, said = by_two(
                options["by"],
                kind=going_live.GO_LIVE,
                subject=going_live.subject_of(region),
                reason=options["reason"],
                document=options["document"],
                asked={"live_on": on.isoformat()},
            )
            done = approval.state == ApprovalState.APPROVED
        elif settings.DEMO or settings.REHEARSAL:
            said = self._directly(region, on)
        else:
            raise CommandError("设上线日要两个人：go_live … --by 政策岗账号 --by 审批岗账号")
        self.tell(said, region=region, live_on=on.isoformat(), done=done)
        ends_done(done)

    def _directly(self, region: str, on: date) -> str:
        try:
            with transaction.atomic():
                going_live.set_live_on(act=Act(Actor.system("go_live"), clock.now()), region=region, on=on)
        except AccountsError as error:
            raise CommandError(error.message) from None
        return f"统筹区 {region} 的上线日已设为 {on}"
