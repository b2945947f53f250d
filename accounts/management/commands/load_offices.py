"""Load counters, their districts and the papers to bring: `load_offices`, `load_offices 330381.toml`."""

from argparse import ArgumentParser
from pathlib import Path

from accounts.errors import AccountsError
from accounts.identity.actors import Act, Actor
from accounts.management.base import BaseCommand, CommandError
from accounts.offices import shipped
from accounts.operations.offices import LoadedOffices, load_offices
from yibao.lib import clock


class Command(BaseCommand):
    help = "Load counters (TOML); without PATH, those that come with the project. Loading twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")

    def handle(self, *args: object, paths: list[Path], **options: object) -> None:
        act = Act(Actor.system("load_offices"), clock.now())
        try:
            loaded = [load_offices(act=act, path=path) for path in paths or shipped()]
        except AccountsError as error:
            raise CommandError(f"网点没有载入：\n{error.message}") from None
        if options["json"]:
            self.answer([_as_json(one) for one in loaded])
            return
        for one in loaded if options["verbosity"] else []:
            self.stdout.write(f"{one.region}：新载入 {one.added} 行，原有不变 {one.unchanged} 行")
            for kept in one.kept:
                self.stdout.write(f"  保留：{kept}")


def _as_json(loaded: LoadedOffices) -> dict[str, object]:
    return {"region": loaded.region, "added": loaded.added, "unchanged": loaded.unchanged, "kept": loaded.kept}
