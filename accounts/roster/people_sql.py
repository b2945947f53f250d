"""What a roster import asks of all rows at once, and how it merges them: in SQL, over a temporary table.

roster_staged holds the rows of the file, roster_people one row per person in it: the one with the newest
stas_date. Plain certificate and phone numbers never reach the database, not even here.
"""

from django.db import connection

from accounts.codes import InsuranceType
from accounts.roster.files import Problems

COPY = (
    "COPY roster_staged (row, shown, certno, certno_index, name, gender, birth_on, phone, phone_index,"
    " region, insurance, person_type, status, from_on, flex, identity_type, street, pension_fen) FROM STDIN"
)

_COLUMN_OF = {
    "name": "psn_name",
    "gender": "gend",
    "phone_index": "mob",
    "person_type": "psn_type",
    "status": "psn_insu_stas",
    "flex": "flex",
    "identity_type": "psn_idet_type",
    "street": "street",
    "pension_fen": "monthly_pension",
}
_FACTS = ("name", "gender", "phone_index")
_TERMS = ("person_type", "status", "flex", "identity_type", "street", "pension_fen")


def create_staging() -> None:
    """Make the empty temporary table; it goes with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DROP TABLE IF EXISTS pg_temp.roster_staged, pg_temp.roster_people;
            CREATE TEMP TABLE roster_staged (
                row integer, shown text, certno bytea, certno_index bytea, name text, gender smallint, birth_on date,
                phone bytea, phone_index text, region text, insurance text, person_type text, status smallint,
                from_on date, flex boolean, identity_type text, street text, pension_fen bigint
            ) ON COMMIT DROP
            """
        )


def prepare_staging() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE pg_temp.roster_staged")


def find_duplicates(problems: Problems) -> None:
    """Note rows that say something twice, and rows of one person and day that disagree about the person."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.row, s.shown, d.first FROM roster_staged s JOIN (
                SELECT certno_index, region, insurance, from_on, min(row) AS first FROM roster_staged
                GROUP BY certno_index, region, insurance, from_on HAVING count(*) > 1
            ) d USING (certno_index, region, insurance, from_on) WHERE s.row > d.first ORDER BY s.row
            """
        )
        for row, shown, first in cursor:
            problems.add_masked(row, "certno", shown, f"与第{first}行重复：同一个人、统筹区、险种和 stas_date")
        cursor.execute(
            """
            SELECT s.row, s.shown, f.row, s.name <> f.name, s.gender <> f.gender FROM roster_staged s JOIN (
                SELECT certno_index, from_on, min(row) AS first FROM roster_staged
                GROUP BY certno_index, from_on
                HAVING min(name) <> max(name) OR min(gender) <> max(gender) OR min(phone_index) <> max(phone_index)
            ) d USING (certno_index, from_on) JOIN roster_staged f ON f.row = d.first
            WHERE (s.name, s.gender, s.phone_index) <> (f.name, f.gender, f.phone_index) ORDER BY s.row
            """
        )
        for row, shown, first, other_name, other_gender in cursor:
            column = "psn_name" if other_name else "gend" if other_gender else "mob"
            problems.add_masked(row, column, shown, f"与第{first}行不一致：同一个证件号码、同一个 stas_date")


def pick_people() -> bool:
    """Fill roster_people, one row per person of the file; return whether any of them was known before."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE TEMP TABLE roster_people ON COMMIT DROP AS
            SELECT DISTINCT ON (s.certno_index) s.*, p.id AS person_id, p.facts_on
            FROM roster_staged s LEFT JOIN accounts_person p ON p.certno_index = s.certno_index
            ORDER BY s.certno_index, s.from_on DESC, s.row
            """
        )
        cursor.execute("ANALYZE pg_temp.roster_people")
        cursor.execute("SELECT EXISTS (SELECT 1 FROM roster_people WHERE person_id IS NOT NULL)")
        return bool(cursor.fetchone()[0])


def find_conflicts(problems: Problems) -> None:
    """Note rows that contradict what is kept for the same day."""
    _note(
        problems,
        f"""
        SELECT s.row, s.from_on, {_differing(_FACTS)} FROM roster_people s JOIN (
            SELECT id, name, gender, coalesce(encode(phone_index, 'hex'), '') AS phone_index FROM accounts_person
        ) k ON k.id = s.person_id WHERE s.facts_on = s.from_on AND {_differs(_FACTS)} ORDER BY s.row
        """,
    )
    _note(
        problems,
        f"""
        SELECT s.row, s.from_on, {_differing(_TERMS)} FROM roster_staged s
        JOIN roster_people p USING (certno_index)
        JOIN accounts_enrolment k ON (k.person_id, k.region, k.insurance, k.from_on)
                                   = (p.person_id, s.region, s.insurance, s.from_on) AND k.counts
        WHERE {_differs(_TERMS)} ORDER BY s.row
        """,
    )


def _note(problems: Problems, query: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query)
        for row, from_on, *differing in cursor:
            for column, value in filter(None, differing):
                problems.add(
                    row, column, value, f"与已登记的 {from_on} 的内容不一致；有变化请写新的 stas_date，历史不改"
                )


def _differs(columns: tuple[str, ...]) -> str:
    staged, kept = (", ".join(f"{table}.{column}" for column in columns) for table in "sk")
    return f"({staged}) IS DISTINCT FROM ({kept})"


def _differing(columns: tuple[str, ...]) -> str:
    def shown(column: str) -> str:
        if column == "phone_index":
            return "''"
        return "(s.pension_fen / 100.0)::numeric(12, 2)::text" if column == "pension_fen" else f"s.{column}::text"

    return ", ".join(
        f"CASE WHEN s.{column} IS DISTINCT FROM k.{column} THEN ARRAY['{_COLUMN_OF[column]}', {shown(column)}] END"
        for column in columns
    )


def add_people() -> int:
    """Insert the people who are new, in the order of the file; return how many."""
    return _execute(
        """
        INSERT INTO accounts_person (cert_type, certno, certno_index, name, gender, birth_on, phone, phone_index,
                                     facts_on)
        SELECT '01', certno, certno_index, name, gender, birth_on, phone, decode(nullif(phone_index, ''), 'hex'),
               from_on
        FROM roster_people WHERE person_id IS NULL ORDER BY row
        """
    )


def update_people() -> int:
    """Take over name, gender and phone of newer rows; return for how many people one of them changed."""
    changed = """
        FROM accounts_person p WHERE p.id = s.person_id AND coalesce(p.facts_on, '-infinity') < s.from_on
        AND (s.name, s.gender, s.phone_index) <> (p.name, p.gender, coalesce(encode(p.phone_index, 'hex'), ''))
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM roster_people s, LATERAL (SELECT 1 {changed}) c")
        count = cursor.fetchone()[0]
    _execute(
        """
        UPDATE accounts_person p SET name = s.name, gender = s.gender, facts_on = s.from_on,
            phone = CASE WHEN s.phone_index = coalesce(encode(p.phone_index, 'hex'), '') THEN p.phone ELSE s.phone END,
            phone_index = decode(nullif(s.phone_index, ''), 'hex')
        FROM roster_people s WHERE p.id = s.person_id AND coalesce(p.facts_on, '-infinity') < s.from_on
        """
    )
    return count


def add_enrolments(source: int) -> int:
    """Insert the rows that are not there yet, in the order of the file; return how many."""
    return _execute(
        """
        INSERT INTO accounts_enrolment (person_id, region, insurance, person_type, status, flex, pension_fen,
                                        identity_type, street, from_on, source_id)
        SELECT p.id, s.region, s.insurance, s.person_type, s.status, s.flex, s.pension_fen, s.identity_type,
               s.street, s.from_on, %s
        FROM roster_staged s JOIN accounts_person p ON p.certno_index = s.certno_index
        WHERE NOT EXISTS (SELECT 1 FROM accounts_enrolment e
                          WHERE (e.person_id, e.region, e.insurance, e.from_on)
                              = (p.id, s.region, s.insurance, s.from_on) AND e.counts)
        ORDER BY s.row
        """,
        [source],
    )


def regions_with_accounts() -> list[str]:
    """Return the regions of the file in which somebody is in 职工医保."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT region FROM roster_staged WHERE insurance = %s ORDER BY region", [InsuranceType.EMPLOYEE]
        )
        return [region for (region,) in cursor.fetchall()]


def _execute(statement: str, parameters: list | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.rowcount
