"""Publishing takes two people: who wrote a draft hands it over, somebody else approves exactly what it says."""

import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from accounts.codes import ApprovalState, PolicyState, Role
from accounts.ledger import book_years
from accounts.models import Approval, AuditEvent, PolicyVersion, User
from accounts.operations import approvals, policies
from accounts.operations.approvals import ApprovalError, ApprovalMovedError
from accounts.policies import registry
from accounts.policies.publishing import read_draft, save_draft
from tests.accounts.operations.renaming import AT, by, staff
from tests.factories.users import official

pytestmark = pytest.mark.usefixtures("policies_loaded")


def text(start: str = "2026-05-01", rate: str = "2%") -> str:
    return "\n".join(
        (
            f'effective_from = {{ value = {start}, source = "《试验通知》" }}',
            'pays_interest = { value = true, source = "《试验通知》" }',
            f'current_rate = {{ value = "{rate}", source = "《试验通知》" }}',
            'carried_rate = { value = "1.1%", assumed = true, note = "参照邻市" }',
        )
    )


def written(user: User, draft: PolicyVersion | None = None, **values: str) -> PolicyVersion:
    version = read_draft("330900", "interest", text(**values), existing=draft.pk if draft else None)
    return save_draft(act=by(user), draft=draft or PolicyVersion(), version=version)


def handed_over(user: User, draft: PolicyVersion) -> Approval:
    return approvals.submit(act=by(user), kind=policies.PUBLISH, subject=policies.subject_of(draft), reason="上级通知")


def approve(user: User, approval: Approval) -> str:
    return approvals.approve(act=by(user), approval_id=approval.pk, digest=approval.digest)


def words(approval: Approval, label: str) -> list[str]:
    return [value for name, value in approval.words if name == label]


@pytest.fixture
def writer(policies_loaded) -> User:
    return staff(Role.POLICY, "writer", 1)


@pytest.fixture
def approver(policies_loaded) -> User:
    return staff(Role.APPROVER, "approver", 2)


class TestTwoPeople:
    def test_the_approver_publishes_and_it_becomes_law(self, writer, approver):
        said = approve(approver, handed_over(writer, written(writer)))
        assert said == "已发布：舟山市 计息 2026-05-01起。从 2026-05-01 起按它办。"
        assert registry.interest("330900", date(2026, 5, 1)).current_rate_bp == 200
        assert not registry.interest("330900", date(2026, 4, 30)).pays_interest
        published = PolicyVersion.objects.get(effective_from="2026-05-01", region="330900")
        assert (published.drafted_by, published.published_by) == (
            f"staff:{writer.pk}@R01",
            f"staff:{approver.pk}@R01",
        )
        assert AuditEvent.objects.filter(verb="policy.published").count() == 1

    def test_what_was_changed_after_it_was_read_is_not_published(self, writer, approver):
        draft = written(writer)
        approval = handed_over(writer, draft)
        written(writer, draft, rate="4%")
        with pytest.raises(ApprovalMovedError):
            approve(approver, approval)
        draft.refresh_from_db()
        assert draft.state == PolicyState.DRAFT
        assert approve(approver, handed_over(writer, draft)).startswith("已发布")
        assert registry.interest("330900", date(2026, 5, 1)).current_rate_bp == 400

    def test_nobody_who_ever_wrote_at_it_publishes_it(self, writer, approver):
        """Not only the last editor is an author."""
        first = staff(Role.POLICY, "first", 3)
        draft = written(first)
        written(writer, draft, rate="3%")
        approval = handed_over(writer, draft)
        User.objects.filter(pk=first.pk).update(role=Role.APPROVER)
        for account in (first, staff(Role.APPROVER, "first-too", 3)):
            with pytest.raises(ApprovalError, match="您参与编写了这份内容"):
                approve(account, approval)
        assert draft.editors == sorted([f"staff:{first.pk}", f"staff:{writer.pk}"])
        approve(approver, approval)

    def test_of_two_who_edit_at_once_both_are_authors(self, writer):
        """Whoever saves last had opened it before the other saved."""
        draft = written(staff(Role.POLICY, "first", 3))
        opened_before, second = PolicyVersion.objects.get(pk=draft.pk), staff(Role.POLICY, "second", 4)
        written(second, PolicyVersion.objects.get(pk=draft.pk), rate="3%")
        written(writer, opened_before, rate="4%")
        draft.refresh_from_db()
        assert len(draft.editors) == 3

    def test_an_editor_nobody_knows_is_to_be_registered_first(self, writer):
        draft = written(official(Role.POLICY, "unknown"))
        with pytest.raises(ApprovalError, match="manage.py staff_certno unknown"):
            handed_over(writer, draft)

    def test_a_draft_thrown_away_cannot_be_published(self, writer, approver):
        draft = written(writer)
        approval = handed_over(writer, draft)
        draft.delete()
        with pytest.raises(ApprovalMovedError, match="已经发布或删除了"):
            approve(approver, approval)

    def test_another_version_published_in_between_is_another_decision(self, writer, approver):
        later, earlier = written(writer, start="2026-06-01"), written(writer, start="2026-05-01")
        waiting = handed_over(writer, later)
        approve(approver, handed_over(writer, earlier))
        with pytest.raises(ApprovalMovedError):
            approve(approver, waiting)

    @pytest.mark.parametrize(
        ("drafted", "editors", "published", "constraint"),
        [
            ("staff:7@R01", [], "staff:7@R02#K1", "policy_published_by_another"),
            ("staff:8@R01", ["staff:7", "staff:8"], "staff:7@R02", "policy_no_author_publishes"),
        ],
    )
    def test_the_database_says_so_too(self, writer, drafted, editors, published, constraint):
        draft = written(writer)
        set_all = "drafted_by = %s, editors = %s, state = 'published', published_by = %s, published_at = now()"
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE accounts_policyversion SET {set_all} WHERE id = %s", [drafted, editors, published, draft.pk]
            )


class TestWhatIsReadBeforeDeciding:
    def test_every_value_with_its_document_and_what_it_was(self, writer, approver):
        approve(approver, handed_over(writer, written(writer)))
        approval = handed_over(writer, written(writer, start="2026-07-01", rate="4%"))
        assert words(approval, "政策版本") == ["舟山市 计息 2026-07-01起"]
        assert words(approval, "代替") == ["2026-05-01起的版本"]
        assert words(approval, "当年账户年利率") == ["4%（原来：2%）　出处：《试验通知》"]
        assert words(approval, "历年结余年利率") == ["1.1%　出处：推定：参照邻市"]
        assert words(approval, "编写") == ["writer"]
        assert words(approval, "注意") == []

    def test_a_version_for_the_past_says_so(self, writer):
        approval = handed_over(writer, written(writer, start=f"{AT:%Y}-01-01"))
        (warning,) = words(approval, "注意")
        assert "从过去的日子" in warning

    def test_and_for_a_closed_year_which(self, writer):
        for year in (2023, 2024, 2025):
            book_years.close(region="330900", year=year, at=AT)
        approval = handed_over(writer, written(writer, start="2024-07-01"))
        assert any("已经结账的2024年度、2025年度" in warning for warning in words(approval, "注意"))

    def test_a_year_closed_in_between_is_another_decision(self, writer, approver):
        approval = handed_over(writer, written(writer, start="2025-07-01"))
        book_years.close(region="330900", year=2025, at=AT)
        with pytest.raises(ApprovalMovedError):
            approve(approver, approval)


class TestLoadingALaterVersion:
    """Of a region in force, load_policies makes drafts; in the demo and in a rehearsal nothing is real."""

    @pytest.fixture
    def later(self, tmp_path, settings) -> str:
        settings.DEMO = settings.REHEARSAL = False
        path = tmp_path / "rates.toml"
        head = 'code = "330900"\nname = "舟山市"\n[documents.A]\ntitle = "《试验通知》"\n'
        path.write_text(f"{head}[[interest]]\n{text().replace('《试验通知》', 'A')}\n")
        return str(path)

    def test_it_becomes_a_draft_and_it_is_said_how_it_is_published(self, later, capsys):
        call_command("load_policies", later)
        said = capsys.readouterr().out
        assert "其中 1 个是草稿，还没有生效" in said
        assert "--by 政策岗账号 --by 审批岗账号" in said
        assert not registry.interest("330900", date(2026, 5, 1)).pays_interest

    def test_the_same_file_twice_changes_nothing(self, later, capsys):
        for _ in range(2):
            call_command("load_policies", later, "--json")
        first, second = map(json.loads, capsys.readouterr().out.splitlines())
        assert (first["regions"][0]["loaded"], second["regions"][0]["loaded"]) == (["interest.2026-05-01"], [])
        assert first["regions"][0]["drafts"] == second["regions"][0]["drafts"]
        assert PolicyVersion.objects.filter(state=PolicyState.DRAFT).count() == 1

    def test_another_draft_of_that_day_is_in_the_way(self, later, writer):
        written(writer, rate="9%")
        with pytest.raises(CommandError, match="内容不同的草稿"):
            call_command("load_policies", later)

    def test_two_who_are_named_publish_it_in_one_go(self, later, writer, approver, capsys):
        call_command("load_policies", later, by=["writer", "approver"], document="舟医保〔2026〕1号")
        assert "已发布：舟山市 计息 2026-05-01起" in capsys.readouterr().out
        assert registry.interest("330900", date(2026, 5, 1)).pays_interest
        assert Approval.objects.get().document == "舟医保〔2026〕1号"

    def test_one_who_is_named_hands_it_over(self, later, writer, capsys):
        call_command("load_policies", later, by=["writer"])
        approval = Approval.objects.get(state=ApprovalState.WAITING)
        assert f"manage.py approvals --approve {approval.pk} --by 账号" in capsys.readouterr().out

    def test_two_accounts_of_one_person_load_nothing(self, later, writer):
        staff(Role.APPROVER, "writer-too", 1)
        with pytest.raises(CommandError, match="换一个账号也不行"):
            call_command("load_policies", later, by=["writer", "writer-too"])
        assert not PolicyVersion.objects.filter(effective_from="2026-05-01", region="330900").exists()
        assert not Approval.objects.exists()

    @pytest.mark.parametrize("setting", ["DEMO", "REHEARSAL"])
    def test_where_nothing_is_real_it_is_law_at_once(self, later, settings, setting):
        setattr(settings, setting, True)
        call_command("load_policies", later)
        assert registry.interest("330900", date(2026, 5, 1)).pays_interest

    def test_a_regions_first_versions_are_published_whoever_loads_them(self, later, writer):
        path = Path(later)
        path.write_text(path.read_text().replace("330900", "999999").replace("舟山市", "试验市"))
        call_command("load_policies", later, by=["writer"])
        assert registry.interest("999999", date(2026, 5, 1)).pays_interest
