"""Citizens with a past, their browsers, and what their pages say."""

import html
import re
from datetime import UTC, date, datetime
from itertools import count

from django.test import Client

from accounts.codes import PotKind, VoucherKind
from accounts.ledger import posting
from accounts.ledger.posting import Move, Place
from accounts.ledger.pots import system_pot
from accounts.models import Person, Pot, Transfer, User, Voucher
from tests.factories.acts import act_on
from tests.factories.users import citizen, signed_in
from tests.personas import ACTOR, ZHOUSHAN, insured, paid_for, pays, pot, run, spend

CLINIC = Place("一级医疗机构", "定海社区卫生院")
_phones = count(19900800000)


def browser_of(person: Person) -> Client:
    """Return a browser in which this person is signed in."""
    user = User.objects.filter(person=person).first()
    return signed_in(user or citizen(str(next(_phones)), person))


def words(response) -> str:
    """Return what the page says between <main> and </main>, without any space; a part is taken whole."""
    text = response.content.decode()
    inside = re.search(r"<main.*?>(.*)</main>", text, re.DOTALL)
    plain = re.sub(r"<[^>]+>", "", inside[1] if inside else text)
    return re.sub(r"\s+", "", html.unescape(plain))


def seen(person: Person, path: str, **more) -> str:
    """Return what a page says to this person; it must be there."""
    response = browser_of(person).get(path, **more)
    assert response.status_code == 200, response.status_code
    return words(response)


def worker(**enrolment) -> Person:
    """Return an employee of 舟山 with 1,200.00 credited for 2025 and 1,440.00 for 2026, 100.00 used in each year."""
    return workers(1, **enrolment)[0]


def workers(number: int, **enrolment) -> list[Person]:
    """Return so many of them: a year is closed once for everybody."""
    people = [insured(ZHOUSHAN, **enrolment) for _ in range(number)]
    for person in people:
        pays(person, "5000.00", since=date(2025, 1, 1), until=date(2026, 1, 1))
    run("accrual", "2025", on=date(2025, 1, 1))
    for person in people:
        spend(person, 100_00, on=date(2025, 6, 2), key=f"bill 2025 {person.pk}", reason="门诊", place=CLINIC)
        paid_for(person, date(2026, 1, 1), "6000.00", received=date(2026, 1, 10))
    run("close_year", "2025", on=date(2026, 1, 10))
    for person in people:
        spend(person, 100_00, on=date(2026, 6, 2), key=f"bill 2026 {person.pk}", reason="门诊", place=CLINIC)
    return people


def used_by(relative: Person, person: Person, amount_fen: int, *, on: date, reason: str = "门诊") -> Voucher:
    """Let a relative use the person's 历年 at the clinic."""
    source = pot(person, PotKind.CARRIED).pk
    return posting.post(
        act=act_on(on),
        kind=VoucherKind.SPENDING,
        region=ZHOUSHAN,
        key=f"relative {relative.pk} {on}",
        payload={"relative": relative.pk},
        pots=[source],
        decide=lambda locked: [Move(source, system_pot(ZHOUSHAN, PotKind.INSTITUTIONS), amount_fen)],
        subject_id=relative.pk,
        reason=reason,
        place=CLINIC,
    )


def last_entry(person: Person, kind: str, period: str = "") -> Transfer:
    """Return the last transfer of a kind that touches this person's money."""
    rows = Transfer.objects.filter(kind=kind, **({"period": period} if period else {})).order_by("-id")
    return (rows.filter(source__person=person) | rows.filter(target__person=person)).first()


def long_history(person: Person, years: int, region: str = ZHOUSHAN) -> None:
    """Give a person a use in every month of so many years: written straight into the tables, as an import would be."""
    carried = pot(person, PotKind.CARRIED, region)
    fund = system_pot(region, PotKind.FUND)
    institutions = system_pot(region, PotKind.INSTITUTIONS)
    days = [date(2025 - year, month, 3) for year in reversed(range(years)) for month in range(1, 13)]
    vouchers = [
        Voucher(
            kind=kind, region=region, occurred_on=day, recorded_at=datetime(2025, 1, 1, tzinfo=UTC), period=str(day.year),
            actor=str(ACTOR), key=f"old {kind} {person.pk} {day}", payload_hash="",
            subject_id=person.pk if kind == VoucherKind.SPENDING else None, reason="门诊", place_kind="一级医疗机构",
        )
        for day in days
        for kind in (VoucherKind.TRANSFER_BACK, VoucherKind.SPENDING)
    ]  # fmt: skip
    Voucher.objects.bulk_create(vouchers)
    Transfer.objects.bulk_create(
        Transfer(
            voucher=voucher, kind=voucher.kind, period=voucher.period, region=region, amount_fen=100,
            source_id=carried.pk if is_use else fund, target_id=institutions if is_use else carried.pk,
            source_balance_fen=0 if is_use else None, target_balance_fen=None if is_use else 100,
        )
        for voucher in vouchers
        for is_use in [voucher.kind == VoucherKind.SPENDING]
    )  # fmt: skip


def balances_of(person: Person) -> dict[str, int]:
    """Return the fen in each of a person's pots."""
    return dict(Pot.objects.filter(person=person).values_list("kind", "balance_fen"))
