"""Seal the vouchers, transfers, audit events and approvals written since the last seal, and print the head to keep elsewhere."""

from accounts.errors import AccountsError
from accounts.identity.actors import Act, Actor
from accounts.management.base import BaseCommand, CommandError
from accounts.operations import seals
from yibao.lib import clock


class Command(BaseCommand):
    help = "Seal what has been written since the last seal; prints the head of the chain, to be kept elsewhere."

    def handle(self, *args: object, **options: object) -> None:
        try:
            head = seals.seal(act=Act(Actor.system("seal"), clock.now()))
        except AccountsError as error:
            raise CommandError(error.message) from None
        if options["json"]:
            document = {"number": head.number, "digest": head.digest} if head else {"number": 0, "digest": ""}
            self.answer(document)
        else:
            self.stdout.write(f"已加封。封条头，请另存一处：{head}" if head else "还没有要加封的。")
