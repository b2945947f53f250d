"""Encrypted fields: what is kept, what is read, and what never shows."""

import pickle
from datetime import date

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import connection

from accounts.models import Person
from accounts.queries.people import find_by_certno, find_by_phone
from accounts.sealing import fields, keyring
from tests.factories.people import PersonFactory, certno

CANARY = certno(777_777)


def test_a_value_is_kept_as_version_key_nonce_tag_and_sm4_gcm_ciphertext() -> None:
    kept = fields.seal("陈", "person:certno")
    ring = keyring.load()
    assert kept[0] == 1
    assert kept[1:5] == ring.current
    key = ring.derived(ring.current, "seal person:certno", 16)
    decryptor = Cipher(SM4(key), modes.GCM(kept[5:17], kept[17:33])).decryptor()
    decryptor.authenticate_additional_data(b"person:certno")
    assert (decryptor.update(kept[33:]) + decryptor.finalize()).decode() == "陈"


def test_sealing_twice_gives_different_bytes_and_indexing_twice_the_same() -> None:
    sealer = fields.Sealer("person:certno")
    assert sealer.seal(CANARY) != sealer.seal(CANARY)
    assert sealer.index(CANARY) == sealer.index(CANARY)
    assert sealer.index(CANARY) != fields.Sealer("person:phone").index(CANARY)


def test_an_empty_value_stays_empty_and_has_no_index() -> None:
    sealer = fields.Sealer("person:phone")
    assert sealer.seal("") == b""
    assert sealer.unseal(b"") == ""
    assert sealer.index("") is None
    assert fields.indexes("", "person:phone") == []


@pytest.mark.parametrize("place", range(0, 51, 3))
def test_a_changed_byte_is_noticed(place: int) -> None:
    kept = bytearray(fields.seal(CANARY, "person:certno"))
    kept[place] ^= 1
    with pytest.raises((fields.SealBrokenError, keyring.KeyringError)):
        fields.unseal(bytes(kept), "person:certno")


def test_a_value_moved_to_another_field_is_noticed() -> None:
    with pytest.raises(fields.SealBrokenError, match="不属于这一栏"):
        fields.unseal(fields.seal(CANARY, "person:certno"), "person:phone")


@pytest.fixture
def person(db: None) -> Person:
    person = PersonFactory(certno=CANARY, phone="19900077777", birth_on=date(1990, 1, 1))
    return Person.objects.get(pk=person.pk)


def test_a_person_reads_in_plain_text_and_is_kept_encrypted(person: Person) -> None:
    assert person.certno == CANARY
    assert person.phone == "19900077777"
    with connection.cursor() as cursor:
        cursor.execute("SELECT certno, certno_index, phone, phone_index FROM accounts_person")
        for value in cursor.fetchone():
            assert CANARY.encode() not in bytes(value)
            assert b"19900077777" not in bytes(value)


def test_nothing_that_prints_a_person_shows_the_numbers(person: Person) -> None:
    fresh = Person(certno=CANARY, phone="19900077777")
    values = Person.objects.values("certno", "phone").get()
    printed = f"{person!r} {person} {vars(person)} {fresh!r} {vars(fresh)} {values} {[person.certno]} {(fresh.phone,)}"
    printed += serializers.serialize("json", [person, fresh])
    printed += str(pickle.dumps(person))
    assert CANARY not in printed
    assert "19900077777" not in printed


def test_a_dump_can_be_loaded_again(person: Person) -> None:
    dump = serializers.serialize("json", [person])
    loaded = next(serializers.deserialize("json", dump)).object
    assert loaded.certno == CANARY


def test_saving_a_person_who_was_only_read_leaves_the_stored_bytes_alone(person: Person) -> None:
    before = Person.objects.values_list("certno", "certno_index", "phone", "phone_index").get()
    assert person.certno
    person.name = "陈大明"
    person.save()
    assert Person.objects.values_list("certno", "certno_index", "phone", "phone_index").get() == before


def test_a_new_number_gets_a_new_index(person: Person) -> None:
    person.phone = "19900088888"
    person.save(update_fields=["phone", "phone_index"])
    assert find_by_phone("19900077777") == []
    assert find_by_phone(" 19900088888 ") == [person]


def test_a_person_is_found_by_the_number_however_it_is_typed(person: Person) -> None:
    assert find_by_certno(f" {CANARY[:6]} {CANARY[6:].lower()}") == person
    assert find_by_certno(certno(1)) is None
    for nobody in ("", "\x00", "\ud800", "9" * 10_000):
        assert find_by_certno(nobody) is None


def test_one_certificate_is_one_person(person: Person) -> None:
    with pytest.raises(Exception, match="person_once"):
        PersonFactory(certno=CANARY)


def test_filtering_by_the_encrypted_field_is_a_mistake_that_shows_itself(db: None) -> None:
    with pytest.raises(FieldError, match="blind index"):
        Person.objects.filter(certno=CANARY)
