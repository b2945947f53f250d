"""密钥环: the master keys of the encrypted fields, in a file outside the database.

The file stands at $YIBAO_KEYRING, else at $YIBAO_VAR/secrets/keyring.json, and is made with mode 0600 at the first
start. It lists one or more master keys, oldest first, and names the one that writes; all of them read. The id of
a key is a fingerprint of it, so a lost keyring is never mistaken for a new one. docs/keys.md says how to keep it.
"""

import json
import os
import secrets
import tempfile
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from accounts.errors import AccountsError

ID_BYTES = 4
_MASTER_BYTES = 32
CHAIN = "chain"  # what the key of the digest chain is derived for
CHAIN_BYTES = 32


class KeyringError(AccountsError):
    """The keyring is missing a key, is damaged, or can be read by other users of the machine."""


@dataclass(frozen=True)
class Keyring:
    """Master keys by id, oldest first, and the id of the one that writes."""

    masters: dict[bytes, bytes] = field(repr=False)
    current: bytes
    # Of masters that are dropped, what verifying their seals takes: it opens nothing that they have encrypted.
    chain_keys: dict[bytes, bytes] = field(default_factory=dict, repr=False)
    _derived: dict[tuple[bytes, str], bytes] = field(default_factory=dict, repr=False, compare=False)

    def derived(self, key_id: bytes, purpose: str, length: int) -> bytes:
        """Return the key of this length for one purpose, derived with HKDF-SM3 from the master key of that id."""
        key = self._derived.get((key_id, purpose))
        if key is None:
            if key_id not in self.masters:
                raise KeyringError(
                    f"密钥环里没有编号为 {key_id.hex()} 的密钥，读不出用它加密的资料。"
                    f"请把备份的密钥文件放回 {path()}（见 docs/keys.md）"
                )
            derive = HKDF(algorithm=hashes.SM3(), length=length, salt=None, info=f"yibao {purpose}".encode())
            key = self._derived[(key_id, purpose)] = derive.derive(self.masters[key_id])
        return key

    def chain_key(self, key_id: bytes) -> bytes:
        """Return the key of the digest chain (accounts.sealing.chain), also of a master key that is dropped."""
        return self.chain_keys.get(key_id) or self.derived(key_id, CHAIN, CHAIN_BYTES)

    @property
    def newest(self) -> bytes:
        """The key made last: the current one, or one prepared to follow it."""
        return next(reversed(self.masters))


def path() -> Path:
    """Return where the keyring file stands."""
    return _path(os.environ.get("YIBAO_KEYRING", ""), settings.VAR)


@cache
def _path(configured: str, folder: Path) -> Path:
    """Remembered: every sealed value of every row asks for it."""
    return Path(configured) if configured else Path(folder) / "secrets" / "keyring.json"


_loaded: tuple[tuple[str, int, int, int], Keyring] | None = None


def load() -> Keyring:
    """Return the keyring; made when there is none yet, read again whenever the file has changed.

    Raises KeyringError for a damaged file or one that everybody may read.
    """
    global _loaded
    file = path()
    try:
        stat = file.stat()
    except FileNotFoundError:
        _create(file)
        stat = file.stat()
    signature = (str(file), stat.st_ino, stat.st_mtime_ns, stat.st_size)
    if _loaded is None or _loaded[0] != signature:
        if stat.st_mode & 0o007:
            raise KeyringError(f"密钥文件 {file} 的权限过宽，请执行 chmod 600 {file}")
        _loaded = (signature, _parse(file.read_text(encoding="utf-8"), file))
    return _loaded[1]


def add_key() -> Keyring:
    """Add a new master key that reads but does not write yet; return the keyring."""
    old = load()
    master = secrets.token_bytes(_MASTER_BYTES)
    return _write(replace(old, masters={**old.masters, _id_of(master): master}))


def promote_newest() -> Keyring:
    """Let the newest key write from now on; return the keyring."""
    old = load()
    return _write(replace(old, current=old.newest))


def drop_old() -> Keyring:
    """Forget every key made before the one that writes; return the keyring. The caller proved them unused.

    Seals made with them can still be verified: the keys of the chain derived from them stay.
    """
    old = load()
    ids = list(old.masters)
    kept = ids[ids.index(old.current) :]
    dropped = ids[: ids.index(old.current)]
    chain_keys = old.chain_keys | {key_id: old.chain_key(key_id) for key_id in dropped}
    return _write(Keyring({key_id: old.masters[key_id] for key_id in kept}, old.current, chain_keys))


def _id_of(master: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(b"yibao key id" + master)
    return digest.finalize()[:ID_BYTES]


def _parse(text: str, file: Path) -> Keyring:
    try:
        document = json.loads(text)
        masters = {bytes.fromhex(key["id"]): bytes.fromhex(key["master"]) for key in document["keys"]}
        current = bytes.fromhex(document["current"])
        chain_keys = {bytes.fromhex(key["id"]): bytes.fromhex(key["key"]) for key in document.get("chain_keys", [])}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KeyringError(f"密钥文件 {file} 已损坏，请从备份恢复") from None
    sound = all(key_id == _id_of(master) and len(master) == _MASTER_BYTES for key_id, master in masters.items())
    if not sound or current not in masters:
        raise KeyringError(f"密钥文件 {file} 已损坏，请从备份恢复")
    return Keyring(masters, current, chain_keys)


def _create(file: Path) -> None:
    """Make the first keyring. Of two processes starting at once, the second takes the file of the first."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    master = secrets.token_bytes(_MASTER_BYTES)
    draft = _draft(Keyring({_id_of(master): master}, _id_of(master)), file)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _write(keyring: Keyring) -> Keyring:
    """Replace the file in one step: a reader sees the old keyring or the new one, also after a power cut."""
    file = path()
    _draft(keyring, file).replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return load()


def _draft(keyring: Keyring, file: Path) -> Path:
    document = {
        "current": keyring.current.hex(),
        "keys": [{"id": key_id.hex(), "master": master.hex()} for key_id, master in keyring.masters.items()],
    }
    if keyring.chain_keys:
        document["chain_keys"] = [{"id": key_id.hex(), "key": key.hex()} for key_id, key in keyring.chain_keys.items()]
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".keyring-")  # made with mode 0600
    with os.fdopen(descriptor, "w", encoding="utf-8") as draft:
        json.dump(document, draft, indent=1)
        draft.flush()
        os.fsync(draft.fileno())
    return Path(name)
