"""What bills say: which pots paid how much, and whose numbers they are."""

from collections.abc import Collection
from dataclasses import dataclass, fields

from accounts.codes import LifeEventKind, PotKind
from accounts.models import LifeEvent, Person, Transfer
from payments.bills.codes import code_form
from payments.bills.errors import UnknownBillError
from payments.bills.models import Bill, BillShare, Institution

_OWN = {PotKind.CURRENT: "current", PotKind.CARRIED: "carried", PotKind.POOL: "pool"}


@dataclass(slots=True)
class Parts:
    """Who paid a bill, in fen; of one that gives back, negative, who got how much."""

    current: int = 0
    carried: int = 0
    pool: int = 0
    relatives: int = 0
    cash: int = 0

    def by_name(self) -> dict[str, int]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def parts_of(bills: Collection[Bill]) -> dict[int, Parts]:
    """Return bill id → who paid it (two queries)."""
    by_id = {bill.pk: bill for bill in bills}
    bill_of = {bill.voucher_id: bill.pk for bill in bills if bill.voucher_id}
    bill_of |= dict(BillShare.objects.filter(bill__in=by_id).values_list("voucher", "bill"))
    found = {bill.pk: Parts(cash=-bill.cash_fen if bill.reverses_id else bill.cash_fen) for bill in bills}
    for row in Transfer.objects.filter(voucher__in=bill_of).select_related("source", "target"):
        bill = by_id[bill_of[row.voucher_id]]
        pot, fen = (row.target, -row.amount_fen) if bill.reverses_id else (row.source, row.amount_fen)
        name = _OWN[PotKind(pot.kind)] if pot.person_id == bill.person_id else "relatives"
        setattr(found[bill.pk], name, getattr(found[bill.pk], name) + fen)
    return found


def institution_of(code: str) -> Institution | None:
    """Return the institution of a code, however that is written; of two that differ in small letters, the one as written."""
    found = {place.code: place for place in Institution.objects.filter(code__iexact=code_form(code))}
    return found.get(code) or next(iter(found.values()), None)


def bill_of(institution: Institution, bill_no: str) -> Bill:
    """Return the institution's bill of this number. Raises UnknownBillError, also where it is another institution's."""
    bill = Bill.objects.select_related("institution").filter(institution=institution, bill_no=bill_no).first()
    if bill is None:
        raise UnknownBillError
    return bill


def has_become(record_id: int, person: Person) -> bool:
    """Say whether a person's record is, or was merged into, this one: bills keep the record they were paid under."""
    merged = LifeEvent.objects.filter(kind=LifeEventKind.MERGE, person=person, detail__gone=record_id)
    return record_id == person.pk or merged.exists()
