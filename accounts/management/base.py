"""What every command has in common: mistyped options are told in Chinese, and `--json` prints one document, also of a refusal."""

import json
import re
import sys
from argparse import ArgumentParser
from contextlib import redirect_stdout
from typing import Any, NoReturn

from django.core.management import base
from django.core.management.base import CommandError

__all__ = ["BaseCommand", "CommandError", "ask"]

_SAID = tuple(  # how argparse says it, and how it is said here
    (re.compile(english, re.DOTALL), chinese)
    for english, chinese in (
        (r"the following arguments are required: (.+)", "还要写 {}"),
        (r"one of the arguments (.+) is required", "{} 要写其中一个"),
        (r"unrecognized arguments: (.+)", "没有 {} 这样的写法"),
        (r"ambiguous option: (.+) could match (.+)", "{} 不够明确，可以是 {}"),
        (r"argument (.+?): not allowed with argument (.+)", "{} 和 {} 不能一起写"),
        (r"argument (.+?): expected .+", "{} 后面要写内容"),
        (r"argument (.+?): ignored explicit argument (.+)", "{} 后面不带内容，多了 {}"),
        (r"argument (.+?): invalid choice: (.+?) \(choose from (.+)\)", "{} 不能是 {}，可以是 {}"),
        (r"argument (.+?): invalid int value: (.+)", "{} 要写整数，不能是 {}"),
        (r"argument (.+?): invalid \S+ value: (.+)", "{} 不能是 {}"),
        (r"argument (.+?): (.+)", "{}：{}"),
    )
)


class BaseCommand(base.BaseCommand):
    """Prints for people, or with `--json` one document; exit status 1 where not everything asked for was done."""

    _as_json = False
    _answered = False

    def create_parser(self, prog_name: str, subcommand: str, **more: Any) -> base.CommandParser:
        parser = super().create_parser(prog_name, subcommand, **more)
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.error = self._mistyped(parser)  # type: ignore[method-assign]  # Django names its parser's class itself
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        self._as_json, self._answered = bool(options.get("json")), False
        try:
            return super().execute(*args, **options)
        except CommandError as refusal:
            if self._as_json and not self._answered:
                self.answer(self.refused(str(refusal)))
            raise

    def answer(self, document: object) -> None:
        """Print the one JSON document."""
        self._answered = True
        self.stdout.write(json.dumps(document, ensure_ascii=False, default=str))

    def tell(self, said: str, **more: Any) -> None:
        """Print what was done: a sentence for people, in JSON as `said` beside `done` and whatever more there is."""
        if self._as_json:
            self.answer({"done": True, "said": said} | more)
        else:
            self.stdout.write(said)

    def refused(self, reason: str) -> dict[str, Any]:
        """Return the document of a command that has done nothing."""
        return {"done": False, "reason": reason}

    def _mistyped(self, parser: base.CommandParser) -> Any:
        def error(message: str) -> NoReturn:
            reason = in_chinese(message)
            if not parser.called_from_command_line:  # type: ignore[attr-defined]
                raise CommandError(reason)
            if "--json" in sys.argv:
                self.answer(self.refused(reason))
            parser.exit(1, f"{reason}\n用法：{_usage(parser)}")

        return error


def ask(question: str) -> str:
    """Return what is typed. The question goes beside what is printed, so that `--json` stays one document."""
    with redirect_stdout(sys.stderr):
        return input(question)


def in_chinese(message: str) -> str:
    """Return what argparse has to say of a command line."""
    for pattern, words in _SAID:
        if found := pattern.fullmatch(message):
            return words.format(*found.groups())
    return message


def _usage(parser: ArgumentParser) -> str:
    return parser.format_usage().partition(": ")[2]
