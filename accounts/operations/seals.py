"""Sealing what has been written since the last seal: vouchers, transfers, audit events and approvals, a tag for every row.

Nobody who writes is held up. What costs is what is new; what was sealed before is not read again.
"""

import logging
import time
from datetime import timedelta

from django.db import connection, transaction

from accounts.errors import AccountsError
from accounts.identity.actors import Act
from accounts.models import Seal
from accounts.queries import sealed_rows
from accounts.sealing import chain, heads, keyring
from yibao.lib.clock import SHANGHAI

log = logging.getLogger(__name__)

ROWS = 10_000  # of one seal
_SEQUENCER = 0x5EA1  # whoever numbers seals holds this advisory lock
_PAUSE = 0.05
PATIENCE = timedelta(minutes=10)


class SealingError(AccountsError):
    """The chain in the database is not the one whose head is kept outside, or a writer did not come to an end."""


def seal(*, act: Act) -> heads.Head | None:
    """Seal all that is written and not sealed; return the newest head, None where there never was anything.

    The head is added to the file outside the database and to the log. Each seal is a transaction of its own: broken off,
    the next call goes on. Not inside a transaction of the caller's that others wait for. Raises SealingError where the
    newest head outside is not in the chain: what was cut away must not be sealed over; keyring.KeyringError.
    """
    database = sealed_rows.database()
    _refuse_cut(heads.kept(database))
    for table, last_id in {table: _settled_id(table) for table in sealed_rows.TABLES}.items():
        while _seal_next(act, table, last_id):
            pass
    newest = Seal.objects.order_by("-number").first()
    if newest is None:
        return None
    head = heads.Head(newest.number, newest.digest)
    if heads.kept(database)[-1:] != [head]:
        heads.keep(database, head, act.at)
    log.info("sealed up to %s", head)
    return head


def seal_if_due(*, act: Act) -> None:
    """Seal once a day in Shanghai, whoever asks how often."""
    newest = Seal.objects.order_by("-number").values_list("at", flat=True).first()
    if newest is None or newest.astimezone(SHANGHAI).date() < act.on:
        seal(act=act)


def _refuse_cut(kept: list[heads.Head]) -> None:
    if kept and not Seal.objects.filter(number=kept[-1].number, digest=kept[-1].digest).exists():
        raise SealingError(
            f"库里没有库外留着的封条（{kept[-1].number} 号）：封条被截掉或改过，也可能恢复到了更早的时候。"
            "没有加封。请先运行 verify_seals，查清以后按 docs/keys.md 处理"
        )


def _settled_id(table: str) -> int:
    """Return an id up to which no row can come any more.

    Ids are given out before they are committed, so a smaller one may come later. Who has one holds a lock on the table
    until the end of the transaction: those who hold one after the largest id was read are waited for, and nobody else.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        last_id = int(cursor.fetchone()[0])
        writers = _writers(table)
        give_up = time.monotonic() + PATIENCE.total_seconds()
        while writers & _writers(table):
            if time.monotonic() > give_up:
                raise SealingError(f"{table} 一直有人在写，没有加封，下次再来")
            time.sleep(_PAUSE)
    return last_id


def _writers(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND relation = %s::regclass
            AND mode = 'RowExclusiveLock' AND granted AND pid <> pg_backend_pid()
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """,
            [table],
        )
        return {row[0] for row in cursor.fetchall()}


@transaction.atomic
def _seal_next(act: Act, table: str, last_id: int) -> bool:
    """Write the next seal of a table; return whether there was anything to seal."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SEQUENCER])
    newest = Seal.objects.order_by("-number").first()
    before = Seal.objects.filter(table=table).order_by("-number").values_list("last_id", flat=True).first() or 0
    rows = sealed_rows.rows(table, sealed_rows.FORM, before, last_id, ROWS)
    if not rows:
        return False
    key_id = keyring.load().current
    row = Seal(
        number=newest.number + 1 if newest else 1,
        table=table,
        form=sealed_rows.FORM,
        after_id=before,
        last_id=rows[-1][0],
        rows=len(rows),
        tags=chain.pack(before, [(row_id, chain.tag(key_id, table, text)) for row_id, text in rows]),
        key_id=key_id,
        actor=str(act.actor),
        at=act.at,
    )
    row.digest = chain.digest(key_id, sealed_rows.link_of(row, newest.digest if newest else chain.START))
    row.save(force_insert=True)
    return True
