"""Every invariant of the ledger as one query each that finds offending rows. No row found: the books are right."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connection

from accounts import triggers
from accounts.codes import BATCH_KINDS, PERSONAL_POTS, SIGNED_KINDS, USE_KINDS
from accounts.ledger import book_years
from accounts.ledger.legs import LEGS
from accounts.models.life import DEAD, MERGED_AWAY
from yibao.lib.clock import SHANGHAI

SHOWN = 5
BACK = "冲正退给付钱的那个资金账户，跨了年度的退到历年"
VERIFIED = "ledger.verified"  # the audit event of a whole check, with how many findings there were


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken invariant: what should hold, and the first offending rows as column → value."""

    invariant: str
    rows: tuple[dict[str, object], ...]


_SUMS = f"SELECT pot, sum(change) AS change FROM ({LEGS}) leg GROUP BY pot"
_CHAIN = f"""
    SELECT pot, id AS transfer, balance, coalesce(lag(balance) OVER w, 0) + change AS expected
    FROM ({LEGS}) leg WINDOW w AS (PARTITION BY pot ORDER BY id)
"""

INVARIANTS: dict[str, str] = {
    "余额等于全部分录之和": f"""
        SELECT p.id AS pot, p.balance_fen, coalesce(s.change, 0) AS transfers_fen
        FROM accounts_pot p FULL JOIN ({_SUMS}) s ON s.pot = p.id
        WHERE p.person_id IS NOT NULL AND p.balance_fen IS DISTINCT FROM coalesce(s.change, 0)
    """,
    "分录上的余额一笔接一笔，没有断档": f"SELECT * FROM ({_CHAIN}) chain WHERE balance <> expected",
    "个人资金账户不透支，待追回不为正": """
        SELECT id AS pot, kind, balance_fen FROM accounts_pot
        WHERE kind = 'receivable' AND balance_fen > 0 OR kind <> 'receivable' AND balance_fen < 0
    """,
    "个人资金账户的分录都带余额，统筹区科目的都不带": """
        SELECT t.id AS transfer FROM accounts_transfer t
        JOIN accounts_pot s ON s.id = t.source_id JOIN accounts_pot d ON d.id = t.target_id
        WHERE (s.person_id IS NULL) <> (t.source_balance_fen IS NULL)
           OR (d.person_id IS NULL) <> (t.target_balance_fen IS NULL)
    """,
    "批量业务每个资金账户每期最多一次": f"""
        SELECT pot, kind, period, count(*) FROM ({LEGS}) leg
        WHERE kind = ANY(%(batch)s) GROUP BY pot, kind, period HAVING count(*) > 1
    """,
    "分录与凭证的业务和统筹区一致": """
        SELECT t.id AS transfer, t.voucher_id AS voucher FROM accounts_transfer t
        JOIN accounts_voucher v ON v.id = t.voucher_id
        WHERE t.kind <> v.kind OR t.region <> v.region OR t.period <> v.period
    """,
    "每张凭证都有分录": """
        SELECT v.id AS voucher, v.kind FROM accounts_voucher v
        WHERE NOT EXISTS (SELECT 1 FROM accounts_transfer t WHERE t.voucher_id = v.id)
    """,
    "冲正合计不超过原凭证": """
        SELECT * FROM (
            SELECT r.reverses_id AS voucher, sum(t.amount_fen) AS reversed_fen,
                   (SELECT sum(o.amount_fen) FROM accounts_transfer o WHERE o.voucher_id = r.reverses_id) AS original_fen
            FROM accounts_voucher r JOIN accounts_transfer t ON t.voucher_id = r.id
            WHERE r.reverses_id IS NOT NULL GROUP BY r.reverses_id) given_back
        WHERE reversed_fen > coalesce(original_fen, 0)
    """,
    "冲正退给原来付钱的人，不多于他付的": f"""
        SELECT * FROM (
            SELECT r.reverses_id AS voucher, p.person_id AS person, sum(leg.change) AS back_fen,
                   (SELECT coalesce(sum(o.change), 0) FROM ({LEGS}) o JOIN accounts_pot q ON q.id = o.pot
                    WHERE o.voucher_id = r.reverses_id AND q.person_id = p.person_id) AS change_fen
            FROM accounts_voucher r JOIN ({LEGS}) leg ON leg.voucher_id = r.id JOIN accounts_pot p ON p.id = leg.pot
            WHERE r.reverses_id IS NOT NULL GROUP BY r.reverses_id, p.person_id) given_back
        WHERE back_fen <> 0 AND (sign(back_fen) = sign(change_fen) OR abs(back_fen) > abs(change_fen))
    """,
    "每个统筹区的个人合计与科目合计相抵": """
        SELECT region, personal_fen, system_fen FROM (
            SELECT p.region, sum(p.balance_fen) AS personal_fen FROM accounts_pot p
            WHERE p.kind = ANY(%(personal)s) GROUP BY p.region) people
        JOIN (
            SELECT region, sum(CASE WHEN source_balance_fen IS NULL THEN amount_fen ELSE 0 END
                             - CASE WHEN target_balance_fen IS NULL THEN amount_fen ELSE 0 END) AS system_fen
            FROM accounts_transfer GROUP BY region) books USING (region)
        WHERE personal_fen <> system_fen
    """,
    "期初凭证与登记的期初余额一致": """
        SELECT p.id AS pot, coalesce(t.fen, 0) AS posted_fen, coalesce(o.fen, 0) AS opening_fen
        FROM (SELECT target_id AS pot, sum(amount_fen) AS fen FROM accounts_transfer
              WHERE kind = 'opening' GROUP BY target_id) t
        FULL JOIN (
            SELECT p.id AS pot, CASE p.kind WHEN 'current' THEN o.current_fen WHEN 'carried' THEN o.carried_fen
                                            ELSE o.pool_fen END AS fen
            FROM accounts_openingbalance o JOIN accounts_pot p ON (p.person_id, p.region) = (o.person_id, o.region)
            WHERE p.kind IN ('current', 'carried', 'pool')) o USING (pot)
        JOIN accounts_pot p ON p.id = pot
        WHERE coalesce(t.fen, 0) <> coalesce(o.fen, 0)
    """,
    "没有公式的记账都由两个人签过，内容也是签的那一件": """
        SELECT DISTINCT v.id AS voucher, v.kind, v.approval_id AS approval FROM accounts_voucher v
        LEFT JOIN accounts_approval a ON a.id = v.approval_id
        WHERE v.kind = ANY(%(signed)s) AND (a.state IS DISTINCT FROM 'approved' OR NOT EXISTS (
            SELECT 1 FROM accounts_lifeevent e WHERE e.approval_id = v.approval_id))
          AND (v.kind <> 'payout' OR EXISTS (
            SELECT 1 FROM accounts_transfer t JOIN accounts_pot p ON p.id = t.target_id
            WHERE t.voucher_id = v.id AND p.kind = 'outward'))
    """,
    "签过的记账，账户和金额就是签的那些": f"""
        SELECT v.id AS voucher, v.kind, a.id AS approval, said.fen AS signed_fen, coalesce(posted.fen, 0) AS posted_fen
        FROM accounts_voucher v JOIN accounts_approval a ON a.id = v.approval_id
        CROSS JOIN LATERAL (SELECT
            CASE v.kind WHEN 'manual' THEN a.content->>'fen' WHEN 'write_off' THEN a.content->>'owed_fen'
                        ELSE a.content->>'out_fen' END::bigint AS fen,
            coalesce(CASE WHEN v.key LIKE '%%:in' THEN a.content->>'receiver' END, a.content->>'person')::bigint AS person,
            coalesce(CASE WHEN v.key LIKE '%%:in' THEN a.content->>'to' END, a.content->>'region') AS region
        ) said
        LEFT JOIN LATERAL (
            SELECT CASE WHEN v.kind IN ('manual', 'write_off') THEN sum(leg.change)
                        ELSE abs(sum(leg.change) FILTER (WHERE other.kind = 'outward')) END AS fen,
                   bool_and((own.person_id, own.region) = (said.person, said.region)
                            AND (v.kind <> 'manual' OR own.kind = a.content->>'pot')
                            AND (v.kind <> 'write_off' OR own.kind = 'receivable')) AS is_theirs
            FROM ({LEGS}) leg JOIN accounts_pot own ON own.id = leg.pot JOIN accounts_pot other ON other.id = leg.other
            WHERE leg.voucher_id = v.id) posted ON true
        WHERE v.kind IN ('manual', 'write_off', 'payout', 'moved', 'inheritance')
          AND (coalesce(posted.fen, 0) <> said.fen OR NOT posted.is_theirs)
    """,
    "转到另一个账户的钱，转出多少就转入多少": """
        SELECT v.approval_id AS approval,
               sum(CASE d.kind WHEN 'outward' THEN t.amount_fen ELSE 0 END) AS out_fen,
               sum(CASE s.kind WHEN 'outward' THEN t.amount_fen ELSE 0 END) AS in_fen
        FROM accounts_voucher v JOIN accounts_transfer t ON t.voucher_id = v.id
        JOIN accounts_pot s ON s.id = t.source_id JOIN accounts_pot d ON d.id = t.target_id
        WHERE v.kind IN ('moved', 'inheritance') GROUP BY v.approval_id
        HAVING sum(CASE d.kind WHEN 'outward' THEN t.amount_fen ELSE 0 END)
            <> sum(CASE s.kind WHEN 'outward' THEN t.amount_fen ELSE 0 END)
    """,
    "并入别的登记以后，原登记没有算数的记录": f"""
        SELECT person_id AS person, 'enrolment' AS row, id FROM accounts_enrolment
        WHERE counts AND person_id IN ({MERGED_AWAY})
        UNION ALL SELECT person_id, 'contribution', id FROM accounts_contribution
        WHERE counts AND person_id IN ({MERGED_AWAY})
    """,
    "登记死亡以后，没有再用死亡以后的钱": f"""
        SELECT v.id AS voucher, v.kind, v.occurred_on, e.on AS died_on FROM accounts_voucher v
        JOIN ({DEAD}) e ON e.person_id = v.subject_id AND e.kind = 'death'
        WHERE v.kind = ANY(%(uses)s) AND v.occurred_on > e.on AND v.recorded_at > e.at
    """,
}


# Where a reversal gave back to another pot than the one that paid, or more than it had paid. 历年 instead of 当年 is for
# _went_elsewhere to judge: right once 当年 is that of a later year (reversing.reverse).
_ELSEWHERE = f"""
    SELECT o.id AS voucher, o.region, o.occurred_on, o.period, p.id AS pot, p.kind, back.fen AS back_fen,
           coalesce(paid.fen, 0) AS paid_fen, back.is_later, back.recorded_at,
           (SELECT max(sibling.year) FROM ({LEGS}) own JOIN accounts_pot sibling ON sibling.id = own.pot
            WHERE p.kind = 'carried' AND own.voucher_id = o.id AND sibling.kind = 'current'
              AND (sibling.person_id, sibling.region) = (p.person_id, p.region)) AS current_year
    FROM (
        SELECT r.reverses_id, leg.pot, sum(leg.change)::bigint AS fen, bool_or(r.period <> o.period) AS is_later,
               max(r.recorded_at) AS recorded_at
        FROM accounts_voucher r JOIN accounts_voucher o ON o.id = r.reverses_id
        JOIN ({LEGS}) leg ON leg.voucher_id = r.id GROUP BY r.reverses_id, leg.pot
    ) back
    JOIN accounts_voucher o ON o.id = back.reverses_id JOIN accounts_pot p ON p.id = back.pot
    LEFT JOIN LATERAL (SELECT sum(leg.change)::bigint AS fen FROM ({LEGS}) leg
                       WHERE leg.voucher_id = o.id AND leg.pot = p.id) paid ON true
    WHERE back.fen <> 0 AND (sign(back.fen) = sign(coalesce(paid.fen, 0)) OR abs(back.fen) > abs(coalesce(paid.fen, 0)))
    ORDER BY o.id, p.id
"""

# What the queries call by name.
PARAMETERS: dict[str, Any] = {
    "batch": list(BATCH_KINDS),
    "personal": list(PERSONAL_POTS),
    "uses": list(USE_KINDS),
    "signed": list(SIGNED_KINDS),
}

# What other apps keep beside the ledger: their AppConfig.ready adds it here, since accounts knows none of them.
OF_OTHER_APPS: dict[str, str] = {}


def findings() -> Iterator[Finding]:
    """Yield every invariant that does not hold, with the first offending rows."""
    if rows := tuple(islice(_went_elsewhere(), SHOWN)):
        yield Finding(BACK, rows)
    if lost := triggers.missing():
        yield Finding("防改写触发器都在", tuple({"trigger": name} for name in lost[:SHOWN]))
    for name, sql in (INVARIANTS | OF_OTHER_APPS).items():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({sql}) found LIMIT {SHOWN}", PARAMETERS)
            columns = [column.name for column in cursor.description or ()]
            rows = tuple(dict(zip(columns, row, strict=True)) for row in cursor.fetchall())
        if rows:
            yield Finding(name, rows)


def _went_elsewhere() -> Iterator[dict[str, object]]:
    with connection.cursor() as cursor:
        cursor.execute(_ELSEWHERE)
        columns = [column.name for column in cursor.description or ()]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        region, on = str(row.pop("region")), row.pop("occurred_on")
        period, is_later, current_year = row.pop("period"), row.pop("is_later"), row.pop("current_year")
        year, recorded_on = book_years.year_of(region, on), row.pop("recorded_at").astimezone(SHANGHAI).date()
        # In a new year 当年 may be rolled over before the old books are closed: what is dated back into them goes to 历年.
        rolled_over = current_year != year and book_years.year_of(region, recorded_on) != year
        if current_year is not None and (is_later or str(year) != period or rolled_over):
            continue
        yield row
