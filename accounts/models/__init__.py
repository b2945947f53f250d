"""Everything that is kept: people, their money, the rules of their region, and who signs in."""

from accounts.models.approvals import Approval
from accounts.models.audit import AuditEvent
from accounts.models.cached import CachedValue
from accounts.models.cases import Case
from accounts.models.day_closes import DayClose
from accounts.models.facts import FactChange, FormerCertificate, HeldRow, PersonChange, PersonCorrection
from accounts.models.identity import Allowance, DayCount, IdentityCode, PhoneCode, SetupCode, UnfinishedForm
from accounts.models.jobs import Chunk, Run, Skip
from accounts.models.ledger import BookYear, OpeningBalance, Pot, Transfer, Voucher
from accounts.models.life import LifeEvent
from accounts.models.lookups import Lookup, LookupCount
from accounts.models.notices import Feedback, Notice
from accounts.models.objections import Objection
from accounts.models.offices import Duty, Office, Paper
from accounts.models.people import Contribution, Enrolment, Import, Person
from accounts.models.policy import PolicyVersion, PublishedVersionError, Region
from accounts.models.queue import Ticket
from accounts.models.scans import CaseScan
from accounts.models.seals import Seal
from accounts.models.sms import OutboxMessage
from accounts.models.statements import AnnualStatement
from accounts.models.user import User

__all__ = [
    "Allowance",
    "AnnualStatement",
    "Approval",
    "AuditEvent",
    "Case",
    "CaseScan",
    "Chunk",
    "Contribution",
    "DayClose",
    "DayCount",
    "Duty",
    "Enrolment",
    "FactChange",
    "Feedback",
    "FormerCertificate",
    "HeldRow",
    "IdentityCode",
    "Import",
    "LifeEvent",
    "Lookup",
    "LookupCount",
    "Notice",
    "Objection",
    "Office",
    "OpeningBalance",
    "OutboxMessage",
    "Paper",
    "BookYear",
    "CachedValue",
    "Person",
    "PersonChange",
    "PersonCorrection",
    "PhoneCode",
    "PolicyVersion",
    "Pot",
    "PublishedVersionError",
    "Region",
    "Run",
    "Seal",
    "SetupCode",
    "Skip",
    "Ticket",
    "Transfer",
    "UnfinishedForm",
    "User",
    "Voucher",
]
