"""Somebody dies, or an account is frozen, while a premium is on its way: no money goes where it is of no use any more."""

from datetime import date, timedelta

import pytest

from accounts.codes import ProofKind
from accounts.identity.actors import Act
from accounts.ledger.verify import findings
from accounts.operations.life_events import death, freezing
from accounts.operations.life_events.events import Paper
from payments.models import PremiumPaid
from payments.premiums.codes import ClaimState, OrderState
from payments.premiums.operations import claiming, life_events, paying, progress
from payments.premiums.tax_office import batches
from payments.premiums.tax_office.applying import settle_claims
from tests.accounts.operations.life_kit import Desk
from tests.factories.people import EnrolmentFactory
from tests.payments.premiums.people import ACT, DAY, HENAN, QUANZHOU, money, payer, pays_for, resident

pytestmark = pytest.mark.usefixtures("policies_loaded")

LATER = Act(ACT.actor, ACT.at + timedelta(hours=1))


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.TAX_OFFICE_FOLDER = tmp_path / "tax_office"


@pytest.fixture
def dies(db):
    desk = Desk()
    paper = Paper(ProofKind.DEATH_CERTIFICATE, "D-0001")
    return lambda person: death.report_death(act=desk.act(DAY), person=person, on=DAY, paper=paper, reason="家属报告")


def ordered(person, rich=None):
    rich = rich or payer(3000_00)
    pays_for(rich, person)
    (outcome,) = paying.pay(act=ACT, payer=rich, people=[person], key=f"of {rich.pk}")
    return outcome.order


def state_of(row):
    row.refresh_from_db()
    return row.state


def test_an_order_for_somebody_who_has_died_goes_back_to_the_payer_and_not_to_the_tax_office(dies):
    order, other = ordered(resident()), ordered(resident())
    dies(order.person)
    ((batch, _),) = batches.export(act=LATER, region=QUANZHOU)
    assert list(batch.orders.all()) == [other]
    assert (state_of(order), order.reason) == (OrderState.REFUNDED, "参保人去世")
    assert money(order.payer)[0] == 3000_00
    assert list(findings()) == []


def test_a_batch_that_is_made_alone_leaves_the_dead_out(dies):
    order = ordered(resident())
    dies(order.person)
    assert batches.hand_over(act=LATER, region=QUANZHOU) is None
    assert state_of(order) == OrderState.DEBITED


def test_who_has_died_by_the_roster_is_not_paid_for_either():
    order = ordered(resident())
    EnrolmentFactory(
        person=order.person, region=QUANZHOU, insurance="390", person_type="15", status=4, end_reason=1, from_on=DAY
    )
    assert list(batches.export(act=LATER, region=QUANZHOU)) == []
    assert (state_of(order), order.reason) == (OrderState.REFUNDED, "参保人去世")
    assert money(order.payer)[0] == 3000_00


def test_money_for_a_dead_relative_no_longer_keeps_an_account_from_moving(dies):
    own = payer(3000_00)
    relative = resident()
    order = ordered(relative, own)
    assert life_events.why_not_moved(own, QUANZHOU)
    dies(relative)
    list(batches.export(act=LATER, region=QUANZHOU))
    assert state_of(order) == OrderState.REFUNDED
    assert life_events.why_not_moved(own, QUANZHOU) == ""


def test_what_a_payer_paid_in_their_lifetime_goes_on_and_comes_back_to_them_when_it_is_refused(dies):
    order = ordered(resident())
    dies(order.payer)
    ((batch, _),) = batches.export(act=LATER, region=QUANZHOU)
    assert list(batch.orders.all()) == [order]
    progress.reject(act=LATER, order_id=order.pk, reason="登记不全")
    assert money(order.payer)[0] == 3000_00
    assert list(findings()) == []


def test_nothing_is_decided_about_an_order_that_the_tax_office_has(dies):
    order = ordered(resident())
    list(batches.export(act=LATER, region=QUANZHOU))
    dies(order.person)
    list(batches.export(act=LATER, region=QUANZHOU))
    assert state_of(order) == OrderState.HANDED_OVER


def test_a_frozen_account_gets_back_what_the_tax_office_refused():
    order = ordered(resident())
    paper = Paper(ProofKind.COURT, "F-0001")
    freezing.freeze(act=Desk().act(DAY), person=order.payer, region=QUANZHOU, on=DAY, paper=paper, reason="法院通知")
    list(batches.export(act=LATER, region=QUANZHOU))
    progress.reject(act=LATER, order_id=order.pk, reason="登记不全")
    assert money(order.payer)[0] == 3000_00


@pytest.mark.parametrize(("who", "words"), [("payer", "继承"), ("person", "向税务申请退")])
def test_a_claim_that_waits_is_refused_when_either_has_died_and_says_what_to_do(dies, who, words):
    rich, boy = payer(1000_00, region=HENAN), resident(HENAN, birth_on=date(2015, 1, 1))
    pays_for(rich, boy, relation="2")
    made = claiming.claim(act=ACT, payer=rich, person=boy, receipt_no="T2026001", bank_card="6222000000000000012")
    dies(getattr(made, who))
    PremiumPaid.objects.create(
        person=boy,
        premium_year=2027,
        region=HENAN,
        paid_on=DAY,
        channel="税务",
        receipt_no="T2026001",
        amount_fen=400_00,
    )
    settle_claims(act=LATER)
    assert state_of(made) == ClaimState.REFUSED
    assert words in made.reason
    assert money(rich, HENAN)[0] == 1000_00
