"""Validate and load regions' rules: `load_policies`, `load_policies 330900.toml --check`.

Later versions of a region in force become drafts; `--by MAKER --by CHECKER` publishes them at once.
"""

from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.identity.actors import Act, Actor
from accounts.jobs.policy_effect import changes_what_is_posted, effect_of
from accounts.management.base import BaseCommand, CommandError
from accounts.management.owner import run_as_owner
from accounts.management.progress import Bar
from accounts.management.staff import acts_by, add_by, by_two
from accounts.models import PolicyVersion
from accounts.operations import policies, policy_effect
from accounts.policies.loading import Loaded, load
from accounts.policies.preset_files import shipped
from accounts.policies.terms import PolicyError, Problem
from yibao.lib import clock


class Command(BaseCommand):
    help = "Validate and load region policies (TOML); without PATH, those that come with the project."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
        parser.add_argument("--check", action="store_true", help="validate against the database, write nothing")
        parser.add_argument("--reason", default="载入政策文件", help="why drafts are to be published, for the checker")
        parser.add_argument("--document", default="", help="document number (文号) the drafts rest on")
        add_by(parser, two=True)

    def handle(self, *args: object, paths: list[Path], **options: Any) -> None:
        try:
            with run_as_owner(), transaction.atomic():
                loaded = self._load(paths or shipped(), options)
                said = self._effects(loaded) if options["check"] else self._publish(loaded, options)
        except PolicyError as error:
            if options["json"]:
                self.answer({"ok": False, "problems": [_problem(p) for p in error.problems]})
            raise CommandError(f"政策没有载入，一个版本也没有写：\n{error}") from None
        if options["json"]:
            regions = [_region(one) for one in loaded]
            self.answer({"ok": True, "checked_only": options["check"], "regions": regions, "said": said})
            return
        verb = "可以新载入" if options["check"] else "新载入"
        for one in loaded:
            preset = one.preset
            self.stdout.write(f"{preset.code} {preset.name}：{verb} {len(one.new)} 个版本，原有不变 {one.unchanged} 个")
            for remark in preset.remarks:
                self.stdout.write(f"  注意：{remark}")
        for line in said:
            self.stdout.write(line)

    def refused(self, reason: str) -> dict[str, Any]:
        return {"ok": False, "problems": [{"file": "", "key": "", "reason": reason}]}

    def _load(self, paths: list[Path], options: dict[str, Any]) -> list[Loaded]:
        acts = acts_by(options["by"])
        act = acts[0] if acts else Act(Actor.system("load_policies"), clock.now())
        directly = settings.DEMO or settings.REHEARSAL
        return load(act=act, paths=paths, check=options["check"], directly=directly)

    def _publish(self, loaded: list[Loaded], options: dict[str, Any]) -> list[str]:
        """Hand the drafts over as --by says; return what has become of them, in words."""
        ids = [pk for one in loaded for pk in one.drafts]
        drafts = PolicyVersion.objects.filter(pk__in=ids).order_by("region", "kind", "effective_from")
        if ids and not options["by"]:
            concerned = [draft.pk for draft in drafts if changes_what_is_posted(draft)]
            return [
                f"其中 {len(ids)} 个是草稿，还没有生效：这些地区已有发布的规定，再改要两个人。请政策岗的同事在后台提交复核、"
                "审批岗的同事通过，或运行 load_policies 文件 --by 政策岗账号 --by 审批岗账号",
                *(f"草稿 {pk} 会改动已经记的账，先算影响：manage.py policy_effect {pk}" for pk in concerned),
            ]
        return [self._handed_over(draft, options) for draft in drafts]

    def _effects(self, loaded: list[Loaded]) -> list[str]:
        """Return in words what the new versions of each region would change of what is posted already."""
        said = []
        for one in loaded:
            drafts = [
                PolicyVersion(
                    region_id=version.region,
                    kind=version.kind,
                    effective_from=version.effective_from,
                    terms=version.values,
                    sources=version.sources,
                )
                for version in one.new
            ]
            concerned = [draft for draft in drafts if changes_what_is_posted(draft)]
            if concerned:
                with Bar(self.stderr) as bar:
                    years = effect_of(concerned, clock.today(), partial(bar.show, f"影响 {one.preset.code}"))
                words = [policy_effect.year_in_words(year) for year in years] or ["没有人已经记的账会变"]
                said += [f"{one.preset.code} 会改动已经记的账：{line}" for line in words]
        return said

    def _handed_over(self, draft: PolicyVersion, options: dict[str, Any]) -> str:
        if changes_what_is_posted(draft):
            with Bar(self.stderr) as bar:
                shown = partial(bar.show, f"影响 {draft.pk}")
                policy_effect.compute(act=acts_by(options["by"])[0], draft_id=draft.pk, progress=shown)
        subject, reason, document = policies.subject_of(draft), options["reason"], options["document"]
        _, said = by_two(options["by"], kind=policies.PUBLISH, subject=subject, reason=reason, document=document)
        return f"{draft}：{said}"


def _problem(problem: Problem) -> dict[str, str]:
    return {"file": problem.file, "key": problem.key, "reason": problem.reason}


def _region(loaded: Loaded) -> dict[str, object]:
    return {
        "code": loaded.preset.code,
        "name": loaded.preset.name,
        "file": loaded.preset.file,
        "loaded": [version.name for version in loaded.new],
        "unchanged": loaded.unchanged,
        "drafts": list(loaded.drafts),
        "remarks": [_problem(remark) for remark in loaded.preset.remarks],
    }
