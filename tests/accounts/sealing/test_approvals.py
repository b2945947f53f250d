"""What takes two people is sealed as it was submitted; what became of it must be what the audit says."""

import pytest

from accounts.codes import Role
from accounts.models import Approval, Region
from accounts.operations import approval_kinds, approvals
from tests.accounts.operations.renaming import CODE, RENAME, by, proposed, staff
from tests.accounts.sealing.books import as_owner, refusal, said, seal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_files")]


@pytest.fixture
def decided(monkeypatch) -> list[Approval]:
    """Three proposals that are approved, sent back and taken back, and one that waits; all sealed."""
    monkeypatch.setitem(approval_kinds._kinds, CODE, RENAME)
    Region.objects.create(code="330900", name="旧名市")
    maker, checker = staff(Role.POLICY, "maker", 1), staff(Role.APPROVER, "checker", 2)
    found = []
    for name in ("甲市", "乙市", "丙市", "丁市"):
        approval = proposed(maker, name)
        found.append(approval)
        if len(found) == 1:
            approvals.approve(act=by(checker), approval_id=approval.pk, digest=approval.digest)
        elif len(found) == 2:
            approvals.reject(act=by(checker), approval_id=approval.pk, note="批复文号不对")
        elif len(found) == 3:
            approvals.withdraw(act=by(maker), approval_id=approval.pk)
    seal()
    return found


def test_what_was_decided_is_as_the_audit_says(decided):
    assert "都对得上" in said("verify_seals")


@pytest.mark.parametrize("change", ["reason = 'x'", "asked = '{}'", "content = '{}'", "maker_identity = '\\x00'"])
def test_what_was_submitted_cannot_be_changed_unseen(decided, change):
    as_owner(f"UPDATE accounts_approval SET {change} WHERE id = {decided[0].pk}")
    assert refusal() == f"accounts_approval 第 {decided[0].pk} 行被改过"


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (3, "state = 'approved', checker_id = {checker}, checker_identity = '\\x01', decided_at = made_at"),
        (1, "state = 'approved'"),
        (0, "decided_at = decided_at + interval '1 second'"),
        (0, "checker_id = {other}"),
        (2, "state = 'moved'"),
    ],
    ids=[
        "approved by nobody",
        "approved though sent back",
        "on another day",
        "by somebody else",
        "void, not taken back",
    ],
)
def test_what_became_of_it_cannot_be_changed_unseen(decided, place, change):
    bad = decided[place].pk
    checker = Approval.objects.get(pk=decided[0].pk).checker_id
    other = staff(Role.APPROVER, "other", 3).pk
    as_owner(f"UPDATE accounts_approval SET {change.format(checker=checker, other=other)} WHERE id = {bad}")
    assert refusal() == f"accounts_approval 第 {bad} 行办结情况和审计记录不一致"


def test_a_proposal_that_was_deleted_is_missed(decided):
    as_owner(f"DELETE FROM accounts_approval WHERE id = {decided[1].pk}")
    assert refusal() == f"accounts_approval 第 {decided[1].pk} 行被删掉"
