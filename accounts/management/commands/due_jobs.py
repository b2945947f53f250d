"""Say what the calendar has due and the database has not done; with --run, do it in order."""

from argparse import ArgumentParser
from datetime import date

from accounts.errors import AccountsError
from accounts.identity.actors import Actor
from accounts.jobs.schedule import Due, due_jobs
from accounts.jobs.worker import run_due
from accounts.management.base import BaseCommand, CommandError
from accounts.management.days import day_argument
from accounts.management.progress import Bar
from yibao.lib import clock


class Command(BaseCommand):
    help = "List (or run) the jobs that are due, computed from the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--run", action="store_true", help="run them, in order")
        parser.add_argument("--on", type=day_argument, help="business date, default today")

    def handle(self, *args: object, **options: object) -> None:
        on: date = options["on"] or clock.today()  # type: ignore[assignment]
        left_over = self._run(on) if options["run"] else []
        due = due_jobs(on)
        if options["json"]:
            self.answer({"on": on.isoformat(), "due": [_as_json(job) for job in due]})
        elif due:
            for job in due:
                again = "（再扫一遍，补新参保和基数变更）" if job.again else "（进行中）" if job.working else ""
                self.stdout.write(f"{job.region} {job.period} {job.kind.label}，应于 {job.since} 起办理{again}")
        else:
            self.stdout.write("没有到期未办的批次。")
        if left_over:
            raise CommandError("有批次没有全部完成：" + "；".join(left_over))

    def _run(self, on: date) -> list[str]:
        """Run until nothing more can begin; return what was left incomplete."""
        with Bar(self.stderr) as bar:
            try:
                reports = run_due(actor=Actor.system("due_jobs"), on=on, clock=clock.now, progress=bar.show)
            except AccountsError as refusal:
                raise CommandError(refusal.message) from None
        return [f"{r.region} {r.period} {r.kind}" for r in reports if not r.complete]


def _as_json(job: Due) -> dict[str, object]:
    return {
        "kind": job.kind,
        "region": job.region,
        "period": str(job.period),
        "since": job.since.isoformat(),
        "again": job.again,
        "working": job.working,
    }
