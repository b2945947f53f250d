"""Tampering that leaves no sum wrong: balances mended, triggers put back. The ledger fits itself; the seals do not.

Each case is carried out twice: after the books were sealed, where it is found and the first bad row named, and before,
where nothing is left that could show it.
"""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import connection

from accounts.identity import audit
from accounts.ledger.verify import findings as ledger_findings
from accounts.models import AuditEvent, Seal, Transfer, Voucher
from accounts.operations import seals
from accounts.queries import sealed_rows
from accounts.sealing import heads
from tests.accounts.sealing.books import MENDED, Books, as_owner, opened, refusal, said, seal, written_once
from tests.factories.acts import act_now
from tests.personas import give, insured, spend

pytestmark = pytest.mark.usefixtures("sealed")


def a_day(name: str) -> None:
    """Two people are given money and use some of it; each is looked up. One posting is rolled back and leaves a gap."""
    for who in ("one", "other"):
        person = insured()
        give(person, 90_000, on=date(2025, 3, 3), key=f"{name} {who} in")
        spend(person, 4_000, on=date(2025, 3, 4), key=f"{name} {who} out 1")
        spend(person, 5_000, on=date(2025, 3, 5), key=f"{name} {who} out 2")
        audit.record(act=act_now(), verb="lookup", subject=person, detail={"day": name})
        with connection.cursor() as cursor:
            for table in sealed_rows.TABLES:
                cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
    connection.check_constraints()


def two_days() -> None:
    for name in ("first", "second"):
        a_day(name)
        seal()


@pytest.fixture(scope="module")
def written(policies_template, django_db_blocker, tmp_path_factory) -> Iterator[Books]:
    """The books of two days, sealed each evening. Named, not opened."""
    folder = tmp_path_factory.mktemp("books")
    with django_db_blocker.unblock(), written_once(policies_template, folder, two_days) as books:
        yield books


@pytest.fixture
def sealed(written, own_files, tmp_path, shipped_rules, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), opened(written, tmp_path, shipped_rules):
        yield


@pytest.fixture
def unsealed(sealed) -> None:
    """The books as they were before anybody sealed them."""
    as_owner("DELETE FROM accounts_seal")
    heads.path(sealed_rows.database()).unlink()


@pytest.fixture
def third_day(sealed) -> None:
    a_day("third")
    seal()


def voucher(key: str) -> int:
    return Voucher.objects.get(key=key).pk


def transfer(key: str) -> int:
    return Transfer.objects.get(voucher__key=key).pk


def event(day: str, place: int = 0) -> int:
    return AuditEvent.objects.filter(verb="lookup", detail__day=day).order_by("id")[place].pk


def gap(model: type[Voucher] | type[Transfer] | type[AuditEvent]) -> int:
    """Return a number that was given out and never used, among those of the first day."""
    used = set(model.objects.values_list("id", flat=True))
    return next(number for number in range(min(used), max(used)) if number not in used)


Attack = tuple[list[str], tuple[str, int], str]  # what is done, the first bad row, what verify_seals says of it

CHANGED, DELETED, PUT_IN = "被改过", "被删掉", "是加封以后插进来的"
_VOUCHER = "region, occurred_on, recorded_at, period, actor, reason, subject_id, place_kind, place, payload_hash"
_TRANSFER = "source_id, target_id, amount_fen, source_balance_fen, target_balance_fen, kind, period, region"
_EVENT = 'at, verb, actor, office, "case", subject_id, detail'


def _swapped(table: str, columns: str, one: int, other: int) -> str:
    """Let two rows change places: all that they say, under each other's number."""
    given = ", ".join(f"b.{column.strip()}" for column in columns.split(","))
    return (
        f"UPDATE {table} a SET ({columns}) = ROW({given}) FROM {table} b "
        f"WHERE (a.id, b.id) IN (({one}, {other}), ({other}, {one}))"
    )


def more_money() -> Attack:
    bad = transfer("first one in")
    return [f"UPDATE accounts_transfer SET amount_fen = amount_fen * 10 WHERE id = {bad}"], ("transfer", bad), CHANGED


def somebody_elses_money() -> Attack:
    mine = Transfer.objects.get(voucher__key="first other in").target
    uses = [f"first one out {n}" for n in (1, 2)]
    moved = [f"UPDATE accounts_transfer SET target_id = {mine.pk} WHERE id = {transfer('first one in')}"]
    for use in uses:
        moved += [
            f"UPDATE accounts_transfer SET source_id = {mine.pk} WHERE id = {transfer(use)}",
            f"UPDATE accounts_voucher SET subject_id = {mine.person_id} WHERE id = {voucher(use)}",
        ]
    return moved, ("voucher", voucher(uses[0])), CHANGED


def another_day() -> Attack:
    bad = voucher("first one out 2")
    return [f"UPDATE accounts_voucher SET occurred_on = '2024-12-31' WHERE id = {bad}"], ("voucher", bad), CHANGED


def another_actor() -> Attack:
    bad = event("first", 1)
    return [f"UPDATE accounts_auditevent SET actor = 'staff:7@R01' WHERE id = {bad}"], ("auditevent", bad), CHANGED


def a_use_that_never_was() -> Attack:
    bad = voucher("first one out 1")
    return (
        [f"DELETE FROM accounts_transfer WHERE voucher_id = {bad}", f"DELETE FROM accounts_voucher WHERE id = {bad}"],
        ("voucher", bad),
        DELETED,
    )


def a_look_that_never_was() -> Attack:
    bad = event("second")
    return [f"DELETE FROM accounts_auditevent WHERE id = {bad}"], ("auditevent", bad), DELETED


def money_from_nowhere() -> Attack:
    bad, line, like = gap(Voucher), gap(Transfer), voucher("first one in")
    return (
        [
            f"INSERT INTO accounts_voucher (id, kind, key, {_VOUCHER}) "
            f"SELECT {bad}, kind, 'again', {_VOUCHER} FROM accounts_voucher WHERE id = {like}",
            f"INSERT INTO accounts_transfer (id, voucher_id, {_TRANSFER}) "
            f"SELECT {line}, {bad}, {_TRANSFER} FROM accounts_transfer WHERE voucher_id = {like}",
        ],
        ("voucher", bad),
        PUT_IN,
    )


def a_consent_put_in() -> Attack:
    bad = gap(AuditEvent)
    return (
        [
            f"INSERT INTO accounts_auditevent (id, {_EVENT}) "
            f"SELECT {bad}, {_EVENT} FROM accounts_auditevent WHERE id = {event('first')}"
        ],
        ("auditevent", bad),
        PUT_IN,
    )


def two_uses_change_places() -> Attack:
    one, other = transfer("first one out 1"), transfer("first one out 2")
    return [_swapped("accounts_transfer", "amount_fen", one, other)], ("transfer", one), CHANGED


def two_vouchers_change_numbers() -> Attack:
    one, other = voucher("first one out 1"), voucher("first other out 2")
    moved = [(one, -1), (other, one), (-1, other)]
    return (
        [
            f"UPDATE accounts_{table} SET {column} = {to} WHERE {column} = {was}"
            for table, column in (("voucher", "id"), ("transfer", "voucher_id"))
            for was, to in moved
        ],
        ("voucher", one),
        CHANGED,
    )


def two_looks_change_places() -> Attack:
    one, other = event("first", 0), event("second", 1)
    return [_swapped("accounts_auditevent", _EVENT, one, other)], ("auditevent", one), CHANGED


def the_first_day_gone() -> Attack:
    bad = Voucher.objects.earliest("id").pk
    return _cut("<=", voucher("first other out 2"), event("first", 1)), ("voucher", bad), DELETED


def the_last_day_gone() -> Attack:
    bad = voucher("second one in")
    return _cut(">=", bad, event("second")), ("voucher", bad), DELETED


def _cut(how: str, number: int, looked: int) -> list[str]:
    return [
        f"DELETE FROM accounts_transfer WHERE voucher_id {how} {number}",
        f"DELETE FROM accounts_voucher WHERE id {how} {number}",
        f"DELETE FROM accounts_auditevent WHERE id {how} {looked}",
    ]


ATTACKS = (
    more_money, somebody_elses_money, another_day, another_actor, a_use_that_never_was, a_look_that_never_was,
    money_from_nowhere, a_consent_put_in, two_uses_change_places, two_vouchers_change_numbers, two_looks_change_places,
    the_first_day_gone, the_last_day_gone,
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
class TestWithAllBalancesMended:
    def test_sealed_books_name_the_first_bad_row(self, attack):
        statements, (table, row_id), what = attack()
        as_owner(*statements, *MENDED)
        assert list(ledger_findings()) == [], "the ledger alone sees nothing"
        assert refusal() == f"accounts_{table} 第 {row_id} 行{what}"

    def test_before_they_were_sealed_nobody_sees_it(self, unsealed, attack):
        statements, _, _ = attack()
        as_owner(*statements, *MENDED)
        assert list(ledger_findings()) == []
        seal()
        assert "都对得上" in said("verify_seals")


def test_mending_what_is_right_changes_nothing(third_day):
    as_owner(*MENDED)
    assert "都对得上" in said("verify_seals")


def test_the_beginning_cut_off_with_its_seals_is_seen_however_they_are_numbered(third_day):
    statements, _, _ = the_first_day_gone()
    of_a_day = Seal.objects.count() // 3
    as_owner(*statements, f"DELETE FROM accounts_seal WHERE number <= {of_a_day}", *MENDED)
    assert list(ledger_findings()) == []
    assert refusal() == "accounts_seal 第 1 行少了一个封条，或次序变了"
    as_owner(
        f"UPDATE accounts_seal SET number = number - {of_a_day}",
        f"UPDATE accounts_seal SET after_id = 0 WHERE number <= {of_a_day}",
    )
    assert refusal() == "accounts_seal 第 1 行封条被改过"


def test_the_end_cut_off_with_its_seals_is_missed_by_the_head_outside_and_not_sealed_over(third_day):
    of_a_day = Seal.objects.count() // 3
    kept = heads.kept(sealed_rows.database())
    cut = _cut(">=", voucher("third one in"), event("third"))
    as_owner(*cut, f"DELETE FROM accounts_seal WHERE number > {2 * of_a_day}", *MENDED)
    assert list(ledger_findings()) == []
    assert refusal() == f"accounts_seal 第 {2 * of_a_day + 1} 行最后的封条被截掉了：库外留着第 {3 * of_a_day} 号"
    with pytest.raises(seals.SealingError, match="没有加封"):
        seal()
    heads.path(sealed_rows.database()).write_text("".join(f"{head} then\n" for head in kept[:2]))
    assert "都对得上" in said("verify_seals"), "only the head shows it: keep it where the owner of the database is not"
    assert "截掉" in refusal("--head", str(kept[2]))
