"""Lists for staff: where the facts of a region contradict each other, or the money. People by their ids.

Read only. What is credited against the facts is a finding of verify_ledger; this is what a person has to look into.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from accounts.codes import EnrolmentStatus, InsuranceType, PersonType, VoucherKind
from accounts.jobs import posted, rollover
from accounts.ledger import book_years
from accounts.ledger.legs import LEGS
from accounts.models.life import MERGED_AWAY
from accounts.policies.formulas import capacity_in_sql
from yibao.lib.periods import Period, first_day_in_sql, month_in_sql

TITLES = {
    "credited_not_paid": "已记未缴：划入了，没有缴费记录",
    "paid_not_credited": "已缴未记：有缴费记录，没有划入",
    "insured_twice": "同时在两个统筹区参保",
    "perhaps_same_person": "像是同一个人登记了两次",
    "never_paid": "参保以后从来没有缴费",
}


class Row(NamedTuple):
    """One line of a list: whom it is about, the months or years, and what there is to know in Chinese."""

    person: int
    periods: tuple[str, ...]
    note: str


def lists_of(region: str, period: Period | None, today: date) -> dict[str, list[Row]]:
    """Return every list of TITLES for a region, and a month or benefit year; without one for the year of `today`."""
    return {name: list_of(name, region, period, today) for name in TITLES}


def list_of(name: str, region: str, period: Period | None, today: date) -> list[Row]:
    """Return one list of TITLES, as `lists_of` does."""
    within = _months(region, period or Period(book_years.year_of(region, today)))
    about: dict[str, Any] = {
        "region": region,
        "today": today,
        "start": within[0],
        "end": within[1],
        "year": str(within[2]),
        "corrections": Period(within[2]).corrections_like,
        "employee": InsuranceType.EMPLOYEE,
        "normal": EnrolmentStatus.NORMAL,
        "retired": PersonType.RETIRED,
        "accrual": VoucherKind.ACCRUAL,
        "year_kinds": list(posted.YEAR_KINDS),
    }
    return [row for statement in STATEMENTS[name] for row in _rows(statement, about)]


def _months(region: str, period: Period) -> tuple[date, date, int]:
    """Return the days from and until which a period goes, and the benefit year it is or lies in."""
    if period.is_month:
        first = period.month.first
        return first, period.month.next_first, book_years.year_of(region, first)
    return (*rollover.year_range(region, period.year), period.year)


def _rows(statement: str, about: dict[str, Any]) -> Iterator[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, about)
        for person, periods, note in cursor.fetchall():
            yield Row(person, tuple(periods), note)


_MONTH = month_in_sql("c.month")
_CREDITED = first_day_in_sql("t.period")

# Months credited one by one: each against its own payment. What was taken back since counts as not credited.
_CREDITED_MONTHS_NOT_PAID = f"""
    SELECT p.person_id, array_agg(DISTINCT t.period ORDER BY t.period), '按月划入的月份没有缴费记录'
    FROM accounts_pot p JOIN ({LEGS}) t ON t.pot = p.id
    WHERE p.region = %(region)s AND t.kind = %(accrual)s
      AND {_CREDITED} >= %(start)s AND {_CREDITED} < %(end)s
      AND {capacity_in_sql("t.facts")} <> 'retiree'
      AND NOT EXISTS (SELECT 1 FROM accounts_contribution c WHERE c.person_id = p.person_id AND c.counts
                      AND c.region = p.region AND {_MONTH} = t.period)
      AND NOT EXISTS (SELECT 1 FROM accounts_pot q JOIN ({LEGS}) k ON k.pot = q.id
                      WHERE q.person_id = p.person_id AND q.region = p.region AND k.id > t.id
                        AND k.period LIKE %(corrections)s)
    GROUP BY p.person_id ORDER BY p.person_id
"""

# A pre-credited year: as many months as were credited last, against the months paid for.
_CREDITED_YEARS_NOT_PAID = f"""
    SELECT person_id, ARRAY[%(year)s], '划入' || months || '个月，缴费' || coalesce(paid, 0) || '个月' FROM (
        {posted.LAST_OF_YEAR}
    ) credited LEFT JOIN (
        SELECT person_id, count(*) AS paid FROM accounts_contribution
        WHERE region = %(region)s AND month >= %(start)s AND month < least(%(end)s, date_trunc('month', %(today)s))
          AND counts GROUP BY person_id
    ) contributions USING (person_id)
    WHERE least(months, (extract(year FROM age(least(%(end)s, date_trunc('month', %(today)s)::date), %(start)s)) * 12
                         + extract(month FROM age(least(%(end)s, date_trunc('month', %(today)s)::date), %(start)s))))
          > coalesce(paid, 0)
      AND EXISTS (SELECT 1 FROM accounts_run WHERE region = %(region)s AND kind = %(accrual)s AND period = %(year)s)
    ORDER BY person_id
"""

# What was credited and what was skipped is collected once: asked for each month of each person it takes a city hours.
_PAID_NOT_CREDITED = f"""
    WITH credited AS (
        SELECT DISTINCT p.person_id, CASE WHEN t.kind = %(accrual)s THEN t.period ELSE %(year)s END AS period
        FROM accounts_pot p JOIN ({LEGS}) t ON t.pot = p.id
        WHERE p.region = %(region)s
          AND (t.kind = %(accrual)s OR (t.period = %(year)s OR t.period LIKE %(corrections)s) AND t.kind = ANY(%(year_kinds)s))
    ), skipped AS (
        SELECT s.person_id, s.period, max(s.detail) AS detail
        FROM accounts_skip s JOIN accounts_run r ON r.id = s.run_id WHERE r.region = %(region)s GROUP BY 1, 2
    ), run AS (
        SELECT DISTINCT period FROM accounts_run WHERE region = %(region)s AND kind = %(accrual)s
    ), paid AS (
        SELECT c.person_id, {_MONTH} AS period FROM accounts_contribution c
        WHERE c.region = %(region)s AND c.counts AND c.month >= %(start)s AND c.month < %(end)s
    )
    SELECT c.person_id, array_agg(c.period ORDER BY c.period),
           coalesce(max(coalesce(m.detail, y.detail)),
                    CASE WHEN EXISTS (SELECT 1 FROM accounts_enrolment e WHERE e.person_id = c.person_id AND e.counts
                                      AND e.region = %(region)s AND e.insurance = %(employee)s)
                         THEN '没有划入，也没有原因，请核对' ELSE '名册里没有这个人在这里的职工参保登记，登记后才能划入' END)
    FROM paid c
    LEFT JOIN skipped m ON (m.person_id, m.period) = (c.person_id, c.period)
    LEFT JOIN skipped y ON (y.person_id, y.period) = (c.person_id, %(year)s)
    LEFT JOIN credited of_month ON (of_month.person_id, of_month.period) = (c.person_id, c.period)
    LEFT JOIN credited of_year ON (of_year.person_id, of_year.period) = (c.person_id, %(year)s)
    WHERE (c.period IN (SELECT period FROM run) OR %(year)s IN (SELECT period FROM run))
      AND (coalesce(m.detail, y.detail) IS NOT NULL OR coalesce(of_month.person_id, of_year.person_id) IS NULL)
    GROUP BY c.person_id ORDER BY c.person_id
"""

_NOW = """
    SELECT DISTINCT ON (person_id, region) person_id, region, status, person_type, from_on FROM accounts_enrolment
    WHERE insurance = %(employee)s AND counts AND from_on <= %(today)s ORDER BY person_id, region, from_on DESC, seq DESC
"""

_INSURED_TWICE = f"""
    SELECT e.person_id, ARRAY[]::text[], '现在同时在 ' || string_agg(e.region, '、' ORDER BY e.region) || ' 正常参保'
    FROM ({_NOW}) e WHERE e.status = %(normal)s
    GROUP BY e.person_id HAVING count(*) > 1 AND bool_or(e.region = %(region)s) ORDER BY e.person_id
"""

_PERHAPS_SAME = f"""
    SELECT p.id, ARRAY[]::text[], '与参保人编号 ' || string_agg(o.id::text, '、' ORDER BY o.id) || ' 的姓名、出生日期、性别都相同'
    FROM accounts_person p
    JOIN accounts_person o ON (o.name, o.birth_on, o.gender) = (p.name, p.birth_on, p.gender) AND o.id <> p.id
    WHERE EXISTS (SELECT 1 FROM accounts_enrolment e WHERE e.person_id = p.id AND e.region = %(region)s AND e.counts)
      AND o.id NOT IN ({MERGED_AWAY})
    GROUP BY p.id ORDER BY p.id
"""

_NEVER_PAID = f"""
    SELECT e.person_id, ARRAY[]::text[], '从 ' || e.from_on || ' 起参保，没有缴费记录'
    FROM ({_NOW}) e WHERE e.region = %(region)s AND e.status = %(normal)s AND NOT starts_with(e.person_type, %(retired)s)
      AND NOT EXISTS (SELECT 1 FROM accounts_contribution c WHERE c.person_id = e.person_id AND c.counts)
    ORDER BY e.person_id
"""

STATEMENTS = {
    "credited_not_paid": (_CREDITED_MONTHS_NOT_PAID, _CREDITED_YEARS_NOT_PAID),
    "paid_not_credited": (_PAID_NOT_CREDITED,),
    "insured_twice": (_INSURED_TWICE,),
    "perhaps_same_person": (_PERHAPS_SAME,),
    "never_paid": (_NEVER_PAID,),
}
