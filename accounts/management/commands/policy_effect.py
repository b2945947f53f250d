"""What a draft of the rules would change of what is posted already: `policy_effect 17`, before it is handed over."""

from argparse import ArgumentParser
from functools import partial

from accounts.errors import AccountsError
from accounts.identity.actors import Act, Actor
from accounts.management.base import BaseCommand, CommandError
from accounts.management.progress import Bar
from accounts.management.staff import acts_by, add_by
from accounts.operations import policy_effect
from yibao.lib import clock


class Command(BaseCommand):
    help = "Compute what a draft would change: people and fen, up and down, by benefit year. It is kept on the draft."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("draft", type=int, help="id of the draft, as load_policies and the admin name it")
        add_by(parser)

    def handle(self, *args: object, draft: int, **options: object) -> None:
        acts = acts_by(options["by"], most=1)  # type: ignore[arg-type]
        act = acts[0] if acts else Act(Actor.system("policy_effect"), clock.now())
        with Bar(self.stderr) as bar:
            try:
                progress = partial(bar.show, f"影响 {draft}")
                years = policy_effect.compute(act=act, draft_id=draft, progress=progress)
            except AccountsError as refusal:
                raise CommandError(f"没有算草稿 {draft} 的影响：{refusal}") from None
        if options["json"]:
            self.answer({"draft": draft, "years": [year._asdict() for year in years]})
            return
        for year in years:
            self.stdout.write(policy_effect.year_in_words(year))
        if not years:
            self.stdout.write("没有人已经记的账会变")
