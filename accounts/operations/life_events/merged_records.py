"""What two records of one person say: where they contradict each other, and how one takes over all of the other.

Facts are never rewritten: those of the record that goes stop counting (FactChange 登记合并), and the one that is kept
gets rows that say the same. What runs have posted for them is settled afterwards (operations.life_events.merging).
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from django.db.models import Q

from accounts.codes import FactChangeKind, Gender, LifeEventKind
from accounts.identity.actors import Act
from accounts.ledger.freezing import reported_deaths, stopped
from accounts.models import (
    Approval,
    Case,
    Contribution,
    Enrolment,
    FactChange,
    Feedback,
    FormerCertificate,
    LifeEvent,
    Notice,
    Person,
    User,
)
from accounts.models.cases import UNDER_WAY
from accounts.operations.life_events import hooks
from yibao.lib.months import Month

_Row = TypeVar("_Row", Enrolment, Contribution)
_ENROLMENT = (
    "person_type",
    "status",
    "flex",
    "pension_fen",
    "identity_type",
    "street",
    "stas_on",
    "end_reason",
    "end_to",
)
_ENROLMENT_KEY = ("region", "insurance", "from_on", "seq")
_CONTRIBUTION = ("base_fen", "received_on", "late", "clct_type", "payer", "paid_fen")
_CONTRIBUTION_KEY = ("region", "month")


class Facts(NamedTuple):
    """How many rows the record that is kept gets."""

    enrolments: int
    contributions: int


def contradictions(gone: Person, kept: Person, act: Act) -> Iterator[str]:
    """Yield what speaks against two records being one person's, or has to be done first, in words."""
    if gone.pk == kept.pk:
        yield "两个号码是同一份登记"
        return
    if LifeEvent.objects.filter(kind=LifeEventKind.MERGE, detail__gone__in=[gone.pk, kept.pk]).exists():
        yield "这份登记已经并入别的登记"
        return
    if gone.name != kept.name:
        yield "姓名不同，请先在名册里更正"
    if gone.gender != kept.gender:
        yield f"性别不同：{Gender(gone.gender).label}、{Gender(kept.gender).label}"
    if reported_deaths([gone.pk, kept.pk]):
        yield "登记过死亡的不能合并"
    if stopped([gone.pk, kept.pk], act.on).frozen:
        yield "有账户冻结着，解除冻结以后再合并"
    if User.objects.filter(person__in=(gone, kept), is_active=True).count() > 1:
        yield "两份登记各有一个登录账号在用，请先停用一个"
    if case := Case.objects.filter(Q(subject=gone) | Q(other=gone), state__in=UNDER_WAY).first():
        yield f"要并入的登记还有没办完的窗口业务 {case.number}，请先办完或取消"
    yield from _different_enrolments(gone, kept)
    yield from _different_payments(gone, kept)
    for ask in hooks.why_not_merged:
        yield from ask(gone, kept)


def _different_enrolments(gone: Person, kept: Person) -> Iterator[str]:
    days: dict[tuple[str, str, object], dict[int, list[tuple[object, ...]]]] = defaultdict(lambda: defaultdict(list))
    for row in Enrolment.objects.filter(person__in=(gone, kept)).order_by("seq"):
        what = (row.person_type, row.status, row.flex, row.pension_fen)
        days[row.region, row.insurance, row.from_on][row.person_id].append(what)
    for (region, _, day), sides in days.items():
        if len(sides) == 2 and sides[gone.pk] != sides[kept.pk]:
            yield f"{region} 从 {day} 起的参保状态不同，请先撤回或更正一份"


def _different_payments(gone: Person, kept: Person) -> Iterator[str]:
    bases: dict[tuple[str, object], set[int]] = defaultdict(set)
    for row in Contribution.objects.filter(person__in=(gone, kept)):
        bases[row.region, row.month].add(row.base_fen)
    for (region, month), different in bases.items():
        if len(different) > 1:
            yield f"{region} {Month.of(month)} 的缴费基数不同，请先撤回或更正一份"  # type: ignore[arg-type]


def move_facts(act: Act, gone: Person, kept: Person, approval: Approval | None) -> Facts:
    """Let all facts of the record that goes be the other one's, its numbers too, in the caller's transaction."""
    change = FactChange.objects.create(
        kind=FactChangeKind.MERGED,
        reason=f"登记 {gone.pk} 并入 {kept.pk}",
        actor=str(act.actor),
        at=act.at,
        approval=approval,
    )
    _move_numbers(act, gone, kept, change)
    return Facts(
        _move(Enrolment, _ENROLMENT_KEY, _ENROLMENT, gone, kept, change),
        _move(Contribution, _CONTRIBUTION_KEY, _CONTRIBUTION, gone, kept, change),
    )


def _move(
    model: type[_Row], key: tuple[str, ...], says: tuple[str, ...], gone: Person, kept: Person, change: FactChange
) -> int:
    known = set(model.objects.filter(person=kept).values_list(*key))
    rows = list(model.objects.filter(person=gone).order_by("pk"))
    new = [row for row in rows if tuple(getattr(row, name) for name in key) not in known]
    model.all_rows.filter(pk__in=[row.pk for row in rows]).update(counts=False, changed_by=change)
    model.objects.bulk_create(
        model(
            person=kept,
            changed_by=change,
            source_id=row.source_id,
            **{name: getattr(row, name) for name in (*key, *says)},
        )
        for row in new
    )
    return len(new)


def _move_numbers(act: Act, gone: Person, kept: Person, change: FactChange) -> None:
    """Let every number of the record that goes lead to the other one: it keeps none, so none is taken for it.

    They come by no import: withdrawing the one that brought them must not give the other record another number.
    """
    former = list(FormerCertificate.objects.filter(person=gone))
    numbers = [(row.certno, row.cert_type, row.birth_on) for row in former]
    numbers.append((gone.certno, gone.cert_type, gone.birth_on))
    FormerCertificate.all_rows.filter(pk__in=[row.pk for row in former]).update(counts=False, changed_by=change)
    gone.certno, gone.phone = f"登记 {gone.pk} 已并入 {kept.pk}", ""
    gone.save(update_fields=["certno", "certno_index", "phone", "phone_index"])
    for certno, cert_type, birth_on in numbers:
        FormerCertificate.objects.create(
            person=kept,
            certno=certno,
            cert_type=cert_type,
            birth_on=birth_on,
            changed_by=change,
            actor=str(act.actor),
            at=act.at,
        )


def move_sign_in(gone: Person, kept: Person) -> bool:
    """Let sign-in and messages be those of the record that is kept; return whether a sign-in came with them."""
    for model in (Notice, Feedback):
        model.objects.filter(person=gone).update(person=kept)
    user = User.objects.filter(person=gone, is_active=True).first()
    if user is None:
        return False
    User.objects.filter(person=kept, is_active=False).update(person=None)
    user.person = kept
    user.save(update_fields=["person"])
    return True
