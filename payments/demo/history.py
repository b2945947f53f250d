"""The demo's past: everything imported, then month by month what was due that month, and the bills of the month."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random

from accounts.codes import InstitutionKind
from accounts.identity.actors import Act
from accounts.jobs.worker import run_due
from accounts.queries.people import find_by_certno
from accounts.roster.contributions import import_contributions
from accounts.roster.people import import_roster
from payments.bills.operations import pay, refund
from payments.demo import families, files
from payments.demo.personas import FIRST_MONTH, PERSONAS, Member
from payments.models import Institution
from yibao.lib.clock import SHANGHAI
from yibao.lib.months import Month, month_range

DUE_DAY = 21  # the day after regions credit the month

HOSPITAL, PHARMACY = InstitutionKind.HOSPITAL, InstitutionKind.PHARMACY
# code, name, kind, level, region
INSTITUTIONS = (
    ("H33038100001", "安阳街道社区卫生服务中心", HOSPITAL, 1, "330381"),
    ("H33038100002", "瑞安第二医院", HOSPITAL, 2, "330381"),
    ("H33038100003", "瑞安中心医院", HOSPITAL, 3, "330381"),
    ("P33038100001", "同德大药房", PHARMACY, 0, "330381"),
    ("H33090000001", "临城街道社区卫生服务中心", HOSPITAL, 1, "330900"),
    ("P33090000001", "海岛大药房", PHARMACY, 0, "330900"),
    ("H35050000001", "鲤城社区卫生服务中心", HOSPITAL, 1, "350500"),
    ("P35050000001", "刺桐大药房", PHARMACY, 0, "350500"),
    ("H11000000001", "东城社区卫生服务站", HOSPITAL, 0, "110000"),
    ("H43000000001", "岳麓社区卫生服务中心", HOSPITAL, 1, "430000"),
)

Progress = Callable[[str, int, int], None]


def build(*, act: Act, folder: Path, clock: Callable[[], datetime], progress: Progress) -> None:
    """Import the personas and live through the months up to the day of the act."""
    for code, name, kind, level, region in INSTITUTIONS:
        Institution.objects.get_or_create(
            code=code, defaults={"name": name, "kind": kind, "level": level, "region": region}
        )
    roster = files.write_roster(folder / "roster.csv", files.roster_of(PERSONAS))
    import_roster(act=act, path=roster)
    this_month = Month.of(act.on)
    paid = files.contributions_of(PERSONAS, this_month)
    import_contributions(act=act, path=files.write_contributions(folder / "contributions.csv", paid))
    months = list(month_range(Month.parse(FIRST_MONTH), this_month + 1))
    for number, month in enumerate(months, start=1):
        progress("演示历史", number, len(months))
        run_due(actor=act.actor, on=min(month.first + timedelta(days=DUE_DAY - 1), act.on), clock=clock)
        for member in PERSONAS:
            _bills(act, member, month)
        families.live(act=act, month=month)
    families.wait(act=act)


def _bills(act: Act, member: Member, month: Month) -> None:
    """Post the member's bills of a month: the same ones in every demo. One in twenty is given back."""
    chance = Random(f"{member.serial}/{month}")
    if chance.random() >= member.spends / 12:
        return
    on = month.first + timedelta(days=DUE_DAY + chance.randrange(6))
    if on > act.on:
        return
    place = chance.choice([row for row in INSTITUTIONS if row[4] == member.region])
    person = find_by_certno(member.certno)
    assert person is not None
    then = Act(act.actor, datetime.combine(on, time(15), SHANGHAI))
    bill = pay(
        act=then,
        institution=Institution.objects.get(code=place[0]),
        person=person,
        region=member.region,
        amount_fen=chance.randrange(1_500, 26_000),
        on=on,
        key=f"demo:{member.serial}:{month}",
    )
    if bill.voucher_id and chance.random() < 0.05:
        refund(act=then, bill=bill, key=f"demo-refund:{bill.pk}", reason="退药退费")
