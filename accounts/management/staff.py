"""`--by`: which members of staff act through a command. Once where one acts, twice (maker, checker) where it takes two."""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from accounts.errors import AccountsError
from accounts.identity.access import actor_of
from accounts.identity.actors import Act
from accounts.models import Approval, User
from accounts.operations import approvals
from yibao.lib import clock


def add_by(parser: ArgumentParser, *, two: bool = False) -> None:
    """Let a command take --by USERNAME; with `two`, once more for the checker. The names come as options["by"]."""
    one = "the member of staff who acts"
    both = f"{one}; once more for the colleague who checks it (maker first), else it waits for one"
    parser.add_argument("--by", action="append", default=[], metavar="USERNAME", help=both if two else one)


def acts_by(by: Sequence[str], *, most: int = 2) -> list[Act]:
    """Return each named member of staff as acting now. Raises CommandError for a name that is no member of staff's."""
    if len(by) > most:
        raise CommandError(f"--by 最多写{most}次")
    return [Act(actor_of(_official(name)), clock.now()) for name in by]


def by_two(
    by: Sequence[str],
    *,
    kind: str,
    subject: str,
    reason: str,
    document: str = "",
    asked: Mapping[str, Any] | None = None,
) -> tuple[Approval, str]:
    """Submit as the first of `by` and, where there is a second, approve as them: both or neither.

    Returns the approval, and a sentence for people: what has happened, or how it is approved. Raises CommandError.
    """
    maker, *checker = acts_by(by)
    try:
        with transaction.atomic():
            approval = approvals.submit(
                act=maker, kind=kind, subject=subject, reason=reason, document=document, asked=asked
            )
            if not checker:
                return approval, how_to_approve(approval)
            said = approvals.approve(act=checker[0], approval_id=approval.pk, digest=approval.digest)
    except AccountsError as error:
        raise CommandError(error.message) from None
    approval.refresh_from_db()
    return approval, said


def ends_done(done: bool) -> None:
    """Raise CommandError where what was asked for still waits for a colleague: the exit status says that it is not done."""
    if not done:
        raise CommandError("已提交，还没有办成，等另一位同事复核")


def how_to_approve(approval: Approval) -> str:
    """Return how a colleague approves what waits."""
    return (
        f"已提交，等另一位同事复核（双人复核 {approval.pk}）："
        f"在后台“双人复核”里办，或运行 manage.py approvals --approve {approval.pk} --by 账号"
    )


def _official(username: str) -> User:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None or not user.is_official:
        raise CommandError(f"没有“{username}”这个工作人员账号，或已停用，请检查 --by")
    return user
