"""compare_balances: what people have here against what the old system says, on the same day."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import connection, transaction

from accounts.codes import CREDIT_KINDS, USE_KINDS, InsuranceType, PotKind
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.jobs.going_live import live_month
from accounts.models import Contribution, Enrolment, OpeningBalance, Person
from accounts.operations.rotation import block_rotation
from accounts.roster import balances
from accounts.roster.difference_reasons import DifferenceReason, Known, likely, size_of
from accounts.roster.files import File, Progress
from yibao.lib.masking import masked_certno
from yibao.lib.months import Month, month_range

_PIECE = 10_000  # people looked at more closely at a time

# What a pot held at the end of the day: what it holds now without what was dated later.
_COMPARED = """
    WITH later AS (
        SELECT pot, sum(change) AS change FROM (
            SELECT t.target_id AS pot, t.amount_fen AS change FROM accounts_transfer t
            JOIN accounts_voucher v ON v.id = t.voucher_id
            WHERE v.region = %(region)s AND v.occurred_on > %(as_of)s AND t.target_balance_fen IS NOT NULL
            UNION ALL
            SELECT t.source_id, -t.amount_fen FROM accounts_transfer t JOIN accounts_voucher v ON v.id = t.voucher_id
            WHERE v.region = %(region)s AND v.occurred_on > %(as_of)s AND t.source_balance_fen IS NOT NULL
        ) moves GROUP BY pot
    ), ours AS (
        SELECT p.person_id,
               coalesce(sum(p.balance_fen - coalesce(l.change, 0)) FILTER (WHERE p.kind = %(current)s), 0) AS current_fen,
               coalesce(sum(p.balance_fen - coalesce(l.change, 0)) FILTER (WHERE p.kind = %(carried)s), 0) AS carried_fen,
               coalesce(sum(p.balance_fen - coalesce(l.change, 0)) FILTER (WHERE p.kind = %(pool)s), 0) AS pool_fen
        FROM accounts_pot p LEFT JOIN later l ON l.pot = p.id
        WHERE p.region = %(region)s AND p.kind IN (%(current)s, %(carried)s, %(pool)s) GROUP BY p.person_id
    )
    SELECT coalesce(s.row, 0), coalesce(s.shown, ''), coalesce(s.person_id, o.person_id),
           coalesce(o.current_fen, 0)::bigint, coalesce(o.carried_fen, 0)::bigint, coalesce(o.pool_fen, 0)::bigint,
           coalesce(s.current_fen, 0), coalesce(s.carried_fen, 0), coalesce(s.pool_fen, 0), s.row IS NOT NULL
    FROM (SELECT * FROM balances_staged WHERE region = %(region)s) s FULL JOIN ours o ON o.person_id = s.person_id
"""
_EQUAL = f"""
    SELECT count(*), coalesce(sum(ours_fen), 0)::bigint FROM (
        SELECT c.a + c.b + c.c AS ours_fen FROM ({_COMPARED}) c (row, shown, person, a, b, c, x, y, z, in_file)
        WHERE c.in_file AND c.person IS NOT NULL AND (c.a, c.b, c.c) = (c.x, c.y, c.z)
    ) equal
"""
# Somebody unknown here who has nothing there is no difference in money, but is one in people.
_DIFFERENT = f"""
    SELECT * FROM ({_COMPARED}) c (row, shown, person, a, b, c, x, y, z, in_file)
    WHERE (c.a, c.b, c.c) <> (c.x, c.y, c.z) OR c.person IS NULL ORDER BY c.row, c.person
"""
_MOVEMENTS = """
    SELECT p.person_id, t.kind = ANY(%(credits)s), v.period,
           sum(CASE WHEN t.target_id = p.id THEN t.amount_fen ELSE -t.amount_fen END)::bigint
    FROM accounts_pot p
    JOIN accounts_transfer t ON (t.target_id = p.id AND t.target_balance_fen IS NOT NULL
                                 OR t.source_id = p.id AND t.source_balance_fen IS NOT NULL)
    JOIN accounts_voucher v ON v.id = t.voucher_id
    WHERE p.person_id = ANY(%(people)s) AND p.region = %(region)s AND t.kind = ANY(%(kinds)s)
      AND v.occurred_on <= %(as_of)s
    GROUP BY p.person_id, 2, v.period, CASE WHEN t.kind = ANY(%(credits)s) THEN 0 ELSE v.id END ORDER BY 1, v.period
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """Somebody whose money differs. Fen; `row` is 0 for whoever is not in the file, `certno` is masked."""

    row: int
    certno: str
    region: str
    as_of: date
    ours: tuple[int, int, int]  # 当年, 历年, 共济
    theirs: tuple[int, int, int]
    reason: DifferenceReason

    @property
    def fen(self) -> int:
        return sum(self.ours) - sum(self.theirs)

    @property
    def size(self) -> str:
        return size_of(self.fen)


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison came to: rows of the file, people equal to the fen and their sum (fen), and the others."""

    rows: int
    equal: int
    equal_fen: int
    differences: list[Difference]
    remarks: tuple[str, ...] = ()

    def by_size_and_reason(self) -> dict[tuple[DifferenceReason, str], tuple[int, int]]:
        """Return (reason, size) → (people, net fen), by reason and size."""
        people: Counter[tuple[DifferenceReason, str]] = Counter()
        fen: Counter[tuple[DifferenceReason, str]] = Counter()
        for one in self.differences:
            people[one.reason, one.size] += 1
            fen[one.reason, one.size] += one.fen
        return {key: (people[key], fen[key]) for key in sorted(people)}


@transaction.atomic
def compare_balances(*, act: Act, path: Path, progress: Progress | None = None) -> Compared:
    """Compare our pots with a file of the old system's balances; posts and keeps nothing but the audit event.

    Raises ImportRefusedError when a row cannot be read, or a region has balances of several days.
    """
    file = File(path, balances.COLUMNS, progress)
    block_rotation()
    balances.stage(file, act.on)
    balances.note_duplicates(file.problems)
    days = balances.days()
    for region, as_of in days[1:]:
        if region in [earlier for earlier, day in days if day < as_of]:
            file.problems.add_masked(0, "as_of", str(as_of), f"统筹区 {region} 有几天的余额；一次只核对一天")
    file.problems.refuse_if_any()
    equal, equal_fen = 0, 0
    differences: list[Difference] = []
    for done, (region, as_of) in enumerate(days):
        file.progress("核对余额", done, len(days))
        people, fen = _equal(region, as_of)
        equal, equal_fen = equal + people, equal_fen + fen
        differences += _differences(region, as_of)
    detail = {"rows": file.rows, "equal": equal, "different": len(differences)}
    audit.record(act=act, verb="balances.compared", detail=detail)
    return Compared(file.rows, equal, equal_fen, differences, tuple(file.remarks))


def _about(region: str, as_of: date) -> dict[str, object]:
    pots = {"current": PotKind.CURRENT, "carried": PotKind.CARRIED, "pool": PotKind.POOL}
    return {"region": region, "as_of": as_of, **pots}


def _equal(region: str, as_of: date) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_EQUAL, _about(region, as_of))  # type: ignore[arg-type]
        return cursor.fetchone()


def _differences(region: str, as_of: date) -> Iterator[Difference]:
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENT, _about(region, as_of))  # type: ignore[arg-type]
        rows = cursor.fetchall()
    openings_came_in = OpeningBalance.objects.filter(region=region).exists()
    for start in range(0, len(rows), _PIECE):
        piece = rows[start : start + _PIECE]
        known = _known(region, as_of, piece)
        unseen = [person for _, shown, person, *_ in piece if not shown]
        names = {person.pk: masked_certno(person.certno) for person in Person.objects.filter(pk__in=unseen)}
        for (row, shown, person, *_), about in zip(piece, known, strict=True):
            reason = likely(about, openings_came_in=openings_came_in)
            yield Difference(row, shown or names[person], region, as_of, about.ours, about.theirs, reason)


def _known(region: str, as_of: date, rows: list[tuple]) -> list[Known]:
    """Collect what is known of the people of these rows (a fixed number of queries)."""
    people = [person for _, _, person, *_ in rows if person is not None]
    insured: set[int] = set()
    moved: set[int] = set()
    live = live_month(region) or Month.of(as_of)
    enrolments = Enrolment.objects.filter(person__in=people, insurance=InsuranceType.EMPLOYEE)
    for person, where, from_on in enrolments.values_list("person", "region", "from_on"):
        insured |= {person} if where == region else set()
        moved |= {person} if where != region or live.first <= from_on <= as_of else set()
    opened = set(OpeningBalance.objects.filter(region=region, person__in=people).values_list("person", flat=True))
    months = {month.first for month in month_range(live, Month.of(as_of) + 1)}
    paid: dict[int, set[date]] = defaultdict(set)
    contributions = Contribution.objects.filter(region=region, person__in=people, month__in=months)
    for person, month in contributions.values_list("person", "month"):
        paid[person].add(month)
    credits, uses = _movements(region, as_of, people)
    return [
        Known(
            is_insured=person in insured,
            in_file=in_file,
            has_opening=person in opened,
            ours=tuple(fen[:3]),  # type: ignore[arg-type]
            theirs=tuple(fen[3:]),  # type: ignore[arg-type]
            credits=credits[person],
            uses=uses[person],
            has_moved=person in moved,
            unpaid_months=len(months - paid[person]),
        )
        for _, _, person, *fen, in_file in rows
    ]


def _movements(region: str, as_of: date, people: list[int]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Return person id → what was credited by period, and person id → what was used, one by one. Fen, positive."""
    credits: dict[int, list[int]] = defaultdict(list)
    uses: dict[int, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVEMENTS,
            {
                "people": people,
                "region": region,
                "as_of": as_of,
                "credits": list(CREDIT_KINDS),
                "kinds": [*CREDIT_KINDS, *USE_KINDS],
            },
        )
        for person, is_credit, _, fen in cursor.fetchall():
            if is_credit:
                credits[person].append(fen)
            else:
                uses[person].append(-fen)
    return credits, uses
