"""What counts again once an import is withdrawn: what it had taken the place of, as if it had never been."""

from datetime import date
from itertools import groupby, product

from django.db import connection
from django.db.models import F

from accounts.codes import CertificateType, FactChangeKind, PaymentType
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import Approval, Contribution, Enrolment, FactChange, FormerCertificate, Import, PersonChange
from accounts.models.life import MERGED_AWAY
from accounts.operations.rotation import block_rotation
from accounts.roster.payments import Payment, replayed
from accounts.roster.people_sql import TAKEN_OVER
from yibao.lib import clock

_OTHER_ROWS = f"""
    SELECT k.region, k.month, k.person_id, k.id, k.base_fen, k.received_on, k.clct_type, k.payer, k.paid_fen, k.counts, c.kind
    FROM (SELECT DISTINCT region, month, person_id FROM accounts_contribution WHERE source_id = %(source)s) months
    JOIN accounts_contribution k USING (region, month, person_id)
    LEFT JOIN accounts_factchange c ON c.id = k.changed_by_id
    WHERE k.source_id IS DISTINCT FROM %(source)s AND c.kind IS DISTINCT FROM %(withdrawn)s
      AND k.person_id NOT IN ({MERGED_AWAY})
    ORDER BY k.region, k.month, k.person_id, k.id
"""
# Rows that this import had overtaken (people_sql.supersede_overtaken), unless another one would have done so since.
_OVERTAKEN = f"""
    SELECT e.id FROM accounts_enrolment e JOIN accounts_factchange c ON c.id = e.changed_by_id
    WHERE c.source_id = %(source)s AND c.kind = %(corrected)s AND NOT e.counts
      AND e.person_id NOT IN ({MERGED_AWAY}) AND NOT EXISTS (
        SELECT 1 FROM accounts_enrolment k
        WHERE k.counts AND (k.person_id, k.region, k.insurance) = (e.person_id, e.region, e.insurance)
          AND ((k.from_on, k.seq) = (e.from_on, e.seq)
               OR k.id > e.id AND k.stas_on IS NULL AND k.from_on BETWEEN e.stas_on AND e.from_on))
"""
_NUMBERS_BACK = """
    UPDATE accounts_person p SET certno = f.certno, certno_index = f.certno_index, cert_type = f.cert_type,
                                 birth_on = f.birth_on
    FROM accounts_formercertificate f
    WHERE f.person_id = p.id AND f.source_id = %s AND f.counts AND f.birth_on IS NOT NULL AND f.id <> ALL(%s)
    RETURNING p.id
"""
# As it was before the import; the birth day too, where the number does not tell it; and before those withdrawn earlier that had come right before it. What a later one said stays,
# and so do name and gender that a counter corrected since.
_OF_PEOPLE_BACK = f"""
    UPDATE accounts_person p SET {", ".join(f"{column} = t.{column}" for column in TAKEN_OVER)},
        birth_on = CASE WHEN p.cert_type = '{CertificateType.IDENTITY_CARD}' THEN p.birth_on
                        ELSE coalesce(t.birth_on, p.birth_on) END
    FROM accounts_personchange t
    WHERE t.person_id = p.id AND t.id = (
        SELECT min(x.id) FROM accounts_personchange x WHERE x.person_id = p.id AND x.id > coalesce((
            SELECT max(k.id) FROM accounts_personchange k WHERE k.person_id = p.id AND k.counts), 0))
      AND EXISTS (SELECT 1 FROM accounts_personchange o
                  WHERE o.person_id = p.id AND o.source_id = %(source)s AND o.id >= t.id)
    RETURNING p.id
"""
_CORRECTED_SINCE = """
    UPDATE accounts_person p SET name = c.name, gender = c.gender
    FROM accounts_personcorrection c
    WHERE c.person_id = p.id AND p.id = ANY(%(people)s) AND c.at > %(at)s
      AND NOT EXISTS (SELECT 1 FROM accounts_personcorrection n WHERE n.person_id = c.person_id AND n.id > c.id)
"""


def restore_people(source: Import, withdrawn: FactChange) -> int:
    """Set back what a roster had taken over of people: name, gender, birth day, phone and their day; return of how many."""
    block_rotation()
    PersonChange.objects.filter(source=source).update(counts=False, changed_by=withdrawn)
    with connection.cursor() as cursor:
        cursor.execute(_OF_PEOPLE_BACK, {"source": source.pk})
        people = [person for (person,) in cursor.fetchall()]
        cursor.execute(_CORRECTED_SINCE, {"people": people, "at": source.at})
    return len(people)


def restore_enrolments(act: Act, source: Import, approval: Approval | None = None) -> int:
    """Let what a roster had overtaken count again; return how many rows."""
    ids = _ids(_OVERTAKEN, source)
    if ids:
        reason = f"撤回导入 {source.pk}，以前的恢复"
        restored = record_change(act, source, FactChangeKind.RESTORED, reason, approval)
        Enrolment.all_rows.filter(pk__in=ids).update(counts=True, changed_by=restored)
    return len(ids)


def restore_contributions(act: Act, source: Import, approval: Approval | None = None) -> int:
    """Let other imports' payments of these months count as if this one had never been; return how many count again."""
    with connection.cursor() as cursor:
        cursor.execute(_OTHER_ROWS, {"source": source.pk, "withdrawn": FactChangeKind.WITHDRAWN})
        rows = cursor.fetchall()
    changed: list[Payment] = []
    for _, group in groupby(rows, key=lambda row: row[:3]):
        changed += replayed(_payment(*row[3:]) for row in group)
    changes = {
        kind: record_change(act, source, kind, f"撤回导入 {source.pk} 后重新认定", approval)
        for kind in sorted(_kinds(changed))
    }
    for counts, kind in product((False, True), changes):  # what no longer counts makes room first
        ids = [payment.id or 0 for payment in changed if (payment.counts, payment.change) == (counts, kind)]
        Contribution.all_rows.filter(pk__in=ids).update(counts=counts, changed_by=changes[kind])
    return sum(payment.counts for payment in changed)


def restore_numbers(act: Act, source: Import, withdrawn: FactChange) -> int:
    """Give the people whose certificate number a roster had changed the one before; return how many.

    What the roster had called an old number of theirs is none. A number that a counter corrected since stays, and the
    one before leads to them on.
    """
    block_rotation()
    rows = FormerCertificate.objects.filter(source=source)
    since = rows.filter(birth_on__isnull=False, person__corrections__former__gt=F("pk"))
    corrected = list(since.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS_BACK, [source.pk, corrected])
        back = [person for (person,) in cursor.fetchall()]
    for person in back:
        audit.record(act=act, verb="person.renumbered", subject=person)
    rows.exclude(pk__in=corrected).update(counts=False, changed_by=withdrawn)
    return len(back)


def _kinds(payments: list[Payment]) -> set[FactChangeKind]:
    return {payment.change for payment in payments if payment.change}


def _payment(
    pk: int, base: int, received: date, kind: int, payer: str, paid: int | None, counts: bool, change: str | None
) -> Payment:
    return Payment(
        id=pk,
        base_fen=base,
        received_on=received,
        clct_type=PaymentType(kind),
        payer=payer,
        paid_fen=paid,
        counts=counts,
        change=FactChangeKind(change) if change else None,
    )


def record_change(
    act: Act, source: Import, kind: FactChangeKind, reason: str, approval: Approval | None = None
) -> FactChange:
    """Write down what becomes of rows because this import is withdrawn, and by whose two signatures.

    It is dated now that the locks are held, by the clock that runs are opened by: a run that opened while they were
    waited for has read the rows as they were, and has to find that they changed later.
    """
    return FactChange.objects.create(
        kind=kind, source=source, reason=reason, actor=str(act.actor), at=clock.now(), approval=approval
    )


def _ids(query: str, source: Import) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"source": source.pk, "corrected": FactChangeKind.CORRECTED})
        return [pk for (pk,) in cursor.fetchall()]
