"""加密字段: certificate and phone numbers are kept encrypted and found by a blind index.

Encryption is SM4-GCM with `model:field` as associated data, kept as

    version (1 byte) | key id (4) | nonce (12) | tag (16) | ciphertext

and the blind index is `key id (4) | first 16 bytes of HMAC-SM3(value)`. Both name the master key they come from, so
several keys can be in use at once: rows are read with whatever key they were written with, and a look-up asks
for the index under every key of the keyring. An empty value is kept empty.
"""

import os
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from accounts.errors import AccountsError
from accounts.sealing import keyring
from yibao.lib.masking import masked_certno

VERSION = 1
INDEX_BYTES = keyring.ID_BYTES + 16
_NONCE_AT = 1 + keyring.ID_BYTES
_TAG_AT = _NONCE_AT + 12
_TEXT_AT = _TAG_AT + 16


class SealBrokenError(AccountsError):
    """The stored value was not written by this system: damaged, moved from another field, or tampered with."""


class Clear(str):
    """A decrypted value. It is the text itself, but its repr, which tracebacks and debuggers print, is masked."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(masked_certno(str(self)))


class Sealer:
    """Seals, opens and indexes many values of one field without asking for the keys each time."""

    def __init__(self, context: str) -> None:
        ring = self._ring = keyring.load()
        self._name = context
        self._context = context.encode()
        self._header = bytes([VERSION]) + ring.current
        self._cipher = SM4(ring.derived(ring.current, f"seal {context}", 16))
        self._macs = {key_id: _mac(ring.derived(key_id, f"index {context}", 32)) for key_id in reversed(ring.masters)}
        self.current = ring.current
        self.others = [key_id for key_id in self._macs if key_id != ring.current]

    def seal(self, text: str) -> bytes:
        """Return the value encrypted; an empty one empty."""
        return self.seal_bytes(text.encode())

    def seal_bytes(self, plain: bytes) -> bytes:
        """Return a value that is no text encrypted; an empty one empty."""
        if not plain:
            return b""
        nonce = os.urandom(12)
        encryptor = Cipher(self._cipher, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(self._context)
        ciphertext = encryptor.update(plain) + encryptor.finalize()
        return b"".join((self._header, nonce, encryptor.tag, ciphertext))

    def unseal(self, sealed: bytes) -> Clear:
        """Return the text of a sealed value, whichever key it was written with; raises as `unseal` does."""
        return Clear(self.unseal_bytes(sealed).decode())

    def unseal_bytes(self, sealed: bytes) -> bytes:
        """Return a sealed value as bytes; raises as `unseal` does."""
        return _unseal(sealed, self._name, self._ring)

    def index(self, text: str, key_id: bytes | None = None) -> bytes | None:
        """Return the blind index of a normalised value under a key, the writing one by default; None if empty."""
        if not text:
            return None
        key_id = key_id or self.current
        mac = self._macs[key_id].copy()
        mac.update(text.encode(errors="surrogatepass"))  # a look-up finds nothing by broken text, and does not break
        return key_id + mac.finalize()[:16]


def seal(text: str, context: str) -> bytes:
    """Return one value of the field `model:field` encrypted with the key that writes."""
    return Sealer(context).seal(text)


def unseal(sealed: bytes, context: str) -> Clear:
    """Return the text of a sealed value of the field `model:field`.

    Raises SealBrokenError if it was changed or belongs to another field, keyring.KeyringError if its key is missing.
    """
    return Clear(unseal_bytes(sealed, context).decode())


def unseal_bytes(sealed: bytes, context: str) -> bytes:
    """Return one sealed value of the field `model:field` as bytes; raises as `unseal` does."""
    return _unseal(sealed, context, keyring.load())


def _unseal(sealed: bytes, context: str, ring: keyring.Keyring) -> bytes:
    if not sealed:
        return b""
    if sealed[0] != VERSION or len(sealed) <= _TEXT_AT:
        raise SealBrokenError(f"{context}：加密内容的格式不对")
    key = ring.derived(sealed[1:_NONCE_AT], f"seal {context}", 16)
    decryptor = Cipher(SM4(key), modes.GCM(sealed[_NONCE_AT:_TAG_AT], sealed[_TAG_AT:_TEXT_AT])).decryptor()
    decryptor.authenticate_additional_data(context.encode())
    try:
        return decryptor.update(sealed[_TEXT_AT:]) + decryptor.finalize()
    except InvalidTag:
        raise SealBrokenError(f"{context}：加密内容被改动过，或不属于这一栏") from None


def indexes(text: str, context: str) -> list[bytes]:
    """Return the blind indexes a stored value may have: one for each key of the keyring; none for an empty value."""
    sealer = Sealer(context)
    return [index for key_id in (sealer.current, *sealer.others) if (index := sealer.index(text, key_id))]


@lru_cache(maxsize=64)
def _mac(key: bytes) -> hmac.HMAC:
    return hmac.HMAC(key, hashes.SM3())


class Sealed:
    """A value as it lies in the database. Opened only when somebody reads the attribute; prints as nothing."""

    __slots__ = ("context", "data")

    def __init__(self, data: bytes, context: str) -> None:
        self.data = data
        self.context = context

    def open(self) -> Any:
        return unseal(self.data, self.context)

    def __repr__(self) -> str:
        return "<sealed>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.data == self.data

    def __hash__(self) -> int:
        return hash(self.data)


class SealedBytes(Sealed):
    """Bytes as they lie in the database."""

    __slots__ = ()

    def open(self) -> bytes:
        return unseal_bytes(self.data, self.context)


class _Opening(DeferredAttribute):
    """Reads a sealed attribute in plain text and keeps the instance itself sealed."""

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        return value.open() if isinstance(value, Sealed) else value

    def __set__(self, instance: models.Model, value: Any) -> None:
        is_plain = isinstance(value, str) and not isinstance(value, Clear)
        instance.__dict__[self.field.attname] = Clear(value) if is_plain else value


class SealedField(models.Field):
    """Text kept encrypted. `person.certno` reads the plain text; values(), dumps and filters never see it.

    The context, `model:field`, is bound into the ciphertext: when a model or field is renamed, pass the old one.
    """

    descriptor_class = _Opening
    stored_class: type[Sealed] = Sealed

    def __init__(self, *args: Any, context: str = "", **options: Any) -> None:
        self.context = self._given_context = context
        options["editable"] = False
        super().__init__(*args, **options)

    def contribute_to_class(self, cls: type[models.Model], name: str, *args: Any, **options: Any) -> None:
        super().contribute_to_class(cls, name, *args, **options)
        self.context = self._given_context or f"{cls._meta.model_name}:{name}"

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        del options["editable"]
        return name, path, args, {**options, **({"context": self._given_context} if self._given_context else {})}

    def get_internal_type(self) -> str:
        return "BinaryField"

    def from_db_value(self, value: bytes | None, expression: object, connection: object) -> Sealed | None:
        return None if value is None else self.stored_class(bytes(value), self.context)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return model_instance.__dict__.get(self.attname)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> bytes | None:
        if isinstance(value, Sealed):
            return value.data
        if value is None:
            return None
        return Sealer(self.context).seal_bytes(value.encode() if isinstance(value, str) else value)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("sealed:"):
            return self.stored_class(bytes.fromhex(value.removeprefix("sealed:")), self.context)
        return value

    def value_to_string(self, obj: models.Model) -> str:
        data = self.get_db_prep_value(self.pre_save(obj, add=False), None) or b""
        return f"sealed:{data.hex()}"

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: look it up by its blind index (sealed.indexes)")
        return super().get_lookup(lookup_name)


class SealedBytesField(SealedField):
    """Bytes kept encrypted, a picture for example: `scan.content` reads them plain."""

    stored_class = SealedBytes


class BlindIndexField(models.BinaryField):
    """The blind index of a SealedField of the same model, computed on save when the text was set."""

    def __init__(self, *args: Any, of: str, **options: Any) -> None:
        self.of = of
        super().__init__(*args, **options | {"max_length": INDEX_BYTES})

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        del options["max_length"]
        return name, path, args, {**options, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        source = model_instance.__dict__.get(self.of)
        if isinstance(source, str):
            setattr(model_instance, self.attname, Sealer(context_of(type(model_instance), self.of)).index(source))
        return getattr(model_instance, self.attname)


def context_of(model: type[models.Model], name: str) -> str:
    """Return the context of an encrypted field, for Sealer and indexes."""
    field = model._meta.get_field(name)
    assert isinstance(field, SealedField)
    return field.context


def sealed_fields(model: type[models.Model]) -> Iterator[tuple[SealedField, BlindIndexField | None]]:
    """Yield the encrypted fields of a model, each with its blind index if it has one."""
    index_of = {field.of: field for field in model._meta.local_fields if isinstance(field, BlindIndexField)}
    for field in model._meta.local_fields:
        if isinstance(field, SealedField):
            yield field, index_of.get(field.name)
