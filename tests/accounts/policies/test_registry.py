"""Looking up what holds on a day: without a query, and never something old or rolled back."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.codes import PolicyState
from accounts.models import PolicyVersion, PublishedVersionError, Region
from accounts.policies import registry
from accounts.policies.registry import NoPolicyError
from accounts.policies.terms import KINDS, CreditTerms, InterestTerms
from yibao.lib import clock

pytestmark = pytest.mark.django_db

RECHECK_SECONDS = registry._RECHECK_SECONDS  # before the tests' own is set


def publish(region: str = "999999", day: date = date(2023, 1, 1), pays: bool = False, **changes) -> PolicyVersion:
    Region.objects.get_or_create(code=region, defaults={"name": "试验市"})
    values = {
        "region_id": region,
        "kind": "interest",
        "effective_from": day,
        "terms": {"pays_interest": pays} | ({"current_rate": "0.05%", "carried_rate": "1.1%"} if pays else {}),
        "sources": {"effective_from": {"source": "《办法》"}, "pays_interest": {"assumed": True}},
        "state": PolicyState.PUBLISHED,
        "drafted_by": "system:test",
        "published_by": "system:test",
        "published_at": clock.now(),
    }
    return PolicyVersion.objects.create(**values | changes)


class TestLookingUp:
    def test_the_latest_version_not_after_the_day_holds(self):
        first, second = publish(), publish(day=date(2024, 7, 1), pays=True)
        assert registry.version_on("999999", InterestTerms, date(2023, 1, 1)).id == first.pk
        assert registry.version_on("999999", InterestTerms, date(2024, 6, 30)).id == first.pk
        assert registry.version_on("999999", InterestTerms, date(2024, 7, 1)).id == second.pk
        assert registry.interest("999999", date(2030, 1, 1)).carried_rate_bp == 110

    def test_before_the_first_version_there_is_no_policy(self):
        publish()
        with pytest.raises(NoPolicyError) as refusal:
            registry.interest("999999", date(2022, 12, 31))
        assert (refusal.value.region, refusal.value.kind, refusal.value.day) == (
            "999999",
            "interest",
            date(2022, 12, 31),
        )
        assert "统筹区 999999 在 2022-12-31 没有“计息”规则" in refusal.value.message

    def test_a_draft_is_not_law(self):
        publish(state=PolicyState.DRAFT, published_by="", published_at=None)
        with pytest.raises(NoPolicyError):
            registry.interest("999999", date(2025, 1, 1))

    def test_a_version_is_found_again_by_its_id(self):
        version = publish()
        found = registry.version(version.pk, InterestTerms)
        assert (found.policy, found.source, found.effective_from) == (version, "《办法》", date(2023, 1, 1))
        with pytest.raises(PolicyVersion.DoesNotExist):
            registry.version(version.pk + 1, InterestTerms)

    def test_a_version_is_not_found_as_another_kind(self):
        version = publish()
        with pytest.raises(PolicyVersion.DoesNotExist):
            registry.version(version.pk, CreditTerms)

    @pytest.mark.parametrize("kind", KINDS)
    def test_each_kind_is_asked_for_by_its_name(self, policies, kind):
        day, before = date(2026, 1, 1), date(1990, 1, 1)
        ask, ask_or_none = getattr(registry, kind), getattr(registry, f"{kind}_or_none")
        assert type(ask("330900", day)) is KINDS[kind]
        assert ask_or_none("330900", day) == ask("330900", day)
        assert ask_or_none("330900", before) is None
        with pytest.raises(NoPolicyError):
            ask("330900", before)

    def test_the_registry_knows_its_regions(self, policies):
        assert registry.has_buckets("330900")
        assert not registry.has_buckets("350500")
        assert registry.knows_region("310000")
        assert not registry.knows_region("999998")
        assert registry.region_names()["430000"] == "湖南省"
        assert registry.region_name("999998") == "999998"
        with pytest.raises(NoPolicyError, match="没有“划入”规则"):
            registry.has_buckets("999998")

    def test_the_first_document_named_is_that_of_the_start(self, policies):
        version = registry.version_on("330900", CreditTerms, date(2025, 1, 1))
        assert version.source.startswith("关于医保个人账户知多少")


class TestFreshness:
    def test_what_is_published_is_seen_at_once(self):
        publish()
        assert not registry.interest("999999", date(2025, 1, 1)).pays_interest
        publish(day=date(2024, 1, 1), pays=True)
        assert registry.interest("999999", date(2025, 1, 1)).pays_interest

    def test_what_is_rolled_back_is_forgotten(self):
        publish()
        with transaction.atomic():
            publish(day=date(2024, 1, 1), pays=True)
            assert registry.interest("999999", date(2025, 1, 1)).pays_interest
            transaction.set_rollback(True)
        assert not registry.interest("999999", date(2025, 1, 1)).pays_interest

    @pytest.mark.parametrize("time", [1, 2])
    def test_one_test_leaves_nothing_for_the_next(self, time):
        with pytest.raises(NoPolicyError):
            registry.interest("999999", date(2025, 1, 1))
        publish()
        registry.interest("999999", date(2025, 1, 1))


class TestAcrossProcesses:
    @pytest.fixture(autouse=True)
    def _leave_nothing(self):
        yield
        registry.invalidate()

    def test_a_look_up_costs_no_query(self, django_assert_num_queries, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            publish()
        registry.interest("999999", date(2025, 1, 1))
        with django_assert_num_queries(0):
            for _ in range(100):
                registry.interest("999999", date(2025, 1, 1))

    def test_what_another_process_publishes_is_seen_within_a_second(
        self, monkeypatch, django_capture_on_commit_callbacks
    ):
        now = [registry.time.monotonic()]
        monkeypatch.setattr(registry.time, "monotonic", lambda: now[-1])
        monkeypatch.setattr(registry, "_RECHECK_SECONDS", RECHECK_SECONDS)
        with django_capture_on_commit_callbacks(execute=True):
            publish()
        registry.interest("999999", date(2025, 1, 1))
        with connection.cursor() as cursor:  # past this process's models, as another process would
            cursor.execute(
                """
                INSERT INTO accounts_policyversion (region_id, kind, effective_from, terms, sources, note, state,
                                                    drafted_by, editors, published_by, published_at)
                SELECT region_id, kind, '2024-01-01', %s, '{}', '', state, drafted_by, '{}', published_by, published_at
                FROM accounts_policyversion WHERE region_id = '999999'
                """,
                ['{"pays_interest": true, "current_rate": "1%", "carried_rate": "2%"}'],
            )
        assert not registry.interest("999999", date(2025, 1, 1)).pays_interest
        now.append(now[-1] + 1.0)
        assert registry.interest("999999", date(2025, 1, 1)).pays_interest


class TestPublishedIsFinal:
    def test_saving_a_published_version_is_refused(self):
        version = publish()
        version.note = "改一下"
        with pytest.raises(PublishedVersionError):
            version.save()
        with pytest.raises(PublishedVersionError):
            version.delete()

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE accounts_policyversion SET note = 'x'",
            "UPDATE accounts_policyversion SET state = 'draft', published_at = NULL, published_by = ''",
            "DELETE FROM accounts_policyversion",
            "TRUNCATE accounts_policyversion CASCADE",
        ],
    )
    def test_the_database_refuses_it_too(self, sql):
        publish()
        connection.check_constraints()  # else PostgreSQL refuses for another reason: deferred checks are pending
        with pytest.raises(IntegrityError, match="final"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
        assert PolicyVersion.objects.get(region="999999").note == ""

    def test_a_draft_may_change_and_go(self):
        draft = publish(state=PolicyState.DRAFT, published_by="", published_at=None)
        PolicyVersion.objects.filter(pk=draft.pk).update(note="x")
        assert PolicyVersion.objects.filter(pk=draft.pk).delete()[0] == 1

    @pytest.mark.parametrize(
        "changes",
        [
            {"published_at": None},
            {"published_by": ""},
            {"drafted_by": ""},
            {"kind": "weather"},
            {"state": PolicyState.DRAFT},
        ],
    )
    def test_a_half_published_version_cannot_be_kept(self, changes):
        with pytest.raises(IntegrityError), transaction.atomic():
            publish(**changes)

    def test_a_day_has_one_version(self):
        publish()
        with pytest.raises(IntegrityError), transaction.atomic():
            publish()

    @pytest.mark.parametrize("code", ["33090", "33090a", "3309001"])
    def test_a_region_has_six_digits(self, code):
        with pytest.raises(Exception, match="region_code|too long"), transaction.atomic():
            Region.objects.create(code=code, name="试验市")
