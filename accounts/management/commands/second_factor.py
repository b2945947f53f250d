"""A staff member's authenticator: `second_factor code|reset clerk1 --by admin`, on the server.

code   a code to hand over in person; with it they choose a password, where they have none, and set up the authenticator
reset  take an administrator's lost authenticator away; of everybody else it takes two: `staff new_factor`
"""

from argparse import ArgumentParser

from accounts.errors import AccountsError
from accounts.identity.actors import Act, Actor
from accounts.management.base import BaseCommand, CommandError
from accounts.management.staff import acts_by, add_by
from accounts.models import User
from accounts.operations import second_factor
from yibao.lib import clock
from yibao.lib.days import span_words


class Command(BaseCommand):
    help = "Give a member of staff a setup code, or take an administrator's lost second factor away."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["code", "reset"])
        parser.add_argument("username")
        add_by(parser)

    def handle(self, *args: object, what: str, username: str, by: list[str], **options: object) -> None:
        if by and what == "reset":
            raise CommandError(
                "reset 不带 --by：它只给管理员、在服务器上用。别人的由两个人办：manage.py staff new_factor"
            )
        act = acts_by(by, most=1)[0] if by else Act(Actor.system("second_factor"), clock.now())
        user = User.objects.filter(username=username).first()
        if user is None or not user.is_official:
            raise CommandError(f"没有“{username}”这个工作人员账号，请检查账号写得对不对")
        try:
            self.tell(_code(act, user) if what == "code" else _reset(act, user))
        except AccountsError as error:
            raise CommandError(f"没有办：{error.message}") from None


def _code(act: Act, user: User) -> str:
    code = second_factor.issue_setup_code(act=act, user=user)
    return (
        f"设置码 {code}，{span_words(second_factor.SETUP_VALID)}内有效，只能用一次。请当面交给 {user.username} 本人。"
    )


def _reset(act: Act, user: User) -> str:
    second_factor.reset_of_administrator(act=act, user=user)
    return f"{user.username} 的动态码已取消，已在各处退出。重新设置要新的设置码：manage.py second_factor code {user.username}"
