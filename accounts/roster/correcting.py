"""更正: name, gender or certificate number of a person, put right at a counter by two people, whatever files say.

The person stays, as with a changed number in a file (accounts.roster.renumbering): account, bonds and sign-in hang on
them. A roster that repeats what was corrected away is read as if it had been corrected too.
"""

from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction

from accounts.codes import ApprovalState, ImportKind
from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.identity.certificates import Certificate
from accounts.models import Approval, Enrolment, FormerCertificate, Person, PersonCorrection
from accounts.operations.notices import tell
from accounts.operations.rotation import block_rotation
from accounts.queries import notice_words
from accounts.queries.people import find_by_certno
from accounts.roster.drafts import exclude_imports

_ANOTHERS = "这个号码登记着另一个参保人：请核对证件；是同一个人的两份登记，请办登记合并"
_FOLLOW = """
    UPDATE roster_staged s SET {column} = p.{column}
    FROM accounts_person p JOIN accounts_personcorrection c ON c.person_id = p.id
    WHERE p.certno_index = s.certno_index AND c.{column} <> c.{column}_before
      AND p.{column} = c.{column} AND s.{column} = c.{column}_before
"""


class CorrectionError(AccountsError):
    """It cannot be corrected so, or needs no correction. Nothing has happened."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """更正以后：姓名、性别，和新的证件（号码不变的没有）。"""

    name: str
    gender: int
    certificate: Certificate | None = None


def why_not(act: Act, person: Person, to: Corrected) -> str:
    """Return why a person cannot be corrected so; "" where they can."""
    certificate = to.certificate
    if (to.name, to.gender) == (person.name, person.gender) and certificate is None:
        return "填的和登记的一样，没有要更正的"
    if certificate is None:
        return ""
    holder = find_by_certno(certificate.number)
    if holder is not None and holder.pk != person.pk:
        return _ANOTHERS
    if certificate.birth_on is None:
        return ""
    if certificate.birth_on > act.on:
        return "新号码里的出生日期在今天以后，请核对号码"
    if Enrolment.objects.filter(person=person, from_on__lt=certificate.birth_on).exists():
        return "这个人的参保记录早于新号码里的出生日期，请核对号码"
    return ""


@transaction.atomic
def correct(*, act: Act, person: Person, to: Corrected, approval: Approval, reason: str) -> PersonCorrection:
    """Correct a person as two people have approved, keep what it was, and tell them.

    Raises CorrectionError, drafts.ImportRunningError while a roster comes in, rotation.RotationUnfinishedError.
    """
    if approval.state != ApprovalState.APPROVED:
        raise CorrectionError("更正要由另一位同事复核，通过以后才生效")
    exclude_imports(ImportKind.ROSTER)
    block_rotation()
    now = Person.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)
    if why := why_not(act, now, to):
        raise CorrectionError(why)
    before, former = (now.name, now.gender), None
    if to.certificate:
        former = _renumber(act, now, to.certificate)
    now.name, now.gender, now.facts_on = to.name, to.gender, max(now.facts_on or act.on, act.on)
    now.save(update_fields=["name", "gender", "facts_on"])
    correction = PersonCorrection.objects.create(
        person=now,
        name_before=before[0],
        name=to.name,
        gender_before=before[1],
        gender=to.gender,
        former=former,
        reason=reason,
        actor=str(act.actor),
        at=act.at,
        approval=approval,
    )
    audit.record(act=act, verb="person.corrected", subject=now, detail={"correction": correction.pk})
    tell(act=act, person=now, template=notice_words.corrected, facts={"correction": correction.pk})
    return correction


def _renumber(act: Act, person: Person, certificate: Certificate) -> FormerCertificate:
    """Give the person the number, and return the one before, which leads to them on."""
    own = FormerCertificate.objects.filter(person=person)
    former = next((row for row in own if row.certno == person.certno), None) or FormerCertificate.objects.create(
        person=person,
        certno=person.certno,
        cert_type=person.cert_type,
        birth_on=person.birth_on,
        actor=str(act.actor),
        at=act.at,
    )
    person.certno, person.cert_type = certificate.number, certificate.cert_type
    person.birth_on = certificate.birth_on or person.birth_on
    try:
        with transaction.atomic():
            person.save(update_fields=["certno", "certno_index", "cert_type", "birth_on"])
    except IntegrityError:  # whoever has it came in this very moment, by another door than a roster
        raise CorrectionError(_ANOTHERS) from None
    return former


def follow() -> None:
    """Let rows of a roster that repeat what was corrected away say what it was corrected to.

    After renumbering.follow: rows under a former number stand under the present one by then.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM accounts_personcorrection)")
        if cursor.fetchone()[0]:
            for column in ("name", "gender"):
                cursor.execute(_FOLLOW.format(column=column))
