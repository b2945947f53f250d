"""How a roster import merges its rows with what is kept: in SQL, over temporary tables.

roster_staged holds the rows of the file, roster_people one row per person in it: the one with the newest facts.
roster_known says of each row about somebody known before whether it is to be written, and how. Plain certificate and
phone numbers never reach the database, not even here.
"""

from collections.abc import Sequence
from datetime import date

from django.db import connection

from accounts.codes import EnrolmentStatus, InsuranceType
from accounts.identity.actors import Act
from accounts.roster.drafts import analyze_staged

_COPIED = (
    "row, shown, certno, certno_index, name, gender, birth_on, phone, phone_index, region, insurance, person_type,"
    " status, from_on, flex, identity_type, street, pension_fen, odd"
)
COPY = f"COPY roster_staged ({_COPIED}) FROM STDIN"
COPY_ALL = f"COPY roster_staged ({_COPIED}, cert_type, old_certno, old_index, facts_on, end_reason, end_to) FROM STDIN"
# What is the same status, said again; an ending may be told without its reason.
SAME_STATUS = """
    (s.person_type, s.status, s.flex, s.identity_type) = (k.person_type, k.status, k.flex, k.identity_type)
    AND (s.end_reason IS NULL OR (s.end_reason, s.end_to) IS NOT DISTINCT FROM (k.end_reason, k.end_to))
"""
ON_DAY = "(k.region, k.insurance, coalesce(k.stas_on, k.from_on)) = (s.region, s.insurance, s.from_on)"


def create_staging() -> None:
    """Make the empty temporary tables; they go with the transaction."""
    _execute(
        """
        DROP TABLE IF EXISTS pg_temp.roster_staged, pg_temp.roster_people, pg_temp.roster_known,
            pg_temp.roster_same_day, pg_temp.roster_renumbered;
        -- odd: the number says another gender; 's' a synthetic one, 'r' a real one.
        CREATE TEMP TABLE roster_staged (
            row integer, shown text, certno bytea, certno_index bytea, name text, gender smallint, birth_on date,
            phone bytea, phone_index text, region text, insurance text, person_type text, status smallint,
            from_on date, flex boolean, identity_type text, street text, pension_fen bigint, odd "char",
            cert_type text DEFAULT '01', old_certno bytea, old_index bytea, facts_on date, end_reason smallint,
            end_to text DEFAULT ''
        ) ON COMMIT DROP;
        CREATE TEMP TABLE roster_renumbered (
            row integer, certno_index bytea, old_index bytea, old_person bigint, new_person bigint, moves boolean
        ) ON COMMIT DROP;
        CREATE TEMP TABLE roster_same_day (row integer, place integer) ON COMMIT DROP;
        CREATE TEMP TABLE roster_known (
            row integer, person_id bigint, from_on date, stas_on date, newest_on date, on_day boolean, same boolean,
            settled boolean, seq integer, is_written boolean
        ) ON COMMIT DROP
        """
    )


def pick_people(today: date) -> bool:
    """Fill roster_people, one row per person of the file, with what is kept; return whether any was known before."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DROP TABLE IF EXISTS pg_temp.roster_people;
            CREATE TEMP TABLE roster_people ON COMMIT DROP AS
            SELECT DISTINCT ON (s.certno_index) s.*, p.id AS person_id, p.name AS kept_name, p.gender AS kept_gender,
                   coalesce(encode(p.phone_index, 'hex'), '') AS kept_phone, p.facts_on AS kept_on,
                   p.birth_on AS kept_birth_on
            FROM roster_staged s LEFT JOIN accounts_person p ON p.certno_index = s.certno_index
            ORDER BY s.certno_index, coalesce(s.facts_on, %s) DESC, s.from_on DESC, s.row
            """,
            [today],
        )
        cursor.execute("SELECT EXISTS (SELECT 1 FROM roster_renumbered)")
        if cursor.fetchone()[0]:
            cursor.execute(
                """
                UPDATE roster_people p SET person_id = k.id, kept_name = k.name, kept_gender = k.gender,
                    kept_phone = coalesce(encode(k.phone_index, 'hex'), ''), kept_on = k.facts_on
                FROM roster_renumbered r JOIN accounts_person k ON k.id = coalesce(r.old_person, r.new_person)
                WHERE r.certno_index = p.certno_index AND p.person_id IS NULL
                """
            )
        analyze_staged("roster_people")
        cursor.execute("SELECT EXISTS (SELECT 1 FROM roster_people WHERE person_id IS NOT NULL)")
        return bool(cursor.fetchone()[0])


def take_out(rows: Sequence[int]) -> None:
    """Remove the rows that are laid aside."""
    if rows:
        _execute("DELETE FROM roster_staged WHERE row = ANY(%s)", [list(rows)])


def match_known(today: date) -> None:
    """Fill roster_known: of each row about somebody known, whether it is to be written, from when, and as which of a day.

    A status that is there already is written again only where street or pension differ from what held on the day
    of the facts: then as a row of its own from that day, unless another status has come since.
    """
    _execute(
        f"""
        TRUNCATE roster_known;
        INSERT INTO roster_known
        SELECT s.row, p.person_id, s.from_on, NULL, max(k.from_on),
               count(k.id) FILTER (WHERE {ON_DAY}) > 0,
               coalesce(bool_or(({SAME_STATUS}) AND {ON_DAY}), false),
               coalesce(bool_and((s.street, s.pension_fen) IS NOT DISTINCT FROM (k.street, k.pension_fen))
                        FILTER (WHERE ({SAME_STATUS}) AND {ON_DAY}), false),
               coalesce(max(k.seq) FILTER (
                   WHERE (k.region, k.insurance, k.from_on) = (s.region, s.insurance, s.from_on)
               ) + 1, 0),
               NOT coalesce(bool_or(({SAME_STATUS}) AND {ON_DAY}), false)
        FROM roster_staged s JOIN roster_people p USING (certno_index)
        LEFT JOIN accounts_enrolment k ON k.person_id = p.person_id AND k.counts
        WHERE p.person_id IS NOT NULL
        GROUP BY s.row, p.person_id, s.from_on
        """
    )
    _execute(
        """
        UPDATE roster_known n SET is_written = true, stas_on = s.from_on, from_on = at.day,
            seq = CASE WHEN now.from_on = at.day THEN now.seq + 1 ELSE 0 END
        FROM roster_staged s
        JOIN roster_people p USING (certno_index)
        CROSS JOIN LATERAL (SELECT greatest(coalesce(s.facts_on, %(today)s), s.from_on) AS day) at
        CROSS JOIN LATERAL (
            SELECT k.* FROM accounts_enrolment k
            WHERE (k.person_id, k.region, k.insurance) = (p.person_id, s.region, s.insurance) AND k.counts
              AND k.from_on <= at.day
            ORDER BY k.from_on DESC, k.seq DESC LIMIT 1
        ) now
        WHERE s.row = n.row AND n.same AND NOT n.settled AND s.status <> %(ended)s
          AND coalesce(now.stas_on, now.from_on) = s.from_on
          AND (now.status, now.person_type, now.flex, now.identity_type)
            = (s.status, s.person_type, s.flex, s.identity_type)
          AND (now.street, now.pension_fen) IS DISTINCT FROM (s.street, s.pension_fen)
          AND NOT EXISTS (SELECT 1 FROM roster_staged later
                          WHERE (later.certno_index, later.region, later.insurance)
                              = (s.certno_index, s.region, s.insurance)
                            AND (later.from_on, later.row) > (s.from_on, s.row) AND later.from_on <= at.day)
        """,
        {"today": today, "ended": EnrolmentStatus.ENDED},
    )
    analyze_staged("roster_known")


def add_people(today: date) -> int:
    """Insert the people who are new, in the order of the file; return how many."""
    return _execute(
        """
        INSERT INTO accounts_person (cert_type, certno, certno_index, name, gender, birth_on, phone, phone_index,
                                     facts_on)
        SELECT cert_type, certno, certno_index, name, gender, birth_on, phone, decode(nullif(phone_index, ''), 'hex'),
               coalesce(facts_on, %s)
        FROM roster_people WHERE person_id IS NULL ORDER BY row
        """,
        [today],
    )


_OTHER_BIRTHDAY = "s.birth_on <> s.kept_birth_on"


def some_birthday_changed() -> bool:
    """Return whether somebody known has another birth day in the file: only what a person confirmed is left of these."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM roster_people s WHERE {_OTHER_BIRTHDAY})")
        return bool(cursor.fetchone()[0])


# What a roster sets of a person that is known, beside the birth day of whose number does not tell it: a withdrawal of it
# sets it back (restoring.restore_people).
TAKEN_OVER = ("name", "gender", "phone", "phone_index", "phone_changed_at", "facts_on")


def update_people(act: Act, source: int) -> int:
    """Take over name, gender, birth day and phone of newer facts; return for how many people one of them changed.

    A row that is new and older than all that is known tells history: its facts are of its own day. What was before is
    kept as of this import (PersonChange).
    """
    newer = """
        roster_people s JOIN roster_known n ON n.row = s.row
        CROSS JOIN LATERAL (SELECT coalesce(s.facts_on, CASE WHEN NOT n.on_day AND n.newest_on > s.from_on
                                                             THEN s.from_on ELSE %s END) AS day) at
        WHERE p.id = s.person_id AND coalesce(s.kept_on, '-infinity') <= at.day
    """
    # Of somebody whose number is new, the birth day came with it.
    differs = f"""(s.name, s.gender, s.phone_index) IS DISTINCT FROM (s.kept_name, s.kept_gender, s.kept_phone)
        OR {_OTHER_BIRTHDAY}"""
    before = ", ".join(f"p.{column}" for column in TAKEN_OVER)
    _execute(
        f"""
        INSERT INTO accounts_personchange (person_id, {", ".join(TAKEN_OVER)}, birth_on, source_id)
        SELECT p.id, {before}, CASE WHEN s.kept_birth_on IS NOT NULL THEN p.birth_on END, %s
        FROM accounts_person p CROSS JOIN {newer}
          AND ({differs} OR s.facts_on > s.kept_on OR EXISTS (SELECT 1 FROM accounts_personchange c WHERE c.person_id = p.id))
        ORDER BY s.row
        """,
        [source, act.on],
    )
    changed = _execute(
        f"""
        UPDATE accounts_person p SET name = s.name, gender = s.gender, birth_on = s.birth_on, facts_on = at.day,
            phone = CASE WHEN s.phone_index = s.kept_phone THEN p.phone ELSE s.phone END,
            phone_changed_at = CASE WHEN s.phone_index = s.kept_phone THEN p.phone_changed_at ELSE %s END,
            phone_index = decode(nullif(s.phone_index, ''), 'hex')
        FROM {newer} AND ({differs})
        """,
        [act.at, act.on],
    )
    # Where the day is told, a row that changes nothing still says that it is so on that day.
    _execute(
        f"UPDATE accounts_person p SET facts_on = at.day FROM {newer} AND NOT ({differs}) AND s.facts_on > s.kept_on",
        [act.on],
    )
    return changed


def add_enrolments(source: int) -> int:
    """Insert the rows that are not there yet, in the order of the file; return how many."""
    return _execute(
        """
        INSERT INTO accounts_enrolment (person_id, region, insurance, person_type, status, flex, pension_fen,
                                        identity_type, street, end_reason, end_to, from_on, stas_on, seq, source_id)
        SELECT p.id, s.region, s.insurance, s.person_type, s.status, s.flex, s.pension_fen, s.identity_type,
               s.street, s.end_reason, s.end_to, coalesce(n.from_on, s.from_on), n.stas_on,
               coalesce(n.seq, 0) + coalesce(d.place, 0), %s
        FROM roster_staged s JOIN accounts_person p ON p.certno_index = s.certno_index
        LEFT JOIN roster_same_day d ON d.row = s.row
        LEFT JOIN roster_known n ON n.row = s.row
        WHERE n.is_written IS NOT FALSE
        ORDER BY s.row
        """,
        [source],
    )


# A street or pension that was written for a status which had ended by then, as is known only now.
_OVERTAKEN = """
    FROM roster_staged s JOIN roster_known n ON n.row = s.row AND n.is_written AND n.stas_on IS NULL
    JOIN accounts_enrolment f ON (f.person_id, f.region, f.insurance) = (n.person_id, s.region, s.insurance)
    WHERE f.counts AND f.stas_on <= s.from_on AND f.from_on >= s.from_on
"""


def some_overtaken() -> bool:
    """Return whether a new status begins between an earlier one and a street or pension written under it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 {_OVERTAKEN})")
        return bool(cursor.fetchone()[0])


def supersede_overtaken(change: int) -> int:
    """Let them no longer count, or they would bring the earlier status back; return how many."""
    return _execute(
        f"UPDATE accounts_enrolment e SET counts = false, changed_by_id = %s WHERE e.id IN (SELECT f.id {_OVERTAKEN})",
        [change],
    )


def regions_with_accounts() -> list[str]:
    """Return the regions of the file in which somebody is in 职工医保."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT region FROM roster_staged WHERE insurance = %s ORDER BY region", [InsuranceType.EMPLOYEE]
        )
        return [region for (region,) in cursor.fetchall()]


def _execute(statement: str, parameters: object = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)  # type: ignore[arg-type]
        return cursor.rowcount
