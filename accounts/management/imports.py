"""What the import commands have in common."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from accounts.errors import AccountsError
from accounts.identity.actors import Act, Actor
from accounts.management.base import BaseCommand, CommandError
from accounts.management.progress import Bar
from accounts.management.staff import acts_by, add_by
from accounts.roster.answers import grouped, in_words
from accounts.roster.drafts import ImportResult
from accounts.roster.problems import ImportRefusedError, Problem
from yibao.lib import clock
from yibao.lib.values.amounts import read_yuan

R = TypeVar("R")


class FileCommand(BaseCommand):
    """A file in, an answer out; what is wrong with the file is listed by cause."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV (UTF-8 or GB18030) or a workbook (.xlsx, .xls, .xlsb, .ods)")
        add_by(parser)

    def taken_in(self, operation: Callable[..., R], options: Mapping[str, Any], **more: Any) -> R:
        """Return what an operation makes of the file. Raises CommandError when it takes none of it in."""
        path = Path(str(options["file"]))
        system = Act(Actor.system(str(self.__module__).rpartition(".")[2]), clock.now())
        (act,) = acts_by(options.get("by") or [], most=1) or [system]
        try:
            with Bar(self.stderr) as bar:
                return operation(act=act, path=path, progress=bar.show, **more)
        except ImportRefusedError as refusal:
            self._list(refusal, as_json=bool(options["json"]))
            raise CommandError(f"{path.name}：{refusal}") from None
        except AccountsError as error:
            raise CommandError(f"没有导入 {path.name}：{error.message}") from None

    def refused(self, reason: str) -> dict[str, Any]:
        return {"imported": False, "bad_rows": 0, "problems": [Problem(0, "", "", reason).as_json()]}

    def _list(self, refusal: ImportRefusedError, *, as_json: bool) -> None:
        if as_json:
            self.answer({"imported": False, "bad_rows": refusal.bad_rows, "problems": refusal.as_json()})
            return
        for line in grouped(refusal.problems):
            self.stdout.write(line)


class ImportCommand(FileCommand):
    """One file in, one operation called, one answer out."""

    operation: Callable[..., ImportResult]

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--hold", action="store_true", help="lay bad rows aside and take the others in")

    def handle(self, *args: object, **options: Any) -> None:
        path = Path(str(options["file"]))
        result = self.taken_in(self.operation, options, **self.expected(options))
        if options["json"]:
            self.answer(result.as_json())
        else:
            self._tell(path, result)
        if result.held:
            raise CommandError(f"{path.name}：{len(result.held):,} 行留待处理，用 held_rows 查看、确认或放弃")

    def expected(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the operation is told about the file besides where it is."""
        return {"hold": options["hold"]}

    def _tell(self, path: Path, result: ImportResult) -> None:
        self.stdout.write(f"{path.name}：{in_words(result)}")
        for remark in result.remarks:
            self.stdout.write(f"注意：{remark}")
        for line in grouped([held.problem for held in result.held]):
            self.stdout.write(f"留待处理：{line}")


class FactsImportCommand(ImportCommand):
    """An import of which the number of rows may be told with the file."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--expect-rows", type=int, metavar="N", help="refuse a file with another number of rows")

    def expected(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().expected(options), "expect_rows": options["expect_rows"]}


def yuan_argument(text: str) -> int:
    """Read an amount in yuan on the command line as fen."""
    try:
        return read_yuan(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
