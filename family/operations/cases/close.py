"""注销共济账户: everybody's use ends, invitations are withdrawn, and what is in the pool goes back to its owner (seed S1)."""

from accounts.codes import CaseKind, PotKind
from accounts.identity.actors import Act
from accounts.models import Case, Pot
from accounts.operations.cases.handlers import Assessment, CaseHandler, Outcome, register
from accounts.operations.cases.identity_papers import who_comes
from family.codes import ACTIVE_STATES, OPEN
from family.models import Bond, Invitation
from family.operations import closing, counter
from family.queries.open_matters import open_matters
from yibao.lib.fen import grouped

_ONLINE = "能：登录后在家庭共济里关闭"


def _assess(act: Act, case: Case) -> Assessment:
    payer, region, needed = case.subject, case.region, who_comes(case)
    if matters := open_matters(payer, region):
        return Assessment(
            stops=tuple(f"还有没办完的：{matter.text}。先办完再注销" for matter in matters), papers=needed
        )
    bonds = list(Bond.objects.filter(payer=payer, region=region, state__in=ACTIVE_STATES).order_by("pk"))
    waiting = list(Invitation.objects.filter(payer=payer, region=region, state__in=OPEN).order_by("pk"))
    pools = Pot.objects.filter(person=payer, region=region, kind=PotKind.POOL)
    pool_fen = sum(pot.balance_fen or 0 for pot in pools)
    if not bonds and not waiting and not pool_fen:
        return Assessment(stops=("这个人没有家庭共济可以注销：没有家人在用钱，共济账户里也没有钱",), papers=needed)
    words = [
        ("结束使用", f"{len(bonds)}位家人不再能用"),
        ("撤回邀请", f"{len(waiting)}份"),
        ("共济账户转回", f"{grouped(pool_fen)} 元，回到本人个人账户"),
    ]
    return Assessment(
        content={
            "bonds": [bond.pk for bond in bonds],
            "invitations": [invitation.pk for invitation in waiting],
            "pool_fen": pool_fen,
        },
        words=words,
        papers=needed,
    )


def _execute(act: Act, case: Case) -> Outcome:
    event = closing.close_family(act=act, payer=case.subject, region=case.region)
    said = ["已注销"]
    if event.voucher:
        said.append("共济账户里的钱已转回")
    if event.parts.exists():
        said.append("家人都会收到通知")
    return Outcome("，".join(said), {"events": [event.pk]})


def _undo(act: Act, case: Case) -> str:
    counter.undo_at_counter(act=act, event_id=case.record["events"][0])
    return "已撤销，家人可以照原来的继续用"


register(
    CaseHandler(
        kind=CaseKind.CLOSE,
        assess=_assess,
        execute=_execute,
        undo=_undo,
        opposite=CaseKind.BIND,
        guards_money=True,
        online=_ONLINE,
    )
)
