"""Notices and choices of a database that older code made: words stay to be read, who wanted no messages gets none."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts import triggers, wording
from accounts.models import Notice, User
from accounts.wording import Words
from tests import databases

OLD = "0025_setup_codes"


def insert(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the person they are about is not what is looked at
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")


def migrate_to_old() -> None:
    MigrationExecutor(connection).migrate([("accounts", OLD)])


@pytest.fixture(scope="module")
def upgraded(django_db_setup, django_db_blocker) -> Iterator[str]:
    """A database with the tables and rows from before notices were facts, migrated to today's. Named, not opened."""
    name = f"{connection.creation._get_test_db_name()}_notices"  # each worker has its own
    with django_db_blocker.unblock():
        old = databases.stored("notices", "template1", migrate_to_old, of=databases.migrations())
        with databases.copied(old, name):
            with databases.database(name):
                triggers.install(connection.alias)
                insert(
                    "INSERT INTO accounts_notice (person_id, kind, title, text, about, at) VALUES"
                    " (1, 'credit', '账户冻结', '暂时不能用。', '', now()), (1, 'case', '有答复了', '查过了。', '', now())"
                )
                insert(
                    "INSERT INTO accounts_user (username, password, name, role, office, phone, certno, folds_balance,"
                    " text_size, contrast, tied_by, is_active, is_superuser, joined_at, wants_sms)"
                    " SELECT name, '', '', '', '', '', '', false, '', '', '', true, false, now(), name = 'on'"
                    " FROM unnest(ARRAY['on', 'off']) AS name"
                )
                call_command("migrate", "accounts", verbosity=0)
            yield name


@pytest.fixture(autouse=True)
def _own_copy(upgraded, django_db_blocker) -> Iterator[None]:
    own = f"{upgraded}_own"
    with django_db_blocker.unblock(), databases.copied(upgraded, own), databases.database(own):
        yield


def test_those_that_are_there_keep_their_words_and_may_go_back():
    rows = list(Notice.objects.order_by("pk"))
    assert [row.kind for row in rows] == ["account", "case"]
    assert wording.worded(rows) == [Words("账户冻结", "暂时不能用。"), Words("有答复了", "查过了。")]
    insert("INSERT INTO accounts_notice (person_id, kind, template, about, at) VALUES (1, 'use', 'x', '', now())")
    call_command("migrate", "accounts", OLD, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, title FROM accounts_notice ORDER BY id")
        assert cursor.fetchall() == [("credit", "账户冻结"), ("case", "有答复了"), ("credit", "一条通知")]


def test_who_had_turned_reminders_off_still_has():
    wants = {user.username: user.wants_sms_of("family") for user in User.objects.all()}
    assert wants == {"on": True, "off": False}
    assert all(user.wants_sms_of("security") for user in User.objects.all())
