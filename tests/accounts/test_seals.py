"""Whoever owns the database can rewrite it; the keyed chain over vouchers, transfers and audit names what was changed."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Max

from accounts import triggers
from accounts.ledger.verify import findings as ledger_findings
from accounts.models import Approval, AuditEvent, Seal, Transfer, Voucher
from accounts.operations import seals
from accounts.queries import sealed_rows
from accounts.sealing import heads, keyring
from accounts.tasks import seal as seal_task
from tests.accounts.sealing.books import (
    TABLES,
    Books,
    as_owner,
    give_something,
    opened,
    refusal,
    said,
    seal,
    written_once,
)
from tests.concurrency import HUNG, all_at_once
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("own_files")


def two_days() -> None:
    """Three vouchers and events that are sealed, then three more."""
    give_something(name="first")
    seal()
    give_something(name="second")
    seal()


@pytest.fixture(scope="module")
def written(policies_template, django_db_blocker, tmp_path_factory) -> Iterator[Books]:
    """The books of two days. Named, not opened."""
    folder = tmp_path_factory.mktemp("books")
    with django_db_blocker.unblock(), written_once(policies_template, folder, two_days) as books:
        yield books


@pytest.fixture
def books(written, own_files, tmp_path, shipped_rules, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), opened(written, tmp_path, shipped_rules):
        yield


def test_untouched_books_are_as_they_were_sealed(books):
    rows = Voucher.objects.count() + Transfer.objects.count() + AuditEvent.objects.count()
    assert f"{rows} 行" in said("verify_seals")


def nth(name: str, place: int) -> int:
    return list(TABLES[name].objects.order_by("id").values_list("id", flat=True))[place]


@pytest.mark.parametrize("place", [0, 2, -1])
@pytest.mark.parametrize("name", TABLES)
class TestTheOwnerOfTheDatabase:
    def test_changes_a_row(self, books, name, place):
        bad = nth(name, place)
        column = {"voucher": "reason", "transfer": "period", "auditevent": "office"}[name]
        as_owner(f"UPDATE accounts_{name} SET {column} = 'x' WHERE id = {bad}")
        assert refusal() == f"accounts_{name} 第 {bad} 行被改过"

    def test_deletes_a_row(self, books, name, place):
        bad = nth(name, place)
        as_owner(f"DELETE FROM accounts_{name} WHERE id = {bad}")
        assert refusal() == f"accounts_{name} 第 {bad} 行被删掉"

    def test_gives_a_row_another_number(self, books, name, place):
        bad = nth(name, place)
        as_owner(f"UPDATE accounts_{name} SET id = -id WHERE id = {bad}")
        assert refusal() in (f"accounts_{name} 第 {bad} 行被删掉", f"accounts_{name} 第 -{bad} 行是加封以后插进来的")


COPIES = {
    "voucher": "kind, region, occurred_on, recorded_at, period, actor, reason, place_kind, place, payload_hash, key",
    "transfer": "voucher_id, source_id, target_id, amount_fen, source_balance_fen, target_balance_fen, kind, period, region",
    "auditevent": 'at, verb, actor, office, "case", subject_id, detail',
}


@pytest.mark.parametrize("name", TABLES)
class TestTheOwnerOfTheDatabaseToo:
    def test_puts_a_row_in(self, books, name):
        gap, other = nth(name, 2), nth(name, 1)
        as_owner(f"UPDATE accounts_{name} SET id = -id WHERE id = {gap}")  # a gap, as a rolled-back posting leaves one
        columns = COPIES[name]
        values = columns.replace(", key", ", key || 'x'")
        as_owner(
            f"INSERT INTO accounts_{name} (id, {columns}) SELECT {gap}, {values} FROM accounts_{name} WHERE id = {other}",
            f"DELETE FROM accounts_{name} WHERE id = -{gap}",
        )
        assert refusal() == f"accounts_{name} 第 {gap} 行被改过"

    def test_puts_a_row_before_all_others(self, books, name):
        values = COPIES[name].replace(", key", ", key || 'x'")
        as_owner(
            f"INSERT INTO accounts_{name} (id, {COPIES[name]}) SELECT -7, {values} FROM accounts_{name}"
            f" WHERE id = {nth(name, 0)}"
        )
        assert refusal() == f"accounts_{name} 第 -7 行是加封以后插进来的"

    def test_swaps_two_rows(self, books, name):
        one, other = nth(name, 1), nth(name, 2)
        as_owner(
            f"UPDATE accounts_{name} SET id = -1 WHERE id = {one}",
            f"UPDATE accounts_{name} SET id = {one} WHERE id = {other}",
            f"UPDATE accounts_{name} SET id = {other} WHERE id = -1",
        )
        assert refusal() == f"accounts_{name} 第 {one} 行被改过"

    def test_empties_the_table(self, books, name):
        first = nth(name, 0)
        as_owner(f"DELETE FROM accounts_{name}")
        assert refusal() == f"accounts_{name} 第 {first} 行被删掉"


def test_the_amount_and_all_later_balances_of_a_payment_made_smaller_are_seen_though_the_books_agree(books):
    """The attack: one old payment lowered, with the running balances and the pot: every sum is right again."""
    first = nth("transfer", 0)
    pot = Transfer.objects.get(pk=first).target_id
    as_owner(
        f"UPDATE accounts_transfer SET amount_fen = amount_fen - 10 WHERE id = {first}",
        f"UPDATE accounts_transfer SET target_balance_fen = target_balance_fen - 10 WHERE target_id = {pot}",
        f"UPDATE accounts_pot SET balance_fen = balance_fen - 10 WHERE id = {pot}",
    )
    assert list(ledger_findings()) == []
    assert refusal() == f"accounts_transfer 第 {first} 行被改过"


@pytest.mark.parametrize(
    ("statement", "bad"),
    [
        ("UPDATE accounts_seal SET tags = substring(tags FOR length(tags) - 16) WHERE number = 2", 2),
        ("DELETE FROM accounts_seal WHERE number = 2", 2),
        ("UPDATE accounts_seal SET number = number + 1000 WHERE number >= 4; UPDATE accounts_seal SET number = 4 "
         "WHERE number = 1005; UPDATE accounts_seal SET number = 5 WHERE number = 1004", 4),
        ("UPDATE accounts_seal SET last_id = last_id + 1 WHERE number = 1", 1),
        ("UPDATE accounts_seal SET digest = repeat('0', 64) WHERE number = 3", 3),
        ("DELETE FROM accounts_seal", 1),
    ],
)  # fmt: skip
def test_the_seals_themselves_cannot_be_changed_unseen(books, statement, bad):
    as_owner(statement)
    assert refusal().startswith(f"accounts_seal 第 {bad} 行")


def test_rows_cut_off_at_the_end_with_their_seals_are_missed_by_the_head_outside(books):
    newest = list(Seal.objects.order_by("-number").values_list("table", "after_id", "number")[:3])
    cut = sorted((f"DELETE FROM {table} WHERE id > {after_id}" for table, after_id, _ in newest), reverse=True)
    as_owner(*cut, f"DELETE FROM accounts_seal WHERE number >= {newest[-1][-1]}")
    assert "截掉" in refusal()
    with pytest.raises(seals.SealingError, match="没有加封"):
        seal()
    kept = heads.kept(sealed_rows.database())
    heads.path(sealed_rows.database()).unlink()  # whoever reached that file too is shown by the head kept elsewhere
    assert "库外没有封条头" in refusal()
    assert "截掉" in refusal("--head", str(kept[-1]))


def test_seals_made_anew_without_the_key_are_seen(books, tmp_path):
    bad = nth("voucher", 0)
    ring = (tmp_path / "secrets" / "keyring.json").read_text()
    as_owner(f"UPDATE accounts_voucher SET reason = 'x' WHERE id = {bad}", "DELETE FROM accounts_seal")
    kept = heads.path(sealed_rows.database()).read_text()
    heads.path(sealed_rows.database()).unlink()
    (tmp_path / "secrets" / "keyring.json").unlink()
    seal()  # with a key of their own
    (tmp_path / "secrets" / "keyring.json").write_text(ring)
    (tmp_path / "secrets" / "keyring.json").chmod(0o600)
    heads.path(sealed_rows.database()).write_text(kept)
    assert refusal()


def test_seals_of_a_key_that_was_dropped_still_read(books):
    keyring.add_key()
    keyring.promote_newest()
    give_something(name="third")
    seal()
    keyring.drop_old()
    assert len(keyring.load().masters) == 1
    assert "都对得上" in said("verify_seals")
    keyring.add_key()
    assert "都对得上" in said("verify_seals"), "kept by later changes of the keyring too"


def test_a_day_costs_what_is_new_in_it(books):
    give_something(2, name="third")
    before = {name: model.objects.aggregate(Max("id"))["id__max"] for name, model in TABLES.items()}
    read = []
    ask = sealed_rows.rows

    def watched(table, *given):
        found = ask(table, *given)
        read.extend((table, row_id) for row_id, _ in found)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed_rows, "rows", watched)
        head = seal()
    assert len(read) == Seal.objects.filter(number__gt=head.number - 3).count() * 2
    assert max(row_id for table, row_id in read if table == "accounts_voucher") == before["voucher"]
    assert seal() == head, "nothing new: nothing is written"
    assert len(heads.kept(sealed_rows.database())) == 3


def test_the_role_of_web_and_workers_seals(policies_loaded):
    give_something()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {triggers.ROLE}")
        assert seal()
        cursor.execute("RESET ROLE")
    assert "都对得上" in said("verify_seals")


def test_many_rows_take_several_seals(policies_loaded, monkeypatch):
    monkeypatch.setattr(seals, "ROWS", 2)
    give_something(5)
    seal()
    assert Seal.objects.filter(table="accounts_voucher").count() == 3
    assert "都对得上" in said("verify_seals")


def test_the_schedule_seals_once_a_day_and_says_when_it_cannot(books, caplog, monkeypatch):
    give_something(name="third")
    seal_task()
    newest = Seal.objects.latest("number")
    assert "第 " not in caplog.text
    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    seal_task()
    assert Seal.objects.latest("number").number > newest.number
    as_owner(f"DELETE FROM accounts_seal WHERE number = {Seal.objects.latest('number').number}")
    monkeypatch.setattr(clock, "now", lambda: tomorrow + timedelta(days=1))
    seal_task()
    assert "not sealed: 库里没有库外留着的封条" in caplog.text


def test_every_column_is_sealed_but_what_may_become_of_a_row():
    models = TABLES | {"approval": Approval}
    for table, columns in sealed_rows.FORMS[sealed_rows.FORM].items():
        fields = {field.column for field in models[table.removeprefix("accounts_")]._meta.fields}
        assert {column.strip('"') for column in columns} == fields - set(triggers.BUT.get(table, ()))


def test_what_was_sealed_in_an_earlier_form_still_reads(policies_loaded, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr(sealed_rows, "FORM", 1)
        earlier.setattr(sealed_rows, "TABLES", tuple(sealed_rows.FORMS[1]))
        give_something()
        seal()
    give_something(name="since")
    seal()
    assert set(Seal.objects.values_list("form", flat=True)) == {1, sealed_rows.FORM}
    assert "都对得上" in said("verify_seals")


class TestWhileOthersWrite:
    """Numbers are given out before they are committed: a smaller one that comes later would look put in."""

    def race(self, monkeypatch, *, wait: bool) -> None:
        """Seal while one writer with a small number has not ended and one with a larger number has."""
        give_something(1, name="before")
        begun, looked, go_on = threading.Event(), threading.Event(), threading.Event()
        writers = seals._writers
        if wait:
            monkeypatch.setattr(seals, "_writers", lambda table: [writers(table), looked.set()][0])
        else:
            monkeypatch.setattr(seals, "_writers", lambda table: set())

        def slow() -> None:
            with transaction.atomic():
                give_something(1, name="slow")
                begun.set()
                assert go_on.wait(HUNG)

        def sealing() -> None:
            assert begun.wait(HUNG)
            give_something(1, name="quick")
            seal()
            looked.set()

        def let_go() -> None:
            assert looked.wait(HUNG)
            give_something(1, name="meanwhile")  # the sealing holds up nobody
            go_on.set()

        assert all_at_once(slow, sealing, let_go, told=str) == [None, None, None]

    def test_who_has_begun_to_write_is_waited_for(self, committed_db, monkeypatch):
        self.race(monkeypatch, wait=True)
        assert "都对得上" in said("verify_seals")

    def test_and_without_waiting_what_comes_late_would_look_put_in(self, committed_db, monkeypatch):
        self.race(monkeypatch, wait=False)
        assert refusal().endswith("是加封以后插进来的")

    def test_two_who_seal_at_once_make_one_chain(self, committed_db):
        give_something(5)
        all_at_once(seal, seal, seal, seal)
        assert list(Seal.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]
        assert "都对得上" in said("verify_seals")
