"""The demo's past, lived through day by day: each month's files come in before its jobs run, then bills are paid."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from random import Random

from accounts.codes import InstitutionKind
from accounts.identity.actors import Act, Actor
from accounts.jobs.worker import run_due
from accounts.policies import registry
from accounts.policies.terms.spending import VACCINE
from accounts.queries.people import find_by_certno
from accounts.roster.contributions import import_contributions
from accounts.roster.people import import_roster
from payments.bills.codes import BillKind, HospitalLevel
from payments.bills.institutions import level_of
from payments.bills.operations import pay, refund
from payments.demo import families, files, premiums
from payments.demo.personas import FIRST_MONTH, PERSONAS, Member
from payments.models import Institution
from yibao.lib import clock
from yibao.lib.clock import SHANGHAI
from yibao.lib.months import Month, month_range

BEGINS = datetime(2021, 12, 31, tzinfo=SHANGHAI)  # the rules are there before anything happens by them
FILES_DAY = 18  # the bureau hands in what changed and what was paid on the 15th
DUE_DAY = 21  # the day after regions credit the month

HOSPITAL, PHARMACY = InstitutionKind.HOSPITAL, InstitutionKind.PHARMACY
# code, name, kind, hosp_lv, region
INSTITUTIONS = (
    ("H33038100001", "安阳街道社区卫生服务中心", HOSPITAL, HospitalLevel.ONE_A, "330381"),
    ("H33038100002", "瑞安第二医院", HOSPITAL, HospitalLevel.TWO_A, "330381"),
    ("H33038100003", "瑞安中心医院", HOSPITAL, HospitalLevel.THREE_A, "330381"),
    ("P33038100001", "同德大药房", PHARMACY, "", "330381"),
    ("H33090000001", "临城街道社区卫生服务中心", HOSPITAL, HospitalLevel.ONE_A, "330900"),
    ("P33090000001", "海岛大药房", PHARMACY, "", "330900"),
    ("H35050000001", "鲤城社区卫生服务中心", HOSPITAL, HospitalLevel.ONE_A, "350500"),
    ("P35050000001", "刺桐大药房", PHARMACY, "", "350500"),
    ("H11000000001", "东城社区卫生服务站", HOSPITAL, HospitalLevel.NONE, "110000"),
    ("H43000000001", "岳麓社区卫生服务中心", HOSPITAL, HospitalLevel.ONE_A, "430000"),
    ("H41000000001", "中原社区卫生服务中心", HOSPITAL, HospitalLevel.ONE_A, "410000"),
)

Progress = Callable[[str, int, int], None]
Day = tuple[datetime, Callable[[], object]]  # an instant, and what happens then


def build(*, act: Act, folder: Path, progress: Progress) -> None:
    """Live through the days up to that of the act, each by a clock of its own."""
    for code, name, kind, hosp_lv, region in INSTITUTIONS:
        said = {"name": name, "kind": kind, "hosp_lv": hosp_lv, "level": level_of(hosp_lv), "region": region}
        Institution.objects.get_or_create(code=code, defaults=said)
    past = _Past(act.actor, folder)
    days = [*past.days(act.on), *families.days(act), *premiums.days(act, folder)]
    days = [day for day in days if day[0] <= act.at]
    days.sort(key=lambda day: day[0])
    for number, (moment, happens) in enumerate(days, start=1):
        progress("演示历史", number, len(days))
        with clock.set_to(moment):
            happens()
    past.run()


@dataclass(frozen=True, slots=True)
class _Past:
    actor: Actor
    folder: Path

    def days(self, today: date) -> Iterator[Day]:
        """Yield what happens when, in any order."""
        for month in month_range(Month.parse(FIRST_MONTH), Month.of(today) + 1):
            yield _instant(month, FILES_DAY, hour=9), partial(self.bring_in, month)
            if month.month == 1:
                yield _instant(month, 2, hour=3), self.run
            yield _instant(month, DUE_DAY, hour=3), self.run
            for member in PERSONAS:
                yield from self.bills(member, month)
        for member in PERSONAS:
            yield from self.stays(member)

    def run(self) -> None:
        """Do what is due."""
        run_due(actor=self.actor, on=clock.today(), clock=clock.now)

    def bring_in(self, month: Month) -> None:
        """Hand in what has changed since the last month, if anything, and what was paid."""
        act = Act(self.actor, clock.now())
        after = "" if str(month) == FIRST_MONTH else f"{month + -1}-{FILES_DAY}"
        changes = list(files.roster_of(PERSONAS, after, f"{month}-{FILES_DAY}"))
        if changes:
            import_roster(act=act, path=files.write_roster(self.folder / f"roster-{month}.csv", changes))
        paid = files.contributions_of(PERSONAS, month)
        path = files.write_contributions(self.folder / f"paid-{month}.csv", paid, "clct_type")
        import_contributions(act=act, path=path)

    def bills(self, member: Member, month: Month) -> Iterator[Day]:
        """Yield the member's bill of a month: the same one in every demo. One in twenty is given back."""
        chance = Random(f"{member.serial}/{month}")
        if chance.random() >= member.spends / 12:
            return
        day = DUE_DAY + 1 + chance.randrange(6)
        place = chance.choice([row for row in INSTITUTIONS if row[4] == member.region])
        amount_fen = chance.randrange(1_500, 26_000)
        is_returned = chance.random() < 0.05
        moment = _instant(month, day, hour=15)
        may_vaccinate = VACCINE in registry.spending(member.region, moment.date()).uses and place[2] == HOSPITAL
        kind = BillKind.VACCINE if may_vaccinate and chance.random() < 0.1 else ""
        yield moment, partial(self.pay, member, place[0], amount_fen, kind=kind, is_returned=is_returned)

    def stays(self, member: Member) -> Iterator[Day]:
        """Yield the member's bills from the region's large hospital."""
        for day, amount_fen in member.stays.items():
            on = date.fromisoformat(day)
            place = next(row for row in INSTITUTIONS if row[3:] == (HospitalLevel.THREE_A, member.region))
            yield (
                _instant(Month.of(on), on.day, hour=11),
                partial(self.pay, member, place[0], amount_fen, kind=BillKind.INPATIENT),
            )

    def pay(self, member: Member, place: str, amount_fen: int, *, kind: str = "", is_returned: bool = False) -> None:
        """Pay a bill, of the kind usual at the place; nothing where the member is not insured yet."""
        act, person = Act(self.actor, clock.now()), find_by_certno(member.certno)
        if person is None:
            return
        bill = pay(
            act=act,
            institution=Institution.objects.get(code=place),
            person=person,
            region=member.region,
            amount_fen=amount_fen,
            on=act.on,
            bill_no=f"{act.on:%Y%m%d}{member.serial:04d}",
            kind=kind,
        )
        if is_returned and bill.voucher_id:
            refund(act=act, bill=bill, bill_no=f"{bill.bill_no}T", reason="退药退费")


def _instant(month: Month, day: int, *, hour: int) -> datetime:
    return datetime.combine(month.first.replace(day=day), time(hour), SHANGHAI)
