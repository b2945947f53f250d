"""Databases that older code made: today's code migrates them from any state, and takes its own rules' files on top.

`released/` holds the versions of the rules as they stood in a database made by that day's release.
"""

import json
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from accounts import triggers
from accounts.models import AuditEvent, PolicyVersion, Region
from accounts.policies.loading import load
from accounts.policies.preset_files import read_preset, shipped
from tests import databases
from tests.factories.acts import act_now
from yibao.lib import clock

RELEASES = sorted(Path(__file__).with_name("released").glob("*.json"))
OWN_FROM = "2026-12-01"  # the day of a bureau's own version


def read(release):
    return json.loads(release.read_text(encoding="utf-8"))


def insert(versions):
    """Write published versions as rows of the first tables."""
    with connection.cursor() as cursor:
        for one in versions:
            cursor.execute(
                "INSERT INTO accounts_region (code, name) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [one["region"], one["name"]],
            )
            cursor.execute(
                """INSERT INTO accounts_policyversion (region_id, kind, effective_from, terms, sources, note, state,
                                                       drafted_by, published_by, published_at)
                   VALUES (%s, %s, %s, %s, %s, %s, 'published', 'system:load_policies', 'system:load_policies', now())""",
                [
                    *(one[key] for key in ("region", "kind", "effective_from")),
                    *(json.dumps(one[key]) for key in ("terms", "sources")),
                    one["note"],
                ],
            )


def stored():
    """Return what is shipped, as it is stored."""
    found = PolicyVersion.objects.exclude(effective_from=OWN_FROM).order_by("region", "kind", "effective_from")
    return list(found.values_list("region", "kind", "effective_from", "terms", "sources", "note"))


def missing_at(step):
    """Return what cannot be guarded yet: the column came later."""
    # A member of staff has had a certificate number since 0003; two people have agreed on rules since 0004; how a
    # sign-in was tied, which leaves a trace, is told apart since 0017.
    later = {"accounts_user_certno"} if step < "0003" else set()
    later |= {"accounts_policyversion_agreed"} if step < "0004" else set()
    return later | ({"accounts_user_trace"} if step < "0017" else set())


def migrated_one_by_one(executor):
    """Migrate step by step, and stop at each; by one executor: the command would read every migration anew."""
    state = None
    for step in sorted(name for app, name in executor.loader.graph.nodes if app == "accounts"):
        state = executor.migrate([("accounts", step)], state=state)
        executor.loader.applied_migrations = executor.recorder.applied_migrations()
        triggers.install(connection.alias)
        yield step


def publish_counters_as_shipped_before():
    """Rules for counters came after the last release: their versions are today's, without the terms since."""
    later = {"scanned", "scan_days", "result_days"}
    presets = [read_preset(path) for path in shipped()]
    Region.objects.bulk_create([Region(code=one.code, name=one.name) for one in presets], ignore_conflicts=True)
    PolicyVersion.objects.bulk_create(
        PolicyVersion(
            region_id=preset.code,
            kind=version.kind,
            effective_from=version.effective_from,
            terms={key: value for key, value in version.values.items() if key not in later},
            sources={key: value for key, value in version.sources.items() if key not in later},
            note=version.note,
            state="published",
            drafted_by="system:load_policies",
            published_by="system:load_policies",
            published_at=clock.now(),
        )
        for preset in presets
        for version in preset.versions
        if version.kind == "counter"
    )


@pytest.fixture(scope="module", params=RELEASES, ids=lambda path: path.stem)
def upgraded(request, django_db_setup, django_db_blocker):
    """A database of a release, migrated to today's step by step; yield what could be rewritten after each step.

    Besides what was shipped it holds a version that a bureau made of a shipped one.
    """
    name = f"{connection.creation._get_test_db_name()}_upgrading"  # each worker has its own
    with django_db_blocker.unblock(), databases.copied("template1", name), databases.database(name):
        unguarded = {}
        for step in migrated_one_by_one(MigrationExecutor(connection)):
            unguarded[step] = set(triggers.missing(only=set(connection.introspection.table_names())))
            if step.startswith("0001"):
                insert([*read(request.param), bureaus_own()])
            if step.startswith("0039"):
                publish_counters_as_shipped_before()
        yield unguarded


def bureaus_own():
    """The version of a release with another rate, in force at another day; all else as it was shipped."""
    own = next(one for one in read(RELEASES[0]) if one["region"] == "330900" and one["kind"] == "credit")
    return own | {"terms": own["terms"] | {"flex_rate": "1.9%"}, "effective_from": OWN_FROM}


@pytest.fixture
def upgraded_today(upgraded):
    """What a test writes is undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_every_state_since_a_release_is_guarded(upgraded):
    assert upgraded == {step: missing_at(step) for step in upgraded}


def test_rules_of_a_release_become_those_of_todays_files(upgraded_today):
    """A term added to a version that was shipped before needs a migration that fills it in (CONTRIBUTING)."""
    counters = PolicyVersion.objects.filter(kind="counter")
    assert set(counters.values_list("terms__result_days", flat=True)) == {15}
    load(act=act_now(), paths=shipped())  # refuses a file that says more than what was published
    upgraded = stored()
    connection.check_constraints()  # a table with checks that are yet to come cannot be altered
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_policyversion DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM accounts_policyversion")
    load(act=act_now(), paths=shipped())
    assert upgraded == stored()


def test_a_version_that_a_bureau_wrote_itself_stays_as_it_is(upgraded_today):
    own, as_written = PolicyVersion.objects.get(effective_from=OWN_FROM), bureaus_own()
    assert (own.terms, own.sources, own.note) == tuple(as_written[key] for key in ("terms", "sources", "note"))
    completed = AuditEvent.objects.filter(verb="policy.completed")
    assert completed.exists()
    assert not completed.filter(detail__versions__contains=own.pk).exists()
