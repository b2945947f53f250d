"""import_institutions: the designated institutions, by file."""

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models.functions import Upper
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from accounts.codes import InstitutionKind, InstitutionLevel
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.roster import cells
from accounts.roster.files import File, Progress
from payments.bills.codes import INSTITUTION_TYPES, HospitalLevel, code_form
from payments.bills.models import Institution
from yibao.lib.masking import scrubbed

COLUMNS = ("fixmedins_code", "fixmedins_name", "fixmedins_type", "hosp_lv", "insuplc_admdvs")
_CODE_LENGTH = 20
_CODE = re.compile(rf"[0-9A-Z]{{1,{_CODE_LENGTH}}}", re.ASCII)
_NAME_LENGTH = 100
_SAID = ("name", "kind", "hosp_lv", "level", "region")


@dataclass(frozen=True, slots=True)
class InstitutionsResult:
    """What a file of institutions brought."""

    rows: int
    added: int
    changed: int
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "imported": True,
            **asdict(self),
            "changed_nothing": not (self.added or self.changed),
            "held": [],
            "left_out": 0,
        }


def import_institutions(*, act: Act, path: Path, progress: Progress | None = None) -> InstitutionsResult:
    """Bring the institutions of a file in; one that is known takes the file's name, type, level and region.

    What changed is kept in its history. The same file again changes nothing. Raises ImportRefusedError, with every bad
    row, and then nothing is changed.
    """
    file = File(path, COLUMNS, progress)
    found = _read(file)
    file.problems.refuse_if_any()
    with transaction.atomic():
        known = _known(found)
        added = [Institution(code=code, **said) for code, said in found.items() if code not in known]
        changed = [row for code, row in known.items() if _change(row, found[code])]
        why = f"导入文件 {file.digest[:16]}"
        bulk_create_with_history(added, Institution, default_change_reason=why)
        bulk_update_with_history(changed, Institution, _SAID, default_change_reason=why)
        if added or changed:
            detail = {"digest": file.digest, "rows": file.rows, "added": len(added), "changed": len(changed)}
            audit.record(act=act, verb="institutions.imported", detail=detail)
    return InstitutionsResult(file.rows, len(added), len(changed), tuple(map(scrubbed, file.remarks)))


def _known(codes: Collection[str]) -> dict[str, Institution]:
    """Return code → the institution that is known by it, locked; also where it was once kept in small letters."""
    rows = Institution.objects.select_for_update().annotate(capitals=Upper("code")).filter(capitals__in=codes)
    return {row.code.upper(): row for row in sorted(rows, key=lambda row: row.code.upper() == row.code)}


def _change(row: Institution, said: dict[str, Any]) -> bool:
    """Make an institution what the file says; return whether anything is different."""
    different = {name: value for name, value in said.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)


def _read(file: File) -> dict[str, dict[str, Any]]:
    """Return code → what is said of the institution; note what is wrong."""
    readers: tuple[Callable[[str], Any], ...] = (read_code, _name, _type, _level, cells.region_reader())
    found: dict[str, dict[str, Any]] = {}
    row_of: dict[str, int] = {}
    for number, row in file.read():
        values = file.values(number, row, COLUMNS, readers)
        if values is None:
            continue
        code, name, kind, hosp_lv, region = values
        if why := misfit(kind, hosp_lv):
            file.problems.add(number, "hosp_lv", row[3], why)
        elif code in row_of:
            file.problems.add(number, "fixmedins_code", code, f"与第{row_of[code]}行重复：同一个机构")
        else:
            row_of[code] = number
            found[code] = dict(zip(_SAID, (name, kind, hosp_lv, int(level_of(hosp_lv)), region), strict=True))
    return found


def level_of(hosp_lv: str) -> InstitutionLevel:
    """Return the level that a national code stands for; none where there is no code."""
    return HospitalLevel(hosp_lv).level if hosp_lv else InstitutionLevel.NONE


def misfit(kind: str, hosp_lv: str) -> str:
    """Return why a level code does not go with a kind of institution; "" where it does."""
    if kind == InstitutionKind.HOSPITAL and not hosp_lv:
        return f"医疗机构要写等级代码；没有等级写 {HospitalLevel.NONE}"
    if kind == InstitutionKind.PHARMACY and hosp_lv not in ("", HospitalLevel.NONE):
        return "药店没有医院等级，应空着"
    return ""


def read_code(text: str) -> str:
    """The code of an institution as it is kept. ValueError says why it is none."""
    code = code_form(text)
    if not _CODE.fullmatch(code):
        raise ValueError(f"机构编码应为数字和字母，最多 {_CODE_LENGTH} 位")
    return code


def _name(text: str) -> str:
    if not text:
        raise ValueError("没有填写机构名称")
    if len(text) > _NAME_LENGTH:
        raise ValueError(f"超过{_NAME_LENGTH}个字")
    return unicodedata.normalize("NFC", text)


def _type(text: str) -> str:
    if text not in INSTITUTION_TYPES:
        raise ValueError(f"应为 {'、'.join(f'{code}（{kind.label}）' for code, kind in INSTITUTION_TYPES.items())}")
    return INSTITUTION_TYPES[text]


def _level(text: str) -> str:
    code = text.lstrip("0")
    if text and code not in HospitalLevel.values:
        raise ValueError(f"没有这个等级代码，应为 {'、'.join(f'{lv}（{lv.label}）' for lv in HospitalLevel)}")
    return code
