"""A clerk has seen papers that show how two people are related: `show_relation --by clerk1`. Numbers are typed."""

from argparse import ArgumentParser

from accounts.errors import AccountsError
from accounts.management.base import BaseCommand, CommandError, ask
from accounts.management.staff import acts_by, add_by
from accounts.models import Person
from accounts.queries.people import find_by_certno
from family.errors import FamilyError
from family.models import Bond
from family.operations import counter


class Command(BaseCommand):
    help = "Note that a clerk has seen how payer and user are related; the low limit of a relation only said ends."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_by(parser)

    def handle(self, *args: object, by: list[str], **options: object) -> None:
        if not by:
            raise CommandError("请用 --by 写明是哪位工作人员看过证件")
        act = acts_by(by, most=1)[0]
        try:
            payer, user = _person("出钱人"), _person("使用人")
            event = counter.show_relation(act=act, payer=payer, user=user)
        except EOFError:
            raise CommandError("没有输入号码") from None
        except Bond.DoesNotExist:
            raise CommandError("这两个人之间没有使用中的家庭共济，请核对谁出钱、谁使用") from None
        except (AccountsError, FamilyError) as error:
            raise CommandError(f"没有办：{error.message}") from None
        self.tell("已记下，两个人都会收到通知。" if event else "以前已经核对过，没有修改。")


def _person(who: str) -> Person:
    person = find_by_certno(ask(f"{who}的证件号码："))
    if person is None:
        raise CommandError(f"名册里没有{who}的证件号码")
    return person
