"""Looking people up at a counter: for a purpose, counted, traced, and only whom the office has to do with."""

from datetime import timedelta

import pytest

from accounts.codes import LookupPurpose, Role
from accounts.identity import audit
from accounts.identity.actors import Act, Actor
from accounts.identity.certificates import BadCertificateError
from accounts.models import AuditEvent, Enrolment, Lookup, LookupCount, User
from accounts.operations import lookups
from accounts.queries.lookups import open_lookup
from tests.factories.counter import act_of, clerk_at, insured_here, looked_up, office
from tests.factories.people import EnrolmentFactory, PersonFactory, certno
from tests.factories.users import official
from yibao.lib import clock

pytestmark = pytest.mark.django_db

WHY = LookupPurpose.QUESTION


@pytest.fixture
def clerk() -> User:
    return clerk_at()


def look_up(clerk, typed, **more):
    return lookups.look_up(act=act_of(clerk), typed=typed, purpose=more.pop("purpose", WHY), **more)


def lookups_of(person):
    """Return what the person's own page is made of."""
    return AuditEvent.objects.filter(subject=person, verb=audit.LOOKED_UP)


def used(clerk) -> int:
    return LookupCount.objects.get(clerk=clerk).used


def refusals() -> list[tuple[str, int | None]]:
    events = AuditEvent.objects.filter(verb=audit.REFUSED).order_by("pk")
    return [(event.detail["error"], event.subject_id) for event in events]


def test_a_person_is_found_by_card_and_by_phone(clerk):
    person = insured_here()
    for typed in (person.certno, f"{person.name},女,汉,{person.certno}\n", person.phone, f" +86 {person.phone}"):
        found = look_up(clerk, typed)
        assert found.lookup
        assert found.lookup.person == person
    assert used(clerk) == 4


def test_the_name_on_the_card_is_compared_with_the_roster(clerk):
    person = insured_here()
    found = [
        look_up(clerk, typed) for typed in (person.certno, f"{person.name},{person.certno}", f"赵六,{person.certno}")
    ]
    assert [one.lookup.name_agrees for one in found if one.lookup] == [None, True, False]


def test_the_person_sees_who_looked_where_and_what_for(clerk):
    person = insured_here()
    look_up(clerk, person.certno, purpose=LookupPurpose.REPRINT)
    event = lookups_of(person).get()
    assert (event.office, event.detail["business"], event.actor) == ("R01", "补打回执", f"staff:{clerk.pk}@R01")


def test_several_of_one_phone_are_told_apart_before_anybody_is_shown(clerk):
    one = insured_here()
    other = insured_here(phone=one.phone)
    elsewhere = EnrolmentFactory(region="330381", person__phone=one.phone).person
    found = look_up(clerk, one.phone)
    assert (found.lookup, set(found.choices)) == (None, {one, other})
    assert not Lookup.objects.exists()
    assert [lookups_of(person).count() for person in (one, other, elsewhere)] == [1, 1, 0], "both were shown"
    chosen = look_up(clerk, one.phone, chosen=other.pk)
    assert chosen.lookup
    assert chosen.lookup.person == other
    for stranger in (elsewhere, insured_here()):
        with pytest.raises(lookups.NobodyFoundError):
            look_up(clerk, one.phone, chosen=stranger.pk)


def test_whoever_has_nothing_to_do_with_the_region_is_not_there(clerk):
    elsewhere, nowhere = EnrolmentFactory(region="330381").person, PersonFactory()
    for typed in (elsewhere.certno, elsewhere.phone, nowhere.certno, certno(3)):
        with pytest.raises(lookups.NobodyFoundError, match="本统筹区没有这个人"):
            look_up(clerk, typed)
    assert refusals() == [("NobodyFoundError", None)] * 4, "the trace names nobody either"
    Enrolment.objects.create(
        person=elsewhere, region="330900", insurance="390", person_type="15", status=4, from_on=clock.today()
    )
    assert look_up(clerk, elsewhere.certno).lookup


def test_a_miss_counts_twice_and_a_slip_of_the_pen_not_at_all(clerk):
    insured_here()
    with pytest.raises(lookups.NobodyFoundError):
        look_up(clerk, certno(3))
    assert used(clerk) == 2
    with pytest.raises(BadCertificateError):
        look_up(clerk, certno(3)[:17])
    assert used(clerk) == 2


def test_a_purpose_must_be_given(clerk):
    person = insured_here()
    for purpose in ("", "curiosity"):
        with pytest.raises(lookups.LookupRefusedError, match="为什么"):
            look_up(clerk, person.certno, purpose=purpose)
    assert not LookupCount.objects.exists()
    assert refusals() == [("LookupRefusedError", None)] * 2


def test_one_more_than_the_day_allows_needs_a_reviewer_of_the_office(clerk, settings):
    settings.COUNTER_LOOKUPS_PER_DAY = 2
    person = insured_here()
    for _ in range(2):
        look_up(clerk, person.certno)
    with pytest.raises(lookups.LookupsUsedUpError):
        look_up(clerk, person.certno)
    assert Lookup.objects.count() == 2
    assert refusals() == [("LookupsUsedUpError", None)]
    reviewer = clerk_at(serial=990_002, role=Role.REVIEWER)
    count = lookups.grant_lookups(act=act_of(reviewer), clerk=clerk)
    assert (count.used, count.most, count.left) == (2, 4, 2)
    assert look_up(clerk, person.certno).lookup
    event = AuditEvent.objects.get(verb="lookup.granted")
    assert (event.actor, event.detail) == (f"staff:{reviewer.pk}@R01", {"user": clerk.pk, "more": 2})


def test_the_next_day_begins_anew(clerk, settings):
    settings.COUNTER_LOOKUPS_PER_DAY = 1
    person = insured_here()
    look_up(clerk, person.certno)
    tomorrow = Act(act_of(clerk).actor, clock.now() + timedelta(days=1))
    assert lookups.look_up(act=tomorrow, typed=person.certno, purpose=WHY).lookup


def test_who_may_not_grant(clerk):
    reviewer = clerk_at(serial=990_002, role=Role.REVIEWER)
    second_login = official(username="second", certno=str(reviewer.certno))
    from_elsewhere = clerk_at("R02", serial=990_004, role=Role.REVIEWER)
    for by, whom in (
        (clerk, second_login),
        (reviewer, reviewer),
        (reviewer, second_login),
        (from_elsewhere, clerk),
    ):
        with pytest.raises(lookups.LookupRefusedError):
            lookups.grant_lookups(act=act_of(by), clerk=whom)
    assert not LookupCount.objects.exists()


def test_nobody_grants_look_ups_to_their_family(clerk, monkeypatch):
    reviewer = clerk_at(serial=990_002, role=Role.REVIEWER)
    both = {insured_here(certno=clerk.certno), insured_here(certno=reviewer.certno)}
    monkeypatch.setattr("accounts.operations.cases.access.is_family", [lambda a, b: {a, b} == both])
    with pytest.raises(lookups.NotYoursError, match="自己的家人"):
        lookups.grant_lookups(act=act_of(reviewer), clerk=clerk)


def test_nobody_looks_up_themselves(clerk):
    own = insured_here(certno=clerk.certno)
    with pytest.raises(lookups.NotYoursError, match="另一位同事"):
        look_up(clerk, own.certno)
    assert used(clerk) == 1
    assert refusals() == [("NotYoursError", own.pk)]
    assert not lookups_of(own)


def test_a_phone_that_the_clerk_shares_shows_nobody(clerk):
    own = insured_here(certno=clerk.certno)
    other = insured_here(phone=own.phone)
    with pytest.raises(lookups.NotYoursError, match="另一位同事"):
        look_up(clerk, own.phone)
    assert not lookups_of(other)


def test_a_clerk_whose_own_number_is_not_known_looks_nobody_up():
    office()
    with pytest.raises(lookups.NotYoursError, match="登记"):
        look_up(official(), insured_here().certno)


@pytest.mark.parametrize("role", [Role.POLICY, Role.APPROVER, ""])
def test_the_role_counts_as_the_account_is_now(clerk, role):
    act = act_of(clerk)
    User.objects.filter(pk=clerk.pk).update(role=role)
    with pytest.raises(lookups.NotAtCounterError):
        lookups.look_up(act=act, typed=insured_here().certno, purpose=WHY)


def test_neither_citizens_nor_programs_nor_the_dismissed_look_anybody_up(clerk):
    person = insured_here()
    act = act_of(clerk)
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    for one in (act, Act(Actor.system("test"), act.at), Act(Actor("citizen", str(clerk.pk)), act.at)):
        with pytest.raises(lookups.NotAtCounterError):
            lookups.look_up(act=one, typed=person.certno, purpose=WHY)


def test_an_office_must_be_on_file_and_only_its_region_is_searched(clerk):
    person = insured_here()
    act = act_of(clerk)
    User.objects.filter(pk=clerk.pk).update(office="R99")
    with pytest.raises(lookups.NotAtCounterError, match="网点"):
        lookups.look_up(act=act, typed=person.certno, purpose=WHY)
    User.objects.filter(pk=clerk.pk).update(office=office("Q01", "350500").code)
    with pytest.raises(lookups.NobodyFoundError):
        lookups.look_up(act=act, typed=person.certno, purpose=WHY)


def test_a_look_up_is_open_to_its_clerk_in_its_office_for_half_an_hour(clerk):
    lookup, now = looked_up(clerk, insured_here()), clock.now()
    colleague = clerk_at(serial=990_005)
    assert open_lookup(clerk, lookup.token, now) == lookup
    assert open_lookup(colleague, lookup.token, now) is None
    assert open_lookup(clerk, lookup.token, now + timedelta(minutes=30)) is None
    clerk.office = office("R02").code
    assert open_lookup(clerk, lookup.token, now) is None


def test_full_numbers_leave_a_trace_of_their_own(clerk):
    lookup = looked_up(clerk, insured_here())
    assert lookups.unmask(act=act_of(clerk), token=lookup.token) == lookup
    assert AuditEvent.objects.get(verb=audit.UNMASKED).subject == lookup.person
    with pytest.raises(lookups.LookupRefusedError):
        lookups.unmask(act=act_of(clerk_at(serial=990_005)), token=lookup.token)
    assert AuditEvent.objects.filter(verb=audit.UNMASKED).count() == 1
