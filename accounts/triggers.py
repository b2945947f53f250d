"""What the database itself refuses: triggers that keep records append-only, and a role that may not rewrite them.

Installed after every migrate (so a restored or rebuilt table has them again) and checked at start-up.
"""

import logging
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.core.checks import Error, register
from django.db import OperationalError, connection, connections
from django.db.backends.utils import CursorWrapper

from accounts.codes import ApprovalState, CaseState, ObjectionState

logger = logging.getLogger(__name__)

ROLE = "yibao_app"
# In a trigger: whether who acts owns the table, or may act as the owner. The role does not, nor any login that is a
# member of it.
IS_OWNER = "pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE')"
TAG = "ledger"

_FUNCTION = """
CREATE OR REPLACE FUNCTION yibao_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Columns named as arguments are what became of the row, not what it says.
    IF TG_OP = 'UPDATE' AND TG_NARGS > 0 AND to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: corrections are new rows (%)', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$
"""


# The bits of pg_trigger.tgtype.
_BITS = {"FOR EACH ROW": 1, "BEFORE": 2, "INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}
_EVENTS = re.compile(r"TRIGGER \w+ ((?:BEFORE|AFTER) .+? ON \w+ .+?) EXECUTE FUNCTION", re.S)


def refusal(table: str, name: str, events: str, level: str, but: Sequence[str] = ()) -> tuple[str, str, str]:
    """Return a trigger (table, name, SQL) that refuses these events of a table; `but` names columns that may be updated.

    ALWAYS: it fires even under session_replication_role = replica.
    """
    name, columns = f"{table}_{name}", ", ".join(f"'{column}'" for column in but)
    return (
        table,
        name,
        f"CREATE OR REPLACE TRIGGER {name} BEFORE {events} ON {table} {level} "
        f"EXECUTE FUNCTION yibao_append_only({columns}); ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
    )


def append_only(table: str, but: Sequence[str] = ()) -> tuple[tuple[str, str, str], ...]:
    """Return the triggers that refuse UPDATE, DELETE and TRUNCATE of a table; `but` names columns that may be updated."""
    return (
        refusal(table, "no_rewrite", "UPDATE OR DELETE", "FOR EACH ROW", but),
        refusal(table, "no_truncate", "TRUNCATE", "FOR EACH STATEMENT"),
    )


def final(table: str, while_: str) -> tuple[str, str, str]:
    """Return the trigger that refuses any change of a row once SQL about OLD no longer holds."""
    return refusal(table, "final", "UPDATE OR DELETE", f"FOR EACH ROW WHEN (NOT ({while_}))")


def _of_cases() -> Iterator[tuple[str, str, str]]:
    """Yield what keeps 窗口业务: none is deleted; done, it says for good what was seen and asked, and is only undone."""
    table, done, over = "accounts_case", CaseState.DONE, (CaseState.UNDONE, CaseState.DROPPED)
    # Prints are counted, and what is sealed is sealed anew with another key.
    always = ("prints", "private", "agent_name", "agent_certno")
    undoing = ("state", "said", "note", "closed_by_id", "closed_at", "version")
    yield refusal(table, "no_delete", "DELETE", "FOR EACH ROW")
    yield refusal(table, "no_truncate", "TRUNCATE", "FOR EACH STATEMENT")
    row = "FOR EACH ROW WHEN"
    yield refusal(table, "done", "UPDATE", f"{row} (OLD.state = '{done}')", (*always, *undoing))
    yield refusal(
        table, "only_undone", "UPDATE", f"{row} (OLD.state = '{done}' AND NEW.state NOT IN ('{done}', '{over[0]}'))"
    )
    yield refusal(table, "over", "UPDATE", f"{row} (OLD.state IN {tuple(map(str, over))})", always)


APPEND_ONLY = [
    "accounts_voucher",
    "accounts_transfer",
    "accounts_enrolment",
    "accounts_contribution",
    "accounts_import",
    "accounts_auditevent",
    "accounts_factchange",
    "accounts_formercertificate",
    "accounts_personchange",
    "accounts_personcorrection",
    "accounts_approval",
    "accounts_openingbalance",
    "accounts_lifeevent",
    "accounts_annualstatement",
    "accounts_historicaloffice",
    "accounts_historicalduty",
    "accounts_historicalpaper",
    "accounts_seal",
    "accounts_objection",
    "accounts_lookup",
    "accounts_dayclose",
    "accounts_casescan",
]
# What became of a fact may change; what it says may not.
BUT = {table: ("counts", "changed_by_id") for table in ("accounts_enrolment", "accounts_contribution")} | {
    "accounts_approval": ("state", "checker_id", "checker_identity", "decided_at", "note"),
    "accounts_objection": ("state", "answer", "answered_by_id", "answered_at"),
    # The same number is sealed with a newer key.
    "accounts_casescan": ("content", "purged_by_id", "purged_at"),
    "accounts_formercertificate": ("counts", "changed_by_id", "certno", "certno_index"),
    "accounts_personchange": ("counts", "changed_by_id", "phone", "phone_index"),
}
# A decision is made once, and a closed year stays closed.
FINAL = [
    final("accounts_approval", while_=f"OLD.state = '{ApprovalState.WAITING}'"),
    final("accounts_objection", while_=f"OLD.state = '{ObjectionState.OPEN}'"),
    final("accounts_bookyear", while_="OLD.closed_at IS NULL"),
    *_of_cases(),
]
# Pots are updated by every posting and carry no other index: room on the page keeps these updates cheap (HOT).
_STORAGE = "ALTER TABLE accounts_pot SET (fillfactor = 70)"


def protect(*tables: str, but: Sequence[str] = ()) -> None:
    """Keep tables of another app append-only too, `but` these columns. Called once, from that app's AppConfig.ready."""
    APPEND_ONLY.extend(table for table in tables if table not in APPEND_ONLY)
    if but:
        BUT.update({table: tuple(but) for table in tables})


def add(*more: tuple[str, str, str]) -> None:
    """Install these triggers (table, name, SQL) too. Called once, from AppConfig.ready, for the rooms that have some."""
    FINAL.extend(trigger for trigger in more if trigger not in FINAL)


def triggers() -> list[tuple[str, str, str]]:
    """Return every trigger that must be installed: those of append-only tables and of all that becomes final."""
    return [*(trigger for table in APPEND_ONLY for trigger in append_only(table, BUT.get(table, ()))), *FINAL]


def install(using: str) -> None:
    """Install the triggers and the application role. Repeating it changes nothing.

    While an older state of the tables is migrated to, only what is there can be guarded; the rest comes with its table.
    """
    with connections[using].cursor() as cursor:
        columns = _columns(cursor)
        cursor.execute(_FUNCTION)
        for table, _, sql in triggers():
            read = _READ.findall(sql)
            if set(_ASKED.findall(sql)) | {table} <= set(columns) and columns[table].issuperset(read):
                cursor.execute(sql)
        if "accounts_pot" in columns:
            cursor.execute(_STORAGE)
        _install_role(cursor, columns)


# The columns of its row that the SQL of a trigger reads, and the other tables.
_READ = re.compile(r"(?:\b(?:OLD|NEW)\.|\bUPDATE OF )(\w+)")
_ASKED = re.compile(r"\bFROM ((?:accounts|family|payments)_\w+)")


def _columns(cursor: CursorWrapper) -> dict[str, set[str]]:
    """Return table → its columns, of the tables that there are."""
    cursor.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    )
    found: dict[str, set[str]] = defaultdict(set)
    for table, column in cursor.fetchall():
        found[table].add(column)
    return dict(found)


def _install_role(cursor: CursorWrapper, columns: Mapping[str, set[str]]) -> None:
    """Make the role the application runs as, where the server lets us; else say so and go on without."""
    cursor.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
    if not cursor.fetchone()[0]:
        logger.warning("the database login may not create roles: %s is not installed", ROLE)
        return
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
    if cursor.fetchone() is None:
        cursor.execute(f"CREATE ROLE {ROLE} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
    cursor.execute(
        f"""
        GRANT {ROLE} TO current_user;
        GRANT USAGE ON SCHEMA public TO {ROLE};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROLE};
        GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {ROLE};
        REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {ROLE}
        """
    )
    for table in APPEND_ONLY:
        if table in columns:
            cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {ROLE}")
    for table, changing in BUT.items():
        if columns.get(table, set()).issuperset(changing):
            cursor.execute(f"GRANT UPDATE ({', '.join(changing)}) ON {table} TO {ROLE}")


def missing(using: str = "default", only: Collection[str] | None = None) -> Sequence[str]:
    """Return the names of triggers that are not as `install` makes them: gone, not ALWAYS, on other events, hollowed out.

    `only` names the tables to look at; all that should have triggers when it is not given.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname, t.tgname, t.tgtype, p.prosrc, t.tgargs FROM pg_trigger t
            JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgenabled = 'A'
            """
        )
        installed = {(table, name): found for table, name, *found in cursor.fetchall()}
    wanted = [trigger for trigger in triggers() if only is None or trigger[0] in only]
    return [name for table, name, sql in wanted if not _is_as_wanted(installed.get((table, name)), table, sql)]


def _is_as_wanted(found: Sequence[Any] | None, table: str, sql: str) -> bool:
    if found is None:
        return False
    events, body, arguments = found
    declared = _EVENTS.search(sql)
    words = declared[1].partition(" WHEN ")[0] if declared else ""
    return (
        events == sum(bit for word, bit in _BITS.items() if re.search(rf"\b{word}\b", words))
        and body in _FUNCTION + sql
        and all(f"'{argument}'" in sql for argument in bytes(arguments).decode().split("\0")[:-1])
    )


@register(TAG)
def check_triggers(databases: Sequence[str] | None = None, **kwargs: object) -> list[Error]:
    """Refuse to start on a database whose ledger could be rewritten. Web and workers run this when they start."""
    if databases:
        return []  # `migrate` is checking before it puts the triggers back
    try:
        tables = set(connection.introspection.table_names())
        # A table that is not migrated yet cannot be rewritten either, and `makemigrations` must be able to make it.
        lost = missing(only=tables)
    except OperationalError:
        return []  # commands that need no database work without one
    return [Error(f"触发器 {name} 不在：账本可能被改写。请运行 manage.py migrate。", id="ledger.E001") for name in lost]


def on_migrated(using: str, **kwargs: object) -> None:
    """post_migrate: keep the triggers in line with the tables."""
    install(using)
