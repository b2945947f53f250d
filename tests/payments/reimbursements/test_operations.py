"""手工报销: a relative insured elsewhere in the province is reimbursed by invoice from the payer's 历年 (seed S3, 7)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.codes import InstitutionKind, PotKind, Role
from accounts.identity.access import actor_of
from accounts.identity.actors import Act, Actor
from accounts.ledger.verify import findings
from accounts.operations.life_events.events import LifeEventError
from family.queries.facts import used_fen
from payments.bills.codes import BillKind
from payments.models import ReimbursedInvoice, Reimbursement
from payments.reimbursements import operations
from payments.reimbursements.codes import ReimbursementState
from payments.reimbursements.operations import NO_MONEY, follow, take_back
from payments.reimbursements.rules import Invoice, ReimbursementError, Visit, read_number
from tests.accounts.operations.life_kit import Desk
from tests.accounts.operations.renaming import staff
from tests.factories.family import RUIAN, TODAY, ZHOUSHAN, balance_of, bond, credit, insured
from tests.factories.notices import titles
from tests.factories.users import official

SEEN = date(2026, 3, 9)
VISIT = Visit(
    issuer_code="H33090100001", issuer_name="普陀区沈家门卫生院", institution_kind=InstitutionKind.HOSPITAL, level=1
)
INVOICE = Invoice("033002600111", SEEN, 120_00)
PAYEE = "尾号1234"

pytestmark = pytest.mark.usefixtures("policies_loaded")


@pytest.fixture
def act(db) -> Act:
    return Desk().act(TODAY)


@pytest.fixture
def family(db):
    """An authoriser of 瑞安 with 1,000.00 of 历年, and a parent insured as a resident in 舟山, bound since last year."""
    payer, parent = insured(RUIAN, carried=1000_00), insured(ZHOUSHAN, resident=True)
    bond(payer, parent, from_on=date(2026, 1, 1))
    return payer, parent


def hand_in(act, family, *invoices, visit=VISIT, payee=PAYEE, region=RUIAN):
    payer, person = family
    return operations.reimburse(
        act=act,
        payer=payer,
        person=person,
        region=region,
        visit=visit,
        invoices=invoices or (INVOICE,),
        payee=payee,
    )


class TestPaying:
    def test_all_invoices_of_a_visit_are_paid_by_one_voucher_from_what_was_saved(self, act, family):
        credit(family[0], RUIAN, PotKind.CURRENT, 50_00)
        paid = hand_in(act, family, INVOICE, Invoice("033002600112", SEEN, 30_00))
        assert (paid.amount_fen, paid.account_fen, paid.payee) == (150_00, 150_00, PAYEE)
        assert balance_of(family[0], RUIAN) == 850_00
        assert balance_of(family[0], RUIAN, PotKind.CURRENT) == 50_00
        assert paid.invoices.count() == 2
        assert list(findings()) == []

    def test_what_the_account_or_the_limit_does_not_reach_stays_with_whoever_paid_it(self, act):
        payer, parent = insured(RUIAN, carried=1000_00), insured(ZHOUSHAN, resident=True)
        limited = bond(payer, parent, from_on=date(2026, 1, 1), limit_fen=100_00)
        paid = hand_in(act, (payer, parent))
        assert (paid.account_fen, paid.cash_fen) == (100_00, 20_00)
        assert used_fen([limited], {limited.pk: TODAY.year})[limited.pk] == 100_00
        with pytest.raises(ReimbursementError, match="额度用完"):
            hand_in(act, (payer, parent), Invoice("033002600999", SEEN, 1_00))

    def test_only_the_one_who_hands_the_invoices_in_pays(self, act, family):
        other = insured(RUIAN, carried=1000_00, birth_on=date(1979, 1, 1))
        bond(other, family[1], from_on=date(2026, 1, 1))
        hand_in(act, family)
        assert (balance_of(family[0], RUIAN), balance_of(other, RUIAN)) == (880_00, 1000_00)

    def test_both_are_told(self, act, family):
        paid = hand_in(act, family)
        for person in family:
            assert f"手工报销 {paid.no} 已经办好" in titles(person)

    def test_the_same_handed_in_again_is_answered_with_the_first_outcome(self, act, family):
        assert hand_in(act, family) == hand_in(act, family)
        assert balance_of(family[0], RUIAN) == 880_00


class TestRefused:
    def refused(self, act, family, words, *invoices, **more):
        with pytest.raises(ReimbursementError, match=words):
            hand_in(act, family, *invoices, **more)
        assert Reimbursement.objects.count() == 0
        assert balance_of(family[0], RUIAN) == 1000_00

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"category": "cosmetic"}, "整形美容不能用个人账户付"),
            ({"issuer_name": " "}, "请写开票机构的名称"),
            ({"institution_kind": InstitutionKind.PHARMACY, "level": 0}, "药店没有等级"),
        ],
    )
    def test_what_a_bill_could_not_be_paid_for_is_not_reimbursed(self, act, family, changes, words):
        self.refused(act, family, words, visit=replace(VISIT, **changes))

    @pytest.mark.parametrize(
        "changes",
        [{"level": 3}, {"institution_kind": InstitutionKind.PHARMACY, "level": 0, "kind": BillKind.PURCHASE}],
    )
    def test_a_resident_is_not_reimbursed_where_their_own_region_lets_no_relative_pay(self, act, changes):
        payer, parent = insured(ZHOUSHAN, carried=1000_00), insured(RUIAN, resident=True)
        bond(payer, parent, from_on=date(2026, 1, 1))
        with pytest.raises(ReimbursementError, match="不能在这类地方用"):
            hand_in(act, (payer, parent), visit=replace(VISIT, **changes), region=ZHOUSHAN)

    @pytest.mark.parametrize(
        ("invoices", "words"),
        [
            ((INVOICE, INVOICE), "填了两次"),
            ((replace(INVOICE, on=TODAY + timedelta(days=1)),), "在今天之后"),
            ((replace(INVOICE, on=date(2025, 12, 31)),), "那时还没有约定"),
            ((replace(INVOICE, amount_fen=0),), "应大于 0"),
        ],
    )
    def test_an_invoice_that_cannot_be_is_named_with_what_to_do(self, act, family, invoices, words):
        self.refused(act, family, words, *invoices)

    def test_a_relative_insured_here_pays_where_they_are_treated(self, act):
        payer, parent = insured(RUIAN, carried=1000_00), insured(RUIAN, resident=True)
        bond(payer, parent, from_on=date(2026, 1, 1))
        self.refused(act, (payer, parent), "在本地参保")

    def test_without_sharing_nothing_is_reimbursed(self, act):
        self.refused(act, (insured(RUIAN, carried=1000_00), insured(ZHOUSHAN, resident=True)), "先办绑定")

    def test_an_empty_account_reimburses_nothing(self, act, db):
        payer, parent = insured(RUIAN), insured(ZHOUSHAN, resident=True)
        bond(payer, parent, from_on=date(2026, 1, 1))
        with pytest.raises(ReimbursementError, match=NO_MONEY):
            hand_in(act, (payer, parent))

    @pytest.mark.parametrize("which", [0, 1])
    def test_nobody_reimburses_themselves_or_their_family(self, act, family, which):
        kin = official(Role.CLERK, "kin", act.actor.office, str(family[which].certno))
        with pytest.raises(LifeEventError, match="不能办自己"):
            hand_in(Act(actor_of(kin), act.at), family)

    def test_only_a_counter_reimburses(self, act, family):
        other_role = staff(Role.POLICY, "policy", 3)
        for actor in (actor_of(other_role), Actor.system("x")):
            with pytest.raises(LifeEventError, match="岗用自己的账号"):
                hand_in(Act(actor, act.at), family)


class TestAnInvoiceCountsOnce:
    @pytest.mark.parametrize("number", [INVOICE.number, INVOICE.number[-8:], f"0330{INVOICE.number}"])
    def test_whatever_code_of_its_issuer_is_typed_and_with_or_without_its_own_code(self, act, family, number):
        hand_in(act, family)
        visit = replace(VISIT, issuer_code="123309014721234567")
        with pytest.raises(ReimbursementError, match="可能是同一张"):
            hand_in(act, family, replace(INVOICE, number=number), visit=visit)
        assert balance_of(family[0], RUIAN) == 880_00

    def test_nor_twice_in_one_visit_under_two_spellings(self, act, family):
        with pytest.raises(ReimbursementError, match="填了两次"):
            hand_in(act, family, INVOICE, replace(INVOICE, number=INVOICE.number[-8:]))

    @pytest.mark.parametrize("changes", [{"on": TODAY}, {"amount_fen": 120_01}, {"number": "033002600112"}])
    def test_another_one_of_another_institution_is_paid(self, act, family, changes):
        hand_in(act, family)
        other = replace(VISIT, issuer_code="H33090100002")
        assert hand_in(act, family, replace(INVOICE, **changes), visit=other).account_fen

    def test_for_anybody_else_it_is_used(self, act, family):
        hand_in(act, family)
        other = insured(RUIAN, carried=1000_00), insured(ZHOUSHAN, resident=True)
        bond(*other, from_on=date(2026, 1, 1))
        with pytest.raises(ReimbursementError, match="已经报销过"):
            hand_in(act, other)

    def test_with_others_it_stands_against_the_whole_visit(self, act, family):
        hand_in(act, family)
        with pytest.raises(ReimbursementError, match="已经报销过"):
            hand_in(act, family, INVOICE, Invoice("033002600112", SEEN, 30_00))
        assert balance_of(family[0], RUIAN) == 880_00

    def test_however_its_number_is_spaced(self):
        assert read_number(" 0330 0260-0111 ") == read_number("０３３００２６００１１１") == INVOICE.number
        with pytest.raises(ReimbursementError):
            read_number("12")

    def test_the_database_takes_it_once(self, act, family):
        (row,) = hand_in(act, family).invoices.all()
        row.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            ReimbursedInvoice.objects.bulk_create([row])


class TestTakingBack:
    def test_the_money_goes_back_to_the_pot_and_the_limit_once(self, act, family):
        paid = hand_in(act, family)
        take_back(act=act, no=paid.no, reason="发票看错了")
        again = take_back(act=act, no=paid.no, reason="发票看错了")
        assert (again.state, again.reason) == (ReimbursementState.TAKEN_BACK, "发票看错了")
        assert balance_of(family[0], RUIAN) == 1000_00
        assert f"手工报销 {paid.no} 已经收回" in titles(family[0])
        assert list(findings()) == []

    def test_its_invoices_may_be_handed_in_anew_for_the_same_person_and_for_nobody_else(self, act, family):
        take_back(act=act, no=hand_in(act, family).no, reason="卡号写错了")
        other = insured(RUIAN, carried=1000_00), insured(ZHOUSHAN, resident=True)
        bond(*other, from_on=date(2026, 1, 1))
        with pytest.raises(ReimbursementError, match="用别人的名义报过"):
            hand_in(act, other)
        assert hand_in(act, family, payee="尾号5678").state == ReimbursementState.PAID
        assert balance_of(family[0], RUIAN) == 880_00
        assert list(findings()) == []

    def test_an_unknown_number_is_refused(self, act):
        with pytest.raises(ReimbursementError, match="没有这笔"):
            take_back(act=act, no="BX2026-0310-2345678A", reason="x")

    def test_records_that_become_one_keep_what_was_reimbursed(self, act, family):
        paid = hand_in(act, family)
        kept = insured(ZHOUSHAN, resident=True)
        follow(act, family[1], kept)
        paid.refresh_from_db()
        assert paid.person == kept
