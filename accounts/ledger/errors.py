"""What the ledger refuses. Whoever only has to answer a refusal imports it from here, not the door of posting."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError
from psycopg.errors import UniqueViolation

from accounts.errors import AccountsError


class PostingError(AccountsError):
    """The posting was refused and nothing was written."""

    message = "这一笔没有记账"


class InsufficientFundsError(PostingError):
    """A pot does not hold the amount."""

    message = "余额不足"


class FrozenError(PostingError):
    """The account is frozen: nothing may be used or moved until it is released."""

    message = "账户已冻结，解除冻结以前不能使用、划转或转出"


class DeadError(PostingError):
    """Whoever would use the money had died before that day."""

    message = "本人已经去世，账户不能再使用；余额由继承人申请"


class KeyReusedError(PostingError):
    """The idempotency key was used before for something else."""

    message = "这一笔已经办过，内容和这次的不一样，没有再办；要办另一笔，请重新开始"


class AlreadyPostedError(PostingError):
    """Under this key something was posted while this was decided."""

    message = "这一笔已经办过，没有再办"


class AlreadyReversedError(PostingError):
    """The voucher was reversed before, or so much of it that less is left: each fen goes back once."""

    message = "这张凭证已经冲正过"


class ControlTotalsError(PostingError):
    """What stands in the ledger is not what was to be posted; the chunk is rolled back."""

    message = "记入的合计与账上不符"


class StaleError(AccountsError):
    """What was read has changed before it was locked; nothing was written. Whoever locks first can do it."""

    message = "办理时账户刚有变动，没有记账，请再办一次"


class NoPotError(AccountsError):
    """The person, or the whole region, has no account."""

    message = "这个人在本统筹区没有个人账户"


@contextmanager
def refusing_taken_keys() -> Iterator[None]:
    """Raise AlreadyPostedError where the database finds a key taken: what was written under it counts once."""
    try:
        yield
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        raise AlreadyPostedError from error
