"""Changing the master key: nobody becomes unreadable or unfindable, wherever it is broken off."""

import io
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import decrypt
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts.models import FormerCertificate, Person, PhoneCode, User
from accounts.operations import rotation
from accounts.queries.people import find_by_certno, find_by_phone
from accounts.sealing import keyring
from accounts.sealing.fields import Sealer, context_of
from tests.chaos.process_pool import ready_process
from tests.concurrency import ROUNDS, somebody_waits, wait_until
from tests.factories.people import PersonFactory, certno
from tests.factories.users import official

PEOPLE = 120


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A keyring of this test's own; returns the id of its first key."""
    monkeypatch.setenv("YIBAO_KEYRING", str(tmp_path / "keyring.json"))
    return keyring.load().current


def make_people(count: int = PEOPLE) -> None:
    Person.objects.bulk_create(PersonFactory.build_batch(count))


def keys_in_use() -> set[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substring(certno FROM 2 FOR 4), substring(certno_index FROM 1 FOR 4),"
            " substring(phone FROM 2 FOR 4), substring(phone_index FROM 1 FOR 4) FROM accounts_person"
        )
        return {bytes(value) for row in cursor.fetchall() for value in row if value}


def assert_everybody_reads_and_is_found() -> None:
    for person in Person.objects.all():
        assert person.certno.startswith("999902")
        assert find_by_certno(person.certno) == person
        assert not person.phone or person in find_by_phone(person.phone)


@pytest.mark.django_db
def test_rotation_moves_every_encrypted_field_of_every_table(ring: bytes) -> None:
    make_people(20)
    PersonFactory(phone="")
    at = datetime(2025, 1, 1, tzinfo=UTC)
    code = PhoneCode.objects.create(purpose="test", phone="19900000001", digest="", sent_at=at, expires_at=at)
    user = User.objects.create_citizen("19900000002")
    factor = TOTP.activate(official(), "JBSWY3DPEHPK3PXP").instance
    shown: list[tuple[str, int, int]] = []
    assert rotation.rotate(progress=lambda *step: shown.append(step), batch=8) == 24
    assert keys_in_use() == {keyring.load().current}
    assert keyring.load().current != ring
    assert shown[-1] == ("换新密钥", 24, 24)
    code.refresh_from_db()
    assert code.phone == "19900000001"
    assert User.objects.by_phone("19900000002").get() == user
    rotation.drop_old_keys()
    factor.refresh_from_db()
    assert decrypt(factor.data["secret"]) == "JBSWY3DPEHPK3PXP"
    assert_everybody_reads_and_is_found()
    assert Person.objects.get(phone_index=None).phone == ""


@pytest.mark.django_db
def test_a_number_that_was_given_up_is_moved_and_blocks_imports_until_then(ring: bytes) -> None:
    person, at = PersonFactory(), datetime(2025, 1, 1, tzinfo=UTC)
    FormerCertificate.objects.create(person=person, certno=certno(500), actor="system:test", at=at)
    keyring.add_key()
    keyring.promote_newest()
    sealer = Sealer(context_of(Person, "certno"))
    Person.objects.update(certno_index=sealer.index(person.certno))
    with transaction.atomic(), pytest.raises(rotation.RotationUnfinishedError):
        rotation.block_rotation()
    rotation.rotate()
    with transaction.atomic():
        rotation.block_rotation()
    rotation.drop_old_keys()
    assert find_by_certno(certno(500)) == find_by_certno(person.certno) == person


@pytest.mark.django_db
def test_the_old_keys_can_be_dropped_once_nothing_needs_them(ring: bytes) -> None:
    make_people(3)
    keyring.add_key()
    keyring.promote_newest()
    with pytest.raises(rotation.RotationUnfinishedError, match="还有3行"):
        rotation.drop_old_keys()
    rotation.rotate()
    assert rotation.drop_old_keys() == [ring.hex()]
    assert rotation.drop_old_keys() == []
    assert_everybody_reads_and_is_found()


@pytest.mark.django_db
def test_a_prepared_key_is_the_one_that_takes_over_and_an_unfinished_rotation_is_completed_first(ring: bytes) -> None:
    make_people(3)
    call_command("rotate_keys", prepare=True, stdout=io.StringIO())
    prepared = keyring.load().newest
    assert keyring.load().current == ring
    keyring.promote_newest()
    assert_everybody_reads_and_is_found()
    out = io.StringIO()
    call_command("rotate_keys", json=True, stdout=out)
    assert out.getvalue().strip() == f'{{"current": "{prepared.hex()}", "moved": 3, "forgotten": []}}'
    assert list(keyring.load().masters) == [ring, prepared]


@pytest.mark.django_db
def test_a_tampered_row_stops_the_rotation_with_a_message_and_nothing_is_lost(ring: bytes) -> None:
    make_people(3)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE accounts_person SET certno = set_byte(certno, 40, get_byte(certno, 40) # 1)
               WHERE id = (SELECT max(id) FROM accounts_person)"""
        )
    with pytest.raises(CommandError, match="person:certno"):
        call_command("rotate_keys", stdout=io.StringIO())
    assert len(keyring.load().masters) == 2


@pytest.mark.chaos
@pytest.mark.usefixtures("committed_db")
def test_killed_at_any_moment_everybody_stays_readable_and_the_next_run_completes(
    committed_db: str, ring: bytes
) -> None:
    make_people()
    half_way(committed_db)
    assert len(keys_in_use()) == 2
    assert_everybody_reads_and_is_found()
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    moments = random.Random(seed)
    for _ in range(ROUNDS):
        with rotating(committed_db):
            time.sleep(moments.uniform(0, 0.1))
        assert_everybody_reads_and_is_found()
    rotation.rotate(batch=100)
    assert keys_in_use() == {keyring.load().current}
    assert_everybody_reads_and_is_found()


def half_way(database: str) -> None:
    """Kill a rotation that waits for the last person's row, when all others have moved."""
    with transaction.atomic():
        Person.objects.select_for_update().last()
        with rotating(database):
            wait_until(somebody_waits)


@contextmanager
def rotating(database: str) -> Iterator[None]:
    """Rotate in a process that has moved somebody, and kill -9 it."""
    before = keys_in_use()
    running = ready_process(_rotate, database, os.environ["YIBAO_KEYRING"])
    running.start()
    wait_until(lambda: keys_in_use() != before, unless=lambda: not running.is_alive())
    yield
    running.kill()
    running.join()


def _rotate(database: str, ring_file: str) -> None:
    connection.settings_dict["NAME"] = database
    os.environ["YIBAO_KEYRING"] = ring_file
    rotation.rotate(batch=3)


@pytest.mark.chaos
@pytest.mark.usefixtures("committed_db")
def test_look_ups_find_everybody_while_the_keys_are_being_changed(ring: bytes) -> None:
    make_people(60)
    done = threading.Event()
    failures: list[object] = []

    def rotate() -> None:
        try:
            while looked_up < 50:
                rotation.rotate(batch=3)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()
            done.set()

    people = {person.pk: person.certno for person in Person.objects.all()}
    looked_up = 0
    running = threading.Thread(target=rotate)
    running.start()
    while not done.is_set():
        pk = random.choice(list(people))
        found = find_by_certno(people[pk])
        looked_up += 1
        if found is None or found.pk != pk:
            failures.append(pk)
    running.join()
    assert not failures


@pytest.mark.chaos
@pytest.mark.usefixtures("committed_db")
def test_a_writer_who_needs_one_key_holds_the_rotation_off(ring: bytes) -> None:
    make_people(3)

    def rotate() -> None:
        rotation.rotate()
        connection.close()

    running = threading.Thread(target=rotate)
    with transaction.atomic():
        rotation.block_rotation()
        running.start()
        wait_until(somebody_waits, unless=lambda: not running.is_alive())
        assert keys_in_use() == {ring}
    running.join()
    assert keys_in_use() == {keyring.load().current}


@pytest.mark.django_db
def test_no_person_is_created_while_rows_under_another_key_are_left(ring: bytes) -> None:
    make_people(2)
    rotation.block_rotation()
    keyring.add_key()
    keyring.promote_newest()
    with pytest.raises(rotation.RotationUnfinishedError, match="rotate_keys"):
        rotation.block_rotation()


@pytest.mark.django_db
def test_people_sealed_with_a_lost_key_are_noticed_before_anything_is_written(ring: bytes) -> None:
    make_people(2)
    keyring.path().unlink()
    with pytest.raises(keyring.KeyringError, match="备份的密钥文件"):
        rotation.block_rotation()
