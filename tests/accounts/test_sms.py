"""Text messages reach the gateway: once, however badly it behaves."""

import contextlib
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection, transaction

from accounts import tasks
from accounts.codes import MessageState
from accounts.identity import codes, sms
from accounts.models import OutboxMessage
from accounts.operations import identity, limited, taking_back
from tests.concurrency import HUNG, all_at_once
from tests.factories.users import citizen
from yibao.lib import clock
from yibao.lib.links import has_link

PHONE = "19900000001"
NOTICE = sms.Template("test_notice", "您有一条{what}提醒。")
SECRET = sms.Template("test_secret", "{code}，验证码。", valid=timedelta(minutes=10), secret=True)


class Gateway:
    """A gateway on loopback that takes each id once, and misbehaves as told, one mood per request."""

    def __init__(self) -> None:
        self.moods: list[str] = []
        self.requests: list[dict] = []
        self.delivered: dict[str, str] = {}  # by message id: a repetition delivers nothing new
        self.tokens: set[str] = set()
        self.closing = threading.Event()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                gateway.tokens.add(self.headers["Authorization"])
                gateway.requests.append(body)
                mood = gateway.moods.pop(0) if gateway.moods else "well"
                if mood in ("well", "slow", "takes but drops the reply"):
                    gateway.delivered.setdefault(body["id"], body["text"])
                if mood == "slow":
                    gateway.closing.wait()
                if mood in ("drops", "takes but drops the reply"):
                    self.connection.close()
                    return
                self.send_response(int(mood) if mood.isdigit() else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None: ...

            def handle(self) -> None:
                with contextlib.suppress(OSError):  # the client gave up waiting
                    super().handle()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()  # shutdown waits that long

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/send"


@pytest.fixture
def gateway(settings, monkeypatch) -> Iterator[Gateway]:
    gateway = Gateway()
    settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_TOKEN = gateway.url, "gateway-token"
    monkeypatch.setattr(sms, "GATEWAY_SECONDS", HUNG)
    yield gateway
    gateway.closing.set()
    gateway.server.shutdown()


def queued(template: sms.Template = NOTICE, **params: str) -> OutboxMessage:
    return sms.queue(phone=PHONE, template=template, params=params or {"what": "缴费"}, now=clock.now())


def send_until_settled(message: OutboxMessage, minutes: int = 240) -> OutboxMessage:
    """Send what is due every minute."""
    start = clock.now()
    for minute in range(minutes):
        sms.send_due(start + timedelta(minutes=minute))
        message.refresh_from_db()
        if message.state != MessageState.WAITING:
            break
    return message


@pytest.mark.django_db
def test_a_message_goes_to_the_gateway_with_its_id_and_our_token(gateway):
    message = send_until_settled(queued())
    assert message.state == MessageState.SENT
    assert gateway.requests == [{"id": str(message.id), "phone": PHONE, "text": "【医保个人账户】您有一条缴费提醒。"}]
    assert gateway.tokens == {"Bearer gateway-token"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "moods", [["500", "502", "503"], ["drops", "drops"], ["slow"], ["takes but drops the reply", "500"], ["429", "408"]]
)
def test_a_misbehaving_gateway_delays_a_message_and_neither_loses_nor_doubles_it(gateway, moods, monkeypatch):
    gateway.moods = list(moods)
    message = queued()
    if "slow" in moods:
        with monkeypatch.context() as impatient:
            impatient.setattr(sms, "GATEWAY_SECONDS", 0.5)
            sms.send_due(clock.now())
    send_until_settled(message)
    assert message.state == MessageState.SENT
    assert message.attempts == len(moods) + 1
    assert {request["id"] for request in gateway.requests} == {str(message.id)}
    assert gateway.delivered == {str(message.id): message.text}


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["400", "401", "404", "422"])
def test_a_refusal_is_final(gateway, status):
    gateway.moods = [status] * 20
    message = send_until_settled(queued())
    assert (message.state, message.attempts, message.error) == (MessageState.FAILED, 1, f"HTTP {status}")


@pytest.mark.django_db
def test_a_gateway_that_never_recovers_is_asked_a_limited_number_of_times_and_ever_more_rarely(gateway):
    gateway.moods = ["500"] * 50
    start = clock.now()
    message, asked = queued(), []
    for minute in range(600):
        if sms.due(start + timedelta(minutes=minute)):
            asked.append(minute)
            sms.send_due(start + timedelta(minutes=minute))
    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.FAILED, sms.MOST_ATTEMPTS)
    pauses = [after - before for before, after in zip(asked, asked[1:], strict=False)]
    assert pauses == sorted(pauses)


@pytest.mark.django_db
def test_a_code_that_is_no_longer_valid_is_not_sent_any_more(gateway):
    gateway.moods = ["500"] * 3
    message = queued(SECRET, code="123456")
    now = clock.now()
    sms.send_due(now)
    sms.send_due(now + timedelta(minutes=11))
    message.refresh_from_db()
    assert message.state == MessageState.EXPIRED
    assert message.text == ""
    assert gateway.delivered == {}


@pytest.mark.django_db
def test_the_code_is_erased_once_it_is_sent_and_everything_else_is_kept_encrypted(gateway):
    secret = send_until_settled(queued(SECRET, code="123456"))
    notice = send_until_settled(queued())
    assert secret.text == ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(m)::text FROM accounts_outboxmessage m")
        stored = "".join(row[0] for row in cursor.fetchall())
    assert notice.text == "【医保个人账户】您有一条缴费提醒。"
    assert "缴费" not in stored
    assert PHONE not in stored


@pytest.mark.django_db
def test_logs_name_messages_by_id_only(gateway, caplog):
    gateway.moods = ["500", "400"]
    message = send_until_settled(queued(SECRET, code="123456"))
    assert str(message.id) in caplog.text
    assert PHONE not in caplog.text
    assert "123456" not in caplog.text


@pytest.mark.django_db
def test_nothing_is_sent_from_inside_a_transaction_and_nothing_of_one_that_failed(
    gateway, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as rung:
        message = queued()
        assert gateway.requests == []
    assert len(rung) == 1
    assert message.state == MessageState.WAITING
    with transaction.atomic():
        queued()
        transaction.set_rollback(True)
    assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db
def test_a_message_whose_task_was_lost_is_sent_when_due(gateway, settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):  # no worker is listening
        message = queued()
    tasks.send_due_sms()
    message.refresh_from_db()
    assert message.state == MessageState.SENT


@pytest.mark.django_db
def test_the_task_sends_exactly_the_message_it_names(gateway):
    message, other = queued(), queued()
    tasks.send_sms(str(message.id))
    assert [request["id"] for request in gateway.requests] == [str(message.id)]
    other.refresh_from_db()
    assert other.state == MessageState.WAITING


def test_a_message_that_many_workers_take_at_once_is_asked_for_once(gateway, transactional_db):
    message = queued()
    now = clock.now()
    all_at_once(*[lambda: sms.send(message.id, now)] * 20)
    assert len(gateway.requests) == 1


@pytest.mark.django_db
def test_a_worker_that_dies_after_the_claim_only_delays_the_message(gateway):
    message = queued()
    now = clock.now()
    OutboxMessage.objects.update(attempts=1, next_at=now + sms.FIRST_PAUSE)  # claimed, then killed
    assert sms.due(now) == []
    assert sms.due(now + sms.FIRST_PAUSE) == [message.id]


@pytest.mark.django_db
def test_without_gateway_and_demo_messages_wait(settings):
    settings.DEMO = False
    message = queued()
    sms.send_due(clock.now())
    message.refresh_from_db()
    assert message.state == MessageState.WAITING


@pytest.mark.django_db
@pytest.mark.parametrize("link", ["https://example.org", "www.example", "ybj.example.cn/x", "t.cn/abc"])
def test_no_message_ever_carries_a_link(link):
    assert not has_link(queued(NOTICE, what=link).text)


def test_none_of_our_own_messages_holds_a_link():
    templates = [codes.SIGN_IN.template, limited.TIED, taking_back.MOVED, identity.PHONE_CHANGED]
    assert not [template.name for template in templates if has_link(template.words)]


@pytest.mark.django_db
def test_a_user_without_a_number_gets_no_message():
    assert sms.queue(to_user=citizen(), template=NOTICE, params={"what": "缴费"}, now=clock.now()) is None
