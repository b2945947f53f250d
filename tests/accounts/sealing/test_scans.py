"""The rows of pictures must be what the audit, which is sealed, says of taking them."""

import pytest

from accounts.codes import CaseKind
from accounts.models import CaseScan
from accounts.operations.cases import scans
from tests.accounts.operations.counter_kit import Counter
from tests.accounts.sealing.books import as_owner, refusal, said, seal
from tests.factories.pictures import jpeg
from tests.factories.users import official

pytestmark = pytest.mark.usefixtures("policies_loaded", "own_files")


@pytest.fixture
def taken() -> list[int]:
    """Return the ids of three pictures of one case, of which the last was removed; all is sealed."""
    counter = Counter()
    case = counter.open(CaseKind.IDENTITY_CODE, counter.insured())
    asked = {"act": counter.act(), "number": case.number}
    added = {"own_card": [jpeg(1), jpeg(2), jpeg(3)]}
    scans.save_seen(**asked, version=0, added=added, removed=[])
    found = list(CaseScan.objects.values_list("pk", flat=True))
    scans.save_seen(**asked, version=1, added={}, removed=found[2:])
    seal()
    return found


def test_what_was_taken_and_removed_is_as_the_audit_says(taken):
    assert "都对得上" in said("verify_seals")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE accounts_casescan SET digest = repeat('0', 64) WHERE id = {1}",
        "UPDATE accounts_casescan SET uploaded_by_id = {other} WHERE id = {1}",
        "UPDATE accounts_casescan SET uploaded_at = uploaded_at - interval '1 day' WHERE id = {1}",
        "DELETE FROM accounts_casescan WHERE id = {1}",
    ],
    ids=["another digest", "by somebody else", "on another day", "deleted"],
)
def test_what_was_changed_is_named(taken, change):
    as_owner(change.format(*taken, other=official().pk))
    assert refusal() == f"accounts_casescan 第 {taken[1]} 行和审计记录不一致"


def test_what_was_put_in_is_named(taken):
    columns = "case_id, paper, name, content, digest, size, uploaded_by_id, uploaded_at"
    as_owner(f"INSERT INTO accounts_casescan ({columns}) SELECT {columns} FROM accounts_casescan WHERE id = {taken[0]}")
    assert refusal() == f"accounts_casescan 第 {CaseScan.objects.latest('id').pk} 行和审计记录不一致"
