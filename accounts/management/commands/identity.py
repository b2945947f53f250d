"""What a counter does about sign-ins: `identity code|move|not_me --by clerk1`. Numbers are typed, never part of the command.

code    a code for somebody whose documents were checked; it ties their sign-in, or opens a limited one
move    tie the person to the sign-in of another phone
not_me  「这不是我」: end the sign-in that is not the person's own, and everything done with it
"""

from argparse import ArgumentParser
from collections.abc import Callable

from accounts.errors import AccountsError
from accounts.identity.actors import Act
from accounts.management.base import BaseCommand, CommandError, ask
from accounts.management.staff import acts_by, add_by
from accounts.models import Person, User
from accounts.operations import identity, taking_back
from accounts.queries.people import find_by_certno
from yibao.lib.days import span_words
from yibao.lib.values import BadValueError
from yibao.lib.values.phones import read_phone


class Command(BaseCommand):
    help = "Give a code for, move or take back the sign-in of somebody whose documents a clerk has checked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=list(DONE))
        add_by(parser)

    def handle(self, *args: object, what: str, by: list[str], **options: object) -> None:
        if not by:
            raise CommandError("请用 --by 写明是哪位工作人员在办")
        act = acts_by(by, most=1)[0]
        try:
            person = find_by_certno(ask("参保人的证件号码："))
            if person is None:
                raise CommandError("名册里没有这个证件号码")
            self.tell(DONE[what](act, person))
        except EOFError:
            raise CommandError("没有输入号码") from None
        except AccountsError as error:
            raise CommandError(f"没有办：{error.message}") from None


def _code(act: Act, person: Person) -> str:
    code = identity.issue_identity_code(act=act, person=person)
    return f"核验码 {code}，{span_words(identity.CODE_VALID)}内有效，只能用一次。请本人登录后填写。"


def _move(act: Act, person: Person) -> str:
    try:
        phone = read_phone(ask("新的登录手机号："))
    except BadValueError as error:
        raise CommandError(f"没有办，新的登录手机号：{error}") from None
    user = User.objects.by_phone(phone).first()
    if user is None:
        raise CommandError("这个手机号还没有登录过，请本人先登录一次")
    not_mine = ask("原来的登录是别人开的吗？是，填 y：").strip().lower() == "y"
    identity.move_sign_in(act=act, person=person, to_user=user, not_mine=not_mine)
    return "已改用新的登录，原来的登录已退出。"


def _not_me(act: Act, person: Person) -> str:
    stopped = taking_back.take_back(act=act, person=person)
    return "\n".join(["那个登录已经停用。", *(f"也停下了：{words}" for words in stopped)])


DONE: dict[str, Callable[[Act, Person], str]] = {"code": _code, "move": _move, "not_me": _not_me}
