"""Loading regions' files: all or nothing, twice is once, and nothing over what is published."""

import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent, PolicyVersion, Region
from accounts.policies import registry
from accounts.policies.loading import load
from accounts.policies.preset_files import read_preset, shipped
from accounts.policies.terms import PolicyError
from tests.factories.acts import act_now

pytestmark = pytest.mark.django_db

GOOD = """
code = "999999"
name = "试验市"
[documents.A]
title = "《试验办法》"
[documents.B]
title = "《修改办法》"
[[interest]]
effective_from = { value = 2023-01-01, source = "A" }
pays_interest = { value = true, source = "A" }
current_rate = { value = "0.05%", source = "A" }
carried_rate = { value = "1.1%", source = "A" }
"""
LATER = """
[[interest]]
effective_from = { value = 2024-01-01, source = "A" }
pays_interest = { value = false, source = "A" }
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "999999.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def load_files(*paths: Path, check: bool = False, directly: bool = True):
    """Load as a database does where nothing is real; how a region in force is changed is tested in test_publishing."""
    return load(act=act_now(), paths=paths, check=check, directly=directly)


def test_the_shipped_regions_load_and_are_published(policies):
    for preset in map(read_preset, shipped()):
        found = PolicyVersion.objects.filter(region=preset.code, state="published").exclude(published_by="")
        assert {f"{version.kind}.{version.effective_from}" for version in found} == {v.name for v in preset.versions}
        assert registry.region_name(preset.code) == preset.name


def test_the_same_files_twice_change_nothing(policies):
    before = list(PolicyVersion.objects.order_by("id").values())
    events = AuditEvent.objects.count()
    again = load_files(*shipped())
    assert [len(one.new) for one in again] == [0] * len(shipped())
    assert list(PolicyVersion.objects.order_by("id").values()) == before
    assert AuditEvent.objects.count() == events


def test_a_new_version_is_added_beside_the_old(write):
    load_files(write(GOOD))
    (loaded,) = load_files(write(GOOD + LATER))
    assert [version.name for version in loaded.new] == ["interest.2024-01-01"]
    assert loaded.unchanged == 1
    assert registry.interest("999999", date(2023, 12, 31)).pays_interest
    assert not registry.interest("999999", date(2024, 1, 1)).pays_interest


def test_comments_and_spacing_may_change(write):
    load_files(write(GOOD))
    (loaded,) = load_files(write("# 说明\n" + GOOD.replace(" = ", "=").replace("code=", "code = ")))
    assert loaded.unchanged == 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"1.1%"', '"1.2%"', ["interest.2023-01-01.carried_rate", '"1.1%"', '"1.2%"']),
        ('"0.05%", source = "A"', '"0.05%", source = "B"', ["interest.2023-01-01.current_rate", "《试验", "《修改"]),
        ('2023-01-01, source = "A"', "2023-01-01, assumed = true", ["interest.2023-01-01.effective_from", "assumed"]),
        ("[[interest]]", '[[interest]]\nnote = "改了"', ["interest.2023-01-01.note", "改了"]),
        ("试验市", "试验区", ["name", "试验市", "试验区"]),
    ],
)
def test_an_edited_published_version_is_refused(write, old, new, says):
    load_files(write(GOOD))
    with pytest.raises(PolicyError) as refusal:
        load_files(write(GOOD.replace(old, new, 1)))
    assert "999999.toml" in str(refusal.value)
    for part in says:
        assert part in str(refusal.value)


def test_a_value_that_disappears_is_an_edit_too(write):
    load_files(write(GOOD + LATER))
    with_rates = LATER.replace("false", "true") + 'current_rate = { value = "1%", source = "A" }\n'
    with pytest.raises(PolicyError, match="（没有）"):
        load_files(write(GOOD + with_rates + 'carried_rate = { value = "1%", source = "A" }\n'))


def test_one_faulty_file_keeps_all_files_out(write):
    bad = write(GOOD.replace("0.05%", "-1%").replace("999999", "888888"), "888888.toml")
    with pytest.raises(PolicyError, match="888888.toml"):
        load_files(write(GOOD), bad)
    assert not Region.objects.filter(code__in=["999999", "888888"]).exists()


def test_an_edit_in_one_file_keeps_new_versions_of_others_out(write):
    load_files(write(GOOD))
    other = write(GOOD.replace("999999", "888888"), "888888.toml")
    with pytest.raises(PolicyError):
        load_files(other, write(GOOD.replace("1.1%", "1.2%")))
    assert not Region.objects.filter(code="888888").exists()


def test_two_files_cannot_give_the_same_version(write):
    with pytest.raises(PolicyError, match="里已经有同一天的版本"):
        load_files(write(GOOD), write(GOOD, "copy.toml"))


def test_a_file_with_more_kinds_for_a_loaded_region_is_welcome(policies, write):
    (loaded,) = load_files(write(GOOD.replace("999999", "330900").replace("试验市", "舟山市"), "rates.toml"))
    assert len(loaded.new) == 1
    assert registry.interest("330900", date(2025, 12, 31)).current_rate_bp == 5
    assert not registry.interest("330900", date(2022, 12, 31)).pays_interest


def test_checking_writes_nothing(write):
    (loaded,) = load_files(write(GOOD), check=True)
    assert len(loaded.new) == 1
    assert not PolicyVersion.objects.filter(region="999999").exists()


def test_loading_is_written_down(write):
    load_files(write(GOOD))
    event = AuditEvent.objects.filter(verb="policy.loaded").latest("id")
    assert event.detail == {"region": "999999", "versions": ["interest.2023-01-01"], "published": True}


class TestCommand:
    def test_without_a_path_it_loads_what_ships(self, capsys):
        call_command("load_policies")
        assert "330900 舟山市：新载入" in capsys.readouterr().out
        assert registry.knows_region("330900")

    def test_json_is_one_document(self, capsys, write):
        call_command("load_policies", str(write(GOOD)), "--json")
        document = json.loads(capsys.readouterr().out)
        assert document["ok"]
        assert document["regions"] == [
            {
                "code": "999999",
                "name": "试验市",
                "file": "999999.toml",
                "loaded": ["interest.2023-01-01"],
                "unchanged": 0,
                "drafts": [],
                "remarks": [],
            }
        ]

    def test_check_writes_nothing(self, capsys, write):
        call_command("load_policies", str(write(GOOD)), "--check")
        assert "可以新载入 1 个版本" in capsys.readouterr().out
        assert not PolicyVersion.objects.filter(region="999999").exists()

    def test_a_refusal_is_an_error_that_names_every_problem(self, capsys, write):
        path = str(write(GOOD.replace("0.05%", "-1%").replace("1.1%", "200%")))
        with pytest.raises(CommandError, match="一个版本也没有写") as error:
            call_command("load_policies", path, "--json")
        assert "current_rate" in str(error.value)
        problems = json.loads(capsys.readouterr().out)["problems"]
        assert {problem["key"] for problem in problems} == {
            "interest.2023-01-01.current_rate",
            "interest.2023-01-01.carried_rate",
        }
