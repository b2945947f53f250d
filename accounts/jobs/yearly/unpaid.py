"""Before a pre-credited year is settled: how much of what was credited is paid for, and when that is too little to believe.

Where unpaid months are taken back, one contribution file that has not come would take everybody's money. So the
settlement stops when more than one in twenty credited months look unpaid, until two people have said that it goes on.
"""

from typing import NamedTuple

from django.db import connection

from accounts.codes import ApprovalState
from accounts.jobs import posted, rollover
from accounts.models import Approval
from accounts.policies import registry
from accounts.policies.terms.credit import TAKE_BACK_UNPAID
from yibao.lib.periods import Period

ONE_IN = 20
APPROVAL = "settle_unpaid"  # the kind of approval with which two people let it go on


class Credited(NamedTuple):
    """Months of employees and flexible workers that stand credited for a year, and how many of them nobody paid for."""

    months: int
    unpaid: int

    @property
    def looks_wrong(self) -> bool:
        return self.unpaid * ONE_IN > self.months


def credited_months(region: str, period: Period) -> Credited:
    """Count the year's credited months and those without a payment, by what was credited last to each person."""
    start, end = rollover.year_range(region, period.year)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT coalesce(sum(months), 0), coalesce(sum(greatest(months - coalesce(paid, 0), 0)), 0) FROM (
                {posted.LAST_OF_YEAR}
            ) credited LEFT JOIN (
                SELECT person_id, count(*) AS paid FROM accounts_contribution
                WHERE region = %(region)s AND month >= %(start)s AND month < %(end)s AND counts GROUP BY person_id
            ) contributions USING (person_id)
            """,
            {
                "region": region,
                "year_kinds": list(posted.YEAR_KINDS),
                "year": str(period),
                "corrections": period.corrections_like,
                "start": start,
                "end": end,
            },
        )
        return Credited(*map(int, cursor.fetchone()))


def why_not_to_settle(region: str, period: Period) -> str:
    """Say why a year is not settled yet: too much of it looks unpaid, and nobody has said go on. Empty: it may be."""
    _, end = rollover.year_range(region, period.year)
    last = registry.credit(region, end.replace(year=end.year - 1) if end.month == 1 else end)
    if last.unpaid_months != TAKE_BACK_UNPAID:
        return ""
    credited = credited_months(region, period)
    if not credited.looks_wrong or _two_people_said_go_on(region, period):
        return ""
    return (
        f"{period} 年度已划入 {credited.months} 个月，其中 {credited.unpaid} 个月没有缴费记录，超过 {ONE_IN} 分之一："
        "好像少导入了缴费文件，先不结算，请核对。确实没有缴费的，由两位同事确认后继续："
        f"manage.py settle_unpaid --region {region} --period {period} --reason 原因 --by 经办账号 --by 复核账号"
    )


def subject_of(region: str, period: Period) -> str:
    """Return what an approval calls the settlement of a region's year."""
    return f"settlement:{region}:{period}"


def _two_people_said_go_on(region: str, period: Period) -> bool:
    return Approval.objects.filter(
        kind=APPROVAL, subject=subject_of(region, period), state=ApprovalState.APPROVED
    ).exists()
