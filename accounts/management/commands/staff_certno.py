"""Say once which person a member of staff is: `staff_certno clerk1`. The number is typed, never part of the command."""

from argparse import ArgumentParser

from accounts.errors import AccountsError
from accounts.identity.actors import Act, Actor
from accounts.identity.staff import register_certno
from accounts.management.base import BaseCommand, CommandError, ask
from yibao.lib import clock


class Command(BaseCommand):
    help = "Register the certificate number of a member of staff; without it they can neither submit nor approve."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: object, username: str, **options: object) -> None:
        try:
            user = register_certno(
                act=Act(Actor.system("staff_certno"), clock.now()),
                username=username,
                certno=ask(f"{username} 本人的证件号码："),
            )
        except EOFError:
            raise CommandError("没有输入证件号码") from None
        except AccountsError as error:
            raise CommandError(f"没有登记：{error.message}") from None
        self.tell(f"{user.username} 已登记，可以提交和复核了")
