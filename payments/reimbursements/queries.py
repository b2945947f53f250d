"""What a reimbursement would pay, and what stands against it: shown to the clerk, and asked again when it is paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from accounts.codes import Scope
from accounts.ledger.freezing import stopped
from accounts.models import Person
from accounts.policies import registry
from family.models import Bond
from family.queries.bonds import year_of
from family.queries.facts import Insured, bound_of, used_fen
from family.queries.paying_for import bond_between
from family.queries.plan import plan
from family.rules import Source, Where, spending_plan, use
from payments.bills.codes import BillKind
from payments.reimbursements.models import ReimbursedInvoice
from payments.reimbursements.rules import Invoice, Visit, misfits


@dataclass(frozen=True, slots=True)
class Expense:
    """要报的：谁出钱、谁看的病、在哪看的、哪几张发票。 `bond` is what lets the one pay for the other; None without."""

    payer: Person
    person: Person
    region: str
    visit: Visit
    invoices: tuple[Invoice, ...]
    bond: Bond | None

    @property
    def amount_fen(self) -> int:
        return sum(invoice.amount_fen for invoice in self.invoices)

    @property
    def where(self) -> Where:
        """The place and the use, as the terms speak of them."""
        visit = self.visit
        return Where(visit.institution_kind, visit.level, BillKind(visit.kind).paid_for, visit.category)


def expense_of(payer: Person, person: Person, region: str, visit: Visit, invoices: Sequence[Invoice]) -> Expense:
    """Return what is handed in, with the bond by which the payer's account in the region pays for the relative."""
    bond = bond_between(payer, person)
    return Expense(payer, person, region, visit, tuple(invoices), bond if bond and bond.region == region else None)


def stops(expense: Expense, on: date) -> list[str]:
    """Return everything that stands against paying it on a day, sentences for the clerk; empty where it can be paid."""
    if expense.bond is None:
        return [f"两个人之间没有在{registry.region_name(expense.region)}生效的家庭共济，先办绑定再报"]
    found = list(misfits(expense.visit, expense.invoices, bound_from=expense.bond.from_on, on=on))
    if not found:
        found = [*_of_rules(expense, expense.bond, on), *_of_invoices(expense)]
    return found


def _of_rules(expense: Expense, bond: Bond, on: date) -> list[str]:
    insured = Insured({bond.payer_id, bond.user_id}, on)
    user = insured.as_user(bond.user_id)
    if user.region == expense.region:
        return ["这位家人在本地参保，看病买药时直接从共济的钱里付，不用手工报销"]
    frozen = (bond.payer_id, bond.region) in stopped([bond.payer_id], on).frozen
    used = used_fen([bond], {bond.pk: year_of(bond, on)}).get(bond.pk, 0)
    bound = bound_of(bond, on=on, insured=insured, used=used, frozen=frozen)
    if why := use.blocked(bound, on=on, scope=Scope.MEDICAL, where=expense.where):
        return [f"不能报：{why.label}"]
    rules = [registry.spending_or_none(region, on) for region in dict.fromkeys((expense.region, user.region))]
    refused = [use.refusal(expense.where, terms) for terms in rules if terms]
    return [f"不能报：{why}" for why in dict.fromkeys(filter(None, refused))]


def _of_invoices(expense: Expense) -> list[str]:
    found = []
    for invoice in expense.invoices:
        earlier = used_before(expense.visit.issuer_code, invoice.number)
        if any(row.counts for row in earlier):
            found.append(f"发票 {invoice.number} 已经报销过，一张发票只报一次")
        elif any(row.reimbursement.person_id != expense.person.pk for row in earlier):
            found.append(f"发票 {invoice.number} 是用别人的名义报过的，不能再报。请把原件交复核岗核实")
        elif _is_elsewhere(expense, invoice):
            found.append(
                f"同一天、同样金额、号码一样或只差发票代码的发票报销过，发票 {invoice.number} 可能是同一张，"
                "不能报。请把原件交复核岗核实"
            )
    return found


def _is_elsewhere(expense: Expense, invoice: Invoice) -> bool:
    """Say whether it may have been reimbursed under another code of its issuer, or with its number written otherwise.

    What was taken back counts where it was somebody else's.
    """
    rows = ReimbursedInvoice.objects.filter(on=invoice.on, amount_fen=invoice.amount_fen)
    alike = rows.filter(Q(counts=True) | ~Q(reimbursement__person=expense.person))
    return any(invoice.may_be(row.number, row.on, row.amount_fen) for row in alike)


def used_before(issuer_code: str, number: str) -> list[ReimbursedInvoice]:
    """Return every time that an invoice was reimbursed, those that were taken back included."""
    rows = ReimbursedInvoice.objects.filter(issuer_code=issuer_code, number=number)
    return list(rows.select_related("reimbursement").order_by("pk"))


def of_bond(sources: Sequence[Source], bond: Bond) -> list[Source]:
    """Return the sources that are the payer's by this bond: whoever hands in the invoices pays, and nobody else."""
    return [source for source in sources if source.bond == bond.pk]


def payable_fen(expense: Expense, on: date) -> int:
    """Return how many fen of it the payer's account would pay, as paying now would take them."""
    assert expense.bond is not None
    home = home_of(expense.person, on)
    stand = plan(person=expense.person, region=home, amount_fen=expense.amount_fen, on=on, where=expense.where)
    return sum(take.amount_fen for take in spending_plan(expense.amount_fen, of_bond(stand.sources, expense.bond)))


def home_of(person: Person, on: date) -> str:
    """Return the region in which somebody is insured on a day."""
    return Insured([person.pk], on).as_user(person.pk).region
