"""What operators watch, as Prometheus reads it: GET /metrics with the token of YIBAO_METRICS_TOKEN.

Everything is asked of the database when it is read, except for answers and refusals: those each web process counts for
itself, and each is read by itself (its own port), so that nothing has to be shared. nginx passes the address to nobody.
"""

import hmac
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.models import Min
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import errors
from accounts.codes import MessageState
from accounts.jobs.schedule import due_jobs
from accounts.ledger.verify import VERIFIED
from accounts.models import AuditEvent, OutboxMessage
from accounts.queries.budget import sms_budget
from yibao.lib import clock

SETTLED = timedelta(minutes=5)  # a voucher is counted once no transaction that began before it can still commit
Sample = tuple[dict[str, str], float]

responses: Counter[str] = Counter()
_counting = threading.Lock()


def count_responses(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: count the answers of this process by class (2xx, 4xx, 5xx)."""

    def counted(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        with _counting:
            responses[f"{response.status_code // 100}xx"] += 1
        return response

    return counted


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return all figures in the text format of Prometheus. Without the right token there is no such page."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        raise Http404
    lines = []
    for name, kind, words, samples in FIGURES:
        lines += [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{_labels(labels)} {value:.10g}" for labels, value in samples(clock.now())]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _labels(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}" if labels else ""


class _Postings:
    """How many vouchers of each kind there are. Those counted before are not counted again at the next reading."""

    def __init__(self) -> None:
        self.database, self.last, self.counted = "", 0, Counter[str]()
        self.lock = threading.Lock()

    def __call__(self, now: datetime) -> Iterator[Sample]:
        with self.lock:
            self._count(now)
            yield from [({"kind": kind}, number) for kind, number in sorted(self.counted.items())]

    def _count(self, now: datetime) -> None:
        if self.database != (name := str(connection.settings_dict["NAME"])):
            self.database, self.last, self.counted = name, 0, Counter()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT kind, count(*), max(id) FROM accounts_voucher WHERE id > %s AND recorded_at < %s GROUP BY kind",
                [self.last, now - SETTLED],
            )
            for kind, number, last in cursor.fetchall():
                self.counted[kind] += number
                self.last = max(self.last, last)


def _refusals(now: datetime) -> Iterator[Sample]:
    yield from [({"reason": reason}, number) for reason, number in sorted(errors.refused.items())]


def _responses(now: datetime) -> Iterator[Sample]:
    yield from [({"class": name}, responses[name]) for name in ("2xx", "3xx", "4xx", "5xx")]


def _late_jobs(now: datetime) -> Iterator[Sample]:
    """How long the longest waiting job of each kind has been due and not done."""
    late: dict[str, float] = {}
    for due in due_jobs(clock.today()):
        since = datetime.combine(due.since, time(), tzinfo=clock.SHANGHAI)
        late[due.kind] = max(late.get(due.kind, 0.0), (now - since).total_seconds())
    yield from [({"job": str(kind)}, seconds) for kind, seconds in sorted(late.items())]


def _outbox(now: datetime) -> Iterator[Sample]:
    oldest = OutboxMessage.objects.filter(state=MessageState.WAITING).aggregate(Min("queued_at"))["queued_at__min"]
    yield {}, max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


def _codes_sent(now: datetime) -> Iterator[Sample]:
    yield {}, sms_budget(clock.today()).used


def _codes_left(now: datetime) -> Iterator[Sample]:
    budget = sms_budget(clock.today())
    yield {"for": "all"}, budget.most - budget.used
    yield {"for": "strangers"}, max(0, budget.of_strangers - budget.used)


def _last_verified() -> AuditEvent | None:
    return AuditEvent.objects.filter(verb=VERIFIED).order_by("-at").first()


def _drift(now: datetime) -> Iterator[Sample]:
    if event := _last_verified():
        yield {}, event.detail["findings"]


def _verified_at(now: datetime) -> Iterator[Sample]:
    if event := _last_verified():
        yield {}, event.at.astimezone(UTC).timestamp()


FIGURES: list[tuple[str, str, str, Callable[[datetime], Iterator[Sample]]]] = [
    ("yibao_postings_total", "counter", "凭证数，按业务（五分钟前为止）", _Postings()),
    ("yibao_refusals_total", "counter", "本进程没有办成的事，按原因", _refusals),
    ("yibao_responses_total", "counter", "本进程的应答，按类别", _responses),
    ("yibao_job_late_seconds", "gauge", "到期没有做完的批次等了多久，按业务取最久的", _late_jobs),
    ("yibao_outbox_oldest_seconds", "gauge", "最早一条没有发出的短信等了多久", _outbox),
    ("yibao_codes_sent_today", "gauge", "今天已发的验证码", _codes_sent),
    ("yibao_codes_left_today", "gauge", "今天还能发的验证码", _codes_left),
    ("yibao_ledger_findings", "gauge", "最近一次 verify_ledger 发现的问题数，应为 0", _drift),
    ("yibao_ledger_verified_at", "gauge", "最近一次 verify_ledger 的时间（Unix 秒）", _verified_at),
]
