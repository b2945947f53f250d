"""Compare our pots with the old system's file: `compare_balances FILE [--json]`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from accounts.errors import AccountsError
from accounts.identity.actors import Act, Actor
from accounts.management.base import BaseCommand, CommandError
from accounts.management.progress import Bar
from accounts.management.staff import acts_by, add_by
from accounts.roster.answers import grouped as problems_by_cause
from accounts.roster.comparison import Compared, Difference, compare_balances
from accounts.roster.problems import ImportRefusedError, Problem
from yibao.lib import clock
from yibao.lib.fen import grouped, yuan

SHOWN = 20
_POTS = ("current", "carried", "pool")
_POT_NAMES = ("当年", "历年", "共济")


class Command(BaseCommand):
    help = "Compare balances with a file of the old system (columns as import_balances); exit 1 where any differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV (UTF-8 or GB18030) or a workbook (.xlsx, .xls, .xlsb, .ods)")
        add_by(parser)

    def handle(self, *args: object, file: Path, **options: Any) -> None:
        system = Act(Actor.system("compare_balances"), clock.now())
        (act,) = acts_by(options["by"], most=1) or [system]
        try:
            with Bar(self.stderr) as bar:
                compared = compare_balances(act=act, path=file, progress=bar.show)
        except ImportRefusedError as refusal:
            if options["json"]:
                self.answer({"compared": False, "bad_rows": refusal.bad_rows, "problems": refusal.as_json()})
            else:
                self.stdout.write("\n".join(problems_by_cause(refusal.problems)))
            raise CommandError(
                f"{file.name} 没有核对：{len(refusal.problems):,} 处有问题，见上；改好后再核对一次"
            ) from None
        except AccountsError as error:
            raise CommandError(f"没有核对 {file.name}：{error.message}") from None
        if options["json"]:
            self.answer(_as_json(compared))
        else:
            self.stdout.write("\n".join(_in_words(compared)))
        if compared.differences:
            raise CommandError(f"{len(compared.differences)} 人不一致")

    def refused(self, reason: str) -> dict[str, Any]:
        return {"compared": False, "bad_rows": 0, "problems": [Problem(0, "", "", reason).as_json()]}


def _in_words(compared: Compared) -> list[str]:
    lines = [f"文件 {compared.rows:,} 行；一致 {compared.equal:,} 人，合计 {grouped(compared.equal_fen)} 元"]
    lines += [f"注意：{remark}" for remark in compared.remarks]
    if not compared.differences:
        return [*lines, "没有不一致的。"]
    net = sum(one.fen for one in compared.differences)
    lines.append(f"不一致 {len(compared.differences):,} 人，这里比原系统{_more(net)}")
    for (reason, size), (people, fen) in compared.by_size_and_reason().items():
        lines.append(f"  {reason.label}，{size}：{people:,} 人，{_more(fen)}")
    lines.append(f"前 {min(SHOWN, len(compared.differences))} 人：")
    lines += [_line(one) for one in compared.differences[:SHOWN]]
    return lines


def _more(fen: int) -> str:
    return f"{'多' if fen >= 0 else '少'} {grouped(abs(fen))} 元"


def _line(one: Difference) -> str:
    where = f"第{one.row}行" if one.row else "文件里没有"
    pots = "，".join(
        f"{name} {grouped(ours)} / {grouped(theirs)}"
        for name, ours, theirs in zip(_POT_NAMES, one.ours, one.theirs, strict=True)
        if ours != theirs
    )
    return f"  {where} {one.certno} {one.region}（这里 / 原系统）{pots}：{one.reason.label}"


def _as_json(compared: Compared) -> dict[str, Any]:
    return {
        "compared": True,
        "rows": compared.rows,
        "equal": compared.equal,
        "equal_sum": yuan(compared.equal_fen),
        "different": len(compared.differences),
        "different_sum": yuan(sum(one.fen for one in compared.differences)),
        "groups": [
            {"reason_code": reason, "reason": reason.label, "size": size, "people": people, "sum": yuan(fen)}
            for (reason, size), (people, fen) in compared.by_size_and_reason().items()
        ],
        "differences": [
            {
                "row": one.row,
                "certno": one.certno,
                "region": one.region,
                "as_of": one.as_of.isoformat(),
                "here": {pot: yuan(fen) for pot, fen in zip(_POTS, one.ours, strict=True)},
                "there": {pot: yuan(fen) for pot, fen in zip(_POTS, one.theirs, strict=True)},
                "difference": yuan(one.fen),
                "size": one.size,
                "reason_code": one.reason,
                "reason": one.reason.label,
            }
            for one in compared.differences
        ],
    }
