"""Play the tax office, in the demo only: `simulate_tax_office [--late] [--reject N] [--twice] [--lose] [--import]`."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings

from accounts.errors import AccountsError
from accounts.identity.actors import Act, Actor
from accounts.management.base import BaseCommand, CommandError
from payments.demo.tax_office import Mood, work_off
from payments.premiums.tax_office.answers import import_premium_results
from yibao.lib import clock


class Command(BaseCommand):
    help = "Answer the hand-over files as a tax office would; in the demo only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--late", action="store_true", help="say nothing yet")
        parser.add_argument(
            "--reject", type=int, default=0, metavar="N", help="refuse the first N orders of each batch"
        )
        parser.add_argument("--twice", action="store_true", help="answer everything twice")
        parser.add_argument("--lose", action="store_true", help="lose the files that are not answered yet")
        parser.add_argument("--import", action="store_true", dest="takes_in", help="import the answers at once")

    def handle(self, *args: object, **options: Any) -> None:
        if not (settings.DEMO or settings.REHEARSAL):
            raise CommandError("这里接的是真的税务，不能模拟。只有演示环境可以")
        if options["reject"] < 0:
            raise CommandError("--reject 要写 0 或以上的张数")
        mood = Mood(**{name: options[name] for name in ("late", "reject", "twice", "lose")})
        files = work_off(settings.TAX_OFFICE_FOLDER, on=clock.today(), mood=mood)
        said = []
        for path in files:
            said.append(f"税务答复了：{path}")
            if options["takes_in"]:
                try:
                    result = import_premium_results(
                        act=Act(Actor.system("simulate_tax_office"), clock.now()), path=path
                    )
                except AccountsError as error:
                    raise CommandError(error.message) from None
                aside = f"，留待处理 {len(result.held)} 行，用 held_rows 查看" if result.held else ""
                said.append(f"  登记 {result.premium_answers} 条，以前登记过 {result.known_rows} 条{aside}")
        self.tell("\n".join(said) or "税务没有答复。", files=[str(path) for path in files])
