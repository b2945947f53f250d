"""旧号码 → 新号码: rows under a former certificate number, and rows that say “X is now Y” (old_certno).

The person stays: money, bonds and sign-in hang on it, not on the number. The number given up is kept
(FormerCertificate), so that whoever still uses it means the same person.
"""

from django.db import connection

from accounts.codes import HeldReason
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.roster.problems import Problems

_FORMER = """
    UPDATE {table} s SET certno_index = p.certno_index {more}
    FROM accounts_formercertificate f JOIN accounts_person p ON p.id = f.person_id
    WHERE f.certno_index = s.certno_index AND f.counts
      AND NOT EXISTS (SELECT 1 FROM accounts_person o WHERE o.certno_index = s.certno_index)
"""
# moves: somebody known has this number from now on.
_PAIRS = """
    INSERT INTO roster_renumbered (row, certno_index, old_index, old_person, new_person, moves)
    SELECT min(s.row), s.certno_index, s.old_index, coalesce(o.id, fo.person_id), coalesce(n.id, fn.person_id),
           n.id IS NULL AND coalesce(o.id, fo.person_id, fn.person_id) IS NOT NULL
    FROM roster_staged s
    LEFT JOIN accounts_person o ON o.certno_index = s.old_index
    LEFT JOIN accounts_formercertificate fo ON fo.certno_index = s.old_index AND fo.counts
    LEFT JOIN accounts_person n ON n.certno_index = s.certno_index
    LEFT JOIN accounts_formercertificate fn ON fn.certno_index = s.certno_index AND fn.counts
    WHERE s.old_index IS NOT NULL
    GROUP BY s.certno_index, s.old_index, o.id, fo.person_id, n.id, fn.person_id
"""
_CONTRADICTIONS = (
    ("旧号码和新号码登记着两个人；确是同一个人的，请办理合并", "r.old_person <> r.new_person"),
    (
        "这个旧号码在文件里对着两个新号码",
        """EXISTS (SELECT 1 FROM roster_renumbered x
                   WHERE x.old_index = r.old_index AND x.certno_index <> r.certno_index)""",
    ),
    (
        "这个新号码在文件里对着两个人的旧号码",
        """EXISTS (SELECT 1 FROM roster_renumbered x
                   WHERE x.certno_index = r.certno_index AND x.old_person <> r.old_person)""",
    ),
    (
        "一份文件里连着换了两次号码，请分两份文件，先后导入",
        "EXISTS (SELECT 1 FROM roster_renumbered x WHERE x.certno_index = r.old_index)",
    ),
)


def follow_former(table: str, *, also: str = "", unless: str = "") -> None:
    """Let rows under a former number be about whoever has another one now. `also` sets more columns."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM accounts_formercertificate)")
        if cursor.fetchone()[0]:
            cursor.execute(_FORMER.format(table=table, more=also) + unless)


def follow(problems: Problems, *, some_old: bool) -> None:
    """Fill roster_renumbered and let all rows of a person stand under the newest number; note what contradicts.

    `some_old`: some rows name an old number.
    """
    follow_former(
        "roster_staged",
        also=", certno = p.certno, birth_on = p.birth_on",
        unless="AND s.certno_index NOT IN (SELECT certno_index FROM roster_staged WHERE old_index IS NOT NULL)",
    )
    if not some_old:
        return
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS)
        for reason, contradicts in _CONTRADICTIONS:
            cursor.execute(
                f"""
                SELECT s.row, s.shown FROM roster_renumbered r JOIN roster_staged s USING (certno_index)
                WHERE {contradicts} ORDER BY s.row
                """
            )
            for row, shown in cursor.fetchall():
                problems.add_masked(row, "old_certno", shown, reason, HeldReason.CONTRADICTS_KNOWN)
        cursor.execute(
            """
            UPDATE roster_staged s SET certno_index = n.certno_index, certno = n.certno, birth_on = n.birth_on,
                                       cert_type = n.cert_type
            FROM roster_renumbered r JOIN roster_staged n ON n.row = r.row
            WHERE s.certno_index = r.old_index AND r.row <> ALL(%s)
            """,
            [problems.rows],
        )


def hold_with_pair(problems: Problems) -> None:
    """Lay the other rows of a person aside too where the row with the old number is: they would make a second person."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.row, s.shown, r.row FROM roster_renumbered r JOIN roster_staged s USING (certno_index)
            WHERE r.row = ANY(%(noted)s) AND s.row <> ALL(%(noted)s) ORDER BY s.row
            """,
            {"noted": problems.rows},
        )
        codes = {problem.row: problem.code for problem in problems.found}
        for row, shown, pair in cursor.fetchall():
            reason = f"同一个人的第{pair}行（换号码）有问题，要一起处理"
            problems.add_masked(row, "certno", shown, reason, codes[pair] or HeldReason.UNREADABLE)
        cursor.execute("DELETE FROM roster_renumbered WHERE row = ANY(%s)", [problems.rows])


def move(act: Act, source: int) -> int:
    """Give the people who have another number now the new one; return how many. `source` is the import's id."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_formercertificate
                (person_id, certno, certno_index, cert_type, birth_on, source_id, actor, at)
            SELECT p.id, p.certno, p.certno_index, p.cert_type, p.birth_on, %s, %s, %s
            FROM accounts_person p JOIN roster_renumbered r ON r.moves AND p.id = coalesce(r.old_person, r.new_person)
            ON CONFLICT (certno_index) WHERE counts DO NOTHING
            """,
            [source, str(act.actor), act.at],
        )
        cursor.execute(
            """
            UPDATE accounts_person p SET certno = s.certno, certno_index = s.certno_index, birth_on = s.birth_on,
                                         cert_type = s.cert_type
            FROM roster_renumbered r JOIN roster_staged s ON s.row = r.row
            WHERE r.moves AND p.id = coalesce(r.old_person, r.new_person) RETURNING p.id
            """
        )
        moved = [person for (person,) in cursor.fetchall()]
    for person in moved:
        audit.record(act=act, verb="person.renumbered", subject=person)
    return len(moved)


def keep_former(act: Act, source: int) -> None:
    """Keep the old numbers of the file, also of people who are new here."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_formercertificate (person_id, certno, certno_index, source_id, actor, at)
            SELECT p.id, s.old_certno, r.old_index, %s, %s, %s
            FROM roster_renumbered r JOIN roster_staged s ON s.row = r.row
            JOIN accounts_person p ON p.certno_index = r.certno_index
            WHERE NOT EXISTS (SELECT 1 FROM accounts_person o WHERE o.certno_index = r.old_index)
            ON CONFLICT (certno_index) WHERE counts DO NOTHING
            """,
            [source, str(act.actor), act.at],
        )
