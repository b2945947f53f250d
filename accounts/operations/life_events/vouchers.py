"""Posting what two people signed, and writing its life event down."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from accounts.codes import LifeEventKind, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger.posting import Locked, Move, post
from accounts.models import Approval, LifeEvent, Person, Pot, Voucher
from accounts.operations.life_events.events import Paper, reason_of, record


def subject_of(person_id: int, region: str = "") -> str:
    """Return what an approval about somebody is about: their account in a region, or all of them."""
    return f"person:{person_id}:{region}" if region else f"person:{person_id}"


def parts_of(subject: str) -> tuple[int, str]:
    """Return the person's id and the region ("" for none) of such a subject."""
    _, person, *region = subject.split(":")
    return int(person), "".join(region)


def paper_of(content: Mapping[str, Any]) -> Paper:
    """Return the paper that the content of an approval names."""
    return Paper.read(content["proof"], content["document"])


def post_signed(
    *,
    act: Act,
    approval: Approval,
    kind: VoucherKind,
    person: Person,
    region: str,
    pots: Iterable[Pot],
    decide: Callable[[Locked], list[Move]],
    words: str,
    part: str = "",
) -> Voucher:
    """Post one voucher of an approved case; `words` and the paper stand on it, for the statement.

    `part` tells the vouchers of one case apart. Raises as posting.post does.
    """
    return post(
        act=act,
        kind=kind,
        region=region,
        key=f"approval:{approval.pk}{part}",
        payload=approval.content,
        pots=[pot.pk for pot in pots],
        decide=decide,
        subject_id=person.pk,
        reason=f"{words}（{paper_of(approval.content).words}）",
        approval_id=approval.pk,
    )


def record_signed(*, act: Act, approval: Approval, kind: LifeEventKind, person: Person, region: str = "") -> LifeEvent:
    """Write down the life event of an approved case, in the caller's transaction."""
    return record(
        act=act,
        kind=kind,
        person=person,
        region=region,
        on=act.on,
        paper=paper_of(approval.content),
        reason=reason_of(approval.reason),
        detail=approval.content,
        approval=approval,
    )
