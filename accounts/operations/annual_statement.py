"""Issuing the year's 对账单, and telling whoever holds one whether it is ours and still true."""

import re
from dataclasses import dataclass

from django.db import transaction

from accounts.errors import AccountsError
from accounts.identity import audit, limits
from accounts.identity.actors import Act
from accounts.ledger.locking import lock_pots
from accounts.models import AnnualStatement
from accounts.queries.account import Account
from accounts.queries.annual_statement import Extent, content_of, extent_today, is_what_books_say
from accounts.queries.statement import latest_transfers
from yibao.lib.speakable import speakable
from yibao.lib.values import half_width

CHECKS_OF_ADDRESS = limits.limits("20/1h 60/1d")
EXAMPLE = "DZ2025-7F3A-K9MM-2XQP"
_SHAPE = re.compile(r"DZ(\d{4})(\w{4})(\w{4})(\w{4})", re.ASCII)


class NoStatementError(AccountsError):
    """The account had nothing yet in that year, or the year is still to come."""

    message = "这一年还没有记录，没有对账单可以出具。请换一个年度"


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement that is ours, and whether the books still say the same."""

    issued: AnnualStatement
    is_current: bool


def issue_statement(*, act: Act, account: Account, year: int) -> AnnualStatement:
    """Give the owner of an account a statement of a benefit year up to today; the same content keeps its number.

    The pots are locked meanwhile, so that everything up to the last transfer is there to be seen. Raises
    NoStatementError.
    """
    extent = extent_today(account, year)
    with transaction.atomic():
        lock_pots(pot.pk for pot in account.pots.values())
        latest = latest_transfers(account, 1)
        if year > account.year or not latest:
            raise NoStatementError
        extent = Extent(year, extent.closes_on, latest[0].pk)
        content = content_of(account, extent, url=lambda _: "")
        if not content.months and not content.opening.fen:
            raise NoStatementError
        same = AnnualStatement.objects.filter(
            person=account.person, region=account.region, year=year, digest=content.digest
        )
        if issued := same.filter(booked_to__gte=content.last_entry).order_by("-pk").first():
            return issued
        issued = AnnualStatement.objects.create(
            number=f"DZ{year}-{speakable(4)}-{speakable(4)}-{speakable(4)}",
            person=account.person,
            region=account.region,
            year=year,
            closes_on=extent.closes_on,
            opening_fen=content.opening.fen,
            closing_fen=content.closing.fen,
            booked_to=latest[0].pk,
            digest=content.digest,
            actor=str(act.actor),
            issued_at=act.at,
        )
        detail = {"region": account.region, "year": year, "statement": issued.pk}
        audit.record(act=act, verb="statement.issued", subject=account.person, detail=detail)
    return issued


def read_number(text: str) -> str:
    """Return a typed number as it is kept: any width and case, with or without spaces and hyphens.

    Raises ValueError with the reason.
    """
    plain = re.sub(r"[\s\-‐-―−]", "", half_width(text)).upper()
    if match := _SHAPE.fullmatch(plain):
        return f"DZ{'-'.join(match.groups())}"
    raise ValueError(f"编号是DZ开头的一串，印在对账单上面，例如 {EXAMPLE}")


def check_statement(*, act: Act, number: str, closing_fen: int, address: str) -> Checked | None:
    """Say of a number and the closing balance on the paper whether we issued that, and whether it still is so.

    None where they do not go together: which of the two is wrong is not told. `address` is whom the request counts for
    (access.address_of). Every answer leaves an audit event, without what was typed: a number is as good as a paper.
    Raises limits.TooOftenError.
    """
    with transaction.atomic():
        limits.use_from("statement", address, CHECKS_OF_ADDRESS, act.at)
    issued = AnnualStatement.objects.select_related("person").filter(number=number, closing_fen=closing_fen).first()
    checked = Checked(issued, is_what_books_say(issued, act.on)) if issued else None
    detail = {"statement": checked.issued.pk, "current": checked.is_current} if checked else {}
    with transaction.atomic():
        audit.record(act=act, verb="statement.checked", subject=issued.person_id if issued else None, detail=detail)
    return checked
