"""Loading counters from files. What staff have changed in the meantime stays as they left it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import models, transaction

from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import Duty, Office, Paper
from accounts.offices import Directory, read


@dataclass(slots=True)
class LoadedOffices:
    """What one file brought: rows added, rows that were there already, rows that staff have changed since."""

    region: str
    added: int = 0
    unchanged: int = 0
    kept: list[str] = field(default_factory=list)


def load_offices(*, act: Act, path: Path) -> LoadedOffices:
    """Load one file, all of it or nothing. The same file again changes nothing. Raises DirectoryError."""
    directory = read(path)
    with transaction.atomic():
        loaded = _load(directory)
        if loaded.added:
            audit.record(act=act, verb="offices.loaded", detail={"region": loaded.region, "rows": loaded.added})
    return loaded


def _load(directory: Directory) -> LoadedOffices:
    loaded = LoadedOffices(directory.region)
    for row in directory.offices:
        _keep_or_add(loaded, Office, {"code": row["code"]}, row)
    offices = dict(Office.objects.filter(region=directory.region).values_list("code", "id"))
    for row in directory.duties:
        values = {**row, "office_id": offices[row["office"]]}
        del values["office"]
        _keep_or_add(loaded, Duty, {key: row[key] for key in ("region", "street", "group", "from_on")}, values)
    for row in directory.papers:
        _keep_or_add(loaded, Paper, {key: row[key] for key in ("region", "situation", "from_on", "place")}, row)
    return loaded


def _keep_or_add(loaded: LoadedOffices, model: type[models.Model], key: dict[str, Any], values: dict[str, Any]) -> None:
    row = model._default_manager.filter(**key).first()
    if row is None:
        model._default_manager.create(**values)
        loaded.added += 1
    elif changed := [name for name, value in values.items() if getattr(row, name) != value]:
        names = {field.attname: str(field.verbose_name) for field in model._meta.concrete_fields}
        labels = "、".join(names[name] for name in changed)
        loaded.kept.append(f"{row}：{labels}已在后台改过")
    else:
        loaded.unchanged += 1
