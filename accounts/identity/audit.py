"""Writing down who did what: in the same transaction as the deed, so that there is never one without the other."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.errors import AccountsError
from accounts.identity.actors import Act
from accounts.models import AuditEvent, Person
from yibao.lib import pipeline
from yibao.lib.masking import scrubbed
from yibao.lib.pipeline import Insertion

UNMASKED = "lookup.unmasked"  # a clerk had the full numbers shown
LOOKED_UP = "lookup"  # somebody reached the subject's data; shown to them as 窗口查过、办过什么
REFUSED = "refused"  # an operation did not let somebody act or look

# The digest of a file, in which some digits may look like a phone number.
_DIGEST = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])", re.ASCII)


class PersonalDataError(AccountsError, ValueError):
    """An audit detail holds a certificate or phone number; people are named by their ids."""

    message = "审计记录里不能有证件号码或手机号"


def record(
    *,
    act: Act,
    verb: str,
    subject: Person | int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Write one audit event in the caller's transaction and return it (event_of)."""
    event = event_of(act=act, verb=verb, subject=subject, detail=detail)
    pipeline.insert(Insertion(event))
    return event


def event_of(
    *,
    act: Act,
    verb: str,
    subject: Person | int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Return an audit event to be written along with the deed.

    verb is a code such as "lookup" or "roster.imported"; subject is the person concerned, or their id; detail is JSON.
    Raises PersonalDataError when the detail holds a certificate or phone number.
    """
    detail = dict(detail or {})
    if detail:
        text = _DIGEST.sub("", json.dumps(detail, ensure_ascii=False))
        if scrubbed(text) != text:
            raise PersonalDataError(f"审计记录 {verb} 里有证件号码或手机号，没有写入")
    return AuditEvent(
        actor=str(act.actor),
        office=act.actor.office,
        case=act.actor.case,
        verb=verb,
        subject_id=subject.pk if isinstance(subject, Person) else subject,
        detail=detail,
        at=act.at,
    )


def record_refusal(*, act: Act, verb: str, error: AccountsError, subject: Person | int | None = None) -> AuditEvent:
    """Write down that an operation refused somebody, and return the event. For doors, once its transaction is undone.

    verb is what was refused, as `record` would have named it once done; of the error only its class is kept, since
    its words may name people. In a transaction of its own, so that nothing takes it back: RuntimeError inside another.
    """
    with transaction.atomic(durable=True):
        return record(act=act, verb=REFUSED, subject=subject, detail={"verb": verb, "error": type(error).__name__})
