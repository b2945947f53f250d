"""What a roster's rows say that contradicts other rows or what is kept, and what is hardly true of a person.

A row is judged once: whatever notes it takes it out of roster_staged, so that no other row is measured by it.
"""

from datetime import date
from typing import Protocol

from django.db import connection

from accounts.codes import EnrolmentStatus, HeldReason, LifeEventKind
from accounts.models.life import DEAD, MERGED_AWAY
from accounts.operations.proving import normalised_name
from accounts.roster import people_sql as sql
from accounts.roster.files import ROUNDED, File
from accounts.roster.problems import Problems, masked

_COLUMN_OF = {
    "person_type": "psn_type",
    "status": "psn_insu_stas",
    "flex": "flex",
    "identity_type": "psn_idet_type",
    "end_reason": "end_reason",
    "end_to": "end_to",
}


class Reader(Protocol):
    """What reading the rows one by one has shown of them all."""

    file: File
    has_odd: bool  # of some the number says another gender
    has_untold: bool  # of some it says no birth day

    @property
    def believes_gender(self) -> bool: ...


def find_implausible(reader: Reader, *, some_known: bool) -> None:
    """Note rows that could be true and hardly are."""
    file, problems = reader.file, reader.file.problems
    _find_differing()
    if file.has_rounded_numbers:
        _note(problems, HeldReason.ROUNDED_NUMBERS, "certno", "SELECT row, shown, %s FROM roster_staged", [ROUNDED])
        return
    if some_known:
        _find_other_people(problems)
    if reader.has_untold:
        _find_other_birthday(problems)
    _find_two_people(problems)
    if reader.has_odd:
        _find_other_gender(problems, believes_gender=reader.believes_gender)
    _find_same_person(problems)


def find_contradictions(problems: Problems, today: date, *, some_known: bool) -> None:
    """Note rows that say something twice, that disagree about a person, or that contradict what is kept."""
    _find_duplicates(problems)
    _find_disagreement(problems, today)
    if some_known:
        _find_other_status(problems)
        _find_dead(problems)


def _find_differing() -> None:
    """Fill roster_differing with the people of whom the file itself has several names, genders or phones."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DROP TABLE IF EXISTS pg_temp.roster_differing;
            CREATE TEMP TABLE roster_differing ON COMMIT DROP AS
            SELECT certno_index, min(row) AS row FROM roster_staged GROUP BY certno_index
            HAVING min(name) <> max(name) OR min(gender) <> max(gender) OR min(phone_index) <> max(phone_index)
            """
        )


def _find_other_people(problems: Problems) -> None:
    """Another name with another gender or phone under a known number, or any other name under a new one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.row, s.name, p.kept_name, s.gender <> p.kept_gender, renamed.moves
            FROM roster_staged s JOIN roster_people p ON p.certno_index = s.certno_index AND s.name <> p.kept_name
            CROSS JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM roster_renumbered r
                                               WHERE r.certno_index = s.certno_index AND r.moves) AS moves) renamed
            WHERE renamed.moves OR s.gender <> p.kept_gender OR s.phone_index NOT IN ('', p.kept_phone)
            ORDER BY s.row
            """
        )
        for row, name, known, other_gender, moves in cursor.fetchall():
            if normalised_name(name) != normalised_name(known):
                what = "旧号码登记的是另一个姓名" if moves else _what_differs(other_gender)
                reason = f"{what}，像是另一个人；请核实是不是本人"
                problems.add_masked(row, "psn_name", masked("psn_name", name), reason, HeldReason.OTHER_PERSON)
    sql.take_out(problems.rows)


def _find_other_birthday(problems: Problems) -> None:
    """Another birth day under a number that does not tell it: than is kept, or than the newest row about somebody new."""
    _note(
        problems,
        HeldReason.OTHER_PERSON,
        "brdy",
        """
        SELECT s.row, s.birth_on::text, '出生日期与' || CASE WHEN p.kept_birth_on IS NULL THEN '第' || p.row || '行'
               ELSE '登记' END || '的不同，像是另一个人；请核实是不是本人'
        FROM roster_staged s JOIN roster_people p USING (certno_index)
        WHERE s.birth_on <> coalesce(p.kept_birth_on, p.birth_on) ORDER BY s.row
        """,
    )


def _find_two_people(problems: Problems) -> None:
    """The same within one file, about somebody new: the first row is believed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.row, s.name, k.name, s.gender <> k.gender, k.row
            FROM roster_differing first
            JOIN roster_people p ON p.certno_index = first.certno_index AND p.person_id IS NULL
            JOIN roster_staged k ON k.row = first.row JOIN roster_staged s ON s.certno_index = first.certno_index
            WHERE s.name <> k.name AND (s.gender <> k.gender OR s.phone_index NOT IN ('', k.phone_index))
            ORDER BY s.row
            """
        )
        for row, name, first_name, other_gender, first in cursor.fetchall():
            if normalised_name(name) != normalised_name(first_name):
                reason = f"与第{first}行是同一个号码，{_what_differs(other_gender)}，像是另一个人；请核实是不是本人"
                problems.add_masked(row, "psn_name", masked("psn_name", name), reason, HeldReason.OTHER_PERSON)
    sql.take_out(problems.rows)


def _what_differs(other_gender: bool) -> str:
    return "姓名和性别都与登记的不同" if other_gender else "姓名和手机号都与登记的不同"


def _find_other_gender(problems: Problems, *, believes_gender: bool) -> None:
    """A gender that the number contradicts, unless it is the one that is kept already."""
    _note(
        problems,
        HeldReason.GENDER_CONTRADICTS_NUMBER,
        "gend",
        """
        SELECT s.row, s.gender::text, '证件号码第17位表示' || CASE s.gender WHEN 1 THEN '女' ELSE '男' END || '，与性别不符'
        FROM roster_staged s JOIN roster_people p USING (certno_index)
        WHERE s.odd IS NOT NULL AND p.kept_gender IS DISTINCT FROM s.gender
          AND (s.odd = 'r' OR %s OR p.person_id IS NOT NULL)
        ORDER BY s.row
        """,
        [believes_gender],
    )


def _find_same_person(problems: Problems) -> None:
    """Somebody new with the name and gender of somebody known, and their birthday or phone."""
    for what, same in (("生日", "k.birth_on = p.birth_on"), ("手机号", "k.phone_index = decode(p.phone_index, 'hex')")):
        _note(
            problems,
            HeldReason.SAME_PERSON_OTHER_NUMBER,
            "certno",
            f"""
            SELECT DISTINCT ON (s.row) s.row, s.shown, '与参保人 ' || k.id || ' 同名、同性别、同{what}，像是同一个人换了号码；'
                   || '是同一人的，在 old_certno 写原来的号码再导入；不是同一人的请确认'
            FROM roster_people p JOIN accounts_person k ON (k.name, k.gender) = (p.name, p.gender) AND {same}
            JOIN roster_staged s ON s.certno_index = p.certno_index
            WHERE p.person_id IS NULL AND k.id NOT IN ({MERGED_AWAY}) ORDER BY s.row
            """,
        )


def _note(problems: Problems, code: HeldReason, column: str, query: str, parameters: list | None = None) -> None:
    """Note what a query of (row, value that may be shown, reason) finds."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or [])
        found = cursor.fetchall()
    for row, value, reason in found:
        problems.add_masked(row, column, value, reason, code)
    if found:
        sql.take_out(problems.rows)


def _find_duplicates(problems: Problems) -> None:
    """A status said twice. Several statuses of one person on one day hold in the order of the file."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            TRUNCATE roster_same_day;
            INSERT INTO roster_same_day
            SELECT s.row, row_number() OVER (PARTITION BY certno_index, region, insurance, from_on ORDER BY s.row) - 1
            FROM roster_staged s JOIN (
                SELECT certno_index, region, insurance, from_on FROM roster_staged
                GROUP BY certno_index, region, insurance, from_on HAVING count(*) > 1
            ) several USING (certno_index, region, insurance, from_on)
            """
        )
        cursor.execute(
            """
            SELECT s.row, s.shown, min(f.row) FROM roster_same_day d JOIN roster_staged s USING (row)
            JOIN roster_staged f ON (f.certno_index, f.region, f.insurance, f.from_on)
                                  = (s.certno_index, s.region, s.insurance, s.from_on) AND f.row < s.row
            WHERE (f.person_type, f.status, f.flex, f.identity_type) = (s.person_type, s.status, s.flex, s.identity_type)
              AND (f.end_reason, f.end_to) IS NOT DISTINCT FROM (s.end_reason, s.end_to)
            GROUP BY s.row, s.shown ORDER BY s.row
            """
        )
        for row, shown, first in cursor.fetchall():
            reason = f"与第{first}行重复：同一个人、统筹区、险种和 stas_date"
            problems.add_masked(row, "certno", shown, reason, HeldReason.CONTRADICTS_KNOWN)


def _find_disagreement(problems: Problems, today: date) -> None:
    """Rows of one person and day that disagree about name, gender or phone."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.row, s.shown, f.row, s.name <> f.name, s.gender <> f.gender FROM roster_staged s JOIN (
                SELECT certno_index, from_on, coalesce(facts_on, %(today)s) AS day, min(row) AS first FROM roster_staged
                WHERE certno_index IN (SELECT certno_index FROM roster_differing)
                GROUP BY certno_index, from_on, coalesce(facts_on, %(today)s)
                HAVING min(name) <> max(name) OR min(gender) <> max(gender) OR min(phone_index) <> max(phone_index)
            ) d ON (d.certno_index, d.from_on, d.day) = (s.certno_index, s.from_on, coalesce(s.facts_on, %(today)s))
            JOIN roster_staged f ON f.row = d.first
            WHERE (s.name, s.gender, s.phone_index) <> (f.name, f.gender, f.phone_index) ORDER BY s.row
            """,
            {"today": today},
        )
        for row, shown, first, other_name, other_gender in cursor.fetchall():
            column = "psn_name" if other_name else "gend" if other_gender else "mob"
            reason = f"与第{first}行不一致：同一个证件号码、同一个 stas_date"
            problems.add_masked(row, column, shown, reason, HeldReason.CONTRADICTS_KNOWN)


def _find_other_status(problems: Problems) -> None:
    """Another status for a day that has one, unless the file says the one that is kept first, or only adds why it ended."""
    differing = ", ".join(
        f"CASE WHEN s.{name} IS DISTINCT FROM k.{name} THEN ARRAY['{column}', coalesce(s.{name}::text, '')] END"
        for name, column in _COLUMN_OF.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT s.row, s.from_on, {differing}
            FROM roster_known n JOIN roster_staged s USING (row)
            CROSS JOIN LATERAL (
                SELECT k.* FROM accounts_enrolment k WHERE k.person_id = n.person_id AND k.counts AND {sql.ON_DAY}
                  AND NOT ((s.person_type, s.status, s.flex, s.identity_type)
                         = (k.person_type, k.status, k.flex, k.identity_type)
                           AND s.end_reason IS NOT NULL AND k.end_reason IS NULL)
                  AND NOT EXISTS (SELECT 1 FROM roster_staged e
                                  WHERE (e.certno_index, e.region, e.insurance, e.from_on)
                                      = (s.certno_index, s.region, s.insurance, s.from_on) AND e.row < s.row
                                    AND (e.person_type, e.status, e.flex, e.identity_type)
                                      = (k.person_type, k.status, k.flex, k.identity_type))
                ORDER BY k.seq DESC LIMIT 1
            ) k
            WHERE n.on_day AND NOT n.same ORDER BY s.row
            """
        )
        for row, from_on, *differs in cursor.fetchall():
            for column, value in filter(None, differs):
                reason = f"与已登记的 {from_on} 的内容不一致；有变化请写新的 stas_date，历史不改"
                problems.add_masked(
                    row, column, masked(column, value), reason, HeldReason.CONTRADICTS_KNOWN, decidable=True
                )


def _find_dead(problems: Problems) -> None:
    """Insurance of days after a death that was reported (operations.life_events): one of the two is wrong."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT s.row, s.from_on, l."on" FROM roster_known n JOIN roster_staged s USING (row)
            JOIN ({DEAD}) l ON l.person_id = n.person_id AND l.kind = %s
            WHERE n.is_written AND s.status <> %s AND s.from_on > l."on" ORDER BY s.row
            """,
            [LifeEventKind.DEATH, EnrolmentStatus.ENDED],
        )
        for row, from_on, died_on in cursor.fetchall():
            reason = f"登记过这个人 {died_on} 死亡，{from_on} 不能再参保；请核实"
            problems.add_masked(row, "stas_date", str(from_on), reason, HeldReason.CONTRADICTS_KNOWN)
