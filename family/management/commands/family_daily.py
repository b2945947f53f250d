"""Do what time and the roster do to sharing: expire, remind, end by itself. Beat does the same; repeating is harmless."""

from argparse import ArgumentParser
from typing import Any

from accounts.management.base import BaseCommand, CommandError
from accounts.management.days import act_on, add_on
from family.upkeep import keep_up


class Command(BaseCommand):
    help = "Expire and remind invitations, end bonds whose time or insurance is over, note who came of age."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_on(parser)

    def handle(self, *args: object, **options: Any) -> None:
        act = act_on("family_daily", options["on"])
        report = keep_up(act=act)
        if options["json"]:
            document = {"on": act.on.isoformat(), "done": dict(report.done), "failed": report.failed}
            self.answer(document)
        else:
            for name, count in report.done.items():
                self.stdout.write(f"{name}：{count}")
        if report.failed:
            raise CommandError("没有办成，原因见日志：" + "；".join(report.failed[:5]))
