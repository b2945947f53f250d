"""What an import of contributions asks of all rows at once, and how it writes them: in SQL, over temporary tables.

contributions_staged holds the rows of the file, contributions_found the same with whom they are about and what counts
for the month already. The months of contributions_special are decided payment by payment (decide.py): their new rows
stand in contributions_decided, what becomes of kept ones in contributions_changed.
"""

from collections.abc import Sequence
from datetime import date

from django.db import connection

from accounts.codes import FactChangeKind, PaymentType
from accounts.roster import renumbering
from accounts.roster.drafts import analyze_staged

_COPIED = "row, shown, certno_index, region, month, base_fen, received_on"
COPY = f"COPY contributions_staged ({_COPIED}) FROM STDIN"
COPY_ALL = f"COPY contributions_staged ({_COPIED}, clct_type, payer, paid_fen) FROM STDIN"
# Rows that are plainly new: alone in the file for their month, and nothing is kept for it.
_PLAIN = """
    contributions_found f WHERE f.kept_id IS NULL AND f.person_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM contributions_special x WHERE (x.region, x.month, x.person_id) = (f.region, f.month, f.person_id))
"""
# All that would count from now on.
COUNTING = f"""
    SELECT f.row, f.person_id, f.region, f.month, f.base_fen FROM {_PLAIN}
    UNION ALL SELECT row, person_id, region, month, base_fen FROM contributions_decided WHERE counts
"""
# What waits to be refunded, and would count if the other payer's were refunded first.
WAITING = f"""
    SELECT row, person_id, region, month, base_fen FROM contributions_decided
    WHERE change = '{FactChangeKind.SECOND_PAYER}'
"""


def create_staging() -> None:
    """Make the empty temporary tables; they go with the transaction.

    No column can outgrow a row: each would cost a table and an index beside it, more than a file of a few rows itself.
    """
    execute(
        f"""
        DROP TABLE IF EXISTS pg_temp.contributions_staged, pg_temp.contributions_found, pg_temp.contributions_special,
            pg_temp.contributions_decided, pg_temp.contributions_changed;
        CREATE TEMP TABLE contributions_staged (
            row integer, shown text STORAGE PLAIN, certno_index bytea STORAGE PLAIN, region varchar(6), month date,
            base_fen bigint, received_on date, clct_type smallint DEFAULT {PaymentType.NORMAL:d},
            payer varchar(30) DEFAULT '', paid_fen bigint
        ) ON COMMIT DROP;
        CREATE TEMP TABLE contributions_decided (
            row integer, person_id bigint, region varchar(6), month date, base_fen bigint, received_on date,
            clct_type smallint, payer varchar(30), paid_fen bigint, counts boolean, change varchar(20)
        ) ON COMMIT DROP;
        CREATE TEMP TABLE contributions_changed (id bigint, counts boolean, change varchar(20)) ON COMMIT DROP
        """
    )


def find_kept() -> None:
    """Fill contributions_found and contributions_special."""
    renumbering.follow_former("contributions_staged")
    execute(
        f"""
        CREATE TEMP TABLE contributions_found ON COMMIT DROP AS
        SELECT s.row, p.id AS person_id, s.region, s.month, s.base_fen, s.received_on, s.clct_type, s.payer,
               s.paid_fen, k.id AS kept_id,
               s.clct_type IN ({PaymentType.NORMAL:d}, {PaymentType.BACK:d})
               AND (k.base_fen, k.received_on) = (s.base_fen, s.received_on)
               AND (s.payer IN ('', k.payer) OR k.payer = '') AS is_known
        FROM contributions_staged s
        LEFT JOIN accounts_person p ON p.certno_index = s.certno_index
        LEFT JOIN accounts_contribution k
            ON (k.region, k.month, k.person_id) = (s.region, s.month, p.id) AND k.counts
        """
    )
    analyze_staged("contributions_found")
    execute(
        f"""
        CREATE TEMP TABLE contributions_special ON COMMIT DROP AS
        SELECT region, month, person_id FROM contributions_found WHERE person_id IS NOT NULL
        GROUP BY region, month, person_id
        HAVING count(*) > 1 OR bool_or(kept_id IS NOT NULL AND NOT is_known) OR max(clct_type) > {PaymentType.BACK:d};
        CREATE UNIQUE INDEX ON contributions_special (region, month, person_id)
        """
    )
    analyze_staged("contributions_special")


def take_out(rows: Sequence[int]) -> None:
    """Remove the rows that are laid aside."""
    if rows:
        execute("DELETE FROM contributions_found WHERE row = ANY(%s)", [list(rows)])


def pairs() -> list[tuple[str, date]]:
    """Return the regions and months of the file, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT region, month FROM contributions_staged ORDER BY region, month")
        return cursor.fetchall()


def add_plain(source: int, regions: list[str], months: list[date]) -> int:
    """Insert the rows that are plainly new; return how many. Late are those of these regions and months."""
    return execute(
        f"""
        INSERT INTO accounts_contribution (person_id, region, month, base_fen, received_on, clct_type, payer, paid_fen,
                                           late, source_id)
        SELECT f.person_id, f.region, f.month, f.base_fen, f.received_on, f.clct_type, f.payer, f.paid_fen,
               (f.region, f.month) IN (SELECT * FROM unnest(%s::text[], %s::date[])), %s
        FROM {_PLAIN} ORDER BY f.region, f.month, f.person_id
        """,
        [regions, months, source],
    )


def add_decided(source: int, regions: list[str], months: list[date], changes: dict[FactChangeKind, int]) -> None:
    """Write what was decided payment by payment. `changes`: the record of each kind of change that is made."""
    kinds = [list(changes), list(changes.values())]
    changed = """
        UPDATE accounts_contribution c SET counts = d.counts, changed_by_id = k.id
        FROM contributions_changed d JOIN unnest(%s::text[], %s::bigint[]) AS k (kind, id) ON k.kind = d.change
        WHERE c.id = d.id AND d.counts = %s
    """
    execute(changed, [*kinds, False])
    execute(
        """
        INSERT INTO accounts_contribution (person_id, region, month, base_fen, received_on, clct_type, payer, paid_fen,
                                           counts, changed_by_id, late, source_id)
        SELECT d.person_id, d.region, d.month, d.base_fen, d.received_on, d.clct_type, d.payer, d.paid_fen, d.counts,
               k.id, (d.region, d.month) IN (SELECT * FROM unnest(%s::text[], %s::date[])), %s
        FROM contributions_decided d LEFT JOIN unnest(%s::text[], %s::bigint[]) AS k (kind, id) ON k.kind = d.change
        ORDER BY d.row
        """,
        [regions, months, source, *kinds],
    )
    execute(changed, [*kinds, True])


def count_late(source: int) -> int:
    """Return how many rows of an import count and are late."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_contribution WHERE source_id = %s AND late AND counts", [source])
        return cursor.fetchone()[0]


def execute(statement: str, parameters: list | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.rowcount
