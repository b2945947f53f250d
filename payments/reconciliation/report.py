"""The report of a region's day (日对账表): made in one snapshot, as a document and as a table for the treasury."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.codes import PotKind
from accounts.models import Person
from payments.reconciliation import books, tax
from payments.reconciliation.differences import Difference, differences
from payments.reconciliation.snapshot import snapshot
from yibao.lib.fen import yuan
from yibao.lib.masking import masked_certno, masked_name

CSV_COLUMNS = ("region", "day", "section", "code", "name", "count", "credited", "spent", "refunded", "owed")


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose money relatives used, as staff see it: masked. Fen."""

    name: str
    certno: str
    used_fen: int
    refunded_fen: int


@dataclass(frozen=True, slots=True)
class Report:
    """日对账表：一个统筹区一天的账。 Fen; what is owed stands at the end of the day."""

    region: str
    day: date
    kinds: list[books.KindSums]
    institutions: list[books.Owed]
    institutions_fen: int
    premiums_fen: int
    owed_to: list[tax.OwedTo]
    orders: list[tax.StateSums]
    batches: list[tax.Batch]
    claims: list[tax.ClaimSums]
    payers: list[Payer]
    differences: list[Difference]


def report_of(region: str, day: date) -> Report:
    """Return the report of a region's day, all of it from one state of the database."""
    with snapshot():
        shared = books.shared_by_payer(region, day)
        people = Person.objects.in_bulk([row.person for row in shared])
        return Report(
            region=region,
            day=day,
            kinds=books.by_kind(region, day),
            institutions=books.owed_by_institution(region, day),
            institutions_fen=books.held_for(PotKind.INSTITUTIONS, region, day),
            premiums_fen=books.held_for(PotKind.PREMIUMS, region, day),
            owed_to=tax.owed_by_region(region, day),
            orders=tax.by_state(region, day),
            batches=tax.batches(region, day),
            claims=tax.claims_by_state(region, day),
            payers=[_payer(people[row.person], row) for row in shared],
            differences=list(differences(region, day)),
        )


def _payer(person: Person, row: books.Shared) -> Payer:
    return Payer(masked_name(person.name), masked_certno(person.certno), row.used_fen, row.refunded_fen)


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as one document: amounts in yuan, people masked."""
    return {
        "region": report.region,
        "day": report.day.isoformat(),
        "kinds": [
            {
                "kind": sums.kind,
                "name": sums.kind.label,
                "vouchers": sums.vouchers,
                "credited": yuan(sums.credited_fen),
                "spent": yuan(sums.spent_fen),
                "moved": yuan(sums.moved_fen),
                "refunded": yuan(sums.refunded_fen),
                "recorded_later": sums.recorded_later,
            }
            for sums in report.kinds
        ],
        "institutions": {
            "owed": yuan(report.institutions_fen),
            "each": [
                {
                    "fixmedins_code": one.code,
                    "fixmedins_name": one.name,
                    "spent": yuan(one.spent_fen),
                    "refunded": yuan(one.refunded_fen),
                    "owed": yuan(one.owed_fen),
                }
                for one in report.institutions
            ],
        },
        "tax_office": {
            "owed": yuan(report.premiums_fen),
            "each": [
                {
                    "insuplc_admdvs": one.region,
                    "owed": yuan(one.owed_fen),
                    "to_pay": yuan(one.to_pay_fen),
                    "paid": yuan(one.paid_fen),
                }
                for one in report.owed_to
            ],
            "orders": [
                {"state": one.state, "name": one.state.label, "orders": one.orders, "sum": yuan(one.sum_fen)}
                for one in report.orders
            ],
            "batches": [
                {
                    "batch_no": one.no,
                    "rows": one.rows,
                    "sum": yuan(one.sum_fen),
                    "confirmed": one.confirmed,
                    "returned": one.returned,
                    "waiting": one.waiting,
                    "refunds": one.refunds,
                    "refunds_waiting": one.refunds_waiting,
                }
                for one in report.batches
            ],
        },
        "claims": [
            {"state": one.state, "name": one.state.label, "claims": one.claims, "sum": yuan(one.sum_fen)}
            for one in report.claims
        ],
        "shared": [
            {
                "psn_name": payer.name,
                "certno": payer.certno,
                "used": yuan(payer.used_fen),
                "refunded": yuan(payer.refunded_fen),
            }
            for payer in report.payers
        ],
        "differences": [{"name": one.name, "rows": one.rows} for one in report.differences],
    }


def as_table(report: Report) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the treasury's table under CSV_COLUMNS; a section a subject, amounts in yuan."""
    where = (report.region, report.day.isoformat())
    for sums in report.kinds:
        amounts = (yuan(sums.credited_fen), yuan(sums.spent_fen), yuan(sums.refunded_fen), "")
        yield (*where, "业务", sums.kind, sums.kind.label, str(sums.vouchers), *amounts)
    for one in report.institutions:
        amounts = ("", yuan(one.spent_fen), yuan(one.refunded_fen), yuan(one.owed_fen))
        yield (*where, "定点机构", one.code, one.name, "", *amounts)
    yield (
        *where,
        "合计",
        PotKind.INSTITUTIONS,
        PotKind.INSTITUTIONS.label,
        "",
        "",
        "",
        "",
        yuan(report.institutions_fen),
    )
    yield (*where, "合计", PotKind.PREMIUMS, PotKind.PREMIUMS.label, "", "", "", "", yuan(report.premiums_fen))
    for owed in report.owed_to:
        yield (*where, "税务", owed.region, "", "", "", yuan(owed.paid_fen), "", yuan(owed.owed_fen))
    for state in report.orders:
        yield (*where, "代缴单", state.state, state.state.label, str(state.orders), "", "", "", yuan(state.sum_fen))
    for claim in report.claims:
        yield (*where, "返还申请", claim.state, claim.state.label, str(claim.claims), "", "", "", yuan(claim.sum_fen))
    for payer in report.payers:
        amounts = ("", yuan(payer.used_fen), yuan(payer.refunded_fen), "")
        yield (*where, "家人使用", payer.certno, payer.name, "", *amounts)
    for difference in report.differences:
        yield (*where, "差异", "", difference.name, str(len(difference.rows)), "", "", "", "")
