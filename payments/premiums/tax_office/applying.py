"""Carrying out what the tax office has said: each answer, each proven claim in a transaction of its own, once.

What is written down and not carried out yet, because a process was killed or something stood in the way, is found in
the database by the next run.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.db import DatabaseError, transaction
from django.db.models import Q

from accounts.codes import LifeEventKind
from accounts.errors import AccountsError
from accounts.identity.actors import Act
from accounts.ledger.retry import retrying
from accounts.models import LifeEvent
from payments.premiums.codes import OPEN_CLAIMS, AnswerResult
from payments.premiums.models import PremiumPaid, RefundClaim
from payments.premiums.operations import claiming, progress
from payments.premiums.tax_office.models import TaxAnswer

log = logging.getLogger(__name__)

CHUNK = 100  # confirmations in one transaction: a second or two of work


@dataclass(slots=True)
class Carried:
    """How many answers or claims were carried out, and how many could not be."""

    done: int = 0
    left: int = 0


def apply_answers(*, act: Act) -> Carried:
    """Confirm or give back every order whose answer waits; repeating it does nothing more.

    Confirmations go many at once: they move no money, so nothing but their orders is locked, in one order.
    """
    carried = Carried()
    waiting = TaxAnswer.objects.filter(done_at=None)
    confirmed = list(waiting.filter(result=AnswerResult.CONFIRMED).order_by("order_id").values_list("pk", flat=True))
    for first in range(0, len(confirmed), CHUNK):
        with suppress(AccountsError, DatabaseError):  # of one answer: then all of the chunk go one by one below
            carried.done += _apply_all(act=act, answer_ids=confirmed[first : first + CHUNK])
    for answer_id in list(waiting.order_by("pk").values_list("pk", flat=True)):
        try:
            carried.done += _apply(act=act, answer_id=answer_id)
        except (AccountsError, DatabaseError) as error:  # that of one answer: the others must not wait for it
            carried.left += 1
            log.error("tax answer %s is not carried out: %s", answer_id, type(error).__name__)
            TaxAnswer.objects.filter(pk=answer_id, done_at=None).update(trouble=_words(error))
    return carried


def _words(error: Exception) -> str:
    return error.message[:200] if isinstance(error, AccountsError) else f"数据库不接受（{type(error).__name__}）"


@retrying
def _apply_all(*, act: Act, answer_ids: Sequence[int]) -> int:
    with transaction.atomic():
        return sum(_apply(act=act, answer_id=answer_id) for answer_id in answer_ids)


@retrying
def _apply(*, act: Act, answer_id: int) -> bool:
    with transaction.atomic():
        waiting = TaxAnswer.objects.select_for_update(skip_locked=True).filter(pk=answer_id, done_at=None)
        answer = waiting.first()
        if answer is None:  # somebody else carries it out, or has
            return False
        if answer.result == AnswerResult.CONFIRMED:
            progress.confirm(act=act, order_id=answer.order_id, receipt_no=answer.receipt_no)
        else:
            progress.reject(act=act, order_id=answer.order_id, reason=answer.reason or "税务没有收")
        TaxAnswer.objects.filter(pk=answer_id).update(done_at=act.at, trouble="")
        return True


def settle_claims(*, act: Act) -> Carried:
    """Settle every open claim whose receipt the tax office has named, or of somebody dead; repeating does nothing more.

    One that is proven while the accounts cannot pay is tried again by the next run.
    """
    named = PremiumPaid.objects.values("receipt_no")
    died = LifeEvent.objects.filter(kind=LifeEventKind.DEATH).values("person")
    due = Q(receipt_no__in=named) | Q(payer__in=died) | Q(person__in=died)
    claims = RefundClaim.objects.filter(due, state__in=OPEN_CLAIMS)
    carried = Carried()
    for claim_id in list(claims.order_by("pk").values_list("pk", flat=True)):
        try:
            is_open = claiming.settle(act=act, claim_id=claim_id).state in OPEN_CLAIMS
        except (AccountsError, DatabaseError) as error:
            log.error("claim %s is not settled: %s", claim_id, type(error).__name__)
            is_open = True
        carried.left += is_open
        carried.done += not is_open
    return carried
