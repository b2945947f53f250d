"""Rows as seals cover them, and whether they still are what was sealed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db import connection

from accounts.codes import ApprovalState
from accounts.models import Seal
from accounts.queries.scans import SCAN_ADDED
from accounts.sealing import chain
from accounts.sealing.heads import Head

FORM = 2
# Form → table → the columns a row is written with. A migration that renames a column renames it here too; one that adds
# a column begins a new form, and what was sealed in the old one still reads.
_BOOKS = {
    "accounts_voucher": (
        "id", "kind", "region", "occurred_on", "recorded_at", "period", "actor", "reason", "subject_id",
        "place_kind", "place", "key", "payload_hash", "reverses_id", "policy_id", "run_id", "approval_id",
    ),
    "accounts_transfer": (
        "id", "voucher_id", "source_id", "target_id", "amount_fen", "source_balance_fen", "target_balance_fen",
        "kind", "period", "region", "facts",
    ),
    "accounts_auditevent": ("id", "at", "verb", "actor", "office", '"case"', "subject_id", "detail"),
}  # fmt: skip
# What was submitted. What became of it, the audit says (`_decided_otherwise`).
_APPROVALS = {
    "accounts_approval": (
        "id", "kind", "subject", "asked", "content", "words", "digest", "reason", "document", "maker_id",
        "maker_identity", "made_at",
    )
}  # fmt: skip
FORMS = {1: _BOOKS, 2: _BOOKS | _APPROVALS}
TABLES = tuple(FORMS[FORM])
SHOWN = 5
_LOWEST = -(2**63)  # rows before the first one are as wrong as rows in between


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not what was sealed; of `table` "accounts_seal" the seal itself."""

    table: str
    id: int
    what: str


def database() -> str:
    """Return what names this database beyond its name: a new one under the old name is another one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT system_identifier || '-' || oid FROM pg_control_system(), pg_database"
            " WHERE datname = current_database()"
        )
        return str(cursor.fetchone()[0])


def rows(table: str, form: int, after_id: int, last_id: int, most: int | None = None) -> list[tuple[int, str]]:
    """Return (id, the row as text) of the rows with after_id < id <= last_id, in that order.

    The caller is in a transaction; settings that change how values are written are set for it.
    """
    columns = ", ".join(FORMS[form][table])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL extra_float_digits = 1")
        cursor.execute("SET LOCAL bytea_output = 'hex'")
        cursor.execute(
            f"SELECT id, ROW({columns})::text FROM {table} WHERE id > %s AND id <= %s ORDER BY id LIMIT %s",
            [after_id, last_id, most],
        )
        return cursor.fetchall()


def findings(heads: Sequence[Head]) -> Iterator[BadRow]:
    """Yield, in the order of the chain, every row that was changed, deleted or put in; nothing where all is as sealed.

    `heads` were kept outside the database: the chain goes through all of them. A seal that is not the one that was made
    ends the search: what comes after it hangs on it. In the caller's transaction. Raises keyring.KeyringError.
    """
    wanted = {head.number: head.digest for head in heads}
    previous, last_ids, number = chain.START, dict.fromkeys(TABLES, 0), 0
    for number, seal in enumerate(Seal.objects.order_by("number").iterator(chunk_size=10), 1):
        link = link_of(seal, previous)
        if seal.number != number or seal.after_id != last_ids[seal.table]:
            yield BadRow("accounts_seal", number, "少了一个封条，或次序变了")
            return
        if chain.digest(bytes(seal.key_id), link) != seal.digest or wanted.pop(number, seal.digest) != seal.digest:
            yield BadRow("accounts_seal", number, "封条被改过")
            return
        yield from _against(seal)
        previous, last_ids[seal.table] = seal.digest, seal.last_id
    if wanted := {head: digest for head, digest in wanted.items() if head > number}:
        yield BadRow("accounts_seal", number + 1, f"最后的封条被截掉了：库外留着第 {max(wanted)} 号")
        return
    yield from _decided_otherwise()
    yield from _scanned_otherwise()


def _decided_otherwise() -> Iterator[BadRow]:
    """Yield the approvals of which the audit, sealed as it is, says something else than the row."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(a.id, (e.detail->>'approval')::bigint) FROM accounts_approval a FULL JOIN (
                SELECT * FROM accounts_auditevent WHERE verb = ANY(%s)
            ) e ON (e.detail->>'approval')::bigint = a.id AND e.verb = 'approval.' || a.state AND e.at = a.decided_at
               AND (a.checker_id IS NULL OR e.actor LIKE 'staff:' || a.checker_id || '@%%')
            WHERE e.id IS NULL AND a.state <> 'waiting' OR a.id IS NULL
            ORDER BY 1
            """,
            [[f"approval.{state}" for state in ApprovalState if state != ApprovalState.WAITING]],
        )
        yield from (BadRow("accounts_approval", row[0], "办结情况和审计记录不一致") for row in cursor.fetchall())


def _scanned_otherwise() -> Iterator[BadRow]:
    """Yield the pictures of papers that the audit, sealed as it is, does not know so, and those that it misses."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(s.id, (e.detail->>'scan')::bigint) FROM accounts_casescan s FULL JOIN (
                SELECT * FROM accounts_auditevent WHERE verb = %s
            ) e ON (e.detail->>'scan')::bigint = s.id AND e.detail->>'digest' = s.digest AND e.at = s.uploaded_at
               AND e.actor LIKE 'staff:' || s.uploaded_by_id || '@%%'
            WHERE e.id IS NULL OR s.id IS NULL
            ORDER BY 1
            """,
            [SCAN_ADDED],
        )
        yield from (BadRow("accounts_casescan", row[0], "和审计记录不一致") for row in cursor.fetchall())


def link_of(seal: Seal, previous: str) -> chain.Link:
    """Return what the digest of a seal covers."""
    return chain.Link(seal.number, previous, seal.table, seal.form, seal.after_id, seal.last_id, bytes(seal.tags))


def first_findings(heads: Sequence[Head]) -> list[BadRow]:
    return list(islice(findings(heads), SHOWN))


def _against(seal: Seal) -> Iterator[BadRow]:
    """Compare the rows that a seal covers with their tags."""
    sealed = dict(chain.unpack(seal.after_id, bytes(seal.tags)))
    found = dict(rows(seal.table, seal.form, seal.after_id or _LOWEST, seal.last_id))
    for row_id in sorted(sealed | found):
        if row_id not in found:
            yield BadRow(seal.table, row_id, "被删掉")
        elif row_id not in sealed:
            yield BadRow(seal.table, row_id, "是加封以后插进来的")
        elif chain.tag(bytes(seal.key_id), seal.table, found[row_id]) != sealed[row_id]:
            yield BadRow(seal.table, row_id, "被改过")
