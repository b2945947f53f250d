"""冻结与解除冻结: a frozen account pays nothing and is not moved; credits still come in."""

from datetime import date, timedelta

import pytest

from accounts.codes import PotKind, VoucherKind
from accounts.ledger.verify import findings
from accounts.models import AuditEvent, LifeEvent
from accounts.operations.life_events import death, freezing
from accounts.operations.life_events.events import LifeEventError
from family.operations import pool
from family.queries.bonds import bonds_received
from family.rules import ReasonCode, RefusedError
from payments.bills.operations import pay, refund
from tests.accounts.operations.life_kit import PAPER, Desk
from tests.factories.acts import act_on
from tests.factories.family import QUANZHOU, RUIAN, TODAY, balance_of, bond, credit, insured
from tests.factories.notices import titles
from tests.factories.users import citizen, official, signed_in
from tests.personas import clinic
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("policies_loaded")

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every door believe that it is this day."""
    monkeypatch.setattr(clock, "now", lambda: act_on(TODAY).at)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def freeze(desk: Desk, person, region: str = RUIAN, *, on: date = TODAY, act_day: date = TODAY, user=None):
    act = desk.act(act_day, user)
    return freezing.freeze(act=act, person=person, region=region, on=on, paper=PAPER, reason="法院要求")


def release(desk: Desk, person, *, on: date = TODAY, act_day: date = TODAY):
    act = desk.act(act_day)
    return freezing.release(act=act, person=person, region=RUIAN, on=on, paper=PAPER, reason="法院解除")


def bill(person, on: date, key: str, fen: int = 10_000):
    institution = clinic(RUIAN, code=key)
    return pay(act=act_on(on), institution=institution, person=person, region=RUIAN, amount_fen=fen, on=on, bill_no=key)


class TestFrozen:
    def test_a_frozen_account_pays_nothing_and_the_bill_is_cash(self, desk):
        person = insured(RUIAN, carried=50_000)
        freeze(desk, person)
        assert bill(person, TODAY, "b1").account_fen == 0
        assert balance_of(person) == 50_000

    def test_it_pays_again_once_it_is_released_and_the_history_stays(self, desk):
        person = insured(RUIAN, carried=50_000)
        freeze(desk, person)
        release(desk, person, on=TOMORROW, act_day=TODAY)
        assert bill(person, TODAY, "b1").account_fen == 0
        assert bill(person, TOMORROW, "b2").account_fen == 10_000
        assert [(e.kind, e.on) for e in LifeEvent.objects.order_by("pk")] == [("freeze", TODAY), ("release", TOMORROW)]

    def test_it_may_be_frozen_from_a_later_day(self, desk):
        person = insured(RUIAN, carried=50_000)
        freeze(desk, person, on=TOMORROW)
        assert bill(person, TODAY, "b1").account_fen == 10_000
        assert bill(person, TOMORROW, "b2").account_fen == 0

    def test_a_bill_of_an_earlier_day_is_not_paid_from_it_either(self, desk):
        person = insured(RUIAN, carried=50_000)
        freeze(desk, person)
        institution = clinic(RUIAN)
        late = pay(
            act=act_on(TOMORROW),
            institution=institution,
            person=person,
            region=RUIAN,
            amount_fen=100,
            on=TODAY - timedelta(days=3),
            bill_no="late",
        )
        assert late.account_fen == 0

    def test_relatives_cannot_draw_on_it_and_are_told_why(self, desk):
        payer, father = insured(RUIAN, carried=50_000), insured(RUIAN, resident=True)
        bond(payer, father)
        freeze(desk, payer)
        assert bill(father, TODAY, "b1").account_fen == 0
        assert bonds_received(father, TODAY)[0].blocked == "出钱的人的账户已冻结，暂时不能用"

    def test_nothing_is_moved_into_the_pool(self, desk):
        owner = insured(QUANZHOU, carried=300_000)
        freeze(desk, owner, QUANZHOU)
        with pytest.raises(RefusedError) as refused:
            pool.move_in(act=act_on(TODAY), payer=owner, region=QUANZHOU, amount_fen=50_000, key="k")
        assert [reason.code for reason in refused.value.reasons] == [ReasonCode.PAYER_FROZEN]

    def test_what_is_in_the_pool_comes_back_to_a_frozen_owner_when_the_family_ends(self, desk):
        owner = insured(QUANZHOU, carried=300_000)
        pool.move_in(act=act_on(TODAY), payer=owner, region=QUANZHOU, amount_fen=50_000, key="k")
        freeze(desk, owner, QUANZHOU)
        death.report_death(act=desk.act(TODAY), person=owner, on=TODAY, paper=PAPER, reason="家属报告")
        assert balance_of(owner, QUANZHOU) == 300_000

    def test_credits_and_refunds_still_come_in(self, desk):
        person = insured(RUIAN, carried=50_000)
        paid = bill(person, TODAY, "b1")
        freeze(desk, person)
        credit(person, RUIAN, PotKind.CARRIED, 7_000)
        refund(act=act_on(TODAY), bill=paid, bill_no="r1", reason="退费")
        assert balance_of(person) == 57_000

    def test_the_person_is_told_and_it_is_in_the_audit(self, desk):
        person = insured(RUIAN, carried=50_000)
        event = freeze(desk, person)
        assert titles(person) == ["您在瑞安市的账户从2026年3月10日起冻结"]
        assert AuditEvent.objects.filter(verb="life.freeze", subject=person).count() == 1
        assert (event.proof, event.document) == (PAPER.kind, PAPER.number)
        assert event.actor == f"staff:{desk.maker.pk}@R01"
        assert list(findings()) == []


def test_the_account_page_says_so_until_it_is_released(desk, today):
    person = insured(RUIAN, carried=50_000)
    browser = signed_in(citizen("19900000001", person))
    assert "账户已冻结" not in browser.get("/account/").content.decode()
    freeze(desk, person)
    assert "账户已冻结" in browser.get("/account/").content.decode()
    release(desk, person)
    assert "账户已冻结" not in browser.get("/account/").content.decode()


class TestRefused:
    def test_a_second_freeze_and_a_release_of_what_is_free(self, desk):
        person = insured(RUIAN, carried=50_000)
        with pytest.raises(LifeEventError, match="没有冻结，不用再办"):
            release(desk, person)
        freeze(desk, person)
        with pytest.raises(LifeEventError, match="已经冻结，不用再办"):
            freeze(desk, person)

    def test_a_day_that_is_over(self, desk):
        person = insured(RUIAN, carried=50_000)
        with pytest.raises(LifeEventError, match="不能早于今天"):
            freeze(desk, person, on=TODAY - timedelta(days=1))

    def test_the_wrong_role_and_a_citizen(self, desk):
        person = insured(RUIAN, carried=50_000)
        with pytest.raises(LifeEventError, match="由经办、复核岗"):
            freeze(desk, person, user=desk.checker)
        with pytest.raises(LifeEventError, match="由经办、复核岗"):
            freezing.freeze(act=act_on(TODAY), person=person, region=RUIAN, on=TODAY, paper=PAPER, reason="x")

    def test_somebody_without_an_account(self, desk):
        with pytest.raises(LifeEventError, match="没有个人账户"):
            freeze(desk, insured(RUIAN, resident=True))

    def test_a_number_of_a_person_in_the_reason(self, desk):
        person = insured(RUIAN, carried=50_000)
        act = desk.act(TODAY)
        with pytest.raises(LifeEventError, match="像是有证件号码或手机号"):
            freezing.freeze(
                act=act, person=person, region=RUIAN, on=TODAY, paper=PAPER, reason="本人电话19900000001要求"
            )
        assert not LifeEvent.objects.exists()


def test_no_kind_of_use_or_move_is_forgotten():
    free = {kind for kind in VoucherKind if not kind.stops_when_frozen}
    assert free == {
        *(kind for kind in VoucherKind if kind.is_batch),
        VoucherKind.OPENING,
        VoucherKind.REMITTANCE,  # the treasury's, of no account
        VoucherKind.TRANSFER_BACK,
        VoucherKind.WRITE_OFF,
        VoucherKind.MANUAL,
        VoucherKind.REVERSAL,
    }


def test_staff_find_a_freezing_and_its_papers_in_the_admin(desk: Desk):
    person = insured(RUIAN)
    freeze(desk, person)
    staff = signed_in(official("policy"))
    for address in ("", f"{LifeEvent.objects.get().pk}/change/"):
        page = staff.get(f"/admin/accounts/lifeevent/{address}")
        assert page.status_code == 200
        assert PAPER.number in page.content.decode()
