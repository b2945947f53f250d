"""Change the master key of the encrypted fields: `rotate_keys`. docs/keys.md says when and how."""

from argparse import ArgumentParser

from accounts.errors import AccountsError
from accounts.management.base import BaseCommand, CommandError
from accounts.management.progress import Bar
from accounts.operations import rotation
from accounts.sealing import keyring


class Command(BaseCommand):
    help = (
        "Add a master key and move every encrypted row to it. Broken off, even by kill -9, everything stays"
        " readable; run it again to complete it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        options = parser.add_mutually_exclusive_group()
        options.add_argument(
            "--prepare", action="store_true", help="only add a key that reads, to be copied to every host first"
        )
        options.add_argument("--forget", action="store_true", help="drop the old keys, once no row uses them")

    def handle(self, *args: object, **options: object) -> None:
        moved, dropped = 0, []
        try:
            if options["prepare"]:
                keyring.add_key()
            elif options["forget"]:
                dropped = rotation.drop_old_keys()
            else:
                with Bar(self.stderr) as bar:
                    moved = rotation.rotate(progress=bar.show)
        except AccountsError as error:
            raise CommandError(error.message) from None
        current = keyring.load().current.hex()
        if options["json"]:
            self.answer({"current": current, "moved": moved, "forgotten": dropped})
        elif options["prepare"]:
            self.stdout.write(f"新密钥已备好，还没有启用。请把 {keyring.path()} 复制到每台主机，再运行 rotate_keys")
        elif options["forget"]:
            self.stdout.write(f"已删除旧密钥 {'、'.join(dropped)}" if dropped else "没有旧密钥")
        else:
            self.stdout.write(f"已换用密钥 {current}，重新加密 {moved:,} 行。请备份 {keyring.path()}")
