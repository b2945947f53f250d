"""导入 in the admin: a file is handed in, refused with its problems or taken in as far as it is good, and taken back."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.codes import HeldState, Role
from accounts.models import Approval, Contribution, HeldRow, Import, Person, User
from accounts.roster import uploads
from tests.accounts.roster.import_kit import contributions, kept, roster
from tests.factories.files import contribution_row, csv_file, csv_text, roster_row
from tests.factories.people import certno, name
from tests.factories.users import official, signed_in
from tests.personas import ZHOUSHAN

pytestmark = pytest.mark.usefixtures("policies_loaded")

ADD = reverse("admin:accounts_import_add")


@pytest.fixture
def browser(policies_loaded: None) -> Client:
    return signed_in(official(Role.REVIEWER, "reviewer", certno=certno(902)))


def handed_in(rows: list[dict[str, str]], kind: str = "roster", **said: str) -> dict[str, object]:
    return {"kind": kind, "file": SimpleUploadedFile("名册.csv", csv_text(rows).encode()), **said}


GOOD, BAD = [roster_row(1), roster_row(2)], roster_row(3, gend="9")


class TestHandingIn:
    def test_a_good_file_comes_in_and_says_what_it_brought(self, browser: Client) -> None:
        page = browser.post(ADD, handed_in(GOOD), follow=True).content.decode()
        number = Import.objects.get().pk
        assert f"名册.csv：导入 2 行，新增参保人 2 人，新增参保记录 2 条（导入编号 {number}）" in page
        assert Import.objects.get().actor.startswith("staff:")

    def test_a_bad_file_is_refused_with_its_problems_and_nothing_changed(self, browser: Client) -> None:
        before = kept()
        answer = browser.post(ADD, handed_in([*GOOD, BAD]))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "第4行 gend「9」：应为 1（男）、2（女）" in page
        assert "先导入合格的2行，1行留待处理" in page
        assert certno(3) not in page
        assert kept() == before

    def test_the_good_rows_come_in_first_and_the_bad_ones_wait(self, browser: Client) -> None:
        word = offered(browser.post(ADD, handed_in([*GOOD, BAD])).content.decode())
        page = browser.post(ADD, {"kept": word}, follow=True).content.decode()
        assert "新增参保人 2 人" in page
        assert "留待处理 1 行" in page
        assert (Person.objects.count(), HeldRow.objects.get().state) == (2, HeldState.WAITING)
        assert "请重新选择文件" in browser.post(ADD, {"kept": word}, follow=True).content.decode()

    def test_what_was_handed_in_is_sealed_and_its_owners(self, browser: Client) -> None:
        word = offered(browser.post(ADD, handed_in([*GOOD, BAD])).content.decode())
        user = User.objects.get(username="reviewer").pk
        assert certno(1) in uploads.kept(word, user).content.decode()
        sealed = bytes.fromhex(cache.get(f"upload:{user}:{word}"))
        assert certno(1).encode() not in sealed
        assert name(1).encode() not in sealed
        other = signed_in(official(Role.REVIEWER, "other", certno=certno(903)))
        assert "请重新选择文件" in other.post(ADD, {"kept": word}, follow=True).content.decode()
        assert not Person.objects.exists()

    @pytest.mark.parametrize("said", [{"expect_rows": "5"}, {"kind": "contributions"}])
    def test_a_damaged_file_has_no_such_button(self, browser: Client, said: dict[str, str]) -> None:
        page = browser.post(ADD, {**handed_in([*GOOD, BAD]), **said}).content.decode()
        assert "没有导入任何内容" in page
        assert "先导入合格的" not in page

    def test_one_too_large_is_left_to_the_command(self, browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("accounts.forms.imports.MOST_BYTES", 100)
        assert "请由管理员用 manage.py import_roster" in browser.post(ADD, handed_in(GOOD)).content.decode()
        assert not Import.objects.exists()


def offered(page: str) -> str:
    found = re.search(r'name="kept" value="([^"]+)"', page)
    assert found
    return found[1]


class TestTakingBack:
    def page_of(self, source: int, deed: str = "change") -> str:
        return reverse(f"admin:accounts_import_{deed}", args=[source])

    def test_one_on_which_no_money_hangs(self, browser: Client, tmp_path: Path) -> None:
        source = roster(csv_file(tmp_path / "r.csv", GOOD)).import_id
        page = browser.post(self.page_of(source, "withdraw"), {"reason": "发错了文件"}, follow=True).content.decode()
        assert f"导入 {source} 已撤回：参保记录不再算数 2 条" in page
        assert "formaction" not in page
        assert "请写明撤回的原因" not in page

    def test_without_a_reason_nothing_happens(self, browser: Client, tmp_path: Path) -> None:
        source = roster(csv_file(tmp_path / "r.csv", GOOD)).import_id
        page = browser.post(self.page_of(source, "withdraw"), follow=True).content.decode()
        assert "请写明撤回的原因" in page

    def test_one_on_which_money_hangs_goes_to_a_colleague(self, browser: Client, tmp_path: Path) -> None:
        roster(csv_file(tmp_path / "r.csv", GOOD))
        source = contributions(csv_file(tmp_path / "c.csv", [contribution_row(1)])).import_id
        with suppress(CommandError):  # the other has never paid, and that is said
            call_command("run_job", "accrual", "--region", ZHOUSHAN, "--period", "2025")
        submit = browser.post(self.page_of(source, "withdraw"), {"reason": "发错了文件"})
        assert submit.status_code == 302
        browser.post(submit.url, {"reason": "发错了文件"})
        approval = Approval.objects.get()
        assert "正在等复核" in browser.get(self.page_of(source)).content.decode()
        assert Contribution.objects.exists()
        checker = signed_in(official(Role.APPROVER, "approver", certno=certno(903)))
        approve = reverse("admin:accounts_approval_approve", args=[approval.pk])
        assert "已撤回" in checker.post(approve, {"digest": approval.digest}, follow=True).content.decode()
        assert not Contribution.objects.exists()
