"""Settle bills by file: `import_bills FILE [--answer FILE] [--expect-rows N] [--expect-sum YUAN]`; every row is answered, exit 1 where one was refused."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from accounts.management.base import CommandError
from accounts.management.imports import FileCommand, yuan_argument
from accounts.roster.answers import grouped
from payments.bills.files import GIVEN_BACK, REFUSED, SETTLED, import_bills
from yibao.lib.csv_files import write_private
from yibao.lib.os_errors import in_words


class Command(FileCommand):
    help = "Settle the bills (结算单) of a CSV or workbook one by one, and write what became of each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--expect-rows", type=int, metavar="N", help="refuse a file with another number of rows")
        parser.add_argument(
            "--expect-sum", type=yuan_argument, metavar="YUAN", help="refuse the file unless its amounts sum up to this"
        )
        parser.add_argument("--answer", type=Path, metavar="FILE", help="write the rows with their answers there (CSV)")

    def handle(self, *args: object, **options: Any) -> None:
        name, answer = options["file"].name, options["answer"]
        if answer and not answer.parent.is_dir():
            raise CommandError(f"没有 {answer.parent} 这个文件夹，回执没有地方写；什么也没有结算")
        if answer and answer.resolve() == options["file"].resolve():
            raise CommandError(f"回执不能写在交来的文件 {name} 上，请换一个文件名；什么也没有结算")
        expected = {"expect_rows": options["expect_rows"], "expect_sum_fen": options["expect_sum"]}
        result, content = self.taken_in(import_bills, options, **expected)
        if options["json"]:
            self.answer(result.as_json())
        else:
            counts = "，".join(f"{word} {result.count(word):,}" for word in (SETTLED, GIVEN_BACK, REFUSED))
            self.stdout.write(f"{name}：{result.rows:,} 行，{counts}")
            for remark in result.remarks:
                self.stdout.write(f"注意：{remark}")
            for line in grouped(result.problems):
                self.stdout.write(f"{REFUSED}：{line}")
        if answer:
            self._write(answer, content)
        if refused := result.count(REFUSED):
            raise CommandError(f"{name}：{refused:,} 行没有结算，原因见上；改好后可以整份再交，已结算的不会重复")

    def _write(self, answer: Path, content: bytes) -> None:
        try:
            write_private(answer, content)
        except OSError as error:
            raise CommandError(
                f"写不了 {answer.name}：{in_words(error)}。各行已经办完，换一个位置再运行一次就有回执，不会重复结算"
            ) from None
