"""The keyring file: made once, kept to oneself, and never mistaken for another."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.sealing import fields, keyring


@pytest.fixture
def ring_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "secrets" / "keyring.json"
    monkeypatch.setenv("YIBAO_KEYRING", str(path))
    return path


def test_the_first_use_makes_a_keyring_that_only_its_owner_reads(ring_file: Path) -> None:
    ring = keyring.load()
    assert stat.S_IMODE(ring_file.stat().st_mode) == 0o600
    assert list(ring.masters) == [ring.current]
    assert keyring.load() is ring
    assert ring.masters[ring.current].hex() not in repr(ring)


def test_processes_that_start_together_agree_on_one_keyring(ring_file: Path) -> None:
    script = "from accounts.sealing import keyring; import sys; sys.stdout.write(keyring.load().current.hex())"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "yibao.settings"}
    starting = [
        subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE) for _ in range(4)
    ]
    assert {process.communicate()[0] for process in starting} == {keyring.load().current.hex().encode()}


def test_a_new_key_reads_before_it_writes_and_the_old_one_still_reads(ring_file: Path) -> None:
    old = fields.seal("旧", "person:certno")
    first = keyring.load().current
    assert keyring.add_key().current == first
    assert keyring.promote_newest().current != first
    assert fields.unseal(old, "person:certno") == "旧"
    assert len(fields.indexes("旧", "person:certno")) == 2
    assert list(keyring.drop_old().masters) == [keyring.load().current]
    with pytest.raises(keyring.KeyringError, match=first.hex()):
        fields.unseal(old, "person:certno")


def test_a_keyring_changed_by_another_process_is_read_again(ring_file: Path) -> None:
    keyring.load()
    document = json.loads(ring_file.read_text())
    keyring.add_key()
    ring_file.write_text(json.dumps(document))
    assert len(keyring.load().masters) == 1


def test_a_lost_keyring_is_told_from_a_new_one(ring_file: Path) -> None:
    kept = fields.seal("值", "person:certno")
    ring_file.unlink()
    with pytest.raises(keyring.KeyringError, match="备份的密钥文件"):
        fields.unseal(kept, "person:certno")


@pytest.mark.parametrize("damage", ["", "{}", '{"current": "00000000", "keys": []}', "[1]"])
def test_a_damaged_keyring_is_refused(ring_file: Path, damage: str) -> None:
    keyring.load()
    ring_file.write_text(damage)
    with pytest.raises(keyring.KeyringError, match="已损坏"):
        keyring.load()


def test_a_key_with_a_changed_digit_is_refused(ring_file: Path) -> None:
    keyring.load()
    document = json.loads(ring_file.read_text())
    master = document["keys"][0]["master"]
    document["keys"][0]["master"] = ("0" if master[0] != "0" else "1") + master[1:]
    ring_file.write_text(json.dumps(document))
    with pytest.raises(keyring.KeyringError, match="已损坏"):
        keyring.load()


def test_a_keyring_that_everybody_may_read_is_refused(ring_file: Path) -> None:
    keyring.load()
    ring_file.chmod(0o644)
    os.utime(ring_file)
    with pytest.raises(keyring.KeyringError, match="chmod 600"):
        keyring.load()
