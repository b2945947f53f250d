"""转移、转出、清退: money leaves an account for good, debts first, one case, signed by two; and nothing is paid twice."""

import threading
from collections import Counter
from datetime import date

import pytest

from accounts.codes import ApprovalState, LifeEventKind, PotKind, Role, VoucherKind
from accounts.jobs import against_facts
from accounts.ledger.errors import PostingError
from accounts.ledger.posting import Move, post
from accounts.ledger.pots import open_missing
from accounts.ledger.verify import findings
from accounts.models import Approval, LifeEvent, Transfer, Voucher
from accounts.operations.approvals import ApprovalError, ApprovalMovedError
from accounts.operations.life_events import freezing, leaving, moving
from accounts.operations.life_events.events import LifeEventError
from accounts.queries.account import account_in, accounts_of
from accounts.queries.statement import year_sums
from accounts.queries.years import change_words, years_of
from family.operations import closing
from tests.accounts.operations.life_kit import PAPER, Desk
from tests.accounts.operations.renaming import staff
from tests.concurrency import all_at_once
from tests.factories.acts import act_on
from tests.factories.family import bond
from tests.factories.family import insured as shared
from tests.factories.notices import titles
from tests.factories.people import EnrolmentFactory, PersonFactory
from tests.personas import ZHOUSHAN, balances, changed, give, insured, pays, run, spend

NEW_YEAR, JULY, RUIAN = date(2025, 1, 1), date(2025, 7, 10), "330381"
MONTH = 89_24


@pytest.fixture
def desk(policies_loaded) -> Desk:
    return Desk()


def leaver(*, carried: int = 300_00, spent: int = 0, left_on: date = date(2025, 7, 1)):
    """Somebody credited ahead in 舟山 for 2025 who left in July and has paid until then."""
    person = insured(flex=True)
    pays(person, "4462.00", since=date(2024, 12, 1), until=left_on)
    run("accrual", "2025", on=NEW_YEAR)
    give(person, carried, on=date(2025, 1, 2), key=f"g{person.pk}")
    if spent:
        spend(person, spent, on=date(2025, 2, 1), key=f"s{person.pk}")
    changed(person, left_on, status=4)
    return person


def in_ruian(person):
    EnrolmentFactory(person=person, region=RUIAN, from_on=date(2025, 7, 1))
    open_missing([RUIAN])
    return person


def move(desk: Desk, person, to: str = RUIAN, *, on: date = JULY) -> str:
    return desk.do(moving.MOVE, person, ZHOUSHAN, on=on, why=LifeEventKind.TRANSFER, to=to)


def pay_out(desk: Desk, person, why: str = LifeEventKind.LEAVING, *, on: date = JULY) -> str:
    return desk.do(moving.PAY_OUT, person, ZHOUSHAN, on=on, why=why, payee="尾号1234")


def all_is_well() -> None:
    assert list(findings()) == []
    assert list(against_facts.findings()) == []


class TestTransferHere:
    def test_everything_goes_to_the_new_regions_carried_after_the_year_is_settled(self, desk):
        person = in_ruian(leaver())
        assert move(desk, person) == "已转入瑞安市 835.44 元"
        assert balances(person).total == 0
        assert balances(person, RUIAN).carried == 300_00 + 6 * MONTH
        all_is_well()

    def test_it_is_one_case_with_a_voucher_in_each_regions_books(self, desk):
        person = in_ruian(leaver())
        move(desk, person)
        out, into = Voucher.objects.filter(kind=VoucherKind.MOVED).order_by("pk")
        assert (out.region, into.region, out.approval) == (ZHOUSHAN, RUIAN, into.approval)
        assert LifeEvent.objects.get().approval == out.approval
        assert into.reason == f"医保关系从舟山市转来，余额转入（{PAPER.words}）"
        assert "余额转到了瑞安市" in titles(person)[0]

    def test_later_runs_find_nothing_to_do(self, desk):
        person = in_ruian(leaver())
        move(desk, person)
        run("accrual", "2025", on=date(2025, 8, 1))
        assert balances(person).total == 0
        all_is_well()

    def test_a_debt_is_paid_first_and_the_rest_goes(self, desk):
        person = in_ruian(leaver(carried=700_00, spent=1070_88 + 500_00))
        run("accrual", "2025", on=JULY)
        assert balances(person).receivable == 200_00 - 6 * MONTH
        give(person, 1000_00, on=JULY, key="more")
        move(desk, person)
        assert balances(person).total == 0
        assert balances(person, RUIAN).carried == 1200_00 - 6 * MONTH
        account = account_in(accounts_of(person), ZHOUSHAN, JULY)
        (year,) = years_of(account, year_sums(account))
        figures, debt = year.figures, 6 * MONTH - 200_00
        assert (figures.moved_fen, figures.out_fen, year.closing_fen) == (0, debt - 1000_00, 0)
        assert f"追回以前多记的 {6 * MONTH / 100:.2f} 元" in change_words(year, {})
        all_is_well()

    def test_what_the_money_does_not_cover_stays_a_debt(self, desk):
        person = in_ruian(leaver(spent=1070_88 + 200_00))
        run("accrual", "2025", on=JULY)
        assert balances(person).receivable == 100_00 - 6 * MONTH
        give(person, 50_00, on=JULY, key="more")
        move(desk, person)
        assert (balances(person).carried, balances(person).receivable) == (0, 150_00 - 6 * MONTH)
        assert balances(person, RUIAN).carried == 0
        all_is_well()

    def test_money_nobody_signed_for_on_its_way_is_found(self, desk):
        person = in_ruian(leaver())
        move(desk, person)
        into = Voucher.objects.filter(kind=VoucherKind.MOVED).latest("pk")
        transfer = Transfer.objects.get(voucher=into)
        post(
            act=act_on(JULY),
            kind=VoucherKind.MOVED,
            region=RUIAN,
            key="again",
            payload={},
            pots=[transfer.target_id],
            decide=lambda locked: [Move(transfer.source_id, transfer.target_id, 1)],
            approval_id=into.approval_id,
        )
        assert [found.invariant for found in findings()] == [
            "签过的记账，账户和金额就是签的那些",
            "转到另一个账户的钱，转出多少就转入多少",
        ]


class TestPaidOut:
    @pytest.mark.parametrize("why", [LifeEventKind.LEAVING, LifeEventKind.TRANSFER_OUT])
    def test_it_is_paid_out_with_its_paper_and_the_tail_of_the_payee(self, desk, why):
        person = leaver()
        pay_out(desk, person, why)
        voucher = Voucher.objects.get(kind=VoucherKind.PAYOUT)
        assert voucher.reason == f"{why.label}，付至尾号1234的账户（{PAPER.words}）"
        assert {transfer.target.kind for transfer in voucher.transfers.all()} == {PotKind.OUTWARD}
        assert balances(person).total == 0
        assert LifeEvent.objects.get().detail["out_fen"] == 300_00 + 6 * MONTH
        all_is_well()

    def test_only_the_last_digits_of_an_account_number_are_kept(self):
        assert moving.masked_payee("6222 0000 1111 5678") == "尾号5678"
        with pytest.raises(LifeEventError, match="收款账号应为"):
            moving.masked_payee("张三的卡")


class TestRefused:
    def test_who_is_still_insured(self, desk):
        person = insured(flex=True)
        give(person, 100, on=JULY, key="g")
        with pytest.raises(ApprovalError, match="职工医保还没有终止"):
            pay_out(desk, person)

    def test_a_second_time(self, desk):
        person = leaver()
        pay_out(desk, person)
        with pytest.raises(ApprovalError, match="没有钱了"):
            pay_out(desk, person)

    def test_a_frozen_account(self, desk):
        person = leaver()
        freezing.freeze(act=desk.act(JULY), person=person, region=ZHOUSHAN, on=JULY, paper=PAPER, reason="法院要求")
        with pytest.raises(ApprovalError, match="已冻结"):
            pay_out(desk, person)

    def test_a_region_without_an_account(self, desk):
        with pytest.raises(ApprovalError, match="在瑞安市没有职工医保的个人账户"):
            move(desk, leaver())

    def test_while_others_use_the_account_until_it_is_closed(self, desk):
        person = leaver()
        bond(person, shared(RUIAN, resident=True), region=ZHOUSHAN)
        with pytest.raises(ApprovalError, match="还在给1位家人用"):
            pay_out(desk, person)
        closing.close_family(act=act_on(JULY), payer=person, region=ZHOUSHAN)
        pay_out(desk, person)
        assert balances(person).total == 0

    def test_money_that_came_or_went_since_voids_it(self, desk):
        person = leaver()
        case = desk.submit(moving.PAY_OUT, person, ZHOUSHAN, on=JULY, why="leaving", payee="尾号1234")
        give(person, 1, on=JULY, key="late")
        with pytest.raises(ApprovalMovedError):
            desk.approve(case, JULY)
        assert balances(person).carried == 300_01

    def test_the_wrong_role_and_the_same_person_twice(self, desk):
        case = desk.submit(moving.PAY_OUT, leaver(), ZHOUSHAN, on=JULY, why="leaving", payee="尾号1234")
        with pytest.raises(ApprovalError, match="由复核、审批岗复核"):
            desk.approve(case, JULY, staff(Role.POLICY, "policy", 3))
        with pytest.raises(ApprovalError, match="自己提交的不能自己复核"):
            desk.approve(case, JULY, staff(Role.APPROVER, "clerk-again", 1))
        assert not LifeEvent.objects.exists()


def race_of_two() -> tuple[Counter, int]:
    """Let two people pay the account out and move it at the same moment; return the answers, and how much left it (fen).

    Each is one thing's checker: approving locks the checker's own account, so one person's decisions never meet.
    """
    desk, person = Desk(), in_ruian(leaver())
    checkers = desk.checker, staff(Role.APPROVER, "another", 3)
    out = desk.submit(moving.PAY_OUT, person, ZHOUSHAN, on=JULY, why="leaving", payee="尾号1234")
    move_ = desk.submit(moving.MOVE, person, ZHOUSHAN, on=JULY, why="transfer", to=RUIAN)
    answers = all_at_once(
        *[
            lambda case=case, checker=checker: "done" if desk.approve(case, JULY, checker) else ""
            for case, checker in zip((out, move_), checkers, strict=True)
        ]
    )
    sent = Transfer.objects.filter(target__kind=PotKind.OUTWARD, region=ZHOUSHAN, source__person=person)
    return Counter(map(str, answers)), sum(sent.values_list("amount_fen", flat=True))


def test_of_two_that_take_the_same_money_at_once_one_does(committed_db):
    answers, sent_fen = race_of_two()
    assert answers["done"] == 1
    assert answers[str(ApprovalMovedError)] == 1
    assert sent_fen == 300_00 + 6 * MONTH
    assert Approval.objects.filter(state=ApprovalState.MOVED).count() == 1


def test_without_the_lock_both_believe_the_money_is_there(committed_db, monkeypatch):
    """The control: then only the ledger's own locks keep the second from taking what is gone."""
    both = threading.Barrier(2, timeout=60)
    real = moving._empty

    def unlocked(accounts, on):
        return list(leaving.Pot.objects.filter(person__in={person for person, _ in accounts}))

    def together(*arguments):
        both.wait()
        return real(*arguments)

    monkeypatch.setattr(leaving, "lock_accounts", unlocked)
    monkeypatch.setattr(leaving, "person_of", lambda pk: None)
    monkeypatch.setattr(moving, "person_of", lambda pk: PersonFactory._meta.model.objects.get(pk=pk))
    monkeypatch.setattr(moving, "_empty", together)
    answers, _ = race_of_two()
    assert answers == {"done": 1, str(PostingError): 1}
