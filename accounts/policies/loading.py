"""Taking regions' files into the registry: all of them or nothing, and never over what is published already."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import connection, transaction

from accounts.codes import PolicyKind, PolicyState
from accounts.identity import audit
from accounts.identity.actors import Act, Actor
from accounts.models import PolicyVersion, Region
from accounts.policies.preset_files import Preset, Version, read_preset
from accounts.policies.terms import PolicyError, Problem

_MISSING = "（没有）"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one file: versions that were new, how many were there already, and which of all are drafts."""

    preset: Preset
    new: tuple[Version, ...]
    unchanged: int
    drafts: tuple[int, ...] = ()  # ids of versions of this file that wait to be published


def load(*, act: Act, paths: Sequence[Path], check: bool = False, directly: bool = False) -> list[Loaded]:
    """Validate the files and take in their versions that are new; with `check`, write nothing.

    A region's first versions are published. Of a region in force, later ones become drafts, which take two people;
    with `directly`, for databases where nothing is real, they are published as well.
    Loading the same file twice changes nothing. Raises PolicyError with every problem of every file, among them
    each published value that a file gives differently; then nothing at all is written.
    """
    presets = _read_all(paths)
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two loads at once would both find a version missing.
            cursor.execute(f"LOCK TABLE {PolicyVersion._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
        problems: list[Problem] = []
        loaded = [_compare(preset, problems) for preset in presets]
        if problems:
            raise PolicyError(problems)
        return loaded if check else [_take_in(act, one, directly) for one in loaded]


def _read_all(paths: Sequence[Path]) -> list[Preset]:
    presets: list[Preset] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            presets.append(read_preset(path))
        except PolicyError as error:
            problems += error.problems
    seen: dict[tuple[str, str], str] = {}
    for preset in presets:
        for version in preset.versions:
            other = seen.setdefault((preset.code, version.name), preset.file)
            if other is not preset.file:
                problems.append(Problem(preset.file, version.name, f"{other} 里已经有同一天的版本"))
    if problems:
        raise PolicyError(problems)
    return presets


def _compare(preset: Preset, problems: list[Problem]) -> Loaded:
    region = Region.objects.filter(code=preset.code).first()
    if region is not None and region.name != preset.name:
        problems.append(Problem(preset.file, "name", f"已载入的名称是“{region.name}”，文件里改成了“{preset.name}”"))
    stored = {
        (version.kind, version.effective_from): version for version in PolicyVersion.objects.filter(region=preset.code)
    }
    problems += _unlike_the_region(preset, stored.values())
    new: list[Version] = []
    drafts: list[int] = []
    unchanged = 0
    for version in preset.versions:
        existing = stored.get((version.kind, version.effective_from))
        if existing is None:
            new.append(version)
        elif existing.state == PolicyState.DRAFT and any(_edits(preset.file, version, existing)):
            problems.append(Problem(preset.file, version.name, "这一天有一份内容不同的草稿，请先发布或删除草稿"))
        elif existing.state == PolicyState.DRAFT:
            unchanged += 1
            drafts.append(existing.pk)
        else:
            unchanged += 1
            problems += _edits(preset.file, version, existing)
    return Loaded(preset, tuple(new), unchanged, tuple(drafts))


def _edits(file: str, version: Version, stored: PolicyVersion) -> Iterator[Problem]:
    """Yield what a file would change in a published version, with the old value and the new."""
    for key in dict.fromkeys([*stored.terms, *version.values]):
        old, new = stored.terms.get(key), version.values.get(key)
        if old != new:
            yield _edit(file, f"{version.name}.{key}", "", old, new)
    for key in dict.fromkeys([*stored.sources, *version.sources]):
        old, new = stored.sources.get(key), version.sources.get(key)
        if old != new and (key == "effective_from" or (key in stored.terms and key in version.values)):
            yield _edit(file, f"{version.name}.{key}", "的出处", old, new)
    if stored.note != version.note:
        yield _edit(file, f"{version.name}.note", "", stored.note, version.note)


def _edit(file: str, key: str, what: str, old: object, new: object) -> Problem:
    before, after = (_MISSING if value is None else json.dumps(value, ensure_ascii=False) for value in (old, new))
    return Problem(file, key, f"已发布，不能修改{what}：原来是 {before}，文件里是 {after}。规定变了请新增一个版本")


def _unlike_the_region(preset: Preset, stored: Iterable[PolicyVersion]) -> Iterator[Problem]:
    """Yield new credit versions whose year or buckets differ from those the region's accounts already follow."""
    known = [
        version for version in stored if version.kind == PolicyKind.CREDIT and version.state == PolicyState.PUBLISHED
    ]
    days = {version.effective_from for version in known}
    for version in preset.versions:
        if version.kind == PolicyKind.CREDIT and known and version.effective_from not in days:
            for key in ("year_start_month", "has_buckets"):
                if known[0].terms[key] != version.values[key]:
                    yield Problem(preset.file, f"{version.name}.{key}", f"与已发布的版本不同（{known[0].terms[key]}）")


def _take_in(act: Act, loaded: Loaded, directly: bool) -> Loaded:
    preset = loaded.preset
    region, _ = Region.objects.get_or_create(code=preset.code, defaults={"name": preset.name})
    publishes = directly or not region.versions.filter(state=PolicyState.PUBLISHED).exists()
    made = [_create(act, region, version, publishes) for version in loaded.new]
    if made:
        audit.record(
            act=act,
            verb="policy.loaded",
            detail={
                "region": preset.code,
                "versions": [version.name for version in loaded.new],
                "published": publishes,
            },
        )
    return loaded if publishes else replace(loaded, drafts=(*loaded.drafts, *(version.pk for version in made)))


def _create(act: Act, region: Region, version: Version, publishes: bool) -> PolicyVersion:
    published = {"state": PolicyState.PUBLISHED, "published_by": str(act.actor), "published_at": act.at}
    is_system = act.actor.kind == "system"
    return PolicyVersion.objects.create(
        region=region,
        kind=version.kind,
        effective_from=version.effective_from,
        terms=version.values,
        sources=version.sources,
        note=version.note,
        drafted_by=str(act.actor if is_system or not publishes else Actor.system("load_policies")),
        editors=[] if is_system or publishes else [act.actor.account],
        **(published if publishes else {}),
    )
