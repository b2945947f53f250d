"""材料影像: what a region wants to see, what is submitted with it, who looks, and when it is gone."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.codes import CaseKind, CaseState, PaperKind, Role
from accounts.forms import counter as forms
from accounts.models import AuditEvent, Case, CaseScan
from accounts.operations import approvals, rotation
from accounts.operations.approvals import ApprovalMovedError
from accounts.operations.cases import deciding, desk, handlers, scans, undoing, withdrawing
from accounts.operations.cases.access import CaseError, CaseMovedError
from accounts.operations.cases.handlers import NeededPaper
from accounts.policies import registry
from accounts.sealing import keyring
from tests.accounts.counter.invented_kind import HANDLER, KIND, RelationForm
from tests.accounts.operations.counter_kit import TODAY, Counter
from tests.factories.pictures import jpeg

pytestmark = pytest.mark.usefixtures("policies_loaded")

CARD, POWER = "card", "power"
PAPER = NeededPaper(POWER, "公证委托书", kind=PaperKind.POWER)


def with_power(act, case):
    """Assess the invented kind; of an agent the power of attorney is a paper too."""
    found = HANDLER.assess(act, case)
    return replace(found, papers=(*found.papers, PAPER)) if case.has_agent else found


@pytest.fixture
def counter(policies_loaded, monkeypatch) -> Counter:
    monkeypatch.setitem(handlers._handlers, KIND, replace(HANDLER, assess=with_power))
    monkeypatch.setitem(forms._forms, KIND, RelationForm)
    return Counter()


@pytest.fixture
def case(counter) -> Case:
    """Return a case that an agent brings, of which nothing was seen yet."""
    case = counter.open(KIND, counter.insured(), other=counter.insured())
    return desk.save(
        act=counter.act(), number=case.number, version=0, asked={"relation": "spouse"}, power_number="瑞证字1号"
    )


def seen(counter, case: Case, *pictures: bytes, removed=(), codes=(CARD, POWER), paper=POWER, user=None) -> Case:
    return scans.save_seen(
        act=counter.act(user),
        number=case.number,
        version=case.version,
        identities_checked=True,
        papers=[{"code": code, "number": ""} for code in codes],
        added={paper: pictures},
        removed=removed,
    )


def waiting(counter, case: Case) -> Case:
    return counter.submit(seen(counter, case, jpeg())).case


def view(counter, case: Case, user=None) -> bytes:
    return scans.view(act=counter.act(user), number=case.number, scan_id=CaseScan.objects.latest("id").pk)


def past_the_site(sql: str, *values: object) -> None:
    """Change the table as its owner could, past the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE accounts_casescan DISABLE TRIGGER USER")
        cursor.execute(sql, values)
        cursor.execute("ALTER TABLE accounts_casescan ENABLE ALWAYS TRIGGER accounts_casescan_no_rewrite")


@transaction.atomic
def as_the_site(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE yibao_app")
        cursor.execute(sql)


class TestWhatIsWanted:
    def test_the_power_of_an_agent_is_wanted_before_a_second_person_is_asked(self, counter, case):
        case = seen(counter, case)
        assert deciding.assess(counter.act(), case).stops == ("缺影像：公证委托书",)
        with pytest.raises(CaseError, match="缺影像"):
            counter.submit(case)
        assert counter.submit(seen(counter, case, jpeg())).case.state == CaseState.WAITING

    def test_not_where_nobody_else_would_look(self, counter, case):
        case = desk.save(act=counter.act(), number=case.number, version=case.version, power_number="")
        assert counter.submit(seen(counter, case, codes=[CARD])).case.state == CaseState.DONE

    def test_nor_where_the_region_wants_none(self, counter, case, monkeypatch):
        terms = replace(registry.counter(case.region, TODAY), scanned=None, scan_days=None)
        monkeypatch.setattr(registry, "counter", lambda region, day: terms)
        monkeypatch.setattr(registry, "counter_or_none", lambda region, day: terms)
        assert counter.submit(seen(counter, case)).case.state == CaseState.WAITING

    def test_a_region_without_a_time_keeps_none_at_all(self, counter, case, monkeypatch):
        terms = replace(registry.counter(case.region, TODAY), scanned=None, scan_days=None)
        monkeypatch.setattr(registry, "counter_or_none", lambda region, day: terms)
        with pytest.raises(CaseError, match="本统筹区不留材料影像"):
            seen(counter, case, jpeg())
        assert not CaseScan.objects.exists()


class TestWhatIsKept:
    def test_it_lies_sealed_and_reads_as_it_was(self, counter, case):
        seen(counter, case, jpeg())
        with connection.cursor() as cursor:
            cursor.execute("SELECT content FROM accounts_casescan")
            stored = bytes(cursor.fetchone()[0])
        assert jpeg()[20:60] not in stored
        assert stored[:1] == b"\x01"
        assert CaseScan.objects.get().content == jpeg()

    def test_not_more_than_twenty_of_a_case(self, counter, case):
        case = seen(counter, case, *[jpeg(shade) for shade in range(20)])
        with pytest.raises(CaseError, match="最多20张"):
            seen(counter, case, jpeg(99))
        assert CaseScan.objects.count() == 20
        gone = CaseScan.objects.first()
        seen(counter, case, jpeg(99), removed=[gone.pk])
        assert CaseScan.objects.filter(purged_at=None).count() == 20

    def test_of_no_other_paper(self, counter, case):
        with pytest.raises(CaseError, match="不要这样材料"):
            seen(counter, case, jpeg(), paper="diary")
        assert not CaseScan.objects.exists()

    def test_not_on_an_older_version_of_the_case(self, counter, case):
        seen(counter, case)
        with pytest.raises(CaseMovedError):
            seen(counter, case, jpeg())
        assert not CaseScan.objects.exists()

    def test_what_was_removed_leaves_who_when_and_its_digest(self, counter, case):
        case = seen(counter, case, jpeg())
        scan = CaseScan.objects.get()
        seen(counter, case, removed=[scan.pk])
        scan.refresh_from_db()
        assert (scan.content, scan.purged_by, scan.purged_at) == (None, counter.clerk, counter.act().at)
        assert AuditEvent.objects.get(verb="case.scan_removed").detail["digest"] == scan.digest

    def test_nothing_of_another_case_is_removed(self, counter, case):
        seen(counter, case, jpeg())
        other = counter.open(KIND, counter.insured(), other=counter.insured())
        seen(counter, other, codes=[CARD], removed=[CaseScan.objects.get().pk])
        assert CaseScan.objects.get().purged_at is None

    def test_the_role_of_the_site_changes_no_digest_and_deletes_no_row(self, counter, case):
        seen(counter, case, jpeg())
        for sql in ("UPDATE accounts_casescan SET digest = ''", "DELETE FROM accounts_casescan"):
            with pytest.raises(DatabaseError):
                as_the_site(sql)


@pytest.fixture
def old_key(tmp_path, monkeypatch) -> bytes:
    """Work with a keyring of this test's own; return the id of its first key."""
    monkeypatch.setenv("YIBAO_KEYRING", str(tmp_path / "keyring.json"))
    return keyring.load().current


def test_a_new_key_moves_them_and_they_read_as_before(old_key, counter, monkeypatch):
    monkeypatch.setattr(rotation, "BATCH_OF_BYTES", 1)
    one = seen(counter, counter.open(KIND, counter.insured()), jpeg(1), jpeg(2), codes=[CARD], paper=CARD)
    keyring.add_key()
    keyring.promote_newest()
    assert rotation._count_left() > 0
    for _ in rotation._batches(CaseScan, 100):
        pass
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_casescan WHERE substring(content FROM 2 FOR 4) = %s", [old_key])
        assert cursor.fetchone() == (0,)
    assert [scan.content for scan in CaseScan.objects.filter(case=one)] == [jpeg(1), jpeg(2)]


class TestWhatIsSubmitted:
    def test_the_digest_that_two_people_agree_on_covers_the_pictures(self, counter, case):
        content = waiting(counter, case).approval.content
        assert content["scans"] == [[POWER, scans.digest_of(case.number, POWER, jpeg())]]

    def test_another_picture_is_another_digest(self, counter, case):
        case = seen(counter, case, jpeg())
        before = counter.digest(case)
        case = seen(counter, case, jpeg(1), removed=[CaseScan.objects.get().pk])
        with pytest.raises(CaseMovedError):
            deciding.submit(act=counter.act(), number=case.number, version=case.version, digest=before)

    def test_after_submitting_nothing_is_added_or_removed(self, counter, case):
        case = waiting(counter, case)
        with pytest.raises(CaseError, match="待复核"):
            seen(counter, case, jpeg(1))
        with pytest.raises(CaseError, match="待复核"):
            seen(counter, case, removed=[CaseScan.objects.get().pk])

    def test_what_was_withdrawn_and_changed_is_not_approved_under_the_old_digest(self, counter, case):
        case = waiting(counter, case)
        old = case.approval
        case = withdrawing.withdraw(act=counter.act(), number=case.number)
        case = counter.submit(seen(counter, case, jpeg(1))).case
        assert case.approval.digest != old.digest

    def test_a_picture_put_in_past_the_site_sends_the_case_back(self, counter, case):
        approval = waiting(counter, case).approval
        past_the_site(
            "INSERT INTO accounts_casescan (case_id, paper, name, content, digest, size, uploaded_by_id, uploaded_at)"
            " SELECT case_id, paper, name, content, repeat('0', 64), size, uploaded_by_id, uploaded_at"
            " FROM accounts_casescan"
        )
        with pytest.raises(ApprovalMovedError):
            approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)
        assert Case.objects.get().state == CaseState.RETURNED

    def test_a_case_without_pictures_is_submitted_as_before_there_were_any(self, counter):
        case = counter.open(KIND, counter.insured(), other=counter.insured())
        case = desk.save(act=counter.act(), number=case.number, version=0, asked={"relation": "spouse"})
        assert "scans" not in deciding._whole(case, deciding.assess(counter.act(), case))


class TestWhoLooks:
    def test_the_clerk_while_working_on_it_and_the_reviewer_from_then_on(self, counter, case):
        case = seen(counter, case, jpeg())
        assert view(counter, case) == jpeg()
        with pytest.raises(CaseError, match="还在办"):
            view(counter, case, counter.reviewer)
        case = counter.submit(case).case
        with pytest.raises(CaseError, match="不在您手上"):
            view(counter, case)
        assert view(counter, case, counter.reviewer) == jpeg()
        approval = case.approval
        approvals.approve(act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest)
        assert view(counter, case, counter.reviewer) == jpeg()

    @pytest.mark.parametrize("who", ["colleague", "stranger"])
    def test_no_other_clerk(self, counter, case, who):
        seen(counter, case, jpeg())
        with pytest.raises(CaseError):
            view(counter, case, getattr(counter, who))

    @pytest.mark.parametrize("role", [Role.POLICY, Role.APPROVER])
    def test_no_other_role(self, counter, case, role):
        case = waiting(counter, case)
        with pytest.raises(CaseError):
            view(counter, case, counter.official(role, "T1", 8))

    def test_no_reviewer_of_another_region(self, counter, case):
        case = waiting(counter, case)
        with pytest.raises(CaseError, match="没有这张影像"):
            view(counter, case, counter.official(Role.REVIEWER, "X1", 8))

    def test_nobody_at_what_is_of_their_own(self, counter, case):
        case = waiting(counter, case)
        counter.insured(certno=counter.reviewer.certno)
        Case.objects.update(other=counter.insured(certno=counter.official(Role.REVIEWER, "T1", 8).certno))
        with pytest.raises(CaseError, match="自己的业务"):
            view(counter, case, case.approval.maker.__class__.objects.get(username="reviewer-T1-8"))

    def test_each_look_stands_on_the_record_of_both(self, counter, case):
        case = waiting(counter, case)
        view(counter, case, counter.reviewer)
        view(counter, case, counter.reviewer)
        looks = AuditEvent.objects.filter(verb="case.scan_viewed", case=case.number)
        assert sorted(looks.values_list("subject", flat=True)) == sorted([case.subject_id, case.other_id] * 2)


class TestTamperedWith:
    def test_another_picture_under_the_old_digest_is_not_shown(self, counter, case):
        case = waiting(counter, case)
        CaseScan.objects.update(content=jpeg(1))
        with pytest.raises(scans.ScanAlteredError):
            view(counter, case, counter.reviewer)

    def test_nor_with_a_digest_that_fits_it(self, counter, case):
        case = waiting(counter, case)
        CaseScan.objects.update(content=jpeg(1))
        past_the_site("UPDATE accounts_casescan SET digest = %s", scans.digest_of(case.number, POWER, jpeg(1)))
        with pytest.raises(scans.ScanAlteredError):
            view(counter, case, counter.reviewer)

    def test_nor_one_of_another_case_with_its_digest(self, counter, case):
        other = counter.open(KIND, counter.insured(), other=counter.insured())
        seen(counter, other, jpeg(1), paper=CARD, codes=[CARD])
        case = waiting(counter, case)
        past_the_site(
            "UPDATE accounts_casescan s SET content = o.content, digest = o.digest FROM accounts_casescan o"
            " WHERE s.case_id = %s AND o.case_id = %s",
            case.pk,
            other.pk,
        )
        with pytest.raises(scans.ScanAlteredError):
            view(counter, case, counter.reviewer)

    def test_nor_what_does_not_open(self, counter, case):
        case = waiting(counter, case)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_casescan SET content = set_byte(content, 60, get_byte(content, 60) # 1)")
        with pytest.raises(scans.ScanAlteredError):
            view(counter, case, counter.reviewer)


class TestWhenTheirTimeIsOver:
    def purge(self, counter, on: date) -> int:
        return scans.purge_expired(act=counter.act(on=on))

    @pytest.fixture
    def done(self, counter, case) -> Case:
        return counter.finish(seen(counter, case, jpeg(), jpeg(1)))

    def test_thirty_days_after_the_end_they_go_once_and_their_digests_stay(self, counter, done):
        assert self.purge(counter, TODAY + timedelta(30)) == 0
        assert self.purge(counter, TODAY + timedelta(31)) == 2
        assert self.purge(counter, TODAY + timedelta(32)) == 0
        for scan in CaseScan.objects.all():
            assert (scan.content, scan.purged_by, len(scan.digest)) == (None, None, 64)
            assert scan.purged_at == counter.act(on=TODAY + timedelta(31)).at
        assert AuditEvent.objects.filter(verb="case.scans_purged").count() == 1
        with pytest.raises(CaseError, match="已经删除"):
            view(counter, done, counter.reviewer)

    def test_what_is_undone_later_is_kept_from_then_on(self, counter, done):
        later = TODAY + timedelta(20)
        other = counter.official(Role.REVIEWER, "T1", 8)
        undoing.undo(act=counter.act(other, later), number=done.number, note="办错了")
        assert self.purge(counter, TODAY + timedelta(31)) == 0
        assert self.purge(counter, later + timedelta(31)) == 2

    def test_what_waits_for_a_second_person_keeps_them(self, counter, case):
        waiting(counter, case)
        assert self.purge(counter, TODAY + timedelta(400)) == 0

    def test_what_was_left_lying_does_not(self, counter, case):
        case = seen(counter, case, jpeg())
        until = TODAY + timedelta(10)
        desk.park(act=counter.act(), number=case.number, version=case.version, until_on=until)
        assert self.purge(counter, until + timedelta(30)) == 0
        assert self.purge(counter, until + timedelta(31)) == 1

    def test_and_must_be_scanned_again_when_it_is_gone_on_with(self, counter, case):
        seen(counter, case, jpeg())
        later = TODAY + timedelta(31)
        assert self.purge(counter, later) == 1
        case = desk.resume(act=counter.act(), number=case.number)
        assert "缺影像：公证委托书" in deciding.assess(counter.act(on=later), case).stops


def test_kinds_with_an_approval_of_their_own_want_pictures_too(counter, case, monkeypatch):
    monkeypatch.setitem(handlers._handlers, KIND, replace(handlers.handler_of(KIND), signed=lambda case: None))
    assert handlers.is_reviewed(case, TODAY)
    assert CaseKind(case.kind) == KIND
