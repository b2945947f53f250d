"""The demo's families: invitations sent and accepted, money used and moved, by the operations that pages call."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial

from accounts.codes import Relation, Scope
from accounts.identity.access import actor_of
from accounts.identity.actors import Act
from accounts.models import Person, User
from accounts.queries.people import find_by_certno
from family.operations import accepting, counter, drafts, invitations, pool
from payments.bills.operations import pay
from payments.demo.personas import HENAN, PERSONAS, QUANZHOU, RUIAN
from payments.models import Institution
from yibao.lib.clock import SHANGHAI

CHEN_JING, CHEN_WEI, LIN_XIAOYU = 1, 2, 5
HUANG_JIANGUO, HUANG_XIUYING, HUANG_XIAOMING = 10, 11, 12
GUO_MIN, GUO_LELE, GUO_LAOGEN = 20, 21, 22
WAITING_DAYS = 2
CLERK = "clerk1"


@dataclass(frozen=True, slots=True)
class Story:
    """What the families of the demo did, and when."""

    act: Act

    def ask(self, payer: int, user: int, region: str, relation: str, limit_fen: int | None = None) -> str:
        """Send an invitation and return its number."""
        inviter, invitee = person(payer), person(user)
        drafts.draft(
            act=self.act,
            payer=inviter,
            region=region,
            relation=relation,
            name=invitee.name,
            certno=invitee.certno,
            scopes=tuple(Scope),
            limit_fen=limit_fen,
        )
        sent = invitations.send(act=self.act, payer=inviter, region=region)
        return str(sent.invitation.number)

    def agree(self, user: int, number: str) -> None:
        accepting.accept(act=self.act, user=person(user), number=number)

    def show(self, payer: int, user: int) -> None:
        """Let a clerk see how the two are related: what they agreed on holds, and not the low limit any more."""
        clerk = User.objects.get(username=CLERK)
        act = Act(actor_of(clerk), self.act.at)
        counter.show_relation(act=act, payer=person(payer), user=person(user))

    def agree_for(self, child: int, parent: int, number: str) -> None:
        of_age, small = person(parent), person(child)
        accepting.accept_for_child(
            act=self.act, parent=of_age, number=number, name=small.name, certno=small.certno, declared=True
        )

    def move_in(self, payer: int, amount_fen: int) -> None:
        key = f"demo:{self.act.on}"
        pool.move_in(act=self.act, payer=person(payer), region=QUANZHOU, amount_fen=amount_fen, key=key)

    def bill(self, user: int, region: str, code: str, amount_fen: int) -> None:
        pay(
            act=self.act,
            institution=Institution.objects.get(code=code),
            person=person(user),
            region=region,
            amount_fen=amount_fen,
            on=self.act.on,
            bill_no=f"F{self.act.on:%Y%m%d}{user:04d}",
        )


def chen(story: Story) -> None:
    story.agree(CHEN_WEI, story.ask(CHEN_JING, CHEN_WEI, RUIAN, Relation.PARENT, limit_fen=300_000))
    story.show(CHEN_JING, CHEN_WEI)


def huang(story: Story) -> None:
    story.agree(HUANG_XIUYING, story.ask(HUANG_JIANGUO, HUANG_XIUYING, QUANZHOU, Relation.PARENT))
    number = story.ask(HUANG_JIANGUO, HUANG_XIAOMING, QUANZHOU, Relation.CHILD, limit_fen=50_000)
    story.agree_for(HUANG_XIAOMING, HUANG_JIANGUO, number)
    story.move_in(HUANG_JIANGUO, 100_000)


def guo(story: Story) -> None:
    story.agree(GUO_LAOGEN, story.ask(GUO_MIN, GUO_LAOGEN, HENAN, Relation.PARENT))
    story.agree_for(GUO_LELE, GUO_MIN, story.ask(GUO_MIN, GUO_LELE, HENAN, Relation.CHILD))


PAST: tuple[tuple[date, Callable[[Story], None]], ...] = (
    (date(2025, 3, 24), chen),
    (date(2025, 6, 24), huang),
    (date(2025, 7, 8), guo),
    (date(2025, 8, 25), lambda story: story.bill(CHEN_WEI, RUIAN, "H33038100002", 62_000)),
    (date(2025, 9, 22), lambda story: story.bill(HUANG_XIUYING, QUANZHOU, "H35050000001", 12_850)),
    (date(2025, 11, 24), lambda story: story.bill(HUANG_XIAOMING, QUANZHOU, "P35050000001", 4_360)),
    (date(2026, 2, 24), lambda story: story.bill(CHEN_WEI, RUIAN, "H33038100001", 88_000)),
    (date(2026, 4, 23), lambda story: story.move_in(HUANG_JIANGUO, 50_000)),
    (date(2026, 6, 24), lambda story: story.bill(HUANG_XIUYING, QUANZHOU, "P35050000001", 9_720)),
    (date(2026, 9, 23), lambda story: story.bill(CHEN_WEI, RUIAN, "H33038100003", 75_000)),
)


def days(act: Act) -> Iterator[tuple[datetime, Callable[[], object]]]:
    """Yield when the families of the demo did what, up to leaving one invitation waiting for a parent's answer."""
    for on, happens in PAST:
        story = _story(act, on)
        yield story.act.at, partial(happens, story)
    last = _story(act, act.on - timedelta(days=WAITING_DAYS))
    yield last.act.at, partial(last.ask, CHEN_JING, LIN_XIAOYU, RUIAN, Relation.CHILD)


def _story(act: Act, on: date) -> Story:
    return Story(Act(act.actor, datetime.combine(on, time(10), SHANGHAI)))


def person(serial: int) -> Person:
    member = next(member for member in PERSONAS if member.serial == serial)
    found = find_by_certno(member.certno)
    assert found is not None
    return found
