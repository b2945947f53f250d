"""Relatives' money: the order, the limits, the places, two regions, the pool; and who sees what of it."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from accounts.codes import PotKind, VoucherKind
from accounts.ledger.errors import InsufficientFundsError, KeyReusedError
from accounts.ledger.verify import findings
from accounts.models import Notice, Pot, Voucher
from accounts.queries.account import account_in, accounts_of
from accounts.queries.lines import lines_of
from accounts.queries.statement import entries_between
from family.models import Draw
from family.operations import bonds, pool, undoing
from family.operations.ending import remove
from family.queries.bonds import bonds_given, bonds_received
from family.queries.eligibility import to_move_in
from family.queries.facts import last_year_fen
from family.queries.plan import plan
from family.queries.usage import totals, used_of_mine, used_of_others
from family.rules import CannotUndoError, RefusedError, Where
from payments.bills import operations
from payments.models import Bill, Institution
from tests.factories.acts import act_on
from tests.factories.family import ACT, QUANZHOU, RUIAN, TODAY, ZHOUSHAN, balance_of, bond, credit, insured
from tests.factories.notices import told
from tests.factories.people import EnrolmentFactory

pytestmark = pytest.mark.usefixtures("policies_loaded")

CLINIC = "安阳街道社区卫生服务中心"


@pytest.fixture(autouse=True)
def _invariants_hold_after_each(policies_loaded):
    yield
    assert list(findings()) == []


def place(kind: str = "hospital", level: int = 1, region: str = RUIAN) -> Institution:
    code = f"{kind[0]}{level}{region}"
    return Institution.objects.get_or_create(
        code=code, defaults={"name": CLINIC, "kind": kind, "level": level, "region": region}
    )[0]


def pay(
    person, fen: int, *, at: Institution | None = None, region: str = RUIAN, on: date = TODAY, key: str = ""
) -> Bill:
    """Pay a bill, after asking what it would take: the preview is obeyed to the fen."""
    shop = at or place(region=region)
    where = Where(shop.kind, shop.level)
    expected = plan(person=person, region=region, amount_fen=fen, on=on, where=where)
    bill = operations.pay(
        act=act_on(on),
        institution=shop,
        person=person,
        region=region,
        amount_fen=fen,
        on=on,
        bill_no=key or f"b{Bill.objects.count()}",
    )
    assert bill.cash_fen == expected.cash_fen
    paid = sorted(row.amount_fen for voucher in bill.vouchers for row in voucher.transfers.all())
    assert paid == sorted(line.amount_fen for line in expected.lines)
    return bill


def suspend(person, region: str = RUIAN) -> None:
    EnrolmentFactory(person=person, region=region, status=2, from_on=TODAY)


class TestOrder:
    def test_own_pots_first_then_payers_in_the_users_order_then_cash(self):
        user = insured(carried=1_000, current=500)
        first, second = insured(carried=2_000), insured(carried=3_000)
        a, b = bond(first, user, place=2), bond(second, user, relation="7", place=1)
        bill = pay(user, 5_000)
        assert (balance_of(user, RUIAN, "current"), balance_of(user)) == (0, 0)
        assert (balance_of(second), balance_of(first)) == (0, 1_500)
        assert {draw.bond_id: draw.amount_fen for draw in Draw.objects.all()} == {b.pk: 3_000, a.pk: 500}
        assert bill.cash_fen == 0
        assert pay(user, 2_000).cash_fen == 500

    def test_the_payers_current_year_is_never_touched(self):
        payer, user = insured(carried=100, current=9_000), insured(resident=True)
        bond(payer, user)
        assert pay(user, 500).cash_fen == 400
        assert balance_of(payer, RUIAN, "current") == 9_000

    def test_what_a_new_year_makes_carried_over_is_there_at_its_first_day(self):
        payer, user = insured(carried=100, current=9_000), insured(resident=True)
        bond(payer, user)
        assert pay(user, 5_000, on=date(2027, 1, 2)).cash_fen == 0
        assert (balance_of(payer, RUIAN, "current"), balance_of(payer)) == (0, 4_100)

    def test_the_gate_is_for_binding_only(self):
        payer, user = insured(carried=100), insured(resident=True)
        bond(payer, user)
        assert pay(user, 50).cash_fen == 0

    def test_a_bill_of_relatives_money_given_back_returns_to_them_even_after_the_end(self):
        payer, user = insured(carried=1_000), insured(resident=True)
        tie = bond(payer, user)
        bill = pay(user, 600)
        remove(act=ACT, payer=payer, bond_id=tie.pk)
        operations.refund(act=ACT, bill=bill, bill_no="r", reason="退药")
        assert balance_of(payer) == 1_000
        assert used_of_mine(payer)[0].returned_words == "已退回"
        assert [(one.person, one.fen) for one in totals(used_of_mine(payer))] == [(user, 0)]


class TestWhenItMayBeUsed:
    @pytest.fixture
    def pair(self):
        return insured(carried=10_000), insured(resident=True)

    def cash_of(self, user, **more) -> int:
        return pay(user, 1_000, **more).cash_fen

    @pytest.mark.parametrize(
        ("terms", "cash"),
        [
            ({}, 0),
            ({"state": "suspended"}, 1_000),
            ({"until_on": TODAY - timedelta(days=1)}, 1_000),
            ({"until_on": TODAY}, 0),
            ({"from_on": TODAY + timedelta(days=1)}, 1_000),
            ({"scopes": ["premium"]}, 1_000),
            ({"limit_fen": 400}, 600),
            ({"relation": "1"}, 0),
        ],
    )
    def test_the_terms_of_the_bond(self, pair, terms, cash):
        bond(*pair, **terms)
        assert self.cash_of(pair[1]) == cash

    def test_a_suspended_payer_lends_nothing(self, pair):
        bond(*pair)
        suspend(pair[0])
        assert self.cash_of(pair[1]) == 1_000

    @pytest.mark.parametrize(
        ("kind", "level", "cash"),
        [("hospital", 3, 1_000), ("pharmacy", 0, 1_000), ("hospital", 2, 0), ("hospital", 0, 0)],
    )
    def test_a_resident_of_ruian_uses_it_at_level_one_and_two_only(self, pair, kind, level, cash):
        bond(*pair)
        assert self.cash_of(pair[1], at=place(kind, level)) == cash

    def test_an_employee_is_not_limited(self, pair):
        user = insured()
        bond(pair[0], user)
        assert self.cash_of(user, at=place("pharmacy", 0)) == 0

    def test_the_place_limit_is_that_of_the_users_own_region(self):
        payer, user = insured(carried=10_000), insured(ZHOUSHAN, resident=True)
        bond(payer, user)
        assert self.cash_of(user, at=place("pharmacy", 0, ZHOUSHAN), region=ZHOUSHAN) == 0

    def test_a_yearly_limit_counts_what_was_used_and_not_given_back(self, pair):
        tie = bond(*pair, limit_fen=1_500)
        first = pay(pair[1], 1_000)
        assert pay(pair[1], 1_000).cash_fen == 500
        assert (bonds_given(pair[0], TODAY)[0].used_fen, bonds_given(pair[0], TODAY)[0].left_fen) == (1_500, 0)
        assert bonds_received(pair[1], TODAY)[0].blocked == "今年的额度用完了，2027年1月1日起重新算"
        operations.refund(act=ACT, bill=first, bill_no="r", reason="退药")
        assert pay(pair[1], 2_000).cash_fen == 1_000
        bonds.set_limit(act=ACT, payer=pair[0], bond_id=tie.pk, limit_fen=1_600)
        assert pay(pair[1], 2_000).cash_fen == 1_900
        assert pay(pair[1], 1_600, on=date(2027, 1, 5)).cash_fen == 0

    def test_an_act_that_was_used_since_is_not_taken_back(self, pair):
        tie = bond(*pair)
        event = bonds.set_limit(act=ACT, payer=pair[0], bond_id=tie.pk, limit_fen=5_000)
        pay(pair[1], 100)
        with pytest.raises(CannotUndoError, match="用过"):
            undoing.undo(act=ACT, person=pair[0], event_id=event.pk)

    def test_the_preview_says_why_somebodys_money_is_left_out(self, pair):
        bond(*pair)
        shown = plan(person=pair[1], region=RUIAN, amount_fen=100, on=TODAY, where=Where("pharmacy"))
        assert [(one.card.other, one.why) for one in shown.skipped] == [(pair[0], "居民医保的家人不能在这类地方用")]
        assert shown.cash_fen == 100


class TestTwoRegions:
    def test_each_region_keeps_its_own_books(self):
        payer, user = insured(ZHOUSHAN, carried=10_000), insured(carried=300)
        bond(payer, user)
        bill = pay(user, 1_000)
        key = f"bill:{bill.institution_id}:b0"
        assert [(v.region, v.key) for v in bill.vouchers] == [(RUIAN, key), (ZHOUSHAN, f"{key}:330900")]
        assert (balance_of(user), balance_of(payer, ZHOUSHAN)) == (0, 9_300)

    def test_the_money_may_come_from_the_other_region_alone(self):
        payer, user = insured(ZHOUSHAN, carried=10_000), insured(resident=True)
        bond(payer, user)
        bill = pay(user, 1_000)
        assert [v.region for v in bill.vouchers] == [ZHOUSHAN]
        assert bill.voucher is not None

    def test_the_same_bill_again_is_the_first_one_and_another_is_refused(self):
        payer, user = insured(ZHOUSHAN, carried=10_000), insured(carried=300)
        bond(payer, user)
        bill = pay(user, 1_000, key="same")
        again = operations.pay(
            act=ACT, institution=place(), person=user, region=RUIAN, amount_fen=1_000, on=TODAY, bill_no="same"
        )
        assert again == bill
        assert Voucher.objects.filter(kind="spending").count() == 2
        with pytest.raises(KeyReusedError):
            operations.pay(
                act=ACT, institution=place(), person=user, region=RUIAN, amount_fen=999, on=TODAY, bill_no="same"
            )

    def test_a_refund_undoes_both(self):
        payer, user = insured(ZHOUSHAN, carried=10_000), insured(carried=300)
        bond(payer, user)
        operations.refund(act=ACT, bill=pay(user, 1_000), bill_no="r", reason="退药")
        assert (balance_of(user), balance_of(payer, ZHOUSHAN)) == (300, 10_000)

    def test_another_province_lends_nothing(self):
        payer, user = insured(QUANZHOU, carried=10_000), insured(carried=300)
        bond(payer, user)
        assert pay(user, 1_000).cash_fen == 700


class TestPool:
    @pytest.fixture
    def owner(self):
        return insured(QUANZHOU, carried=350_000, name="黄建国")

    def move(self, owner, fen: int, key: str = "k", on: date = TODAY, operation=pool.move_in):
        return operation(act=act_on(on), payer=owner, region=QUANZHOU, amount_fen=fen, key=key)

    def test_what_exceeds_the_reserve_moves_once_per_form(self, owner):
        first = self.move(owner, 150_000)
        assert self.move(owner, 150_000) == first
        assert (balance_of(owner, QUANZHOU), balance_of(owner, QUANZHOU, "pool")) == (200_000, 150_000)
        with pytest.raises(KeyReusedError):
            self.move(owner, 1)

    def test_not_a_fen_more(self, owner):
        with pytest.raises(InsufficientFundsError):
            self.move(owner, 150_001)
        self.move(owner, 150_000)
        with pytest.raises(RefusedError) as refusal:
            self.move(owner, 1, key="again")
        assert refusal.value.codes == {"reserve"}

    def test_what_may_be_moved_is_told_before(self, owner):
        shown = to_move_in(payer=owner, region=QUANZHOU, on=TODAY)
        assert (shown.balance_fen, shown.reserve_fen, shown.movable_fen) == (350_000, 200_000, 150_000)
        assert shown.reasons == ()

    def test_a_region_without_pools_has_none(self):
        with pytest.raises(RefusedError):
            pool.move_in(act=ACT, payer=insured(carried=900_000), region=RUIAN, amount_fen=1, key="k")
        assert not Pot.objects.filter(kind=PotKind.POOL).exists()

    def test_a_suspended_owner_moves_nothing(self, owner):
        suspend(owner, QUANZHOU)
        with pytest.raises(RefusedError) as refusal:
            self.move(owner, 1)
        assert refusal.value.codes == {"payer_suspended"}

    def test_members_use_it_after_their_own_and_the_owner_too(self, owner):
        self.move(owner, 150_000)
        mother, wife = insured(QUANZHOU, resident=True), insured(QUANZHOU, carried=10_000)
        bond(owner, mother)
        bond(owner, wife, relation="1")
        assert pay(mother, 20_000, region=QUANZHOU, at=place("pharmacy", 0, QUANZHOU)).cash_fen == 0
        pay(wife, 30_000, region=QUANZHOU)
        assert (balance_of(wife, QUANZHOU), balance_of(owner, QUANZHOU, "pool")) == (0, 110_000)
        assert balance_of(owner, QUANZHOU) == 200_000
        pay(owner, 250_000, region=QUANZHOU)
        assert (balance_of(owner, QUANZHOU), balance_of(owner, QUANZHOU, "pool")) == (0, 60_000)

    def test_a_move_is_taken_back_unless_the_pool_was_used(self, owner):
        event = self.move(owner, 150_000)
        undoing.undo(act=ACT, person=owner, event_id=event.pk)
        assert (balance_of(owner, QUANZHOU), balance_of(owner, QUANZHOU, "pool")) == (350_000, 0)
        event = self.move(owner, 150_000, key="again")
        mother = insured(QUANZHOU, resident=True)
        bond(owner, mother)
        pay(mother, 1, region=QUANZHOU)
        with pytest.raises(CannotUndoError, match="用过"):
            undoing.undo(act=ACT, person=owner, event_id=event.pk)

    def test_it_moves_back_as_far_as_it_holds(self, owner):
        self.move(owner, 150_000)
        self.move(owner, 50_000, key="back", operation=pool.move_back)
        with pytest.raises(InsufficientFundsError):
            self.move(owner, 100_001, key="back2", operation=pool.move_back)
        assert (balance_of(owner, QUANZHOU), balance_of(owner, QUANZHOU, "pool")) == (250_000, 100_000)


class TestTheGate:
    def test_it_looks_at_the_end_of_last_year_not_at_today(self):
        person = insured(carried=250_000)
        assert last_year_fen(person, RUIAN, TODAY) == 250_000
        pay(person, 240_000)
        assert last_year_fen(person, RUIAN, TODAY) == 250_000
        credit(person, RUIAN, "carried", 5_000)
        assert last_year_fen(person, RUIAN, TODAY) == 250_000
        assert last_year_fen(person, RUIAN, date(2027, 1, 1)) == 15_000


class TestWhoSeesWhat:
    """The payer sees day, kind of place, amount and user; the user sees only their own use. Never the name of a place."""

    @pytest.fixture
    def story(self):
        payer = insured(carried=100_000, name="陈静", gender=2)
        father, son = insured(resident=True, name="陈伟", gender=1), insured(resident=True, name="林小雨", gender=2)
        bond(payer, father)
        bond(payer, son, relation="2")
        pay(father, 3_850)
        pay(son, 2_000)
        return payer, father, son

    def test_usage_on_the_payers_side(self, story):
        payer, father, son = story
        uses = used_of_mine(payer)
        assert [(use.on, use.other.name, use.kin, use.amount_fen, use.place_kind) for use in uses] == [
            (TODAY, "林小雨", "女儿", 2_000, "一级医疗机构"),
            (TODAY, "陈伟", "父亲", 3_850, "一级医疗机构"),
        ]
        assert CLINIC not in str(uses)
        assert [(one.person.name, one.fen) for one in totals(uses)] == [("陈伟", 3_850), ("林小雨", 2_000)]
        assert used_of_mine(payer, user=father)[0].amount_fen == 3_850
        assert used_of_mine(payer, until=TODAY - timedelta(days=1)) == []

    def test_usage_on_the_users_side_is_their_own(self, story):
        payer, father, son = story
        assert [(use.other.name, use.kin, use.amount_fen) for use in used_of_others(father)] == [
            ("陈静", "女儿", 3_850)
        ]
        assert used_of_mine(father) == []
        assert used_of_others(payer) == []

    def test_the_payers_statement_never_names_the_place(self, story):
        payer, _, _ = story
        account = account_in(accounts_of(payer), RUIAN, TODAY)
        lines = lines_of(account, entries_between(account, TODAY, TODAY + timedelta(days=1)), url=str)
        assert [line.title for line in lines] == ["陈伟（父亲）看病，一级医疗机构", "林小雨（女儿）看病，一级医疗机构"]
        assert CLINIC not in str(lines)

    def test_the_notice_of_each_use_names_kind_day_amount_and_user(self, story):
        payer, father, _ = story
        notices = [f"{words.title}{words.text}" for words in told(payer)]
        assert "父亲陈伟用了您的钱 38.50 元" in notices[0]
        assert "3月10日在一级医疗机构" in notices[0]
        assert not any(CLINIC in text for text in notices)
        assert not Notice.objects.filter(person=father).exists()

    def test_a_draw_that_does_not_match_the_ledger_is_found(self, story):
        payer, father, _ = story
        voucher = Voucher.objects.filter(kind=VoucherKind.SPENDING, subject=father).get()
        other = bond(insured(carried=1), father, relation="7")
        before = transaction.savepoint()
        forged = Draw.objects.create(bond=other, voucher=voucher, amount_fen=1, on=TODAY, year=2026)
        wrong = {finding.invariant: finding.rows for finding in findings()}
        assert wrong["共济使用与出钱人付出的分录相等"] == ({"draw": forged.pk, "amount_fen": 1, "transfers_fen": 0},)
        transaction.savepoint_rollback(before)
