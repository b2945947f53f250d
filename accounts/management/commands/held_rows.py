"""Rows laid aside by imports: `held_rows` lists them, `held_rows --confirm 12 15 --by A --by B` takes them in."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from accounts.codes import HeldState
from accounts.errors import AccountsError
from accounts.identity.actors import Act, Actor
from accounts.management.base import BaseCommand, CommandError, ask
from accounts.management.staff import acts_by, add_by, by_two
from accounts.models import HeldRow
from accounts.roster import held
from yibao.lib import clock

_TYPED = "?"  # so that a name or number need not stand in the history of the shell


class Command(BaseCommand):
    help = "List the rows that imports laid aside (待处理的行); mend, confirm or drop them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        ids: dict[str, Any] = {"type": int, "nargs": "+", "action": "extend", "default": [], "metavar": "ID"}
        parser.add_argument("--confirm", **ids, help="take the rows in; what is hardly true needs --by twice")
        parser.add_argument("--drop", **ids, help="give the rows up")
        parser.add_argument("--mend", type=int, metavar="ID", help="change cells of one row, as --set says")
        parser.add_argument(
            "--set",
            action="append",
            type=_cell,
            default=[],
            dest="cells",
            metavar="COLUMN=TEXT",
            help="what a cell is to say; with COLUMN=? it is asked for",
        )
        parser.add_argument("--reason", default="已核实", help="for the colleague who checks a confirmation")
        parser.add_argument("--import", type=int, dest="source", metavar="ID", help="list those of one import only")
        add_by(parser, two=True)

    def handle(self, *args: object, **options: Any) -> None:
        if bool(options["mend"]) != bool(options["cells"]):
            raise CommandError("改正一行：--mend 编号 --set 列名=内容")
        if both := sorted(set(options["confirm"]) & set(options["drop"])):
            raise CommandError(f"同一行不能既确认又放弃：{'、'.join(map(str, both))}；什么也没有做")
        if not (options["confirm"] or options["drop"] or options["mend"]):
            self._list(options)
            return
        said: list[str] = []
        try:
            self._work_off(said, options)
        except (AccountsError, CommandError) as error:
            if options["json"]:
                self.answer({"done": False, "said": said, "reason": str(error)})
            raise CommandError("；".join([*said, str(error)])) from None
        waits = [row.pk for row in HeldRow.objects.filter(pk__in=options["confirm"], state=HeldState.WAITING)]
        if options["json"]:
            self.answer({"done": not waits, "said": said, "waiting": waits})
        else:
            self.stdout.write("\n".join(said))
        if waits:
            raise CommandError("要确认的行还没有导入，等另一位同事复核")

    def _work_off(self, said: list[str], options: dict[str, Any]) -> None:
        """Do what is asked, one after the other; `said` grows by a sentence for each thing that is done."""
        acts = acts_by(options["by"]) or [Act(Actor.system("held_rows"), clock.now())]
        if options["mend"]:
            cells = {column: ask(f"{column}：") if text == _TYPED else text for column, text in options["cells"]}
            held.mend(act=acts[0], row_id=options["mend"], cells=cells)
            said.append(f"待处理的行 {options['mend']} 已改正")
        if options["drop"]:
            said.append(f"已放弃 {held.drop(act=acts[0], ids=options['drop'])} 行")
        if options["confirm"]:
            said.append(self._confirm(acts[0], options))

    def _confirm(self, act: Act, options: dict[str, Any]) -> str:
        """Take the rows in; what is hardly true only with a second person. Returns what was done, for people."""
        ids = sorted(set(options["confirm"]))
        try:
            return held.in_words(held.confirm(act=act, ids=ids))
        except held.TwoNeededError as error:
            if not options["by"]:
                raise CommandError(f"{error.message}。请用 --by 写明提交人，再写一次 --by 写明复核人") from None
        _, said = by_two(
            options["by"],
            kind=held.CONFIRM,
            subject=held.subject_of(ids),
            reason=options["reason"],
            asked={"rows": ids},
        )
        return said

    def _list(self, options: dict[str, Any]) -> None:
        rows = HeldRow.objects.filter(state=HeldState.WAITING).order_by("id")
        if options["source"]:
            rows = rows.filter(source=options["source"])
        if options["json"]:
            self.answer({"held": [_as_json(row) for row in rows]})
            return
        self.stdout.write("\n".join(map(_in_words, rows)) or "没有待处理的行")


def _cell(text: str) -> tuple[str, str]:
    column, is_set, value = text.partition("=")
    if not is_set:
        raise ArgumentTypeError(f"{text}：要写成 列名=内容")
    return column.strip(), value.strip()


def _as_json(row: HeldRow) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "import": row.source_id,
        "row": row.row,
        "column": row.column,
        "value": row.value,
        "reason_code": row.reason_code,
        "reason": row.reason,
        "cells": dict(held.shown(row)),
        "at": row.at.astimezone(clock.SHANGHAI).isoformat(),
    }


def _in_words(row: HeldRow) -> str:
    column = f" {row.column}" if row.column else ""
    value = f"「{row.value}」" if row.value else ""
    return f"{row.pk}　{row.get_kind_display()}（导入 {row.source_id}）第{row.row}行{column}{value}：{row.reason}"
