"""Nobody acts on themselves, on their family or on another region's account, whichever door they take."""

import pytest

from accounts.codes import LifeEventKind, Role
from accounts.models import Approval, LifeEvent, Office, User
from accounts.operations.approval_kinds import kind_of
from accounts.operations.approvals import ApprovalError
from accounts.operations.life_events import alive, death, freezing, moving, signed
from accounts.operations.life_events.events import LifeEventError
from tests.accounts.operations.life_kit import PAPER, Desk
from tests.accounts.operations.renaming import staff
from tests.factories.family import QUANZHOU, RUIAN, TODAY, insured

pytestmark = pytest.mark.usefixtures("policies_loaded")

ADJUSTMENT = {"pot": "carried", "fen": 100}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def myself(user: User, **facts):
    """Return this member of staff as an insured person."""
    return insured(RUIAN, carried=50_000, certno=user.certno, **facts)


def relatives(monkeypatch, *people) -> None:
    monkeypatch.setattr("accounts.operations.cases.access.is_family", [lambda a, b: {a, b} == set(people)])


def office(region: str, code: str) -> None:
    Office.objects.create(
        region=region, code=code, name=f"网点{code}", address="某路1号", phone="65890000", source="测试"
    )


def alone(desk: Desk, person) -> list:
    """Return the three things that one clerk does alone."""
    act = desk.act(TODAY)
    told = {"act": act, "person": person, "on": TODAY, "paper": PAPER, "reason": "查实后办理"}
    return [
        lambda: freezing.freeze(**told, region=RUIAN),
        lambda: freezing.release(**told, region=RUIAN),
        lambda: death.report_death(**told),
    ]


def test_what_one_does_alone_is_not_done_to_oneself(desk):
    person = myself(desk.maker)
    for deed in alone(desk, person):
        with pytest.raises(LifeEventError, match="自己的业务"):
            deed()
    assert not LifeEvent.objects.exists()


def test_nor_to_ones_family(desk, monkeypatch):
    mother = insured(RUIAN, carried=50_000)
    relatives(monkeypatch, myself(desk.maker), mother)
    for deed in alone(desk, mother):
        with pytest.raises(LifeEventError, match="家人的业务"):
            deed()
    assert not LifeEvent.objects.exists()


def test_nor_by_another_regions_office(desk):
    office(QUANZHOU, desk.maker.office)
    person = insured(RUIAN, carried=50_000)
    for deed in alone(desk, person):
        with pytest.raises(LifeEventError, match="统筹区"):
            deed()
    assert not LifeEvent.objects.exists()


@pytest.mark.parametrize("kind", [signed.ADJUST, moving.PAY_OUT, moving.MOVE, signed.WRITE_OFF, alive.ALIVE])
def test_every_kind_that_two_sign_asks_who_they_are(kind, desk):
    person = myself(desk.maker)
    content = {"person": person.pk, "region": RUIAN}
    assert "自己的业务" in kind_of(kind).why_not(desk.maker, content)
    assert kind_of(kind).why_not(desk.checker, content) == ""


def test_a_maker_submits_nothing_about_themselves(desk):
    person = myself(desk.maker)
    with pytest.raises(ApprovalError, match="自己的业务"):
        desk.submit(signed.ADJUST, person, RUIAN, on=TODAY, **ADJUSTMENT)
    assert not Approval.objects.exists()


def test_a_checker_approves_nothing_about_their_family(desk, monkeypatch):
    mother = insured(RUIAN, carried=50_000)
    relatives(monkeypatch, myself(desk.checker), mother)
    approval = desk.submit(signed.ADJUST, mother, RUIAN, on=TODAY, **ADJUSTMENT)
    with pytest.raises(ApprovalError, match="家人的业务"):
        desk.approve(approval, TODAY)
    other = staff(Role.APPROVER, "approver-2", 3)
    assert desk.approve(approval, TODAY, other)


def test_nor_does_a_checker_of_another_region(desk):
    User.objects.filter(pk=desk.checker.pk).update(office="X1")
    office(QUANZHOU, "X1")
    approval = desk.submit(signed.ADJUST, insured(RUIAN, carried=50_000), RUIAN, on=TODAY, **ADJUSTMENT)
    with pytest.raises(ApprovalError, match="统筹区"):
        desk.approve(approval, TODAY)


def test_heirs_are_asked_about_too(desk):
    """Whoever inherits does not sign it."""
    dead = insured(RUIAN, carried=50_000)
    heir = insured(RUIAN, carried=100, certno=desk.checker.certno)
    death.report_death(act=desk.act(TODAY), person=dead, on=TODAY, paper=PAPER, reason="去世")
    approval = desk.submit(moving.MOVE, dead, RUIAN, on=TODAY, why=LifeEventKind.INHERITANCE, to=RUIAN, heir=heir.pk)
    with pytest.raises(ApprovalError, match="自己的业务"):
        desk.approve(approval, TODAY)
