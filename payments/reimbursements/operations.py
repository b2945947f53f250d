"""Reimbursing by hand what a relative insured elsewhere has paid, from the payer's account, and taking it back (seed S3, 7)."""

from collections.abc import Sequence

from django.db import connection, transaction

from accounts.codes import PotKind, Scope, VoucherKind
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.ledger import reversing
from accounts.ledger.locking import lock_to_reverse
from accounts.ledger.posting import Place
from accounts.ledger.retry import retrying
from accounts.models import Person
from accounts.operations.life_events import hooks
from accounts.operations.life_events.events import require_staff
from accounts.operations.notices import tell
from family.operations import draws
from family.rules import spending_plan
from payments.reimbursements import queries
from payments.reimbursements.codes import ReimbursementState
from payments.reimbursements.models import BECOMES, ReimbursedInvoice, Reimbursement
from payments.reimbursements.notice_words import reimbursed
from payments.reimbursements.queries import Expense, expense_of
from payments.reimbursements.rules import Invoice, ReimbursementError, Visit
from yibao.lib.speakable import dated_number

NO_MONEY = "账户里没有能用的钱，一分也报不了"
_RANDOM = 8  # characters of a number that people read out


@retrying
def reimburse(
    *,
    act: Act,
    payer: Person,
    person: Person,
    region: str,
    visit: Visit,
    invoices: Sequence[Invoice],
    payee: str,
) -> Reimbursement:
    """Pay the invoices of one visit (fen) from the payer's account in the region, as far as it and the limit reach.

    The rules are those of bills on the day of the act: uses, costs, what is excluded, the place, the bond. `payee` says
    where the money goes, by its last digits. Handing the same in again returns the first outcome. Raises
    ReimbursementError with what stands in the way, an invoice that was used above all; LifeEventError as `take_back`.
    """
    _require_staff(act, payer, person, region)
    with transaction.atomic():
        _lock_invoices(invoices)
        expense = expense_of(payer, person, region, visit, invoices)
        if earlier := _same(expense, payee):
            return earlier
        if found := queries.stops(expense, act.on):
            raise ReimbursementError("；".join(found))
        return _pay(act, expense, payee)


def _require_staff(act: Act, payer: Person, person: Person, region: str) -> None:
    for one in (payer, person):
        require_staff(act, one, region)


def _lock_invoices(invoices: Sequence[Invoice]) -> None:
    """Let nobody else reimburse an invoice of such a day and amount meanwhile: it may be the same one, typed otherwise."""
    with connection.cursor() as cursor:
        for on, fen in sorted({(invoice.on, invoice.amount_fen) for invoice in invoices}):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"invoice {on} {fen}"])


def _same(expense: Expense, payee: str) -> Reimbursement | None:
    """Return the reimbursement that paid exactly this, handed in before."""
    rows = [queries.used_before(expense.visit.issuer_code, invoice.number) for invoice in expense.invoices]
    already = {row.reimbursement for earlier in rows for row in earlier if row.counts}
    if len(already) != 1:
        return None
    (found,) = already
    same = (found.payer_id, found.person_id, found.region, found.payee) == (
        expense.payer.pk, expense.person.pk, expense.region, payee
    )  # fmt: skip
    stored = {Invoice(row.number, row.on, row.amount_fen) for row in found.invoices.all()}
    return found if same and stored == set(expense.invoices) else None


def _pay(act: Act, expense: Expense, payee: str) -> Reimbursement:
    assert expense.bond is not None
    visit, region = expense.visit, expense.region
    home = queries.home_of(expense.person, act.on)
    locked = draws.lock_sources(
        act=act, person=expense.person, region=home, on=act.on, scope=Scope.MEDICAL, where=expense.where
    )
    takes = spending_plan(expense.amount_fen, queries.of_bond(locked.sources, expense.bond))
    if not takes:
        raise ReimbursementError(NO_MONEY)
    no = dated_number("BX", act.on, _RANDOM)
    (voucher,) = draws.post(
        act=act,
        kind=VoucherKind.SPENDING,
        person=expense.person,
        region=region,
        locked=locked,
        takes=takes,
        target=PotKind.OUTWARD,
        on=act.on,
        key=f"reimbursement:{no}",
        payload={"reimbursement": no, "amount_fen": expense.amount_fen},
        reason="异地费用手工报销",
        place=Place(visit.place, visit.issuer_name),
        payer_acts=True,
    )
    paid = Reimbursement.objects.create(
        no=no,
        payer=expense.payer,
        person=expense.person,
        region=region,
        issuer_code=visit.issuer_code,
        issuer_name=visit.issuer_name,
        institution_kind=visit.institution_kind,
        level=visit.level,
        kind=visit.kind,
        category=visit.category,
        amount_fen=expense.amount_fen,
        account_fen=sum(take.amount_fen for take in takes),
        payee=payee,
        voucher=voucher,
        actor=str(act.actor),
        created_at=act.at,
    )
    _keep_invoices(paid, expense)
    audit.record(act=act, verb="reimbursement.paid", subject=expense.payer, detail={"reimbursement": paid.pk})
    _tell(act, paid)
    return paid


def _keep_invoices(paid: Reimbursement, expense: Expense) -> None:
    """Write the invoices down; the database refuses one that is there already, whatever was looked at before."""
    rows = [
        ReimbursedInvoice(
            reimbursement=paid,
            issuer_code=paid.issuer_code,
            number=invoice.number,
            on=invoice.on,
            amount_fen=invoice.amount_fen,
        )
        for invoice in sorted(expense.invoices, key=lambda one: one.number)  # in one order: nobody waits in a circle
    ]
    ReimbursedInvoice.objects.bulk_create(rows, ignore_conflicts=True)
    if paid.invoices.count() < len(rows):
        raise ReimbursementError("其中一张发票刚刚被别人报销了，一张发票只报一次。这一笔没有办")


@retrying
def take_back(*, act: Act, no: str, reason: str) -> Reimbursement:
    """Put what was reimbursed back into the very pots; its invoices may be handed in anew, for the same person only.

    The same again changes nothing. Raises ReimbursementError for a number that is nobody's, LifeEventError for staff of
    another region or role, and on themselves or their family.
    """
    with transaction.atomic():
        found = Reimbursement.objects.select_for_update(of=("self",), no_key=True).filter(no=no).first()
        if found is None:
            raise ReimbursementError("没有这笔手工报销，请核对编号")
        _require_staff(act, found.payer, found.person, found.region)
        if found.state == ReimbursementState.TAKEN_BACK:
            return found
        lock_to_reverse(act=act, vouchers=[found.voucher])
        key = f"reimbursement-back:{found.pk}"
        reversing.reverse(act=act, voucher_id=found.voucher_id, key=key, reason="收回手工报销")
        found.state, found.ended_at, found.reason = ReimbursementState.TAKEN_BACK, act.at, reason
        found.save(update_fields=BECOMES)
        found.invoices.update(counts=False)
        audit.record(act=act, verb="reimbursement.taken_back", subject=found.payer, detail={"reimbursement": found.pk})
        _tell(act, found)
        return found


def _tell(act: Act, found: Reimbursement) -> None:
    facts = {"reimbursement": found.pk, "state": found.state}
    for person in (found.payer, found.person):
        tell(act=act, person=person, template=reimbursed, facts=facts)


def follow(act: Act, gone: Person, kept: Person) -> None:
    """Let reimbursements be the other record's after a merge, in the caller's transaction."""
    Reimbursement.objects.filter(payer=gone).update(payer=kept)
    Reimbursement.objects.filter(person=gone).update(person=kept)


hooks.on_merge.append(follow)
