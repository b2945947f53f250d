"""A citizen proves who they are; nobody learns anything about anybody else by trying."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.identity import limits
from accounts.identity.actors import Act, Actor
from accounts.models import AuditEvent, IdentityCode, OutboxMessage, Person, User
from accounts.operations import identity, proving
from tests.accounts.test_signin import at, text_of
from tests.factories.acts import act_now
from tests.factories.people import EnrolmentFactory, certno
from tests.factories.users import citizen, limited, official, signed_in
from yibao.lib import clock
from yibao.lib.speakable import ALPHABET

pytestmark = pytest.mark.django_db

PHONE = "19900000001"
REGION = "330900"


@pytest.fixture
def person(monkeypatch) -> Person:
    monkeypatch.setattr("accounts.views.citizen.identity.region_names", lambda: {REGION: "舟山市", "330381": "瑞安市"})
    return EnrolmentFactory(person__name="陈静", person__phone=PHONE, region=REGION).person


@pytest.fixture
def visitor() -> Client:
    return signed_in(citizen(PHONE))


def prove(visitor: Client, person: Person, **changes: str):
    data = {"name": person.name, "certno": str(person.certno), "region": REGION, **changes}
    return visitor.post(reverse("identity_record"), data)


def counter_code(person: Person, now=None) -> str:
    clerk = User.objects.filter(role="clerk").first() or official()
    return identity.issue_identity_code(act=Act(Actor.staff(clerk, "R01", "K1"), now or clock.now()), person=person)


def test_pages_of_an_account_lead_to_proving_first_and_back_again(visitor, person):
    first = visitor.get(reverse("identity_result"))
    assert first.url == "/identity/?next=%2Fidentity%2Fdone%2F"
    assert visitor.post(first.url, {"way": "record"}).url == "/identity/record/?next=%2Fidentity%2Fdone%2F"
    assert visitor.post(first.url, {"way": "code"}).url == "/identity/code/?next=%2Fidentity%2Fdone%2F"


def test_choosing_no_way_is_explained(visitor):
    response = visitor.post(reverse("identity"), {})
    assert response.status_code == 422
    assert text_of(response).count("请选一种方式") == 2


def test_name_number_and_region_of_the_roster_open_the_account(visitor, person):
    response = prove(visitor, person)
    assert response.url == reverse("identity_result")
    assert User.objects.get().person == person
    page = text_of(visitor.get(response.url))
    assert "身份已确认" in page
    assert str(person.certno) not in page
    event = AuditEvent.objects.get(verb="identity.proven")
    assert (event.subject, event.detail) == (person, {"how": "record"})
    assert event.actor == f"citizen:{User.objects.get().pk}"


@pytest.mark.parametrize("typed", ["９９９９０２", " 9 9 9 9 0 2 "])
def test_numbers_and_names_typed_in_full_width_or_with_spaces_are_understood(visitor, person, typed):
    wide = str(person.certno).translate({ord(digit): chr(ord(digit) + 0xFEE0) for digit in "0123456789X"})
    spaced = " ".join(str(person.certno).lower())
    number = wide if typed[0] == "９" else spaced
    assert prove(visitor, person, certno=number, name=" 陈 静 ").url == reverse("identity_result")


def wrong_tries(person: Person) -> dict[str, dict[str, str]]:
    """Return every way of not matching."""
    other = EnrolmentFactory(person__name="林晓明", person__serial=501, region=REGION).person
    taken = EnrolmentFactory(person__name="张晓明", person__serial=502, region=REGION).person
    citizen("19900000077", taken)
    return {
        "wrong name": {"name": "陈景"},
        "unknown number": {"certno": certno(503)},
        "somebody else's number": {"certno": str(other.certno)},
        "wrong region": {"region": "330381"},
        "tied to another sign-in": {"name": "张晓明", "certno": str(taken.certno)},
    }


def test_every_mismatch_gets_the_same_page_byte_for_byte(person):
    pages = {}
    for number, (reason, changes) in enumerate(wrong_tries(person).items()):
        visitor = signed_in(citizen(f"1990000020{number}"))
        response = prove(visitor, person, **changes)
        body = re.sub(r'(value="|X-CSRFToken": ")\w{64}"', "", text_of(response))
        pages[reason] = (response.status_code, sorted(response.headers), body)
    assert len(set(map(str, pages.values()))) == 1, pages.keys()
    page = pages["wrong name"][2]
    assert "对不上" in page
    assert "带身份证到窗口核验，当场就能用" in page


def test_every_mismatch_costs_the_same_queries(person):
    shapes = {}
    for number, (reason, changes) in enumerate(wrong_tries(person).items()):
        user = citizen(f"1990000020{number}")
        data = {"name": person.name, "certno": str(person.certno), "region": REGION, **changes}
        with (
            CaptureQueriesContext(
                connection,
            ) as queries,
            pytest.raises(identity.NoMatchError),
        ):
            identity.prove_by_record(act=act_now(Actor.citizen(user)), user=user, address="127.0.0.1", **data)
        shapes[reason] = [
            re.sub(r"'[^']*'|\\x[0-9a-f]+|\b\d+\b|\"s\d+_x\d+\"|savepoint \S+", "?", query["sql"], flags=re.I)
            for query in queries.captured_queries
        ]
    assert len({str(shape) for shape in shapes.values()}) == 1, {reason: len(shape) for reason, shape in shapes.items()}


def test_a_number_that_cannot_be_one_is_explained_because_that_tells_nothing(visitor, person):
    response = prove(visitor, person, certno="99990219500101")
    assert response.status_code == 422
    assert "证件号码少了4位，应为18位" in text_of(response)
    assert limits.left("identity of user", str(User.objects.get().pk), proving.TRIES_OF_USER[0], clock.now()) == 5


def test_tries_are_limited_per_user_and_the_page_says_until_when(visitor, person):
    for _ in range(5):
        assert prove(visitor, person, name="不对").status_code == 422
    response = prove(visitor, person)
    assert response.status_code == 429
    assert re.search(r"\d\d:\d\d 以后可以再试", text_of(response))
    assert User.objects.get().person is None


def test_tries_are_limited_per_network_address(person, monkeypatch):
    monkeypatch.setattr(proving, "TRIES_OF_ADDRESS", limits.limits("3/1h"))
    answers = [prove(signed_in(citizen(f"1990000030{n}")), person, name="不对").status_code for n in range(5)]
    assert answers == [422, 422, 422, 429, 429]


def test_the_phone_of_the_roster_is_told_when_another_phone_opens_the_account(person):
    prove(signed_in(citizen("19900000055")), person)
    message = OutboxMessage.objects.get()
    assert (message.phone, message.template) == (PHONE, "identity_tied")


@pytest.mark.parametrize(
    ("phone", "limited_first", "told"),
    [("19900000055", False, True), ("19900000055", True, True), (PHONE, False, False)],
)
def test_the_phone_of_the_roster_is_told_when_a_code_is_used_on_another_phone(person, phone, limited_first, told):
    """A thief with the card gets a code: it is a new number, whatever the same phone had tied by name before."""
    own = limited(phone, person) if limited_first else citizen(phone)
    browser = signed_in(own)
    code = counter_code(person)
    browser.post(reverse("identity_code"), {"code": code})
    own.refresh_from_db()
    assert (own.person, own.phone_changed_at is not None) == (person, told)
    texts = OutboxMessage.objects.filter(template="identity_code_used")
    assert [str(text.phone) for text in texts] == [PHONE] * told


def test_the_phone_of_the_roster_is_told_when_a_code_is_given_out(person):
    """Whose card was stolen learns of it before anybody has used the code."""
    counter_code(person)
    message = OutboxMessage.objects.get()
    assert (message.phone, message.template) == (PHONE, "identity_code_issued")
    assert "不是您本人去办的" in message.text


def test_where_the_roster_has_no_phone_a_code_is_given_out_all_the_same():
    counter_code(EnrolmentFactory(person__phone="", region=REGION).person)
    assert IdentityCode.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_nobody_is_told_when_it_is_the_same_phone(visitor, person):
    prove(visitor, person)
    assert not OutboxMessage.objects.exists()


def test_one_person_has_one_sign_in_whatever_the_code_does(person):
    citizen("19900000055", person)
    with pytest.raises(IntegrityError), transaction.atomic():
        citizen("19900000056", person)


def test_who_has_proven_it_is_not_asked_again_and_cannot_become_somebody_else(visitor, person):
    prove(visitor, person)
    other = EnrolmentFactory(person__name="林晓明", person__serial=501, region=REGION).person
    for page in ("identity", "identity_record", "identity_code"):
        assert visitor.get(reverse(page)).url == "/account/"
    prove(visitor, other)
    assert User.objects.get().person == person


def test_staff_are_nobodys_account():
    for page in ("identity", "identity_record", "identity_code", "settings"):
        assert signed_in(official(username=page)).get(reverse(page)).status_code == 403


def test_a_code_from_the_counter_opens_the_account_once(visitor, person):
    code = counter_code(person)
    assert re.fullmatch(f"[{ALPHABET}]{{{proving.CODE_LENGTH}}}", code)
    assert visitor.post(reverse("identity_code"), {"code": code}).url == reverse("identity_result")
    user = User.objects.get(person=person)
    row = IdentityCode.objects.get()
    assert (row.used_by, row.used_at is None) == (user, False)
    assert AuditEvent.objects.get(verb="identity.proven").detail == {"how": "code"}
    again = signed_in(citizen("19900000055"))
    assert "对不上" in text_of(again.post(reverse("identity_code"), {"code": code}))


def test_a_code_may_be_typed_in_small_letters_and_groups(visitor, person):
    code = counter_code(person)
    typed = f" {code[:4].lower()}-{code[4:]} "
    assert visitor.post(reverse("identity_code"), {"code": typed}).status_code == 302


def test_a_code_is_not_in_the_database_and_holds_no_confusing_letters(person):
    codes = {counter_code(person) for _ in range(50)}
    assert len(codes) == 50
    assert not set("IO01") & set("".join(codes))
    stored = str(list(IdentityCode.objects.values()))
    assert not [code for code in codes if code in stored]


def test_a_new_code_stops_the_earlier_one(visitor, person):
    old, new = counter_code(person), counter_code(person)
    assert "对不上" in text_of(visitor.post(reverse("identity_code"), {"code": old}))
    assert visitor.post(reverse("identity_code"), {"code": new}).status_code == 302


def test_a_code_expires_after_three_days(visitor, person, monkeypatch):
    code = counter_code(person)
    at(monkeypatch, timedelta(days=3, seconds=1))
    visitor = signed_in(citizen("19900000055"))
    assert "对不上" in text_of(visitor.post(reverse("identity_code"), {"code": code}))


def test_a_code_of_a_person_who_is_tied_already_takes_them_from_that_sign_in(visitor, person):
    other = citizen("19900000055", person)
    code = counter_code(person)
    assert visitor.post(reverse("identity_code"), {"code": code}).url == reverse("identity_result")
    other.refresh_from_db()
    assert other.person is None
    assert User.objects.get(person=person).phone == PHONE


def test_a_made_up_code_and_a_mismatch_get_the_same_page(visitor, person):
    token = re.compile(r'(value="|X-CSRFToken": ")\w{64}"|/identity/\w+/')
    pages = [visitor.post(reverse("identity_code"), {"code": "ABCDEFGH"}), prove(visitor, person, name="不对")]
    assert len({token.sub("", text_of(page)) for page in pages}) == 1
    assert "核验码是8个字母和数字" in text_of(visitor.post(reverse("identity_code"), {"code": "ABC"}))


def test_only_staff_give_codes(person):
    user = citizen("19900000055")
    with pytest.raises(ValueError, match="only staff"):
        identity.issue_identity_code(act=act_now(Actor.citizen(user)), person=person)
    event_count = AuditEvent.objects.filter(verb="identity.code_issued").count()
    counter_code(person)
    event = AuditEvent.objects.get(verb="identity.code_issued")
    assert event_count == 0
    assert (event.subject, event.office, event.case) == (person, "R01", "K1")


def test_refused_tries_are_audited_without_naming_whom_was_tried(visitor, person):
    prove(visitor, person, name="不对")
    event = AuditEvent.objects.get(verb="identity.refused")
    assert (event.subject, event.actor) == (None, f"citizen:{User.objects.get().pk}")
