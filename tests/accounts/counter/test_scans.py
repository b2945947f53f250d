"""Pictures of papers on the page of a case: taken with what was seen, looked at, removed; without JavaScript too."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.codes import CaseState
from accounts.models import AuditEvent, Case, CaseScan, UnfinishedForm
from accounts.operations.cases import desk
from accounts.queries import trace
from tests.accounts.counter.invented_kind import KIND
from tests.factories.pictures import jpeg, picture
from tests.factories.users import signed_in


@pytest.fixture
def clerk(counter):
    return signed_in(counter.clerk)


@pytest.fixture
def case(counter) -> Case:
    """Return a case that an agent brings."""
    case = counter.open(KIND, counter.insured(), other=counter.insured())
    return desk.save(
        act=counter.act(), number=case.number, version=0, asked={"relation": "spouse"}, power_number="瑞证字1号"
    )


def file(content: bytes, name: str = "欧阳不可见的委托书.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def saved(browser, case: Case, *files: SimpleUploadedFile, htmx: bool = False, **more):
    """Save the papers of the case with these files as its card."""
    case.refresh_from_db()
    data = {"section": "seen", "version": case.version, "identities_checked": "on", "paper_card": "on", **more}
    headers = {"HX-Request": "true"} if htmx else {}
    return browser.post(reverse("counter_case", args=[case.number]), data | {"scans_card": files}, headers=headers)


def address(case: Case) -> str:
    return reverse("counter_case_scan", args=[case.number, CaseScan.objects.latest("id").pk])


@pytest.mark.parametrize("htmx", [False, True])
def test_several_are_taken_with_what_was_seen(clerk, case, htmx):
    answer = saved(clerk, case, file(picture(1)), file(picture(2, "JPEG")), htmx=htmx)
    assert answer.status_code == (200 if htmx else 302)
    assert [scan.name for scan in CaseScan.objects.all()] == ["双方身份证"] * 2
    page = clerk.get(reverse("counter_case", args=[case.number])).content.decode()
    assert "材料影像（2张）" in page
    assert address(case) in page


@pytest.mark.parametrize("htmx", [False, True])
def test_one_that_is_none_is_named_and_nothing_is_saved(clerk, case, htmx):
    answer = saved(clerk, case, file(picture()), file(b"<html><script>alert(1)</script>"), htmx=htmx)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "第2个文件打不开，可能已损坏，或不是 JPG、PNG 图片" in page
    assert "欧阳不可见" not in page
    assert not CaseScan.objects.exists()
    case.refresh_from_db()
    assert not case.papers
    assert 'name="paper_card" id="id_paper_card" checked' in " ".join(page.split()), "what was ticked is still ticked"


def test_a_file_over_ten_megabytes_is_refused_before_it_is_read(clerk, case, monkeypatch):
    monkeypatch.setattr("accounts.forms.counter.pictures.MOST_UPLOADED", 100)
    assert "超过" in saved(clerk, case, file(picture())).content.decode()
    assert not CaseScan.objects.exists()


def test_a_body_without_end_is_refused_unread_and_other_pages_of_a_case_take_none(clerk, case):
    at = reverse("counter_case", args=[case.number])
    much = {"CONTENT_LENGTH": str(11_500_000)}
    assert clerk.post(at, b"x", "multipart/form-data; boundary=x", **much).status_code == 413
    some = {"CONTENT_LENGTH": str(2_000_000)}
    assert clerk.post(f"{at}park/", b"x", "multipart/form-data; boundary=x", **some).status_code == 413


def test_one_is_removed_before_submitting(clerk, case):
    saved(clerk, case, file(picture(1)), file(picture(2)))
    first = CaseScan.objects.earliest("id")
    saved(clerk, case, **{f"remove_{first.pk}": "on"})
    first.refresh_from_db()
    assert (first.content, CaseScan.objects.filter(purged_at=None).count()) == (None, 1)
    assert AuditEvent.objects.filter(verb="case.scan_removed", subject=case.subject).exists()


def test_a_picture_is_a_jpeg_that_runs_nothing_and_is_kept_nowhere(clerk, case):
    saved(clerk, case, file(picture()))
    answer = clerk.get(address(case))
    assert (answer.status_code, answer.content) == (200, jpeg())
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Content-Disposition"] == 'inline; filename="scan.jpg"'
    assert "no-store" in answer["Cache-Control"]


def test_each_look_stands_on_the_citizens_trace(counter, clerk, case):
    saved(clerk, case, file(picture()))
    clerk.get(address(case))
    shown = trace.traces(trace.trace_of(case.subject))
    assert "补交亲属关系材料：看了材料的影像（代办人来办）" in [one.words for one in shown]


def test_a_look_that_is_refused_is_written_down(counter, clerk, case):
    saved(clerk, case, file(picture()))
    answer = signed_in(counter.colleague).get(address(case))
    assert answer.status_code == 403
    assert AuditEvent.objects.filter(verb="refused", detail__verb="case.scan_viewed").exists()


def test_the_reviewer_finds_them_beside_what_would_change_and_later(counter, clerk, case):
    saved(clerk, case, file(picture()))
    reviewer = signed_in(counter.reviewer)
    case.refresh_from_db()
    counter.submit(case)
    assert address(case) in reviewer.get(reverse("counter_check", args=[case.number])).content.decode()
    assert reviewer.get(address(case)).status_code == 200
    case.refresh_from_db()
    reviewer.post(reverse("counter_check", args=[case.number]), {"digest": case.approval.digest})
    case.refresh_from_db()
    assert case.state == CaseState.DONE
    at = reverse("counter_case", args=[case.number])
    assert address(case) in reviewer.get(at).content.decode()
    assert address(case) not in clerk.get(at).content.decode()


def test_of_what_is_saved_after_the_session_ended_ticks_are_kept_and_no_picture(counter, clerk, case):
    clerk.post(reverse("lock_screen"), {"lock": "1", "next": "/counter/"})
    saved(clerk, case, file(picture()))
    kept = UnfinishedForm.objects.get(user=counter.clerk)
    assert "paper_card=on" in kept.body
    assert "scans_card" not in kept.body
