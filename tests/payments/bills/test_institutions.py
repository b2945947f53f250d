"""Institutions come in by file, whole or not at all; what changed of one is kept."""

import json
from io import StringIO
from pathlib import Path
from typing import ClassVar

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.codes import Role
from accounts.models import AuditEvent, User
from payments.models import Institution
from tests.factories.files import Row, csv_file
from tests.factories.users import official, signed_in
from tests.personas import clinic

pytestmark = pytest.mark.usefixtures("policies_loaded")


def row(number: int = 1, **changes: str) -> Row:
    return {
        "fixmedins_code": f"H3309000000{number}",
        "fixmedins_name": f"临城第{number}医院",
        "fixmedins_type": "1",
        "hosp_lv": "5",
        "insuplc_admdvs": "330900",
        **changes,
    }


PHARMACY = row(9, fixmedins_type="2", hosp_lv="", fixmedins_name="海岛大药房")


def brought_in(tmp_path: Path, *rows: Row) -> dict:
    out = StringIO()
    call_command("import_institutions", csv_file(tmp_path / "places.csv", rows), "--json", stdout=out)
    return json.loads(out.getvalue())


def refused(tmp_path: Path, *rows: Row) -> str:
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("import_institutions", csv_file(tmp_path / "places.csv", rows), stdout=out)
    return out.getvalue()


def test_a_file_brings_type_level_and_region(tmp_path):
    said = brought_in(tmp_path, row(1), row(2, hosp_lv="11"), PHARMACY)
    assert (said["rows"], said["added"], said["changed"]) == (3, 3, 0)
    found = {place.code: (place.kind, place.level, place.kind_shown) for place in Institution.objects.all()}
    assert found == {
        "H33090000001": ("hospital", 2, "二级医疗机构"),
        "H33090000002": ("hospital", 0, "医疗机构"),
        "H33090000009": ("pharmacy", 0, "药店"),
    }


@pytest.mark.parametrize(
    ("code", "level"),
    [("1", 3), ("2", 3), ("4", 3), ("12", 3), ("5", 2), ("7", 2), ("13", 2), ("8", 1), ("10", 1), ("14", 1), ("11", 0)],
)
def test_the_national_code_says_the_level(tmp_path, code, level):
    brought_in(tmp_path, row(hosp_lv=code))
    assert Institution.objects.get().level == level


def test_the_same_file_again_changes_nothing(tmp_path):
    brought_in(tmp_path, row(1), PHARMACY)
    said = brought_in(tmp_path, row(1), PHARMACY)
    assert said["changed_nothing"]
    assert Institution.history.count() == 2
    assert AuditEvent.objects.filter(verb="institutions.imported").count() == 1


def test_a_new_name_and_level_are_taken_and_the_old_ones_kept(tmp_path):
    brought_in(tmp_path, row(1))
    said = brought_in(tmp_path, row(1, fixmedins_name="临城人民医院", hosp_lv="2"), row(2))
    assert (said["added"], said["changed"]) == (1, 1)
    place = Institution.objects.get(code="H33090000001")
    assert (place.name, place.level) == ("临城人民医院", 3)
    assert [(old.name, old.level) for old in place.history.all()] == [("临城人民医院", 3), ("临城第1医院", 2)]


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"fixmedins_type": "3"}, "fixmedins_type", "应为 1（定点医疗机构）、2（定点零售药店）"),
        ({"hosp_lv": "15"}, "hosp_lv", "没有这个等级代码"),
        ({"hosp_lv": ""}, "hosp_lv", "没有等级写 11"),
        ({"fixmedins_type": "2"}, "hosp_lv", "药店没有医院等级"),
        ({"fixmedins_name": ""}, "fixmedins_name", "没有填写机构名称"),
        ({"fixmedins_code": "H-1"}, "fixmedins_code", "数字和字母"),
        ({"insuplc_admdvs": "999999"}, "insuplc_admdvs", "没有这个统筹区"),
        ({"fixmedins_code": "H33090000001"}, "fixmedins_code", "与第2行重复"),
    ],
)
def test_a_bad_row_refuses_the_file_and_is_named(tmp_path, changes, column, reason):
    said = refused(tmp_path, row(1), row(2, **changes))
    assert f"第3行 {column}" in said
    assert reason in said
    assert not Institution.objects.exists()


@pytest.mark.parametrize("code", ["h33090000001", "Ｈ33090000001", "H3309 0000001"])
def test_a_code_in_any_width_and_case_is_one_institution(tmp_path, code):
    brought_in(tmp_path, row(1))
    said = brought_in(tmp_path, row(1, fixmedins_code=code, fixmedins_name="临城人民医院"))
    assert (said["added"], said["changed"]) == (0, 1)
    assert "与第2行重复" in refused(tmp_path, row(1), row(2, fixmedins_code=code))
    assert list(Institution.objects.values_list("code", "name")) == [("H33090000001", "临城人民医院")]


def test_one_that_was_kept_in_small_letters_is_changed_not_added_again(tmp_path):
    clinic(code="h33090000001")
    said = brought_in(tmp_path, row(1))
    assert (said["added"], said["changed"], Institution.objects.get().code) == (0, 1, "h33090000001")


def test_a_name_written_with_accents_apart_is_the_same_name(tmp_path):
    brought_in(tmp_path, row(1, fixmedins_name="Café 诊所"))
    assert brought_in(tmp_path, row(1, fixmedins_name="Cafe\u0301 诊所"))["changed_nothing"]


def test_a_damaged_file_changes_nothing(tmp_path):
    path = csv_file(tmp_path / "places.csv", [row(1), row(2)])
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(CommandError, match="没有导入任何内容"):
        call_command("import_institutions", path, stdout=StringIO())
    assert not Institution.objects.exists()


class TestAdmin:
    """Policy staff write, approvers read; the level follows from the code, and nothing is deleted."""

    said: ClassVar = {
        "code": "H33090000007",
        "name": "定海医院",
        "kind": "hospital",
        "hosp_lv": "5",
        "region": "330900",
    }

    def add(self, **changes: str):
        browser = signed_in(official(Role.POLICY))
        return browser.post(reverse("admin:payments_institution_add"), {**self.said, **changes})

    def test_a_code_that_is_there_in_another_case_is_refused(self):
        clinic(code="H33090000007")
        page = self.add(code="h33090000007").content.decode()
        assert "已有这个编码的机构" in page
        assert Institution.objects.count() == 1

    def test_the_level_follows_from_the_code_and_every_change_is_kept(self):
        assert self.add().status_code == 302
        place = Institution.objects.get()
        assert place.level == 2
        browser = signed_in(User.objects.get(username="policy-1"))
        browser.post(
            reverse("admin:payments_institution_change", args=[place.pk]), {**self.said, "hosp_lv": "8", "code": "X"}
        )
        place.refresh_from_db()
        assert (place.level, place.code) == (1, "H33090000007")
        assert [(old.level, old.history_user.username) for old in place.history.all()] == [
            (1, "policy-1"),
            (2, "policy-1"),
        ]

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"hosp_lv": ""}, "没有等级写 11"),
            ({"kind": "pharmacy"}, "药店没有医院等级"),
            ({"region": "999999"}, "没有这个统筹区的规则"),
        ],
    )
    def test_what_does_not_fit_is_said_and_not_kept(self, changes, said):
        assert said in self.add(**changes).content.decode()
        assert not Institution.objects.exists()

    def test_an_approver_looks_and_nobody_deletes(self):
        self.add()
        place = Institution.objects.get()
        approver = signed_in(official(Role.APPROVER))
        assert approver.get(reverse("admin:payments_institution_changelist")).status_code == 200
        assert approver.post(reverse("admin:payments_institution_add"), self.said).status_code == 403
        policy = signed_in(User.objects.get(username="policy-1"))
        assert policy.post(reverse("admin:payments_institution_delete", args=[place.pk])).status_code == 403
