"""在邀请人的手机上同意: the inviter's phone answers, costs and counts the same whether anybody is there or not."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.codes import MessageState
from accounts.identity import day_counts
from accounts.identity.codes import DAYS_CODES
from accounts.models import Allowance, OutboxMessage
from tests.factories.family import NOW, insured, invited
from tests.factories.people import certno
from tests.factories.users import citizen
from tests.family.family_pages import at, browser_of, chen

pytestmark = pytest.mark.usefixtures("policies_loaded", "today")

PHONE = "19900000321"


@pytest.fixture(autouse=True)
def _outside(policies_loaded):
    """Guesses are counted in a durable transaction; let it stand inside that of the test, as in a TestCase."""
    for block in connection.atomic_blocks:
        block._from_testcase = True


def somebody():
    person = insured(resident=True, name="王五")
    citizen(PHONE, person)
    return person


def nobody():
    return SimpleNamespace(name="王五", certno=certno(777001))


class Phone:
    """The inviter's phone, with an invitation for somebody or nobody."""

    def __init__(self, relative) -> None:
        payer = chen()
        self.browser, self.relative = browser_of(payer), relative
        self.url = f"/family/invitations/{invited(payer, relative).invitation.number}/here/"

    def ask(self):
        return self.browser.post(f"{self.url}code/")

    def type(self, code: str):
        last_four = str(self.relative.certno)[-4:]
        return self.browser.post(self.url, {"name": "王五", "last_four": last_four, "code": code})


def both(act) -> list:
    """Return what an act answers for somebody, and for nobody, each starting uncounted."""
    found = []
    for relative in (somebody(), nobody()):
        Allowance.objects.all().delete()
        found.append(act(Phone(relative)))
    return found


def signs_in(phone: str = PHONE) -> int:
    return Client().post(reverse("sign_in"), {"phone": phone}).status_code


def code_for(template: str) -> str:
    text = OutboxMessage.objects.filter(template=template).latest("queued_at").text
    return text.split("】")[1][:6]


def test_whether_their_number_may_sign_in_does_not_tell():
    def act(phone: Phone) -> int:
        phone.ask()
        return signs_in()

    assert both(act) == [302, 302]


def test_how_many_sign_ins_the_address_has_left_does_not_tell(settings):
    settings.SMS_PER_ADDRESS = "3/1h"

    def act(phone: Phone) -> list[int]:
        phone.ask()
        return [signs_in(f"1990000070{n}") for n in range(4)]

    assert both(act) == [[302, 302, 429, 429]] * 2


def test_an_address_that_has_had_enough_is_told_so_for_nobody_too(settings):
    settings.SMS_PER_ADDRESS = "1/1h"

    def act(phone: Phone) -> tuple[int, int]:
        signs_in("19900000701")
        return phone.ask().status_code, OutboxMessage.objects.filter(template="family_agree_code").count()

    assert both(act) == [(429, 0)] * 2


def test_so_does_the_days_total(settings):
    settings.SMS_CODES_PER_DAY = 1
    answers = [Phone(relative).ask().status_code for relative in (nobody(), somebody())]
    assert answers == [302, 429]


def test_asking_and_guessing_take_as_many_statements_for_nobody():
    def act(phone: Phone) -> tuple[int, int]:
        with CaptureQueriesContext(connection) as asked:
            assert phone.ask().status_code == 302
        with CaptureQueriesContext(connection) as guessed:
            assert phone.type("000000").status_code == 422
        return len(asked), len(guessed)

    day_counts.use_today(DAYS_CODES, 100, NOW)  # the first of a day begins the count, whoever it is for
    for_somebody, for_nobody = both(act)
    assert for_somebody == for_nobody


def test_five_guesses_close_the_page_alike():
    def act(phone: Phone) -> list[int]:
        phone.ask()
        return [phone.type(f"00000{n}").status_code for n in range(6)]

    assert both(act) == [[422] * 5 + [429]] * 2


def test_for_nobody_a_message_is_written_and_never_sent():
    Phone(nobody()).ask()
    message = OutboxMessage.objects.get(template="family_agree_code")
    assert (message.state, message.phone, message.text) == (MessageState.EXPIRED, "", "")


def test_wrong_guesses_on_the_inviters_phone_leave_their_own_sign_in_open():
    phone = Phone(somebody())
    phone.ask()
    for _ in range(5):
        phone.type("000000")
    client = Client()
    assert client.post(reverse("sign_in"), {"phone": PHONE}).status_code == 302
    assert client.post(reverse("sign_in_code"), {"code": code_for("sign_in_code")}).status_code == 302
    assert client.session["_auth_user_id"]


def test_wrong_guesses_at_signing_in_leave_the_code_on_the_inviters_phone_open():
    client, phone = Client(), Phone(somebody())
    client.post(reverse("sign_in"), {"phone": PHONE})
    bad = f"{(int(code_for('sign_in_code')) + 1) % 10**6:06}"
    answers = [client.post(reverse("sign_in_code"), {"code": bad}).status_code for _ in range(5)]
    assert answers[-1] == 429
    phone.ask()
    assert phone.type(code_for("family_agree_code")).status_code == 302


def test_however_many_invite_them_one_number_gets_a_bounded_number_of_messages(settings):
    settings.SMS_PER_NUMBER = "1/60s 2/1h"
    person = somebody()
    phones = [Phone(person) for _ in range(3)]
    for minutes, phone in enumerate(phones):
        with at(NOW + timedelta(minutes=2 * minutes)):
            assert phone.ask().status_code == 302
    sent = OutboxMessage.objects.filter(template="family_agree_code").exclude(state=MessageState.EXPIRED)
    assert sent.count() == 2
