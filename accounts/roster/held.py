"""待处理的行: mending, confirming and dropping rows that imports laid aside."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from cryptography.hazmat.primitives import hashes
from django.db import transaction

from accounts.codes import HeldReason, HeldState, ImportKind, Role
from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Act, Actor
from accounts.models import Approval, AuditEvent, HeldRow
from accounts.operations.approval_kinds import Content, Kind, register
from accounts.operations.approvals import ApprovalError
from accounts.roster.drafts import REASON_LENGTH, ImportResult, exclude_imports, packed
from accounts.roster.laid_aside import cells_of, columns_of, judged, kinds, problem_of, take_in
from accounts.roster.problems import ImportRefusedError, masked
from yibao.lib.clock import SHANGHAI

CONFIRM = "held_rows.confirm"
MENDED = "held_row.mended"


class HeldRowError(AccountsError):
    """The rows cannot be mended, confirmed or dropped; the message says why. Nothing has happened."""


class TwoNeededError(HeldRowError):
    """What they say is hardly true and money or identity hangs on it: confirming takes two people (CONFIRM)."""


@transaction.atomic
def drop(*, act: Act, ids: Sequence[int]) -> int:
    """Give rows up; return how many. Raises HeldRowError when one of them does not wait."""
    rows = _waiting(ids)
    _decide(act, rows, HeldState.DROPPED, "held_row.dropped")
    return len(rows)


@transaction.atomic
def mend(*, act: Act, row_id: int, cells: Mapping[str, str]) -> None:
    """Change the cells of a row that waits, column → text; columns that the file did not have may be filled in.

    Its reason says from then on what is still wrong. Raises HeldRowError when it does not wait, or for a column that files
    of its kind have not.
    """
    (row,) = _waiting([row_id])
    before = cells_of(row)
    if unknown := set(cells) - {*columns_of(row.kind), *before}:
        raise HeldRowError(f"没有这一列：{'、'.join(sorted(unknown))}")
    after = {column: text.strip() for column, text in {**before, **cells}.items()}
    changed = sorted(column for column in after if after[column] != before.get(column, ""))
    if changed:
        row.cells = packed(after)
        row.save()
        _say_what_is_wrong_now(act, row)
        audit.record(act=act, verb=MENDED, detail={"held_row": row.pk, "columns": changed})


@transaction.atomic
def confirm(*, act: Act, ids: Sequence[int]) -> list[ImportResult]:
    """Bring rows in that pass all checks by now; return what came of them.

    Raises HeldRowError when one of them does not wait, or says what cannot be, TwoNeededError when one is hardly true.
    """
    rows = _waiting(ids)
    try:
        if judged(act=act, rows=rows):
            raise TwoNeededError("其中有的行要两个人确认：提交后由另一位同事复核")
        return _take_in(act, rows, {})
    except ImportRefusedError as refusal:
        raise HeldRowError(_why_not(refusal)) from None


def subject_of(ids: Sequence[int]) -> str:
    """Return what an approval calls these rows."""
    return f"held:{min(ids)}" + (f"+{len(ids) - 1}" if len(ids) > 1 else "")


def in_words(results: Sequence[ImportResult]) -> str:
    """Return what confirming did, in a sentence."""
    imports = "、".join(str(result.import_id) for result in results)
    return f"{sum(result.rows for result in results)} 行已确认并导入（导入 {imports}）"


def shown(row: HeldRow) -> Iterator[tuple[str, str]]:
    """Yield the filled cells of a row as they may be shown, in the order of its file: (column, masked text)."""
    return ((column, text) for column, text in all_shown(row) if text)


def all_shown(row: HeldRow) -> Iterator[tuple[str, str]]:
    """Yield every cell that a row has or may have, as it may be shown: (column, masked text)."""
    cells = cells_of(row)
    for column in dict.fromkeys([*columns_of(row.kind), *cells]):
        yield column, masked(column, cells.get(column, "").strip())


def _say_what_is_wrong_now(act: Act, row: HeldRow) -> None:
    problem = problem_of(act=act, row=row)
    if problem is None:
        row.column, row.value, row.reason = "", "", "已改正，可以确认"
    else:
        row.column, row.value, row.reason = problem.column, problem.value, problem.reason[:REASON_LENGTH]
        row.reason_code = problem.code or HeldReason.UNREADABLE
    row.save()


def _take_in(act: Act, rows: Sequence[HeldRow], believed: Mapping[int, Sequence[HeldReason]]) -> list[ImportResult]:
    results = []
    for result, of_kind in take_in(act=act, rows=rows, believed=believed):
        _decide(act, of_kind, HeldState.CONFIRMED, "held_row.confirmed", became=result.import_id)
        results.append(result)
    return results


def _decide(act: Act, rows: Sequence[HeldRow], state: HeldState, verb: str, became: int | None = None) -> None:
    ids = [row.pk for row in rows]
    HeldRow.objects.filter(pk__in=ids).update(
        state=state, decided_by=str(act.actor), decided_at=act.at, became_id=became
    )
    audit.record(act=act, verb=verb, detail={"held_rows": ids})


def _waiting(ids: Sequence[int]) -> list[HeldRow]:
    """Lock the rows, in the order they came in. Raises HeldRowError unless all of them wait.

    Imports and withdrawals decide rows too: they are kept out first, as they keep each other out.
    """
    exclude_imports(*kinds())
    rows = list(HeldRow.objects.select_for_update().filter(pk__in=ids).order_by("id"))
    if missing := sorted(set(ids) - {row.pk for row in rows}):
        raise HeldRowError(f"没有待处理的行 {'、'.join(map(str, missing))}，请检查编号")
    for row in rows:
        if row.state != HeldState.WAITING:
            raise HeldRowError(f"待处理的行 {row.pk} {row.get_state_display()}，不能再办")
    return rows


def _why_not(refusal: ImportRefusedError) -> str:
    problem = refusal.problems[0]
    column = f"{problem.column} " if problem.column else ""
    more = f"（另有{len(refusal.problems) - 1}处）" if len(refusal.problems) > 1 else ""
    return f"待处理的行 {problem.row} 还不能导入：{column}{problem.reason}{more}。请先改正，或放弃"


def _content(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    ids = sorted(map(int, asked["rows"]))
    try:
        rows = _waiting(ids)
        believed = judged(act=Act(Actor.system("held_rows"), datetime.combine(on, time(12), SHANGHAI)), rows=rows)
    except ImportRefusedError as refusal:
        raise ApprovalError(_why_not(refusal)) from None
    except HeldRowError as error:
        raise ApprovalError(error.message) from None
    return {
        "rows": [
            {
                "id": row.pk,
                "source": row.source_id,
                "row": row.row,
                "kind": row.kind,
                "content": _digest(row),
                "believed": {str(code): reason for code, reason in believed.get(row.pk, {}).items()},
            }
            for row in rows
        ]
    }


def _digest(row: HeldRow) -> str:
    """Return the SM3 of the row as it lies in the database: it changes when the row is mended, and tells nothing."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(HeldRow.objects.values_list("cells", flat=True).get(pk=row.pk).data)
    return digest.finalize().hex()


def _describe(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = {row.pk: row for row in HeldRow.objects.filter(pk__in=[row["id"] for row in content["rows"]])}
    numbers = "、".join(str(row["id"]) for row in content["rows"])
    return [("待处理的行", f"{numbers}（共{len(rows)}行）"), *_described(content, rows)]


def _described(content: Mapping[str, Any], rows: Mapping[int, HeldRow]) -> Iterator[tuple[str, str]]:
    for row in content["rows"]:
        kind = ImportKind(row["kind"]).label
        cells = "　".join(f"{column} {text}" for column, text in shown(rows[row["id"]]))
        yield f"编号 {row['id']}（导入 {row['source']} 的{kind}第{row['row']}行）", cells
        for code, reason in row["believed"].items():
            yield f"编号 {row['id']} 认可的是", f"{HeldReason(code).label}：{reason}"


def _execute(act: Act, approval: Approval) -> str:
    content = approval.content["rows"]
    believed = {row["id"]: [HeldReason(code) for code in row["believed"]] for row in content}
    try:
        results = _take_in(act, _waiting([row["id"] for row in content]), believed)
    except ImportRefusedError as refusal:
        raise ApprovalError(_why_not(refusal)) from None
    except HeldRowError as error:
        raise ApprovalError(error.message) from None
    return in_words(results)


def _menders(content: Mapping[str, Any]) -> Iterator[int]:
    """Yield who changed what the rows say: none of them may check it."""
    ids = [row["id"] for row in content["rows"]]
    mended = AuditEvent.objects.filter(verb=MENDED, detail__held_row__in=ids)
    for actor in set(mended.values_list("actor", flat=True)):
        if user := Actor.parse(actor).user_id:
            yield user


register(
    Kind(
        code=CONFIRM,
        title="确认待处理的行",
        maker_roles=tuple(Role),
        checker_roles=(Role.REVIEWER, Role.APPROVER),
        content=_content,
        describe=_describe,
        execute=_execute,
        authors=_menders,
    )
)
