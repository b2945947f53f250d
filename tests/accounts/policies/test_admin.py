"""The policy page: published versions to read, drafts by policy staff."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.codes import PolicyState, Role
from accounts.identity import access
from accounts.models import AuditEvent, PolicyVersion, User
from accounts.policies import registry
from accounts.policies.publishing import text_of
from accounts.policies.sources import assumed_keys
from accounts.policies.terms import KINDS

pytestmark = pytest.mark.usefixtures("policies_loaded", "second_factor")

LIST = reverse("admin:accounts_policyversion_changelist")
ADD = reverse("admin:accounts_policyversion_add")


@pytest.fixture
def second_factor(monkeypatch):
    """Sessions of these tests count as opened with a second factor; that staff need one is tested elsewhere."""
    monkeypatch.setattr(access, "has_second_factor", lambda request: True)


def staff(role: Role, username: str = "") -> User:
    return User.objects.create_user(username or f"{role}-1", "a long enough password", role=role, office="central")


@pytest.fixture
def policy_client(client):
    client.force_login(staff(Role.POLICY))
    return client


def page_of(version: PolicyVersion) -> str:
    return reverse("admin:accounts_policyversion_change", args=[version.pk])


def in_force(kind: str = "interest") -> PolicyVersion:
    return registry.version_on("330900", KINDS[kind], date(2025, 1, 1)).policy


def draft_text(start: str = "2026-01-01", rate: str = "0.05%") -> str:
    return "\n".join(
        (
            f'effective_from = {{ value = {start}, source = "《试验通知》" }}',
            'pays_interest = { value = true, source = "《试验通知》" }',
            f'current_rate = {{ value = "{rate}", source = "《试验通知》" }}',
            'carried_rate = { value = "1.1%", assumed = true, note = "参照邻市" }',
        )
    )


def write_draft(client, text: str):
    return client.post(ADD, {"region": "330900", "kind": "interest", "body": text})


class TestReading:
    def test_the_list_names_documents_and_how_much_is_assumed(self, policy_client):
        page = policy_client.get(LIST, {"region__code__exact": "330900"}).content.decode()
        assert "舟山市 划入 2023-01-01起" in page
        assert "关于医保个人账户知多少" in page
        assert "已发布" in page

    def test_a_published_version_is_a_table_of_names_values_and_sources(self, policy_client):
        page = policy_client.get(page_of(in_force("credit"))).content.decode()
        assert '<th scope="row">缴费基数下限</th><td>4,462.00 元</td><td>关于医保个人账户知多少' in page
        assert "推定：4462 ÷ 60% 倒推" in page
        assert "照这个版本起草新版本" in page
        assert "<textarea" not in page

    def test_a_published_version_cannot_be_posted_over(self, policy_client):
        version = in_force()
        policy_client.post(page_of(version), {"body": draft_text()})
        version.refresh_from_db()
        assert version.terms == {"pays_interest": False}
        assert version.state == PolicyState.PUBLISHED

    @pytest.mark.parametrize("role", [Role.CLERK, Role.REVIEWER])
    def test_the_counter_does_not_get_in(self, client, role):
        client.force_login(staff(role))
        assert client.get(LIST).status_code in (302, 403)


class TestDrafting:
    def test_a_draft_starts_as_a_copy_of_a_version(self, policy_client):
        version = in_force("credit")
        page = policy_client.get(ADD, {"like": version.pk})
        assert page.context["adminform"].form["body"].value() == text_of(version)
        assert "舟山市" in page.content.decode()

    def test_a_draft_is_kept_but_is_not_law(self, policy_client):
        assert write_draft(policy_client, draft_text()).status_code == 302
        draft = PolicyVersion.objects.get(state=PolicyState.DRAFT)
        assert (draft.effective_from, assumed_keys(draft)) == (date(2026, 1, 1), ["carried_rate"])
        assert draft.drafted_by.startswith("staff:")
        assert not registry.interest("330900", date(2026, 6, 1)).pays_interest
        assert AuditEvent.objects.filter(verb="policy.drafted").count() == 1

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (draft_text(rate="-1%"), "“当年账户年利率”比例应写成带引号的百分数"),
            (draft_text().replace(', source = "《试验通知》" }', " }", 1), "缺少出处"),
            (draft_text(start="2017-01-01"), "这一天已经有一个版本（或草稿）了"),
            ("effective_from = = 1", "第1行第18列写法不对"),
        ],
    )
    def test_what_is_wrong_is_said_at_the_field(self, policy_client, text, says):
        page = write_draft(policy_client, text)
        assert page.status_code == 200
        assert any(says in error for error in page.context["adminform"].form.errors["body"])
        assert not PolicyVersion.objects.filter(state=PolicyState.DRAFT).exists()

    def test_the_year_of_a_region_cannot_be_redrafted(self, policy_client):
        text = text_of(in_force("credit")).replace("2023-01-01", "2026-01-01")
        moved = text.replace("year_start_month = { value = 1", "year_start_month = { value = 7")
        page = policy_client.post(ADD, {"region": "330900", "kind": "credit", "body": moved})
        assert any("与已发布的版本不同" in error for error in page.context["adminform"].form.errors["body"])

    def test_a_draft_can_be_changed_and_thrown_away(self, policy_client):
        write_draft(policy_client, draft_text())
        draft = PolicyVersion.objects.get(state=PolicyState.DRAFT)
        page = policy_client.get(page_of(draft))
        assert page.context["adminform"].form["body"].value() == text_of(draft)
        assert "提交复核" in page.content.decode()
        assert policy_client.post(page_of(draft), {"body": draft_text(rate="0.1%")}).status_code == 302
        draft.refresh_from_db()
        assert draft.terms["current_rate"] == "0.1%"
        policy_client.post(reverse("admin:accounts_policyversion_delete", args=[draft.pk]), {"post": "yes"})
        assert not PolicyVersion.objects.filter(pk=draft.pk).exists()

    def test_an_approver_reads_drafts_but_does_not_write_them(self, client):
        client.force_login(staff(Role.APPROVER))
        assert client.get(ADD).status_code == 403
