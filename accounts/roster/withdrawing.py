"""撤回导入: all rows of an import stop counting, and what they had taken the place of counts again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.codes import CREDIT_KINDS, FactChangeKind, HeldState, ImportKind, PaymentType, Role
from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import (
    Approval,
    Contribution,
    Enrolment,
    FactChange,
    FormerCertificate,
    HeldRow,
    Import,
    PersonChange,
)
from accounts.operations.approval_kinds import Content, Kind, register
from accounts.operations.approvals import ApprovalError
from accounts.roster.drafts import exclude_imports, waiting_of
from accounts.roster.restoring import (
    record_change,
    restore_contributions,
    restore_enrolments,
    restore_numbers,
    restore_people,
)

WITHDRAW = "import.withdraw"
_PREFIX = "import:"
_KINDS = (ImportKind.ROSTER, ImportKind.CONTRIBUTIONS)
_REASON_LENGTH = 200
_AGAIN = "里面与这次导入相同的行当时没有重复登记，请把它们再导入一次"

_REGIONS = """
    SELECT DISTINCT region FROM (
        SELECT region FROM accounts_enrolment WHERE source_id = %(source)s
        UNION SELECT region FROM accounts_contribution WHERE source_id = %(source)s) of_import ORDER BY region
"""
# Somebody whom the import is about was credited something in its regions since.
_CREDITED = """
    SELECT EXISTS (
        SELECT 1 FROM accounts_voucher v JOIN accounts_transfer t ON t.voucher_id = v.id
        JOIN accounts_pot p ON p.id IN (t.source_id, t.target_id)
        WHERE v.recorded_at > %(at)s AND v.kind = ANY(%(kinds)s) AND v.region = ANY(%(regions)s)
          AND p.person_id IN (SELECT person_id FROM accounts_enrolment WHERE source_id = %(source)s
                              UNION SELECT person_id FROM accounts_contribution WHERE source_id = %(source)s))
"""
# What a later import may have built upon the rows of this one: the query of its id, and what it is.
_BUILT_UPON = {
    """
    SELECT min(later.source_id) FROM accounts_contribution r
    JOIN accounts_factchange c ON c.id = r.changed_by_id AND c.kind = %(corrected)s
    JOIN accounts_contribution later ON (later.region, later.month, later.person_id) = (r.region, r.month, r.person_id)
                                    AND later.source_id = c.source_id AND later.clct_type = %(difference)s
    LEFT JOIN accounts_factchange l ON l.id = later.changed_by_id
    WHERE r.source_id = %(source)s AND later.source_id <> r.source_id AND l.kind IS DISTINCT FROM %(withdrawn)s
    """: "后来的补差加在它的行上",
    """
    SELECT min(later.source_id) FROM accounts_formercertificate f
    JOIN accounts_formercertificate later ON later.person_id = f.person_id AND later.id > f.id
    WHERE f.source_id = %(source)s AND f.counts AND f.birth_on IS NOT NULL
      AND later.source_id <> f.source_id AND later.counts AND later.birth_on IS NOT NULL
    """: "后来又换了证件号码",
    """
    SELECT min(became_id) FROM accounts_heldrow WHERE source_id = %(source)s AND state = %(confirmed)s
    """: "它留下的行后来确认了",
}


class CannotWithdrawError(AccountsError):
    """The import cannot be withdrawn; the message says why. Nothing has happened."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal did: rows that no longer count, that count again, waiting rows given up, rows that wait again, people
    who have the number before again, or the name, gender or phone."""

    import_id: int
    enrolments: int
    contributions: int
    restored: int
    dropped: int
    waiting: int
    numbers: int
    people: int


def needs_two(import_id: int) -> bool:
    """Say whether money hangs on an import: a run credited one of its people since. Raises CannotWithdrawError."""
    source = _source(import_id)
    about: dict[str, Any] = {
        "source": source.pk,
        "at": source.at,
        "kinds": [str(kind) for kind in CREDIT_KINDS],
        "regions": _regions(source),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CREDITED, about)
        return bool(cursor.fetchone()[0])


def withdraw(*, act: Act, import_id: int, reason: str) -> Withdrawn:
    """Take back all rows of an import on which no money hangs.

    Raises CannotWithdrawError when it is no roster or contributions, withdrawn already, built upon by a later 补差, without
    a reason, or when money hangs on it: then it takes two people (WITHDRAW).
    """
    with transaction.atomic():
        source = _locked(import_id)
        if needs_two(import_id):
            raise CannotWithdrawError("已经按这次导入划过钱，撤回要两个人：提交后由另一位同事复核")
        return _withdraw(act, source, reason)


def subject_of(import_id: int) -> str:
    """Return what an approval calls an import."""
    return f"{_PREFIX}{import_id}"


def _withdraw(act: Act, source: Import, reason: str, approval: Approval | None = None) -> Withdrawn:
    if not reason.strip():
        raise CannotWithdrawError("请写明撤回的原因")
    withdrawn = record_change(act, source, FactChangeKind.WITHDRAWN, reason.strip()[:_REASON_LENGTH], approval)
    of_import = {"counts": False, "changed_by": withdrawn}
    enrolments = Enrolment.all_rows.filter(source=source).update(**of_import)
    contributions = Contribution.all_rows.filter(source=source).update(**of_import)
    done = Withdrawn(
        import_id=source.pk,
        enrolments=enrolments,
        contributions=contributions,
        restored=restore_enrolments(act, source, approval) + restore_contributions(act, source, approval),
        dropped=waiting_of(source).update(state=HeldState.DROPPED, decided_by=str(act.actor), decided_at=act.at),
        waiting=_became(source).update(state=HeldState.WAITING, decided_by="", decided_at=None, became=None),
        numbers=restore_numbers(act, source, withdrawn),
        people=restore_people(source, withdrawn),
    )
    detail = {"import": source.pk, "enrolments": enrolments, "contributions": contributions, "restored": done.restored}
    audit.record(act=act, verb="import.withdrawn", detail=detail)
    return done


def _became(source: Import) -> QuerySet[HeldRow]:
    """Return the rows laid aside by earlier imports that came in by this one."""
    return HeldRow.objects.filter(became=source, state=HeldState.CONFIRMED)


def _source(import_id: int) -> Import:
    source = Import.objects.filter(pk=import_id).first()
    if source is None:
        raise CannotWithdrawError(f"没有导入 {import_id}，请检查编号")
    if source.kind not in _KINDS:
        raise CannotWithdrawError(f"{source.get_kind_display()}的导入不能撤回，只有名册和缴费记录能；有错请办人工调整")
    return source


def _regions(source: Import) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_REGIONS, {"source": source.pk})
        return [region for (region,) in cursor.fetchall()]


def _locked(import_id: int) -> Import:
    """Return an import that can be withdrawn, no other import and no opening of a run beside it. Raises as `withdraw`."""
    source = _source(import_id)
    exclude_imports(source.kind)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for region in _regions(source):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"contributions:{region}"])
        if FactChange.objects.filter(kind=FactChangeKind.WITHDRAWN, source=source).exists():
            raise CannotWithdrawError(f"导入 {import_id} 已经撤回")
    _refuse_when_built_upon(source)
    return source


def _refuse_when_built_upon(source: Import) -> None:
    """Raise CannotWithdrawError where a later import stands on this one: that one goes first."""
    about: dict[str, Any] = {
        "source": source.pk,
        "corrected": FactChangeKind.CORRECTED,
        "withdrawn": FactChangeKind.WITHDRAWN,
        "difference": PaymentType.DIFFERENCE,
        "confirmed": HeldState.CONFIRMED,
    }
    with connection.cursor() as cursor:
        for query, why in _BUILT_UPON.items():
            cursor.execute(query, about)
            if (later := cursor.fetchone()[0]) is not None:
                raise CannotWithdrawError(f"{why}（导入 {later}），请先撤回导入 {later}")


def _content(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    try:
        source = _locked(int(subject.removeprefix(_PREFIX)))
    except CannotWithdrawError as error:
        raise ApprovalError(error.message) from None
    return {
        "import": source.pk,
        "kind": source.kind,
        "rows": source.rows,
        "regions": _regions(source),
        "enrolments": Enrolment.objects.filter(source=source).count(),
        "contributions": Contribution.objects.filter(source=source).count(),
        "waiting": waiting_of(source).count(),
        "confirmed": _became(source).count(),
        "numbers": FormerCertificate.objects.filter(source=source, birth_on__isnull=False).count(),
        "people": PersonChange.objects.filter(source=source).count(),
        "later": Import.objects.filter(kind=source.kind, pk__gt=source.pk).exists(),
    }


def _describe(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    source = Import.objects.get(pk=content["import"])
    counts: Iterable[tuple[str, int]] = (
        ("参保记录不再算数", content["enrolments"]),
        ("缴费记录不再算数", content["contributions"]),
        ("待处理的行放弃", content["waiting"]),
        ("确认过的行重新待处理", content["confirmed"]),
        ("证件号码改回原来的", content["numbers"]),
        ("姓名、性别、手机号改回原来的，后来的文件或窗口又改过的除外", content.get("people", 0)),
    )
    return [
        ("撤回导入", f"{source.pk}（{source.get_kind_display()}，{content['rows']:,} 行）"),
        ("统筹区", "、".join(content["regions"]) or "没有"),
        *((label, f"{count:,} 条") for label, count in counts if count),
        ("被它更正的记录", "恢复算数"),
        ("已经划的钱", "由下一次到期任务按撤回后的记录多退少补"),
        *([("后来的文件", _AGAIN)] if content["later"] else []),
    ]


def _execute(act: Act, approval: Approval) -> str:
    try:
        done = _withdraw(act, _locked(approval.content["import"]), approval.reason, approval)
    except CannotWithdrawError as error:
        raise ApprovalError(error.message) from None
    return in_words(done)


def in_words(done: Withdrawn) -> str:
    """Return what a withdrawal did, in a sentence."""
    parts = [
        f"{words} {count:,} 条"
        for words, count in (
            ("参保记录不再算数", done.enrolments),
            ("缴费记录不再算数", done.contributions),
            ("恢复以前的记录", done.restored),
            ("放弃待处理的行", done.dropped),
            ("重新待处理的行", done.waiting),
            ("证件号码改回去的参保人", done.numbers),
            ("姓名、性别或手机号改回去的参保人", done.people),
        )
        if count
    ]
    return f"导入 {done.import_id} 已撤回：" + ("，".join(parts) or "它没有带来任何记录")


register(
    Kind(
        code=WITHDRAW,
        title="撤回导入",
        maker_roles=tuple(Role),
        checker_roles=(Role.REVIEWER, Role.APPROVER),
        content=_content,
        describe=_describe,
        execute=_execute,
    )
)
