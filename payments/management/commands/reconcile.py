"""Reconcile a region's day: `reconcile --region 330900 --day 2026-11-25`; exit 1 when something does not agree."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from accounts.management.base import BaseCommand, CommandError
from accounts.management.days import day_argument, refuse_future_day
from accounts.management.regions import known_region
from payments.reconciliation.report import CSV_COLUMNS, Report, as_json, as_table, report_of
from yibao.lib.csv_files import csv_bytes, write_private
from yibao.lib.fen import grouped
from yibao.lib.os_errors import in_words


class Command(BaseCommand):
    help = "Report a region's day: credited, spent, refunded by kind; owed to institutions and to the tax office."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--region", required=True, help="统筹区 code, e.g. 330900")
        parser.add_argument("--day", required=True, type=day_argument, metavar="YYYY-MM-DD")
        parser.add_argument("--csv", type=Path, metavar="FILE", help="also write the table for the treasury")

    def handle(self, *args: object, **options: Any) -> None:
        region = known_region(options["region"])
        refuse_future_day(options["day"])
        report = report_of(region, options["day"])
        if options["csv"]:
            self._write(options["csv"], report)
        if options["json"]:
            self.answer(as_json(report))
        else:
            self.stdout.write("\n".join(_in_words(report)))
        if report.differences:
            raise CommandError("对不上的：" + "；".join(f"{one.name} {len(one.rows)} 处" for one in report.differences))

    def _write(self, path: Path, report: Report) -> None:
        try:
            write_private(path, csv_bytes(CSV_COLUMNS, as_table(report)))
        except OSError as error:
            raise CommandError(f"写不了 {path.name}：{in_words(error)}，请换一个位置") from None


def _in_words(report: Report) -> list[str]:
    lines = [f"{report.region} {report.day} 对账（元）"]
    for sums in report.kinds:
        parts = [
            ("划入", sums.credited_fen),
            ("支出", sums.spent_fen),
            ("账户之间", sums.moved_fen),
            ("冲正", sums.refunded_fen),
        ]
        amounts = "".join(f"，{word} {grouped(fen)}" for word, fen in parts if fen)
        later = f"（其中 {sums.recorded_later} 笔是过后补记的）" if sums.recorded_later else ""
        lines.append(f"  {sums.kind.label}：{sums.vouchers} 笔{amounts}{later}")
    lines.append(f"待付定点机构 {grouped(report.institutions_fen)}")
    for one in report.institutions:
        lines.append(f"  {one.code} {one.name}：当日付 {grouped(one.spent_fen)}，退 {grouped(one.refunded_fen)}，"
                     f"累计应付 {grouped(one.owed_fen)}")  # fmt: skip
    lines.append(f"代缴待解缴 {grouped(report.premiums_fen)}")
    for owed in report.owed_to:
        lines.append(
            f"  参保地 {owed.region}：{grouped(owed.owed_fen)}，"
            f"其中该解缴 {grouped(owed.to_pay_fen)}，已解缴 {grouped(owed.paid_fen)}"
        )
    for state in report.orders:
        lines.append(f"  代缴单{state.state.label}：{state.orders:,} 张，{grouped(state.sum_fen)}")
    for batch in report.batches:
        lines.append(
            f"  批次 {batch.no}：{batch.rows:,} 张，{grouped(batch.sum_fen)}；"
            f"确认 {batch.confirmed:,}，退回 {batch.returned:,}，等答复 {batch.waiting:,}；"
            f"退费 {batch.refunds:,}，等答复 {batch.refunds_waiting:,}"
        )
    for claim in report.claims:
        lines.append(f"返还申请{claim.state.label}：{claim.claims:,} 份，{grouped(claim.sum_fen)}")
    for payer in report.payers:
        lines.append(f"  家人使用 {payer.name} {payer.certno} 的钱 {grouped(payer.used_fen)}，"
                     f"退回 {grouped(payer.refunded_fen)}")  # fmt: skip
    for difference in report.differences:
        lines.append(f"对不上：{difference.name}")
        lines += [f"  {'，'.join(f'{key} {value}' for key, value in row.items())}" for row in difference.rows]
    return lines
