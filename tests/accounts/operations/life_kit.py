"""Staff, papers and cases for tests of life events."""

from datetime import date, datetime, time
from typing import Any

from accounts.codes import ProofKind, Role
from accounts.identity.access import actor_of
from accounts.identity.actors import Act
from accounts.models import Approval, Person, User
from accounts.operations import approvals
from accounts.operations.life_events.events import Paper
from accounts.operations.life_events.vouchers import subject_of
from tests.accounts.operations.renaming import staff
from yibao.lib import clock

PAPER = Paper(ProofKind.RESOLUTION, "舟医保〔2026〕7号")


class Desk:
    """Two members of staff at a desk: what one submits the other approves."""

    def __init__(self) -> None:
        self.maker: User = staff(Role.CLERK, "clerk", 1)
        self.checker: User = staff(Role.APPROVER, "approver", 2)

    def act(self, on: date, user: User | None = None) -> Act:
        return Act(actor_of(user or self.maker), datetime.combine(on, time(10), clock.SHANGHAI))

    def submit(self, kind: str, person: Person, region: str, *, on: date, **asked: Any) -> Approval:
        return approvals.submit(
            act=self.act(on),
            kind=kind,
            subject=subject_of(person.pk, region),
            reason="查实后办理",
            document=PAPER.number,
            asked={"proof": PAPER.kind, "document": PAPER.number, **asked},
        )

    def approve(self, approval: Approval, on: date, user: User | None = None) -> str:
        act = self.act(on, user or self.checker)
        return approvals.approve(act=act, approval_id=approval.pk, digest=approval.digest)

    def do(self, kind: str, person: Person, region: str, *, on: date, **asked: Any) -> str:
        """Submit and approve in one go."""
        return self.approve(self.submit(kind, person, region, on=on, **asked), on)
