"""The lists of staff, and the books held against the facts: each with a case that it finds."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.codes import VoucherKind
from accounts.jobs import against_facts
from accounts.models import Contribution, Enrolment, FactChange
from tests.personas import HUNAN, QUANZHOU, SHANGHAI, ZHOUSHAN, changed, insured, paid_for, pays, pot, run
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("policies_loaded")

NEW_YEAR, NEXT = date(2025, 1, 1), date(2026, 1, 1)


def checked(region: str, *arguments: str) -> dict[str, list[dict]]:
    out = StringIO()
    try:
        call_command("check_facts", "--region", region, "--json", *arguments, stdout=out)
    except CommandError:
        assert any(json.loads(out.getvalue())["lists"].values())
    else:
        assert not any(json.loads(out.getvalue())["lists"].values())
    return json.loads(out.getvalue())["lists"]


def whom(rows: list[dict]) -> list[int]:
    return [row["person"] for row in rows]


def test_where_everything_fits_every_list_is_empty():
    pays(insured(), "5000.00", since=date(2024, 12, 1), until=NEXT)
    run("accrual", "2025", on=NEW_YEAR)
    assert not any(checked(ZHOUSHAN, "--period", "2025", "--on", "2025-12-31").values())


def test_months_credited_ahead_and_not_paid_for_are_listed_when_they_have_passed():
    person = insured()
    pays(person, "5000.00", since=date(2024, 12, 1), until=date(2025, 4, 1))
    run("accrual", "2025", on=NEW_YEAR)
    assert checked(ZHOUSHAN, "--period", "2025", "--on", "2025-04-10")["credited_not_paid"] == []
    (row,) = checked(ZHOUSHAN, "--period", "2025", "--on", "2025-07-10")["credited_not_paid"]
    assert (row["person"], row["note"]) == (person.pk, "划入12个月，缴费3个月")


def test_a_payment_that_was_withdrawn_is_listed_until_it_is_taken_back():
    person = insured(HUNAN)
    paid_for(person, NEW_YEAR, "5000.00")
    run("accrual", "2025-01", on=date(2025, 1, 20), region=HUNAN)
    change = FactChange.objects.create(kind="withdrawn", reason="传错了", actor="system:test", at=clock.now())
    Contribution.objects.update(counts=False, changed_by=change)
    (row,) = checked(HUNAN, "--period", "2025", "--on", "2025-02-01")["credited_not_paid"]
    assert (row["person"], row["periods"]) == (person.pk, ["2025-01"])
    run("accrual", "2025-02", on=date(2025, 2, 20), region=HUNAN)
    assert checked(HUNAN, "--period", "2025", "--on", "2025-02-21")["credited_not_paid"] == []


def test_what_was_paid_after_the_end_is_listed_with_its_reason():
    person = insured(HUNAN)
    changed(person, date(2025, 1, 10), status=4)
    for month in (1, 2):
        paid_for(person, date(2025, month, 1), "5000.00")
        run("accrual", f"2025-0{month}", on=date(2025, month, 20), region=HUNAN)
    (row,) = checked(HUNAN, "--period", "2025", "--on", "2025-03-01")["paid_not_credited"]
    assert (row["person"], row["periods"]) == (person.pk, ["2025-02"])
    assert "终止以后" in row["note"]


def test_a_payment_of_somebody_whose_enrolment_was_withdrawn_is_listed_with_what_is_missing():
    person = insured(HUNAN)
    paid_for(person, NEW_YEAR, "5000.00")
    change = FactChange.objects.create(kind="withdrawn", reason="传错了", actor="system:test", at=clock.now())
    Enrolment.objects.filter(person=person).update(counts=False, changed_by=change)
    run("accrual", "2025-01", on=date(2025, 1, 20), region=HUNAN)
    (row,) = checked(HUNAN, "--period", "2025", "--on", "2025-02-01")["paid_not_credited"]
    assert (row["person"], row["note"]) == (person.pk, "名册里没有这个人在这里的职工参保登记，登记后才能划入")


def test_who_is_insured_in_two_regions_at_once_is_listed():
    person = insured(HUNAN)
    changed(person, date(2025, 3, 1), region=QUANZHOU)
    assert whom(checked(HUNAN, "--on", "2025-04-01")["insured_twice"]) == [person.pk]
    assert checked(HUNAN, "--on", "2025-02-01")["insured_twice"] == []


def test_two_who_look_like_one_are_listed():
    one, other = insured(HUNAN), insured(HUNAN)
    type(one).objects.filter(pk=other.pk).update(name=one.name, birth_on=one.birth_on, gender=one.gender)
    assert whom(checked(HUNAN)["perhaps_same_person"]) == [one.pk, other.pk]


def test_who_is_insured_and_never_paid_is_listed_and_retirees_are_not():
    never = insured(HUNAN)
    insured(HUNAN, person_type="12")
    assert whom(checked(HUNAN)["never_paid"]) == [never.pk]


class TestTheBooksAgainstTheFacts:
    """A falsified book each: the ledger's own invariants agree, the facts do not."""

    def found(self) -> dict[str, tuple[dict[str, object], ...]]:
        return {finding.invariant: finding.rows for finding in against_facts.findings()}

    def credit(self, person, region: str, period: str, fen: int, on: date) -> None:
        """Book a credit that no run has posted, balances and all."""
        own = pot(person, "carried", region)
        with connection.cursor() as cursor:
            cursor.execute(
                """WITH v AS (INSERT INTO accounts_voucher (kind, region, occurred_on, recorded_at, period, actor, reason,
                                  place_kind, place, key, payload_hash)
                              VALUES (%(kind)s, %(region)s, %(on)s, clock_timestamp(), %(period)s, 'system:x', '', '', '', 'false', '')
                              RETURNING id)
                   INSERT INTO accounts_transfer (voucher_id, source_id, target_id, amount_fen, target_balance_fen, kind,
                                  period, region, facts)
                   SELECT v.id, f.id, %(pot)s, %(fen)s, %(balance)s, %(kind)s, %(period)s, %(region)s,
                          '{"capacity":"employee","age":0,"base_fen":500000}'
                   FROM v, accounts_pot f WHERE f.region = %(region)s AND f.kind = 'fund'""",
                {
                    "kind": VoucherKind.ACCRUAL,
                    "region": region,
                    "on": on,
                    "period": period,
                    "pot": own.pk,
                    "fen": fen,
                    "balance": own.balance_fen + fen,
                },
            )
            cursor.execute("UPDATE accounts_pot SET balance_fen = balance_fen + %s WHERE id = %s", [fen, own.pk])

    def test_right_books_agree(self):
        pays(insured(), "5000.00", since=date(2024, 12, 1), until=NEXT)
        paid_for(insured(HUNAN), NEW_YEAR, "5000.00")
        run("accrual", "2025", on=NEW_YEAR)
        run("accrual", "2025-01", on=date(2025, 1, 20), region=HUNAN)
        run("close_year", "2025", on=NEXT)
        assert self.found() == {}

    def test_a_month_credited_without_a_payment_is_found(self):
        person = insured(HUNAN)
        paid_for(person, NEW_YEAR, "5000.00")
        run("accrual", "2025-01", on=date(2025, 1, 20), region=HUNAN)
        run("accrual", "2025-02", on=date(2025, 2, 20), region=HUNAN)
        self.credit(person, HUNAN, "2025-02", 100_00, date(2025, 2, 20))
        (row,) = self.found()[against_facts.CREDIT]
        assert row["person"] == person.pk

    def test_a_month_credited_in_two_regions_is_found(self):
        person = insured(HUNAN)
        changed(person, date(2025, 2, 1), status=4)
        changed(person, date(2025, 2, 1), region=QUANZHOU, status=1)
        paid_for(insured(QUANZHOU), NEW_YEAR, "5000.00")
        Contribution.objects.create(person=person, region=HUNAN, month=NEW_YEAR, base_fen=500_000, received_on=NEW_YEAR)
        for region in (HUNAN, QUANZHOU):
            run("accrual", "2025-01", on=date(2025, 1, 20), region=region)
        self.credit(person, QUANZHOU, "2025-01", 100_00, date(2025, 1, 20))
        (row,) = self.found()[against_facts.CREDIT]
        assert (row["region"], row["person"]) == (QUANZHOU, person.pk)

    def test_a_closed_year_that_moved_is_found(self):
        person = insured(SHANGHAI)
        pays(person, "5000.00", since=date(2024, 6, 1), until=date(2025, 7, 1))
        run("accrual", "2024", on=date(2024, 7, 1), region=SHANGHAI)
        run("close_year", "2024", on=date(2025, 7, 1), region=SHANGHAI)
        assert against_facts.CLOSED not in self.found()
        self.credit(person, SHANGHAI, "2024-09", 100_00, date(2024, 9, 20))
        (row,) = self.found()[against_facts.CLOSED]
        assert (row["region"], row["year"]) == (SHANGHAI, 2024)
