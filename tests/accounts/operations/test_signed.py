"""核销与人工调账: what two people sign and no formula gives, and which no later run undoes or repeats."""

from datetime import date

import pytest

from accounts.codes import ApprovalState, PotKind, Role, VoucherKind
from accounts.jobs import against_facts
from accounts.ledger.posting import Move, post
from accounts.ledger.pots import system_pot
from accounts.ledger.verify import findings
from accounts.models import LifeEvent, Voucher
from accounts.operations.approvals import ApprovalError, ApprovalMovedError
from accounts.operations.life_events import signed
from accounts.queries import explanations
from accounts.queries.account import account_in, accounts_of
from accounts.queries.lines import lines_of
from accounts.queries.statement import entries_between, stretches, year_sums
from tests.accounts.operations.life_kit import PAPER, Desk
from tests.accounts.operations.renaming import staff
from tests.factories.notices import told
from tests.personas import ZHOUSHAN, balances, changed, give, insured, paid_for, pays, pot, run, spend

pytestmark = pytest.mark.usefixtures("policies_loaded")

NEW_YEAR, JULY, AUGUST = date(2025, 1, 1), date(2025, 7, 10), date(2025, 8, 20)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def debtor():
    """Somebody credited ahead for the year who spent it all, left in June and owes for July to December."""
    person = insured(flex=True)
    pays(person, "4462.00", since=date(2024, 12, 1), until=date(2025, 7, 1))
    run("accrual", "2025", on=NEW_YEAR)
    spend(person, 1070_88, on=date(2025, 2, 1), key="all")
    changed(person, date(2025, 7, 1), status=4)
    run("accrual", "2025", on=JULY)
    assert balances(person).receivable == -535_44
    return person


def all_is_well() -> None:
    assert list(findings()) == []
    assert list(explanations.differences()) == []
    assert list(against_facts.findings()) == []


def lines(person, region: str = ZHOUSHAN):
    account = account_in(accounts_of(person), region, AUGUST)
    return lines_of(account, entries_between(account, NEW_YEAR, date(2026, 1, 1)), url=str)


class TestWriteOff:
    def test_a_lost_debt_is_gone_and_no_later_run_brings_it_back_or_gives_it_again(self, desk, debtor):
        assert desk.do(signed.WRITE_OFF, debtor, ZHOUSHAN, on=JULY) == "已核销 535.44 元"
        assert balances(debtor).total == 0
        run("accrual", "2025", on=AUGUST)
        run("trueup", "2025", on=date(2026, 1, 2))
        assert balances(debtor).total == 0
        all_is_well()

    def test_what_is_credited_later_is_not_kept_back_for_it(self, desk, debtor):
        desk.do(signed.WRITE_OFF, debtor, ZHOUSHAN, on=JULY)
        changed(debtor, date(2025, 10, 1), status=1)
        run("accrual", "2025", on=date(2025, 10, 2))
        assert balances(debtor).current == 3 * 89_24
        all_is_well()

    def test_it_stands_in_the_statement_with_its_paper_and_the_person_is_told(self, desk, debtor):
        desk.do(signed.WRITE_OFF, debtor, ZHOUSHAN, on=JULY)
        line = lines(debtor)[-1]
        assert (line.title, line.fen, line.sort) == (
            f"核销：查实后办理（{PAPER.words}）",
            535_44,
            "核销",
        )
        assert any("535.44 元不再追回" in words.text for words in told(debtor))
        voucher = Voucher.objects.get(kind=VoucherKind.WRITE_OFF)
        assert (voucher.approval.maker, voucher.approval.checker) == (desk.maker, desk.checker)
        assert LifeEvent.objects.get().approval == voucher.approval

    def test_a_second_time_and_nothing_owed_are_refused(self, desk, debtor):
        desk.do(signed.WRITE_OFF, debtor, ZHOUSHAN, on=JULY)
        with pytest.raises(ApprovalError, match="没有待追回的欠款"):
            desk.submit(signed.WRITE_OFF, debtor, ZHOUSHAN, on=JULY)

    def test_a_debt_that_has_changed_since_is_another_case(self, desk, debtor):
        approval = desk.submit(signed.WRITE_OFF, debtor, ZHOUSHAN, on=JULY)
        changed(debtor, date(2025, 12, 1), status=1)
        run("accrual", "2025", on=date(2025, 12, 2))
        with pytest.raises(ApprovalMovedError):
            desk.approve(approval, date(2025, 12, 3))
        approval.refresh_from_db()
        assert approval.state == ApprovalState.MOVED
        assert balances(debtor).receivable == -446_20

    def test_the_wrong_role_and_the_same_person_twice(self, desk, debtor):
        approval = desk.submit(signed.WRITE_OFF, debtor, ZHOUSHAN, on=JULY)
        with pytest.raises(ApprovalError, match="由审批岗复核"):
            desk.approve(approval, JULY, staff(Role.REVIEWER, "reviewer", 3))
        with pytest.raises(ApprovalError, match="自己提交的不能自己复核"):
            desk.approve(approval, JULY, staff(Role.APPROVER, "clerk-again", 1))
        assert balances(debtor).receivable == -535_44


class TestAdjustment:
    @pytest.fixture
    def person(self):
        person = insured(flex=True)
        paid_for(person, date(2024, 12, 1), "4462.00")
        run("accrual", "2025", on=NEW_YEAR)
        return person

    def test_money_is_added_and_taken_by_paper_and_no_run_undoes_or_repeats_it(self, desk, person):
        give(person, 200_00, on=date(2025, 1, 5), key="g")
        desk.do(signed.ADJUST, person, ZHOUSHAN, on=JULY, pot=PotKind.CARRIED, fen=50_00)
        desk.do(signed.ADJUST, person, ZHOUSHAN, on=JULY, pot=PotKind.CURRENT, fen=-70_88)
        for day in (JULY, AUGUST):
            run("accrual", "2025", on=day)
        assert (balances(person).current, balances(person).carried) == (1000_00, 250_00)
        all_is_well()

    def test_the_statement_says_why_and_by_which_paper(self, desk, person):
        desk.do(signed.ADJUST, person, ZHOUSHAN, on=JULY, pot=PotKind.CARRIED, fen=50_00)
        line = lines(person)[-1]
        assert line.title == f"人工调账：查实后办理（{PAPER.words}）"
        assert (line.fen, line.sort) == (50_00, "调增")
        account = account_in(accounts_of(person), ZHOUSHAN, AUGUST)
        (year,) = stretches(year_sums(account), [PotKind.CARRIED])
        assert (year.adjusted_fen, year.out_fen, year.closing_fen) == (50_00, 0, 50_00)

    def test_more_than_there_is_cannot_be_taken(self, desk, person):
        with pytest.raises(ApprovalError, match="历年结余只有 0.00 元，不够减少 0.01 元"):
            desk.submit(signed.ADJUST, person, ZHOUSHAN, on=JULY, pot=PotKind.CARRIED, fen=-1)
        with pytest.raises(ApprovalError, match="不能是零"):
            desk.submit(signed.ADJUST, person, ZHOUSHAN, on=JULY, pot=PotKind.CARRIED, fen=0)
        with pytest.raises(ApprovalError, match="没有共济账户"):
            desk.submit(signed.ADJUST, person, ZHOUSHAN, on=JULY, pot=PotKind.POOL, fen=1)

    def test_money_that_was_used_meanwhile_voids_it(self, desk, person):
        approval = desk.submit(signed.ADJUST, person, ZHOUSHAN, on=JULY, pot=PotKind.CURRENT, fen=-70_88)
        spend(person, 1_00, on=JULY, key="s")
        with pytest.raises(ApprovalMovedError):
            desk.approve(approval, JULY)
        assert pot(person, "current").balance_fen == 1069_88


def test_a_voucher_that_nobody_signed_is_found(desk, debtor):
    debt, fund = pot(debtor, "receivable").pk, system_pot(ZHOUSHAN, PotKind.FUND)
    post(
        act=desk.act(JULY),
        kind=VoucherKind.WRITE_OFF,
        region=ZHOUSHAN,
        key="unsigned",
        payload={},
        pots=[debt],
        decide=lambda locked: [Move(fund, debt, 100)],
    )
    assert [finding.invariant for finding in findings()] == ["没有公式的记账都由两个人签过，内容也是签的那一件"]
