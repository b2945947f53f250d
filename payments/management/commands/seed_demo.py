"""Fill an empty database with demo people, years of history included; --people N adds a population for benchmarks."""

from argparse import ArgumentParser
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from accounts.identity.actors import Act, Actor
from accounts.management.base import BaseCommand, CommandError
from accounts.management.progress import Bar
from accounts.models import PolicyVersion
from accounts.roster.contributions import import_contributions
from accounts.roster.people import import_roster
from payments.demo import files, history, is_empty, staff
from payments.demo.personas import QUANZHOU
from yibao.lib import clock
from yibao.lib.months import Month


class Command(BaseCommand):
    help = "Create the demo people (only in an empty database), or with --people N that many synthetic people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=int, help="add N people of 泉州 with this month's contributions instead")

    def handle(self, *args: object, **options: object) -> None:
        if options["people"] is not None and int(str(options["people"])) < 1:
            raise CommandError("--people 要写 1 以上的人数")
        act, folder = Act(Actor.system("seed_demo"), clock.now()), settings.VAR / "demo"
        with Bar(self.stderr) as bar:
            if (people := options["people"]) is not None:
                self._populate(act, folder, int(str(people)), bar)
                return
            if not is_empty():
                raise CommandError("数据库里已经有人，演示人员只放进空数据库")
            if PolicyVersion.objects.filter(published_at__gt=history.BEGINS).exists():
                raise CommandError(
                    f"规则是另外载入的，晚于演示历史的开始（{history.BEGINS:%Y-%m-%d}），那时的账算不出来。"
                    "请用空数据库运行 seed_demo，它自己载入规则"
                )
            with clock.set_to(history.BEGINS):
                call_command("load_policies", stdout=StringIO())
            staff.create()
            history.build(act=act, folder=folder, progress=bar.show)
        self.tell("演示人员已就位。")

    def _populate(self, act: Act, folder: Path, people: int, bar: Bar) -> None:
        month = Month.of(act.on) + -1
        roster = files.write_roster(folder / "people.csv", files.population_roster(people, QUANZHOU))
        import_roster(act=act, path=roster, progress=bar.show)
        paid = files.population_contributions(people, QUANZHOU, month)
        path = files.write_contributions(folder / "people_paid.csv", paid)
        import_contributions(act=act, path=path, progress=bar.show)
        self.tell(f"已导入 {people} 人（泉州）和 {month} 的缴费。")
