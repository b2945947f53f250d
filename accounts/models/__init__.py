"""Everything that is kept: people, their money, the rules of their region, and who signs in."""

from accounts.models.audit import AuditEvent
from accounts.models.jobs import Chunk, Run, Skip
from accounts.models.ledger import Period, Pot, Transfer, Voucher
from accounts.models.people import Contribution, Enrolment, Import, Person
from accounts.models.user import User

__all__ = [
    "AuditEvent",
    "Chunk",
    "Contribution",
    "Enrolment",
    "Import",
    "Period",
    "Person",
    "Pot",
    "Run",
    "Skip",
    "Transfer",
    "User",
    "Voucher",
]
