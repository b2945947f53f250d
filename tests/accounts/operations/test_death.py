"""死亡与继承: the card and all sharing stop at once, what was credited for later is taken back, and heirs get the rest."""

from datetime import date, timedelta

import pytest

from accounts.codes import LifeEventKind, ProofKind, VoucherKind
from accounts.jobs import against_facts
from accounts.jobs.worker import run_job
from accounts.ledger.errors import DeadError
from accounts.ledger.verify import findings
from accounts.models import Enrolment, FactChange, LifeEvent, OutboxMessage, Voucher
from accounts.operations.approvals import ApprovalError
from accounts.operations.life_events import death, moving
from accounts.operations.life_events.events import LifeEventError, Paper
from accounts.roster.people import import_roster
from accounts.roster.problems import ImportRefusedError
from family.models import Bond, Invitation
from family.operations import accepting
from family.rules import ChangedError
from payments.bills.operations import pay, refund
from tests.accounts.operations.life_kit import Desk
from tests.factories.acts import ACTOR, act_on
from tests.factories.family import RUIAN, TODAY, balance_of, bond, invited
from tests.factories.family import insured as shared
from tests.factories.files import csv_file, roster_row
from tests.factories.notices import titles
from tests.factories.people import ContributionFactory, EnrolmentFactory
from tests.factories.users import citizen
from tests.personas import HUNAN, ZHOUSHAN, balances, changed, clinic, give, insured, paid_for, pays, run, spend
from yibao.lib.months import Month
from yibao.lib.periods import Period

pytestmark = pytest.mark.usefixtures("policies_loaded")

NEW_YEAR, DIED, REPORTED = date(2025, 1, 1), date(2025, 5, 1), date(2025, 7, 10)
MONTH = 89_24
CERTIFICATE = Paper(ProofKind.DEATH_CERTIFICATE, "D-0001")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def report(desk: Desk, person, on: date = DIED, act_day: date = REPORTED, user=None) -> LifeEvent:
    act = desk.act(act_day, user)
    return death.report_death(act=act, person=person, on=on, paper=CERTIFICATE, reason="家属报告")


def insured_for_2025(carried: int = 300_00):
    person = insured(flex=True)
    pays(person, "4462.00", since=date(2024, 12, 1), until=date(2025, 6, 1))
    run("accrual", "2025", on=NEW_YEAR)
    if carried:
        give(person, carried, on=date(2025, 1, 2), key=f"g{person.pk}")
    return person


def test_the_roster_s_phone_and_the_sign_in_s_are_told_so_that_the_living_hear_of_it(desk):
    person = insured(flex=True)
    citizen("19900000031", person)
    report(desk, person)
    texts = OutboxMessage.objects.filter(template="death_reported")
    assert {str(text.phone) for text in texts} == {str(person.phone), "19900000031"}
    assert all(person.name not in str(text.text) for text in texts)


def run_on(day: date) -> None:
    """Credit the month of that day in 湖南, on that day by the clock too: later reports are told from earlier ones."""
    at = act_on(day).at
    period = Period.of(Month.of(day))
    run_job(actor=ACTOR, kind="accrual", region=HUNAN, period=period, on=day, clock=lambda: at)


def all_is_well() -> None:
    assert list(findings()) == []
    assert list(against_facts.findings()) == []


class TestMoney:
    def test_the_month_of_death_counts_and_later_ones_are_taken_back_at_once(self, desk):
        person = insured_for_2025()
        report(desk, person)
        assert (balances(person).current, balances(person).carried) == (5 * MONTH, 300_00)
        run("accrual", "2025", on=REPORTED + timedelta(days=1))
        assert balances(person).total == 5 * MONTH + 300_00
        all_is_well()

    def test_a_month_credited_after_it_in_a_monthly_region_is_taken_back_at_once(self, desk):
        person = insured(HUNAN)
        for month in (4, 5, 6):
            paid_for(person, date(2025, month, 1), "5000.00")
            run_on(date(2025, month, 20))
        of_a_month = balances(person, HUNAN).carried // 3
        report(desk, person, on=date(2025, 5, 31))
        assert balances(person, HUNAN).carried == 2 * of_a_month
        run_on(date(2025, 7, 20))
        assert balances(person, HUNAN).carried == 2 * of_a_month
        all_is_well()

    def test_bills_until_that_day_are_paid_and_given_back_later_ones_not(self, desk):
        person = shared(RUIAN, carried=50_000)
        died = TODAY - timedelta(days=2)
        report(desk, person, on=died, act_day=TODAY)

        def bill(on: date, key: str):
            place = clinic(RUIAN, code=key)
            return pay(
                act=act_on(TODAY), institution=place, person=person, region=RUIAN, amount_fen=100, on=on, bill_no=key
            )

        last = bill(died, "last")
        assert last.account_fen == 100
        assert bill(died + timedelta(days=1), "after").account_fen == 0
        refund(act=act_on(TODAY), bill=last, bill_no="r", reason="退费")
        assert balance_of(person) == 50_000
        all_is_well()

    def test_nor_does_the_ledger_let_anybody_use_it(self, desk):
        person = insured_for_2025()
        report(desk, person)
        with pytest.raises(DeadError):
            spend(person, 100, on=REPORTED, key="s")


@pytest.mark.parametrize("died", [date(2025, 1, 1), date(2025, 3, 31), date(2025, 4, 1), date(2025, 6, 30)])
@pytest.mark.parametrize("region", [ZHOUSHAN, HUNAN])
def test_it_comes_to_what_a_death_known_at_once_would_have(desk, region, died):
    late, known = insured(region, flex=True), insured(region, flex=True)
    EnrolmentFactory(person=known, region=region, status=4, flex=True, from_on=died + timedelta(days=1), end_reason=1)
    for month in range(1, 7):
        for person in (late, known):
            ContributionFactory(person=person, region=region, month=date(2025, month, 1))
        if region == HUNAN:
            run_on(date(2025, month, 20))
    if region == ZHOUSHAN:
        run("accrual", "2025", on=NEW_YEAR)
    report(desk, late, on=died)
    if region == HUNAN:
        run_on(date(2025, 7, 20))
    assert (balances(late, region).total, balances(late, region).receivable or 0) == (balances(known, region).total, 0)
    all_is_well()


class TestWhatEnds:
    def test_every_insurance_ends_and_what_was_recorded_for_later_no_longer_counts(self, desk):
        person = insured_for_2025()
        later = Enrolment.objects.create(
            person=person, region=ZHOUSHAN, insurance="310", person_type="11", status=1, from_on=date(2025, 6, 1)
        )
        report(desk, person)
        last = Enrolment.objects.filter(person=person).latest("from_on")
        assert (last.status, last.end_reason, last.from_on) == (4, 1, DIED + timedelta(days=1))
        assert last.changed_by == FactChange.objects.get(kind="died")
        assert not Enrolment.all_rows.get(pk=later.pk).counts

    def test_relatives_use_and_what_they_were_asked_stop_at_once(self, desk):
        payer, father = shared(RUIAN, carried=500_000, birth_on=date(1985, 5, 5)), shared(RUIAN)
        mother = shared(RUIAN, carried=500_000, birth_on=date(1955, 5, 5))
        tie = bond(payer, father)
        asked = invited(payer, mother)
        got = invited(mother, payer, relation="2")
        report(desk, payer, on=TODAY, act_day=TODAY)
        assert Bond.objects.get(pk=tie.pk).end_reason == "payer_died"
        assert Invitation.objects.get(pk=asked.invitation.pk).state == "withdrawn"
        assert Invitation.objects.get(pk=got.invitation.pk).state == "expired"
        with pytest.raises(ChangedError):
            accepting.accept(act=act_on(TODAY), user=mother, number=asked.invitation.number)

    def test_somebody_without_an_account_no_longer_uses_anybodys(self, desk):
        payer, child = shared(RUIAN, carried=500_000), shared(RUIAN, resident=True)
        tie = bond(payer, child, relation="2")
        report(desk, child, on=TODAY, act_day=TODAY)
        assert Bond.objects.get(pk=tie.pk).end_reason == "user_died"
        last = Enrolment.objects.filter(person=child).latest("from_on")
        assert (last.insurance, last.status) == ("390", 4)

    def test_a_second_report_the_wrong_role_and_impossible_days_are_refused(self, desk):
        person = insured_for_2025()
        with pytest.raises(LifeEventError, match="不能早于出生，也不能晚于今天"):
            report(desk, person, on=REPORTED + timedelta(days=1))
        with pytest.raises(LifeEventError, match="由经办、复核岗"):
            report(desk, person, user=desk.checker)
        report(desk, person)
        with pytest.raises(LifeEventError, match="已经登记过"):
            report(desk, person, on=DIED + timedelta(days=1))


def test_a_roster_that_insures_the_dead_again_is_refused(desk, tmp_path):
    person = insured_for_2025()
    report(desk, person)
    row = {
        "certno": person.certno,
        "psn_name": person.name,
        "gend": str(person.gender),
        "brdy": person.birth_on.isoformat(),
        "insuplc_admdvs": ZHOUSHAN,
        "insutype": "310",
        "psn_type": "11",
        "psn_insu_stas": "1",
        "stas_date": "2025-06-01",
        "flex": "1",
    }
    path = csv_file(tmp_path / "r.csv", [roster_row(1) | row])
    with pytest.raises(ImportRefusedError) as refused:
        import_roster(act=act_on(REPORTED), path=path)
    (problem,) = refused.value.problems
    assert problem.reason == "登记过这个人 2025-05-01 死亡，2025-06-01 不能再参保；请核实"


class TestHeirs:
    def test_what_is_left_goes_to_an_heirs_account_of_another_region(self, desk):
        person, heir = insured_for_2025(), shared(RUIAN, carried=10_00)
        report(desk, person)
        asked = {"why": "inheritance", "to": RUIAN, "heir": heir.pk}
        desk.do(moving.MOVE, person, ZHOUSHAN, on=REPORTED, **asked)
        assert (balances(person).total, balances(heir, RUIAN).carried) == (0, 310_00 + 5 * MONTH)
        assert Voucher.objects.filter(kind=VoucherKind.INHERITANCE).count() == 2
        assert "继承的 746.20 元转入了您的账户" in titles(heir)[0]
        all_is_well()

    def test_or_to_one_of_the_same_region(self, desk):
        person, heir = insured_for_2025(), insured()
        report(desk, person)
        desk.do(moving.MOVE, person, ZHOUSHAN, on=REPORTED, why="inheritance", to=ZHOUSHAN, heir=heir.pk)
        assert (balances(person).total, balances(heir).carried) == (0, 300_00 + 5 * MONTH)
        all_is_well()

    def test_several_heirs_get_their_shares_one_after_the_other(self, desk):
        person, heir = insured_for_2025(), insured()
        report(desk, person)
        asked = {"why": "inheritance", "to": ZHOUSHAN, "heir": heir.pk}
        desk.do(moving.MOVE, person, ZHOUSHAN, on=REPORTED, fen=500_00, **asked)
        assert (balances(person).total, balances(heir).carried) == (5 * MONTH - 200_00, 500_00)
        with pytest.raises(ApprovalError, match="每份不超过能付出的 246.20 元"):
            desk.submit(moving.MOVE, person, ZHOUSHAN, on=REPORTED, fen=500_00, **asked)
        desk.do(moving.PAY_OUT, person, ZHOUSHAN, on=REPORTED, why="inheritance", payee="尾号1234")
        assert balances(person).total == 0
        all_is_well()

    def test_an_heir_who_owes_pays_that_first(self, desk):
        person, heir = insured_for_2025(), insured_for_2025(carried=0)
        spend(heir, 12 * MONTH, on=date(2025, 2, 1), key="s")
        changed(heir, date(2025, 7, 1), status=4)
        run("accrual", "2025", on=REPORTED)
        report(desk, person)
        desk.do(moving.MOVE, person, ZHOUSHAN, on=REPORTED, why="inheritance", to=ZHOUSHAN, heir=heir.pk)
        assert (balances(heir).receivable, balances(heir).carried) == (0, 300_00 - MONTH)
        all_is_well()

    def test_or_is_paid_out(self, desk):
        person = insured_for_2025()
        report(desk, person)
        desk.do(moving.PAY_OUT, person, ZHOUSHAN, on=REPORTED, why="inheritance", payee="尾号1234")
        assert balances(person).total == 0
        assert LifeEvent.objects.latest("pk").kind == LifeEventKind.INHERITANCE
        all_is_well()

    def test_nothing_before_the_death_is_recorded_and_nothing_to_the_dead(self, desk):
        person, heir = insured_for_2025(), insured()
        asked = {"why": "inheritance", "to": ZHOUSHAN, "heir": heir.pk}
        with pytest.raises(ApprovalError, match="没有登记过这个人的死亡"):
            desk.submit(moving.MOVE, person, ZHOUSHAN, on=REPORTED, **asked)
        report(desk, person)
        report(desk, heir)
        with pytest.raises(ApprovalError, match="继承人也已经去世"):
            desk.submit(moving.MOVE, person, ZHOUSHAN, on=REPORTED, **asked)
        with pytest.raises(ApprovalError, match="余额按继承办"):
            desk.submit(moving.PAY_OUT, person, ZHOUSHAN, on=REPORTED, why="leaving", payee="尾号1234")

    def test_facts_that_come_in_after_the_heirs_were_paid_become_a_debt_and_never_pay_out_again(self, desk):
        person = insured_for_2025()
        report(desk, person)
        desk.do(moving.PAY_OUT, person, ZHOUSHAN, on=REPORTED, why="inheritance", payee="尾号1234")
        last = Enrolment.objects.filter(person=person).earliest("from_on")
        change = FactChange.objects.create(
            kind="corrected", reason="更正", actor="system:test", at=desk.act(REPORTED).at
        )
        Enrolment.all_rows.filter(pk=last.pk).update(counts=False, changed_by=change)
        run("accrual", "2025", on=REPORTED + timedelta(days=1))
        assert balances(person).receivable == -5 * MONTH
        all_is_well()
