"""Counters from their file: every street, group and day has exactly one, and staff's changes stay."""

import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.codes import PersonGroup, Situation
from accounts.models import AuditEvent, Duty, Office, Paper
from accounts.offices import DirectoryError, read, shipped
from accounts.operations.offices import load_offices
from accounts.queries.offices import checklist_on, duty_on, first_day, gaps, streets_of
from tests.factories.acts import act_now

RUIAN = "330381"
OPENED, AFTERWARDS = date(2017, 5, 8), date(2017, 7, 1)
FILE = shipped()[0]


def load(path: Path = FILE):
    return load_offices(act=act_now(), path=path)


class TestTheTenCountersOfRuian:
    pytestmark = pytest.mark.usefixtures("counters_loaded")

    def test_there_are_ten_with_their_addresses_and_phones(self):
        assert Office.objects.count() == 10
        center = Office.objects.get(name="医保中心")
        assert (center.address, center.phone) == ("东山经济开发区毓蒙路1727号", "65895523")

    # TV-24
    @pytest.mark.parametrize(
        ("street", "group", "day", "office"),
        [
            ("锦湖街道", "employee", OPENED, "医保中心"),
            ("锦湖街道", "civil", OPENED, "城乡医保办"),
            ("塘下镇", "employee", OPENED, "塘下分局"),
            ("塘下镇", "civil", OPENED, "塘下分局"),
            ("玉海街道", "employee", date(2017, 6, 30), "安阳分局"),
            ("塘下镇", "employee", AFTERWARDS, "医保中心"),
            ("锦湖街道", "civil", AFTERWARDS, "医保中心"),
            ("芳庄乡", "civil", date(2026, 11, 20), "医保中心"),
        ],
    )
    def test_the_office_of_a_street_group_and_day(self, street, group, day, office):
        assert duty_on(RUIAN, street, group, day).office.name == office

    def test_before_the_first_day_there_is_none(self):
        assert duty_on(RUIAN, "锦湖街道", "employee", OPENED - timedelta(days=1)) is None
        assert first_day(RUIAN) == OPENED

    @settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        street=st.sampled_from(read(FILE).streets),
        group=st.sampled_from(PersonGroup.values),
        day=st.dates(OPENED, date(2030, 12, 31)),
    )
    def test_everybody_finds_one_on_every_day(self, street, group, day):
        found = duty_on(RUIAN, street, group, day)
        assert found.office.region == RUIAN
        if day >= AFTERWARDS:
            assert found.office.name == "医保中心"

    def test_on_the_days_around_each_change_everybody_has_exactly_one(self):
        changes = set(Duty.objects.values_list("from_on", flat=True))
        assert changes == {OPENED, AFTERWARDS}
        for day in (change + timedelta(days=shift) for change in changes for shift in (-1, 0, 1)):
            for street in streets_of(RUIAN):
                for group in PersonGroup.values:
                    rows = Duty.objects.filter(region=RUIAN, street=street, group=group, from_on__lte=day)
                    latest = rows.filter(from_on=max(rows.values_list("from_on", flat=True), default=day))
                    assert latest.count() == (day >= OPENED)
                    found = duty_on(RUIAN, street, group, day)
                    assert list(latest) == ([found] if found else [])

    def test_nobody_is_left_out(self):
        assert len(streets_of(RUIAN)) == 23
        assert gaps(RUIAN) == []

    def test_a_street_that_is_served_for_one_group_only_is_a_gap(self):
        Duty.objects.filter(street="塘下镇", group="civil").delete()
        assert gaps(RUIAN) == ["塘下镇的“公务员医疗补助”从2017-05-08起没有网点"]

    def test_two_counters_on_one_day_the_database_refuses(self):
        duty = Duty.objects.first()
        duty.pk, duty.office = None, Office.objects.exclude(pk=duty.office_id).first()
        with pytest.raises(IntegrityError, match="duty_one_office_a_day"), transaction.atomic():
            duty.save(force_insert=True)

    @pytest.mark.parametrize(("situation", "papers"), [("self", 3), ("proxy", 5), ("minor", 4)])
    def test_the_papers_of_each_situation(self, situation, papers):
        checklist = checklist_on(RUIAN, situation, OPENED)
        assert [paper.place for paper in checklist.papers] == list(range(1, papers + 1))
        assert checklist.source

    def test_a_later_list_replaces_the_whole_earlier_one(self):
        Paper.objects.create(
            region=RUIAN, situation="self", place=1, name="医保码", from_on=date(2026, 1, 1), source="新规定"
        )
        assert [paper.name for paper in checklist_on(RUIAN, Situation.SELF, date(2026, 1, 1)).papers] == ["医保码"]
        assert len(checklist_on(RUIAN, Situation.SELF, date(2025, 12, 31)).papers) == 3


@pytest.mark.django_db
class TestLoading:
    def test_the_same_file_again_changes_nothing(self):
        first, again = load(), load()
        assert (first.added, first.unchanged) == (114, 0)
        assert (again.added, again.unchanged, again.kept) == (0, 114, [])
        assert AuditEvent.objects.filter(verb="offices.loaded").count() == 1

    def test_what_staff_have_changed_stays_and_is_told(self):
        load()
        Office.objects.filter(code="330381-01").update(phone="65000000")
        again = load()
        assert again.kept == ["医保中心：咨询电话已在后台改过"]
        assert Office.objects.get(code="330381-01").phone == "65000000"

    def test_changes_are_kept_as_history(self):
        load()
        office = Office.objects.get(code="330381-01")
        office.phone = "65000000"
        office.save()
        assert [row.phone for row in office.history.order_by("history_id")] == ["65895523", "65000000"]

    def test_the_command_speaks_json_and_refuses_whole_files(self, tmp_path):
        out = StringIO()
        call_command("load_offices", "--json", stdout=out)
        assert json.loads(out.getvalue()) == [{"region": RUIAN, "added": 114, "unchanged": 0, "kept": []}]
        broken = tmp_path / "broken.toml"
        broken.write_text(FILE.read_text().replace('office = "330381-04"', 'office = "330381-99"'))
        with pytest.raises(CommandError, match="网点 330381-99 没有列在 offices 里"):
            call_command("load_offices", broken)

    @pytest.mark.parametrize(
        ("wrong", "instead", "complaint"),
        [
            ('region = "330381"', 'region = "33038"', "region 应为六位统筹区代码"),
            ('phone = "59886505"\n', "", "offices 第4项：缺少 phone"),
            ('phone = "59886505"', 'phone = "59886505"\nfax = "1"', "offices 第4项：不认识 fax"),
            ('source = "S3T"', 'source = "S9"', "出处 S9 没有列在 documents 里"),
            ('groups = ["employee"]', 'groups = ["everybody"]', "人员类别 everybody 不认识"),
            ('streets = ["玉海街道"]', 'streets = ["锦湖街道"]', "锦湖街道的“employee”从2017-05-08起有2个网点"),
            ("from_on = 2017-05-08", 'from_on = "8 May"', "from_on 应写作 2017-05-08"),
            ('situation = "proxy"', 'situation = "nobody"', "情形 nobody 不认识"),
            ('region = "330381"', "region = ", "读不了这个文件"),
            ('streets = ["玉海街道"]', 'streets = "玉海街道"', r'duties 第3项：streets 应写作 \["玉海街道'),
            ('code = "330381-04"', "code = 4", "offices 第4项：code 应写作 字母、数字和短横"),
            ('name = "', 'name = "' + "长" * 41, "名称：.*40"),
        ],
    )
    def test_a_wrong_file_says_what_is_wrong_and_loads_nothing(self, tmp_path, wrong, instead, complaint):
        path = tmp_path / "wrong.toml"
        path.write_text(FILE.read_text().replace(wrong, instead, 1))
        with pytest.raises(DirectoryError, match=complaint):
            load(path)
        assert not Office.objects.exists()

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("", "region 应为六位统筹区代码\n.*没有 offices：请至少写一段"),
            ('region = "330381"', "没有 duties：请至少写一段"),
            ('region = "330381"\n[offices]\ncode = "1"', "offices 应写成一段一段的"),
            ('region = "330381"\n[documents]\nS1 = "通知"', "documents.S1 应写 title"),
            ('region = "330381"\n[[papers]]\nitems = ["身份证"]', "papers 第1项：items 应写作"),
        ],
    )
    def test_a_file_without_its_sections_says_which(self, tmp_path, text, complaint):
        path = tmp_path / "half.toml"
        path.write_text(text)
        with pytest.raises(DirectoryError, match=complaint):
            load(path)

    def test_a_file_that_is_no_text_says_so_and_one_that_is_not_there(self, tmp_path):
        path = tmp_path / "gb.toml"
        path.write_bytes("区".encode("gb18030"))
        with pytest.raises(DirectoryError, match="应为 UTF-8 文字文件"):
            load(path)
        with pytest.raises(DirectoryError, match="no.toml：读不了这个文件，请检查位置和权限"):
            load(tmp_path / "no.toml")

    def test_a_code_of_another_region_is_refused(self, tmp_path):
        load()
        path = tmp_path / "other.toml"
        path.write_text(FILE.read_text().replace('region = "330381"', 'region = "330382"'))
        with pytest.raises(DirectoryError, match="网点代码 330381-01 是统筹区 330381 的.*请换一个"):
            load(path)
