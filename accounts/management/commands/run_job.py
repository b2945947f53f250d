"""Run a job for a region and period, here and now: `run_job accrual --region 330900 --period 2025`."""

from argparse import ArgumentParser

from accounts.codes import JobKind, RunState
from accounts.errors import AccountsError
from accounts.identity.actors import Actor
from accounts.jobs.job import RIGHTLY_LEFT_OUT
from accounts.jobs.worker import CLOSE_YEAR, Report, run_job
from accounts.management.base import BaseCommand, CommandError
from accounts.management.days import day_argument
from accounts.management.progress import Bar
from yibao.lib import clock
from yibao.lib.fen import grouped, yuan
from yibao.lib.periods import BadPeriodError, Period


class Command(BaseCommand):
    help = "Run accrual, trueup, interest, rollover or close_year for a region and period."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=[*JobKind.values, CLOSE_YEAR])
        parser.add_argument("--region", required=True, help="统筹区 code, e.g. 330900")
        parser.add_argument(
            "--period", required=True, help="2025-03 where credited monthly, else the benefit year 2025"
        )
        parser.add_argument("--on", type=day_argument, help="business date, default today (for back-filling)")
        parser.add_argument("--dry-run", action="store_true", help="post nothing, print the same totals")

    def handle(self, *args: object, **options: object) -> None:
        with Bar(self.stderr) as bar:
            try:
                reports = run_job(
                    actor=Actor.system("run_job"),
                    kind=str(options["kind"]),
                    region=str(options["region"]),
                    period=Period.parse(str(options["period"])),
                    on=options["on"] or clock.today(),  # type: ignore[arg-type]
                    clock=clock.now,
                    dry=bool(options["dry_run"]),
                    progress=bar.show,
                )
            except (AccountsError, BadPeriodError) as refusal:
                raise CommandError(
                    f"没有运行 {options['kind']} {options['region']} {options['period']}：{refusal}"
                ) from None
        if options["json"]:
            self.answer({"dry_run": options["dry_run"], "runs": [_as_json(r) for r in reports]})
        else:
            for report in reports:
                self.stdout.write(_as_text(report, dry=bool(options["dry_run"])))
        bad = [report for report in reports if not report.complete]
        if bad:
            raise CommandError("；".join(_what_is_left(report) for report in bad))


def _as_json(report: Report) -> dict[str, object]:
    totals = report.totals
    return {
        "kind": report.kind,
        "region": report.region,
        "period": str(report.period),
        "state": report.state,
        "eligible": totals.eligible,
        "credited": totals.credited,
        "skipped": totals.skipped,
        "failed_chunks": totals.failed_chunks,
        "total": yuan(totals.total_fen),
    }


def _as_text(report: Report, *, dry: bool) -> str:
    totals = report.totals
    name = JobKind(report.kind).label
    head = (
        f"{'（试算，没有记账）' if dry else ''}{name} {report.region} {report.period}：{RunState(report.state).label}"
    )
    counts = f"应处理 {totals.eligible} 人次，记账 {totals.credited} 人，合计 {grouped(totals.total_fen)} 元"
    skipped = "".join(f"\n  未处理 {reason}：{count} 人" for reason, count in sorted(totals.skipped.items()))
    return f"{head}\n  {counts}{skipped}"


def _what_is_left(report: Report) -> str:
    if report.state == RunState.FAILED:
        return f"{report.kind} {report.period} 有 {report.totals.failed_chunks} 段失败，见后台「批次」；改正后再运行一次即可"
    left = sum(count for reason, count in report.totals.skipped.items() if reason not in RIGHTLY_LEFT_OUT)
    return f"{report.kind} {report.period} 有 {left} 人没有处理，原因见后台「未处理」；改正后再运行一次即可"
