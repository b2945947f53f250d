"""Validate and load regions' rules: `load_policies`, `load_policies 330900.toml --check`."""

import json
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.identity.actors import Act, Actor
from accounts.policies.loading import Loaded, load
from accounts.policies.preset_files import shipped
from accounts.policies.terms import PolicyError, Problem
from yibao.lib import clock


class Command(BaseCommand):
    help = "Validate and load region policies (TOML); without PATH, those that come with the project."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
        parser.add_argument("--check", action="store_true", help="validate against the database, write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: object, paths: list[Path], check: bool, **options: object) -> None:
        act = Act(Actor.system("load_policies"), clock.now())
        try:
            loaded = load(act=act, paths=paths or shipped(), check=check)
        except PolicyError as error:
            if options["json"]:
                self.stdout.write(_as_json({"ok": False, "problems": [_problem(p) for p in error.problems]}))
            raise CommandError(f"政策没有载入，一个版本也没有写：\n{error}") from None
        if options["json"]:
            self.stdout.write(
                _as_json({"ok": True, "checked_only": check, "regions": [_region(one) for one in loaded]})
            )
            return
        verb = "可以新载入" if check else "新载入"
        for one in loaded:
            preset = one.preset
            self.stdout.write(f"{preset.code} {preset.name}：{verb} {len(one.new)} 个版本，原有不变 {one.unchanged} 个")


def _as_json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False)


def _problem(problem: Problem) -> dict[str, str]:
    return {"file": problem.file, "key": problem.key, "reason": problem.reason}


def _region(loaded: Loaded) -> dict[str, object]:
    return {
        "code": loaded.preset.code,
        "name": loaded.preset.name,
        "file": loaded.preset.file,
        "loaded": [version.name for version in loaded.new],
        "unchanged": loaded.unchanged,
    }
