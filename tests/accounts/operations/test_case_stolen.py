"""A stolen account, whole: a thief ties it with name and number, lets an accomplice use it; the owner comes to a counter."""

import json
from datetime import timedelta

import pytest

from accounts.codes import CaseKind, CaseState
from accounts.identity.actors import Act, Actor
from accounts.models import User
from accounts.operations import identity
from accounts.operations.cases import deciding, desk
from accounts.operations.cases.access import CaseMovedError
from family.codes import BondState, InvitationState
from family.models import Bond
from family.operations import accepting
from tests.accounts.operations.counter_kit import Counter
from tests.factories.family import RUIAN, insured, invited
from tests.factories.notices import titles
from tests.factories.users import citizen, limited

pytestmark = pytest.mark.usefixtures("policies_loaded")

THIEFS, OWNERS = "19900000031", "19900000032"


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def owner():
    return insured(RUIAN, carried=300_000, phone=OWNERS)


@pytest.fixture
def thief(counter, owner) -> Act:
    """Somebody who tied the account yesterday and was let in since."""
    at = counter.act().at - timedelta(hours=2)
    return Act(Actor.citizen(limited(THIEFS, owner, since=at - timedelta(hours=1))), at)


@pytest.fixture
def stolen(owner, thief) -> Bond:
    """What the thief has given an accomplice, who accepted."""
    accomplice = insured(RUIAN, resident=True)
    sent = invited(owner, accomplice, act=thief)
    own = Act(Actor.citizen(citizen("19900000033", accomplice)), thief.at)
    return accepting.accept(act=own, user=accomplice, number=str(sent.invitation.number))


def at_the_counter(counter: Counter, owner, way: str = "phone"):
    case = counter.open(CaseKind.TAKE_BACK, owner)
    case = desk.save(
        act=counter.act(),
        number=case.number,
        version=case.version,
        asked={"way": way},
        private=json.dumps({"phone": OWNERS if way == "phone" else ""}),
    )
    return counter.seen(case, "own_card")


def test_the_tie_ends_the_bond_stops_and_is_listed_and_the_owner_signs_in(counter, owner, thief, stolen):
    own = citizen(OWNERS)
    done = counter.finish(at_the_counter(counter, owner))
    stolen.refresh_from_db()
    assert (done.state, stolen.state) == (CaseState.DONE, BondState.SUSPENDED)
    assert "停下1件事：停用" in done.said
    assert User.objects.get(person=owner) == own == identity.welcome(act=counter.act(own), phone=OWNERS)
    assert User.objects.get(pk=thief.actor.user_id).person is None
    assert {"您的账户已经收回", "家庭共济里停下的事"} <= set(titles(owner))


def test_with_a_code_the_owner_signs_in_from_any_phone(counter, owner, stolen):
    counter.finish(at_the_counter(counter, owner, "code"))
    code = counter.submit(counter.seen(counter.open(CaseKind.IDENTITY_CODE, owner), "own_card")).shown_once
    own = citizen("19900000034")
    assert identity.prove_by_code(act=counter.act(own), user=own, typed=code, address="a") == owner
    stolen.refresh_from_db()
    assert stolen.state == BondState.SUSPENDED


@pytest.mark.parametrize("renew", ["code", "phone"])
def test_a_thief_who_comes_to_a_counter_in_between_keeps_nothing(counter, owner, thief, stolen, renew):
    """With a stolen card somebody renews the tie: what they did before it stops all the same."""
    theirs = User.objects.get(pk=thief.actor.user_id)
    if renew == "code":
        code = counter.submit(counter.seen(counter.open(CaseKind.IDENTITY_CODE, owner), "own_card")).shown_once
        identity.prove_by_code(act=counter.act(theirs), user=theirs, typed=code, address="a")
    else:
        identity.change_phone(act=counter.act(), person=owner, phone="19900000035")
    theirs.refresh_from_db()
    assert theirs.phone_changed_at is not None
    assert theirs.tied_at > thief.at
    counter.finish(at_the_counter(counter, owner, "code"))
    stolen.refresh_from_db()
    assert stolen.state == BondState.SUSPENDED


def test_what_the_owner_did_before_a_thief_changed_the_number_stays(counter, owner):
    own = citizen(OWNERS)
    at = counter.act().at - timedelta(hours=2)
    identity.prove_by_record(
        act=Act(Actor.citizen(own), at), user=own, name=owner.name, certno=owner.certno, region=RUIAN, address="a"
    )
    mine = Act(Actor.citizen(User.objects.get(pk=own.pk)), at)
    relative = insured(RUIAN, resident=True)
    sent = invited(owner, relative, act=mine)
    theirs = Act(Actor.citizen(citizen("19900000033", relative)), at)
    given = accepting.accept(act=theirs, user=relative, number=str(sent.invitation.number))
    identity.change_phone(act=counter.act(), person=owner, phone="19900000035")
    counter.finish(at_the_counter(counter, owner, "code"))
    given.refresh_from_db()
    assert given.state == BondState.ACTIVE


def test_a_sign_in_without_a_number_counts_as_a_new_one_where_the_roster_has_none_either(counter):
    person, own = insured(RUIAN, carried=1_00, phone=""), User.objects.create_citizen()
    assert not person.phone
    code = counter.submit(counter.seen(counter.open(CaseKind.IDENTITY_CODE, person), "own_card")).shown_once
    identity.prove_by_code(act=counter.act(own), user=own, typed=code, address="a")
    assert User.objects.get(pk=own.pk).phone_changed_at is not None


def test_the_clerk_reads_what_will_stop_before_and_looking_stops_nothing(counter, owner, stolen):
    citizen(OWNERS)
    case = at_the_counter(counter, owner)
    found = deciding.assess(counter.act(), case)
    assert dict(found.words)["它办的、要停下的"].startswith("停用")
    assert dict(found.words)["收回账户"].startswith("手机号199****0031")
    stolen.refresh_from_db()
    assert stolen.state == BondState.ACTIVE
    assert titles(owner).count("您的账户已经收回") == 0


def test_what_the_thief_does_meanwhile_is_shown_before_anything_happens(counter, owner, thief, stolen):
    citizen(OWNERS)
    case = at_the_counter(counter, owner)
    shown = counter.digest(case)
    again = invited(owner, insured(RUIAN, resident=True), act=thief).invitation
    with pytest.raises(CaseMovedError):
        deciding.submit(act=counter.act(), number=case.number, version=case.version, digest=shown)
    counter.finish(case)
    again.refresh_from_db()
    assert again.state == InvitationState.WITHDRAWN
