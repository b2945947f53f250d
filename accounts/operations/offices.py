"""Loading counters from files. What staff have changed in the meantime stays as they left it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import Duty, Office, Paper
from accounts.offices import Directory, DirectoryError, read


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
        _refuse_codes_of_others(directory)
        loaded = _load(directory)
        if loaded.added:
            audit.record(act=act, verb="offices.loaded", detail={"region": loaded.region, "rows": loaded.added})
    return loaded


def _refuse_codes_of_others(directory: Directory) -> None:
    """Raise DirectoryError where an office has the code of one in another region: it would be taken for that one."""
    codes = [row["code"] for row in directory.offices]
    taken = Office.objects.filter(code__in=codes).exclude(region=directory.region).order_by("code")
    if problems := [f"网点代码 {office.code} 是统筹区 {office.region} 的{office.name}，请换一个" for office in taken]:
        raise DirectoryError(problems)


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
        _checked(model(**values)).save(force_insert=True)
        loaded.added += 1
    elif changed := [name for name, value in values.items() if getattr(row, name) != value]:
        names = {field.attname: str(field.verbose_name) for field in model._meta.concrete_fields}
        labels = "、".join(names[name] for name in changed)
        loaded.kept.append(f"{row}：{labels}已在后台改过")
    else:
        loaded.unchanged += 1


def _checked(row: models.Model) -> models.Model:
    """Return the row as it is. Raises DirectoryError for what its table would not take: a name too long, …"""
    try:
        row.clean_fields()
    except ValidationError as error:
        names = {field.name: str(field.verbose_name) for field in row._meta.concrete_fields}
        raise DirectoryError(
            [f"{row}：{names[name]}：{''.join(said)}" for name, said in error.message_dict.items()]
        ) from None
    return row
