"""Notices that nothing writes as it happens: what was posted to accounts, and what the roster says anew of somebody.

A run, a bill and an import write no notice: they are found afterwards, many at once, for whoever wants them by phone.
The page shows everybody the same from the books, so nothing is written for the others.
"""

import json
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from accounts.codes import ACCOUNT_POTS, CREDIT_KINDS, USE_KINDS, InsuranceType, PersonType, PotKind, VoucherKind
from accounts.identity import audit, sms
from accounts.identity.actors import Act
from accounts.models import AuditEvent, Notice, OutboxMessage
from accounts.queries import notice_words
from yibao.lib.clock import SHANGHAI

MESSAGE = "found"
# Older news is none: a first import of years, or a correction of what nobody remembers.
NEWS_FOR = timedelta(days=92)
_TEMPLATES = {
    template.name: template
    for template in (
        notice_words.credited,
        notice_words.credit_taken_back,
        notice_words.credit_owed,
        notice_words.used_oneself,
        notice_words.given_back,
        notice_words.base_changed,
        notice_words.status_changed,
    )
}


class Mark(NamedTuple):
    """How far everybody was told: of all vouchers or imports before this one, and of it as far as this person (ids)."""

    at: int
    person: int


class Found(NamedTuple):
    """Something to tell: where it was found (voucher or import), whom, which wording, its facts, what it is about."""

    at: int
    person: int
    what: str
    facts: str
    about: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where to look. `verb`: of the audit event that keeps the mark; `settled`: when nothing can still come in between."""

    verb: str
    table: str
    time: str
    settled: timedelta
    statement: str


# What a transfer is to the person on its one side; NULL where nothing is told of it here.
_POSTED = """
    SELECT transfer.voucher_id AS at, coalesce(source.person_id, target.person_id) AS person, what,
        jsonb_build_object('voucher', transfer.voucher_id, 'fen', sum(transfer.amount_fen)) AS facts,
        'entry:' || max(transfer.id) AS about
    FROM accounts_voucher voucher
    JOIN accounts_transfer transfer ON transfer.voucher_id = voucher.id
    JOIN accounts_pot source ON source.id = transfer.source_id
    JOIN accounts_pot target ON target.id = transfer.target_id
    LEFT JOIN accounts_voucher original ON original.id = voucher.reverses_id
    CROSS JOIN LATERAL (SELECT CASE
        WHEN transfer.kind = ANY(%(credits)s) AND source.person_id IS NULL AND target.kind = ANY(%(own)s)
            THEN 'credited'
        WHEN transfer.kind = ANY(%(credits)s) AND target.person_id IS NULL AND source.kind = ANY(%(own)s)
            THEN 'credit_taken_back'
        WHEN transfer.kind = ANY(%(credits)s) AND target.person_id IS NULL AND source.kind = %(debt)s
            THEN 'credit_owed'
        WHEN transfer.kind = %(spending)s AND source.person_id = voucher.subject_id
            THEN 'used_oneself'
        WHEN transfer.kind = %(reversal)s AND target.person_id = voucher.subject_id AND source.person_id IS NULL
            AND original.kind = ANY(%(uses)s)
            THEN 'given_back'
        END AS what) AS meaning
    WHERE voucher.id BETWEEN %(at)s AND %(until)s AND what IS NOT NULL
    GROUP BY 1, 2, 3
"""
# Facts have no index by import. This is asked once for each import, and from the few who have switched it on.
_CHANGED = """
    SELECT paid.source_id AS at, paid.person_id AS person, 'base_changed' AS what,
        jsonb_build_object('month', paid.month, 'was_fen', before.base_fen, 'fen', paid.base_fen) AS facts, '' AS about
    FROM accounts_contribution paid
    JOIN accounts_contribution before ON before.region = paid.region AND before.person_id = paid.person_id
        AND before.month = paid.month - interval '1 month' AND before.counts AND before.base_fen <> paid.base_fen
    WHERE paid.source_id BETWEEN %(at)s AND %(until)s AND paid.counts AND paid.month >= %(news_since)s
    UNION ALL
    SELECT status.source_id, status.person_id, 'status_changed',
        jsonb_build_object('on', status.from_on, 'status', status.status,
            'retired', status.person_type LIKE %(retired)s), ''
    FROM accounts_enrolment status
    JOIN LATERAL (
        SELECT earlier.status, earlier.person_type FROM accounts_enrolment earlier
        WHERE earlier.person_id = status.person_id AND earlier.region = status.region
            AND earlier.insurance = status.insurance AND earlier.counts
            AND (earlier.from_on, earlier.seq) < (status.from_on, status.seq)
        ORDER BY earlier.from_on DESC, earlier.seq DESC LIMIT 1
    ) before ON before.status <> status.status
        OR (before.person_type LIKE %(retired)s) <> (status.person_type LIKE %(retired)s)
    WHERE status.source_id BETWEEN %(at)s AND %(until)s AND status.counts AND status.insurance = %(employee)s
        AND status.from_on >= %(news_since)s
"""
_WANTED = """
    SELECT found.at, found.person, found.what, found.facts::text, found.about FROM ({statement}) found
    JOIN unnest(%(whats)s::text[], %(kinds)s::text[], %(defaults)s::boolean[]) AS told (what, kind, wanted) ON told.what = found.what
    JOIN accounts_user wanter ON wanter.person_id = found.person AND wanter.is_active
        AND coalesce((wanter.sms_choices ->> told.kind)::boolean, told.wanted)
    WHERE (found.at, found.person) > (%(at)s, %(person)s)
    ORDER BY found.at, found.person LIMIT %(most)s
"""
SOURCES = (
    Source("notices.posted", "accounts_voucher", "recorded_at", timedelta(minutes=5), _POSTED),
    Source("notices.changed", "accounts_import", "at", timedelta(hours=1), _CHANGED),
)


def tell_found(*, act: Act) -> int:
    """Tell what came since the last time, as far as the day's messages go; return how many notices were written.

    What does not fit into the day waits for the next one. The first time tells nothing: what was there before is no
    news.
    """
    return sum(_tell(act, source) for source in SOURCES)


@transaction.atomic
def _tell(act: Act, source: Source) -> int:
    if not _is_ours(source):
        return 0
    mark = _mark(source)
    until = _until(source, mark, act.at)
    if until is None:
        return 0
    left = _left(act.at)
    found = _found(source, mark, until, act, left + 1) if mark else []
    told = _whole(found, left)
    reached = Mark(until + 1, 0)
    if mark and len(told) < len(found):
        reached = Mark(told[-1].at, told[-1].person) if told else mark
    if reached != mark:
        _write(act, told)
        audit.record(act=act, verb=source.verb, detail={**reached._asdict(), "count": len(told)})
    return len(told)


def _is_ours(source: Source) -> bool:
    """Say whether no other worker is at it, until the transaction ends.

    Asked before the mark is read: that of a worker that has just ended must be seen.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [source.verb])
        return bool(cursor.fetchone()[0])


def _mark(source: Source) -> Mark | None:
    event = AuditEvent.objects.filter(verb=source.verb).order_by("-id").first()
    return Mark(event.detail["at"], event.detail["person"]) if event else None


def _until(source: Source, mark: Mark | None, now: datetime) -> int | None:
    """Return the last one to tell of (id); None when there is none."""
    with connection.cursor() as cursor:
        first = mark.at if mark else 0
        cursor.execute(
            f"SELECT max(id) FROM {source.table} WHERE id >= %s AND {source.time} < %s", [first, now - source.settled]
        )
        until = cursor.fetchone()[0]
    return until if until is not None or mark else 0


def _left(now: datetime) -> int:
    midnight = datetime.combine(now.astimezone(SHANGHAI).date(), time(), SHANGHAI)
    used = OutboxMessage.objects.filter(template=MESSAGE, queued_at__gte=midnight).count()
    return max(0, int(settings.SMS_FOUND_PER_DAY) - used)


def _found(source: Source, mark: Mark, until: int, act: Act, most: int) -> list[Found]:
    templates = _TEMPLATES.values()
    given: dict[str, Any] = {
        **mark._asdict(),
        "until": until,
        "most": most,
        "news_since": act.on - NEWS_FOR,
        "credits": [str(kind) for kind in CREDIT_KINDS],
        "own": [str(kind) for kind in ACCOUNT_POTS],
        "uses": [str(kind) for kind in USE_KINDS],
        "debt": str(PotKind.RECEIVABLE),
        "spending": str(VoucherKind.SPENDING),
        "reversal": str(VoucherKind.REVERSAL),
        "employee": InsuranceType.EMPLOYEE,
        "retired": f"{PersonType.RETIRED}%",
        "whats": [template.name for template in templates],
        "kinds": [str(template.kind) for template in templates],
        "defaults": [template.kind.sms_by_default for template in templates],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WANTED.format(statement=source.statement), given)
        return [Found(*row) for row in cursor.fetchall()]


def _whole(found: list[Found], left: int) -> list[Found]:
    """Return those that fit, without the last person's where one of theirs does not."""
    told = found[:left]
    while told and len(told) < len(found) and told[-1][:2] == found[len(told)][:2]:
        told.pop()
    return told


def _write(act: Act, found: list[Found]) -> None:
    notices = [
        Notice(
            person_id=one.person,
            kind=_TEMPLATES[one.what].kind,
            template=one.what,
            facts=json.loads(one.facts),
            about=one.about,
            at=act.at,
        )
        for one in found
    ]
    sms.queue_many(notices=Notice.objects.bulk_create(notices, batch_size=1000), template=MESSAGE, now=act.at)
