"""What a job is: whether it makes sense, what it does with a chunk, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from accounts.errors import AccountsError
from accounts.models import Chunk, Run
from accounts.policies.entitlement import NotDue
from yibao.lib.periods import Period

NEVER_PAID = "never_paid"
# Who is left out rightly: listed so that it can be answered for (check_facts, the admin), but there is nothing to do.
# Everybody else who is left out waits for a fact or a decision, and the run is incomplete until then.
RIGHTLY_LEFT_OUT = frozenset({NEVER_PAID, NotDue.ELSEWHERE})


class CannotRunError(AccountsError):
    """The run makes no sense now; the message says why and what to do."""


@dataclass(slots=True)
class Outcome:
    """What a chunk did: people it looked at, people it credited or charged, fen moved, people it left out."""

    eligible: int = 0
    credited: int = 0
    total_fen: int = 0
    skips: list[tuple[int, str, str, str]] = field(default_factory=list)  # person, period, reason code, detail


@dataclass(frozen=True, slots=True)
class Job:
    """`check` refuses what makes no sense for a region and period on a day, by CannotRunError; `process` does a chunk."""

    check: Callable[[str, Period, date], None]
    process: Callable[[Run, Chunk], Outcome]
    closes_year: bool = False
