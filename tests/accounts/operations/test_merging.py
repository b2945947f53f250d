"""登记合并: two records of one person become one; facts, money, numbers, sign-in and sharing follow."""

import random
from datetime import date

import pytest

from accounts.codes import CaseKind, CaseState, LookupPurpose, PotKind, VoucherKind
from accounts.jobs import against_facts
from accounts.ledger.pots import open_missing
from accounts.ledger.verify import findings
from accounts.models import Case, Contribution, Enrolment, FactChange, Import, LifeEvent, Person, Voucher
from accounts.operations import approvals, lookups
from accounts.operations.approvals import ApprovalError, ApprovalMovedError
from accounts.operations.cases.access import why_not_on_case
from accounts.operations.life_events import freezing, merging
from accounts.operations.life_events.vouchers import subject_of
from accounts.queries import explanations, fact_checks
from accounts.queries.case_progress import counter_cases
from accounts.queries.cases import about
from accounts.queries.people import find_by_certno
from accounts.roster import withdrawing
from family.models import Bond
from tests.accounts.operations.life_kit import PAPER, Desk
from tests.factories.acts import act_on
from tests.factories.counter import act_of, clerk_at, office
from tests.factories.family import RUIAN, bond
from tests.factories.family import insured as shared
from tests.factories.notices import titles
from tests.factories.people import ContributionFactory, EnrolmentFactory, PersonFactory
from tests.factories.users import citizen
from tests.personas import HUNAN, ZHOUSHAN, balances, give, paid_for, pays, reverse, run, spend
from yibao.lib.periods import Period

pytestmark = pytest.mark.usefixtures("policies_loaded")

NEW_YEAR, JULY = date(2025, 1, 1), date(2025, 7, 10)
MONTH = 89_24
MONTHS = [date(2024, 12, 1), *(date(2025, month, 1) for month in range(1, 7))]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def record(region: str = ZHOUSHAN, **enrolment) -> Person:
    """A record of 陈静, who has several."""
    person = PersonFactory(name="陈静", gender=2, birth_on=date(1980, 1, 1))
    EnrolmentFactory(person=person, region=region, **{"from_on": date(2020, 1, 1), "flex": True, **enrolment})
    open_missing([region])
    return person


def open_case(desk: Desk, **people: Person | None) -> Case:
    """A case that lies at a counter, of these people."""
    return Case.objects.create(
        number="YW2025-0710-AAAAAAAA",
        kind=CaseKind.BIND,
        region=ZHOUSHAN,
        office=office("R09").code,
        opened_by=desk.maker,
        opened_at=desk.act(JULY).at,
        **people,
    )


def submit(desk: Desk, gone: Person, kept: Person):
    return approvals.submit(
        act=desk.act(JULY),
        kind=merging.MERGE,
        subject=subject_of(gone.pk),
        reason="同一人两份登记",
        document=PAPER.number,
        asked={"kept": kept.pk, "proof": PAPER.kind, "document": PAPER.number},
    )


def merge(desk: Desk, gone: Person, kept: Person) -> str:
    return desk.approve(submit(desk, gone, kept), JULY)


def all_is_well() -> None:
    assert list(findings()) == []
    assert list(explanations.differences()) == []
    assert list(against_facts.findings()) == []


class TestMoney:
    @pytest.fixture
    def two(self) -> tuple[Person, Person]:
        """One record that was credited ahead for 2025 and used some; another that nobody ever paid for."""
        gone, kept = record(), record(from_on=date(2025, 6, 1))
        pays(gone, "4462.00", since=date(2024, 12, 1), until=date(2025, 7, 1))
        run("accrual", "2025", on=NEW_YEAR)
        give(gone, 200_00, on=date(2025, 1, 2), key="g")
        spend(gone, 300_00, on=date(2025, 2, 1), key="s")
        return gone, kept

    def test_the_record_that_is_kept_has_what_both_had_and_the_books_say_why(self, desk, two):
        gone, kept = two
        merge(desk, gone, kept)
        assert balances(gone).total == 0
        assert balances(kept).total == 12 * MONTH + 200_00 - 300_00
        all_is_well()

    def test_a_refund_that_comes_to_the_record_that_went_follows(self, desk, two):
        gone, kept = two
        merge(desk, gone, kept)
        reverse(Voucher.objects.get(key="s"), on=JULY, key="refund")
        act = act_on(JULY)
        assert [merging.move_what_came_later(act=act), merging.move_what_came_later(act=act)] == [1, 0]
        assert (balances(gone).total, balances(kept).total) == (0, 12 * MONTH + 200_00)
        all_is_well()

    def test_later_runs_find_nothing_to_do(self, desk, two):
        gone, kept = two
        merge(desk, gone, kept)
        run("accrual", "2025", on=date(2025, 8, 1))
        assert (balances(gone).total, balances(kept).total) == (0, 12 * MONTH - 100_00)
        all_is_well()

    def test_what_both_were_credited_for_is_taken_back_once(self, desk):
        gone, kept = record(), record()
        for person in (gone, kept):
            pays(person, "4462.00", since=date(2024, 12, 1), until=date(2025, 7, 1))
        run("accrual", "2025", on=NEW_YEAR)
        merge(desk, gone, kept)
        assert (balances(gone).total, balances(kept).total) == (0, 12 * MONTH)
        all_is_well()

    def test_what_was_spent_twice_becomes_a_debt_of_the_record_that_is_kept(self, desk):
        gone, kept = record(), record()
        for person in (gone, kept):
            pays(person, "4462.00", since=date(2024, 12, 1), until=date(2025, 7, 1))
        run("accrual", "2025", on=NEW_YEAR)
        for person in (gone, kept):
            spend(person, 800_00, on=date(2025, 2, 1), key=f"s{person.pk}")
        merge(desk, gone, kept)
        assert balances(gone).total == 0
        assert (balances(kept).current, balances(kept).receivable) == (0, 12 * MONTH - 1600_00)
        all_is_well()

    def test_accounts_in_two_regions_stand_side_by_side(self, desk):
        gone, kept = record(HUNAN, flex=False), record()
        paid_for(gone, date(2025, 4, 1), "5000.00")
        run("accrual", "2025-04", on=date(2025, 4, 20), region=HUNAN)
        before = balances(gone, HUNAN).carried
        merge(desk, gone, kept)
        assert (balances(kept, HUNAN).carried, balances(gone, HUNAN).total) == (before, 0)
        all_is_well()

    def test_the_checker_sees_the_amounts_and_a_change_voids_them(self, desk, two):
        gone, kept = two
        case = submit(desk, gone, kept)
        assert dict(case.words)["舟山市的账户"] == "0.00 元 → 970.88 元"
        assert dict(case.words)["并入的记录"] == "参保 1 条，缴费 7 条"
        spend(gone, 1_00, on=JULY, key="s2")
        with pytest.raises(ApprovalMovedError):
            desk.approve(case, JULY)
        assert Enrolment.objects.filter(person=gone).exists()

    def test_looking_changes_nothing(self, desk, two):
        gone, kept = two
        before = (balances(gone), balances(kept), Voucher.objects.count())
        submit(desk, gone, kept)
        assert (balances(gone), balances(kept), Voucher.objects.count()) == before
        assert find_by_certno(gone.certno) == gone


@pytest.mark.parametrize("region", [ZHOUSHAN, HUNAN])
def test_it_comes_to_what_one_record_would_have_had_from_the_start(desk, region):
    """Payments of a year, each known to one of two records or to both; and somebody with all of them; six times over."""
    chance = random.Random(6)
    lives = [(record(region), record(region), record(region)) for _ in range(6)]
    for gone, kept, whole in lives:
        for month in chance.sample(MONTHS, chance.randint(3, 7)):
            facts = {"region": region, "month": month, "base_fen": chance.choice([446_200, 500_000])}
            for person in (whole, *chance.choice([(gone,), (kept,), (gone, kept)])):
                ContributionFactory(person=person, **facts)
    if region == ZHOUSHAN:
        run("accrual", "2025", on=NEW_YEAR)
    else:
        for month in range(1, 7):
            run("accrual", f"2025-{month:02d}", on=date(2025, month, 20), region=HUNAN)
    for gone, kept, _ in lives:
        merge(desk, gone, kept)
    of_each = [tuple(balances(person, region).total for person in life) for life in lives]
    assert of_each == [(0, of_whole, of_whole) for _, _, of_whole in of_each]
    all_is_well()


class TestWhatFollows:
    def test_facts_stop_counting_there_and_count_here_with_both_signatures(self, desk):
        gone, kept = record(HUNAN, flex=False), record()
        paid_for(gone, date(2025, 4, 1), "5000.00")
        merge(desk, gone, kept)
        change = FactChange.objects.get(kind="merged")
        assert (change.approval.maker, change.approval.checker) == (desk.maker, desk.checker)
        assert not Enrolment.objects.filter(person=gone).exists()
        assert set(Enrolment.objects.filter(person=kept).values_list("region", flat=True)) == {HUNAN, ZHOUSHAN}
        assert Contribution.objects.get().person == kept
        assert LifeEvent.objects.get().approval == change.approval

    def test_every_number_leads_to_the_record_that_is_kept(self, desk):
        oldest, older, kept = record(), record(), record()
        numbers = [person.certno for person in (oldest, older, kept)]
        merge(desk, oldest, older)
        merge(desk, older, kept)
        assert [find_by_certno(number) for number in numbers] == [kept] * 3

    def test_the_sign_in_comes_along_and_the_person_is_told(self, desk):
        gone, kept = record(), record()
        user = citizen("19900000001", gone)
        merge(desk, gone, kept)
        user.refresh_from_db()
        assert user.person == kept
        assert "您的两份登记合并了" in titles(kept)

    def test_whom_they_share_with_follows_on_both_sides(self, desk):
        gone, kept = record(RUIAN, flex=False), record(RUIAN, flex=False)
        father, mother = shared(RUIAN), shared(RUIAN)
        given, used = bond(gone, father), bond(mother, gone, relation="2")
        merge(desk, gone, kept)
        assert Bond.objects.get(pk=given.pk).payer == kept
        assert Bond.objects.get(pk=used.pk).user == kept

    def test_withdrawing_a_file_takes_its_rows_from_the_record_that_is_kept(self, desk):
        gone, kept = record(), record()
        source = Import.objects.create(kind="contributions", digest="0" * 64, rows=1, actor="system:test")
        ContributionFactory(person=gone, month=date(2025, 3, 1), source=source)
        merge(desk, gone, kept)
        assert Contribution.objects.get().person == kept
        withdrawing.withdraw(act=act_on(JULY), import_id=source.pk, reason="导错了")
        assert not Contribution.objects.exists()

    def test_they_are_no_longer_listed_as_perhaps_one_person(self, desk):
        gone, kept = record(), record()

        def listed() -> list[int]:
            return [row.person for row in fact_checks.lists_of(ZHOUSHAN, Period(2025), JULY)["perhaps_same_person"]]

        assert listed() == [gone.pk, kept.pk]
        merge(desk, gone, kept)
        assert listed() == []


class TestContradictions:
    def test_all_of_them_are_named_and_nothing_happens(self, desk):
        gone, kept = record(), record(status=2)
        Person.objects.filter(pk=gone.pk).update(name="陈静静", gender=1)
        for person, base in ((gone, 500_000), (kept, 600_000)):
            ContributionFactory(person=person, region=ZHOUSHAN, month=date(2025, 3, 1), base_fen=base)
        with pytest.raises(ApprovalError) as refused:
            submit(desk, gone, kept)
        assert str(refused.value).split("；") == [
            "姓名不同，请先在名册里更正",
            "性别不同：男、女",
            "330900 从 2020-01-01 起的参保状态不同，请先撤回或更正一份",
            "330900 2025-03 的缴费基数不同，请先撤回或更正一份",
        ]
        assert Enrolment.objects.filter(person=gone).exists()

    def test_two_sign_ins_in_use(self, desk):
        gone, kept = record(), record()
        citizen("19900000001", gone)
        other = citizen("19900000002", kept)
        with pytest.raises(ApprovalError, match="各有一个登录账号"):
            submit(desk, gone, kept)
        other.is_active = False
        other.save()
        merge(desk, gone, kept)
        assert Person.objects.get(user__phone_index__isnull=False, user__is_active=True) == kept

    def test_a_frozen_account_and_the_dead(self, desk):
        gone, kept = record(), record()
        freezing.freeze(act=desk.act(JULY), person=gone, region=ZHOUSHAN, on=JULY, paper=PAPER, reason="法院要求")
        with pytest.raises(ApprovalError, match="冻结着"):
            submit(desk, gone, kept)

    def test_sharing_between_the_two_or_with_the_same_relative(self, desk):
        gone, kept, father = record(RUIAN, flex=False), record(RUIAN, flex=False), shared(RUIAN)
        bond(gone, kept)
        for person in (gone, kept):
            bond(person, father)
        with pytest.raises(ApprovalError, match="两份登记之间有家庭共济.*都给同一位家人用"):
            submit(desk, gone, kept)

    @pytest.mark.parametrize("side", ["subject", "other"])
    def test_a_case_under_way_on_the_record_that_goes(self, desk, side):
        gone, kept = record(), record()
        case = open_case(desk, **{"subject": record(), "other": None, side: gone})
        with pytest.raises(ApprovalError, match=f"没办完的窗口业务 {case.number}"):
            submit(desk, gone, kept)
        Case.objects.update(state=CaseState.DROPPED, note="不办了", closed_by=desk.maker, closed_at=case.opened_at)
        assert "已并入" in merge(desk, gone, kept)

    def test_a_record_with_itself_and_one_merged_before(self, desk):
        gone, kept = record(), record()
        with pytest.raises(ApprovalError, match="同一份登记"):
            submit(desk, gone, gone)
        merge(desk, gone, kept)
        with pytest.raises(ApprovalError, match="已经并入别的登记"):
            submit(desk, gone, kept)


def test_cases_of_the_record_that_went_are_the_others_and_their_own_clerks(desk, monkeypatch):
    clerk, relative, colleague = (clerk_at("R09", serial=serial) for serial in (990_101, 990_102, 990_103))
    gone, own, theirs = record(), record(), record()
    for person, user in ((own, clerk), (theirs, relative)):
        person.certno = user.certno
        person.save()
    case = open_case(desk, subject=gone)
    Case.objects.update(state=CaseState.DROPPED, note="不办了", closed_by=desk.maker, closed_at=case.opened_at)
    merge(desk, gone, own)
    case.refresh_from_db()
    monkeypatch.setattr("accounts.operations.cases.access.is_family", [lambda a, b: {a, b} == {own, theirs}])
    assert "自己的业务" in why_not_on_case(clerk, case)
    assert "家人的业务" in why_not_on_case(relative, case)
    assert why_not_on_case(colleague, case) == ""
    found = lookups.look_up(act=act_of(colleague), typed=case.number, purpose=LookupPurpose.QUESTION).lookup
    assert found.person == own
    assert about(own, ZHOUSHAN) == [case]
    assert [row.number for row in counter_cases(own, JULY)] == [case.number]


def test_only_the_merge_voucher_moves_between_two_people(desk):
    gone, kept = record(), record()
    give(gone, 50_00, on=JULY, key="g")
    merge(desk, gone, kept)
    voucher = Voucher.objects.get(kind=VoucherKind.MERGE)
    assert voucher.reason == f"两份登记合并，余额并入（{PAPER.words}）"
    assert [(t.source.person, t.target.person, t.target.kind) for t in voucher.transfers.all()] == [
        (gone, kept, PotKind.CARRIED)
    ]
