"""换密钥: moving every encrypted row to a new master key, in batches that can be broken off at any point.

A batch is one transaction: it decrypts with the old key and writes ciphertext and blind index with the new one.
Rows are read with whatever key they carry and looked up under every key, so people are found throughout. Imports,
which create people, wait while a batch runs and are refused while rows under an old key are left: two keys would
let one person be on the roster twice.
"""

from collections.abc import Callable, Iterator
from itertools import chain

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection, models, transaction

from accounts.errors import AccountsError
from accounts.identity.adapter import TOTP_CONTEXT
from accounts.identity.second_factor import MARK
from accounts.sealing import keyring
from accounts.sealing.fields import BlindIndexField, SealedBytesField, SealedField, Sealer, sealed_fields

BATCH = 2_000
BATCH_OF_BYTES = 8  # of rows that hold a picture: each may be megabytes
_LOCK = "identity:keys"


class RotationUnfinishedError(AccountsError):
    """Rows under an old key are left; running rotate_keys again completes the rotation."""


def block_rotation() -> None:
    """Block rotation until the transaction ends. For writers who rely on one person having one blind index.

    Raises RotationUnfinishedError while people are indexed under another key, KeyringError if that key is missing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtext(%s))", [_LOCK])
        ring = keyring.load()
        cursor.execute(
            """
            SELECT substring(certno_index FROM 1 FOR 4) FROM (
                SELECT certno_index FROM accounts_person UNION ALL SELECT certno_index FROM accounts_formercertificate
            ) numbers WHERE substring(certno_index FROM 1 FOR 4) <> %s LIMIT 1
            """,
            [ring.current],
        )
        if row := cursor.fetchone():
            ring.derived(bytes(row[0]), "check", 16)
            raise RotationUnfinishedError("更换密钥还没有完成，请先运行 rotate_keys 直到完成，再导入")


def rotate(*, progress: Callable[[str, int, int], None] | None = None, batch: int = BATCH) -> int:
    """Move every row to the newest key and return how many were moved.

    A rotation broken off earlier is completed with its own key; otherwise the key prepared with `add_key`, or a
    new one, takes over. progress is told what is being done, rows moved, rows to move.
    """
    ring = keyring.load()
    if ring.newest == ring.current and not _count_left():
        keyring.add_key()
    keyring.promote_newest()
    total = _count_left()
    moved = 0
    while left := _count_left():  # again, for rows that were being written while the key changed
        for count in chain(*(_batches(model, batch) for model in _models()), _second_factors()):
            moved += count
            if progress:
                progress("换新密钥", moved, max(total, moved))
        if _count_left() >= left:
            raise RotationUnfinishedError("有的行没有换成新密钥，请再运行一次 rotate_keys")
    return moved


def drop_old_keys() -> list[str]:
    """Drop the keys that no row uses any more; return their ids. Raises RotationUnfinishedError if one is in use.

    Backups made before the rotation can only be read with the dropped keys.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [_LOCK])
        if left := _count_left():
            raise RotationUnfinishedError(f"还有{left}行用着旧密钥，请先运行 rotate_keys")
        before = keyring.load().masters
        return [key_id.hex() for key_id in before if key_id not in keyring.drop_old().masters]


def _models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if next(sealed_fields(model), None)]


def _stale(model: type[models.Model]) -> str:
    """Return the SQL condition of rows with a value or an index under another key than %(key)s."""
    conditions = []
    for field, index in sealed_fields(model):
        conditions.append(f"(length({field.column}) > 0 AND substring({field.column} FROM 2 FOR 4) <> %(key)s)")
        if index:
            conditions.append(f"substring({index.column} FROM 1 FOR 4) <> %(key)s")
    return " OR ".join(conditions)


def _count_left() -> int:
    key = keyring.load().current
    left = 0
    with connection.cursor() as cursor:
        for model in _models():
            cursor.execute(f"SELECT count(*) FROM {model._meta.db_table} WHERE {_stale(model)}", {"key": key})
            left += cursor.fetchone()[0]
    return left + sum(bool(_stale_secrets(data, key)) for data in Authenticator.objects.values_list("data", flat=True))


def _batches(model: type[models.Model], batch: int) -> Iterator[int]:
    """Move the rows of a table batch by batch, in order of their ids; yield the size of each batch."""
    table, pk = model._meta.db_table, model._meta.pk
    pairs = list(sealed_fields(model))
    if any(isinstance(field, SealedBytesField) for field, _ in pairs):
        batch = min(batch, BATCH_OF_BYTES)
    columns = [column for field, index in pairs for column in (field.column, index and index.column) if column]
    update = (
        f"UPDATE {table} SET {', '.join(f'{column} = new.{column}' for column in columns)}"
        f" FROM unnest(%s::{pk.rel_db_type(connection)}[]{', %s::bytea[]' * len(columns)})"
        f" AS new (id, {', '.join(columns)}) WHERE {table}.{pk.column} = new.id"
    )
    last = None
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '30min'")
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [_LOCK])
            sealers = [Sealer(field.context) for field, _ in pairs]
            cursor.execute(
                f"SELECT {pk.column}, {', '.join(str(field.column) for field, _ in pairs)} FROM {table}"
                f" WHERE {'' if last is None else f'{pk.column} > %(last)s AND'} ({_stale(model)})"
                f" ORDER BY {pk.column} LIMIT %(batch)s FOR UPDATE",
                {"key": sealers[0].current, "last": last, "batch": batch},
            )
            rows = cursor.fetchall()
            if not rows:
                return
            moved = [(key, *_resealed(pairs, sealers, values)) for key, *values in rows]
            cursor.execute(update, [list(column) for column in zip(*moved, strict=True)])
            last = rows[-1][0]
        yield len(rows)


def _resealed(
    pairs: list[tuple[SealedField, BlindIndexField | None]], sealers: list[Sealer], values: list[bytes | None]
) -> Iterator[bytes | None]:
    """Yield the values of one row under the new key, each followed by its blind index if it has one."""
    for (_, index), sealer, value in zip(pairs, sealers, values, strict=True):
        plain = None if value is None else sealer.unseal_bytes(bytes(value))
        yield None if plain is None else sealer.seal_bytes(plain)
        if index:
            yield sealer.index((plain or b"").decode())


def _stale_secrets(data: dict[str, object], current: bytes) -> list[str]:
    """Return which entries of a staff member's second factor are sealed with another key; allauth keeps them as hex."""
    sealed = ((name, data.get(name)) for name in ("secret", "seed", MARK))
    return [name for name, value in sealed if isinstance(value, str) and bytes.fromhex(value)[1:5] != current]


def _second_factors() -> Iterator[int]:
    """Move the second factors of the staff, one by one; yield one for each that was moved."""
    for pk in Authenticator.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
            sealer = Sealer(TOTP_CONTEXT)
            stale = _stale_secrets(factor.data, sealer.current) if factor else []
            for name in stale:
                factor.data[name] = sealer.seal(sealer.unseal(bytes.fromhex(factor.data[name]))).hex()
            if stale:
                factor.save(update_fields=["data"])
        if stale:
            yield 1
