"""去窗口办: the right counter, the right papers, and a form to print. For everybody, signed in or not."""

from datetime import date

import pytest
from django.test import Client

from accounts.models import Duty, Office, User
from tests.accounts.citizen_pages import browser_of, words
from tests.factories.people import EnrolmentFactory
from tests.factories.users import official, signed_in
from tests.personas import ZHOUSHAN, insured

pytestmark = pytest.mark.usefixtures("counters_loaded", "november")

OFFICES = "/offices/"


def asked(**query: str):
    return Client().get(OFFICES, {"region": "330381", **query})


class TestFinding:
    def test_the_office_with_address_and_phone(self):
        page = words(asked(street="锦湖街道", group="employee"))
        assert "请到医保中心您住锦湖街道，参加职工医保，今天请到医保中心（东山经济开发区毓蒙路1727号）。" in page
        assert "65895523" in page
        assert "办公时间去之前请先打电话问" in page
        assert "依据：职工医保“家庭共济”怎么办理" in page

    def test_on_another_day_it_may_be_another_office(self):
        page = words(asked(street="锦湖街道", group="civil", year="2017", month="5", day="8"))
        assert "享受公务员医疗补助，2017年5月8日请到城乡医保办" in page

    def test_before_it_began(self):
        page = words(asked(street="锦湖街道", group="civil", year="2017", month="5", day="7"))
        assert "2017年5月7日还没有开始办理。从2017年5月8日起受理。" in page

    @pytest.mark.parametrize("day", [("2017", "2", "30"), ("2017", "", ""), ("x", "1", "1"), ("9" * 30, "1", "1")])
    def test_a_day_that_is_none_is_explained_and_what_was_typed_stays(self, day):
        response = asked(street="锦湖街道", group="civil", year=day[0], month=day[1], day=day[2])
        assert response.status_code == 422
        assert "日期要写成年、月、日三个数，例如2017、7、1。不写就按今天查" in words(response)
        assert f'value="{day[0]}"' in response.content.decode()

    def test_nothing_chosen_is_explained(self):
        response = asked(street="", group="")
        assert response.status_code == 422
        assert "有2处需要修改请选街道（乡镇）请选参保类别" in words(response)
        assert "<title>错误：去窗口办" in response.content.decode()

    def test_htmx_gets_the_search_and_its_result(self):
        response = Client().get(
            OFFICES, {"region": "330381", "street": "塘下镇", "group": "civil"}, headers={"HX-Request": "true"}
        )
        part = response.content.decode()
        assert part.lstrip().startswith('<div id="office-search"')
        assert '<div id="status" hx-swap-oob="innerHTML">请到医保中心</div>' in part

    def test_a_region_without_counters_says_so(self):
        page = words(Client().get(OFFICES, {"region": "350500"}))
        assert "泉州市的窗口地址还没有录入。请打下面的电话问，免得白跑。" in page

    @pytest.mark.parametrize("door", ["", "form/"])
    def test_of_a_region_nobody_knows_no_other_is_shown(self, door):
        assert Client().get(f"{OFFICES}{door}", {"region": "1 OR 1=1"}).status_code == 404

    def test_ones_own_region_comes_first(self):
        assert "舟山市的窗口地址还没有录入" in words(browser_of(insured(ZHOUSHAN)).get(OFFICES))


class TestPapers:
    def test_each_situation_has_its_list(self):
        page = words(asked())
        assert "本人去办：带3样您的身份证（原件）家人的身份证或户口本（任一即可，原件）" in page
        assert "请别人代办：带5样代办人的身份证（原件）经公证处公证的委托书" in page
        assert "给未成年的孩子办：带4样" in page


class TestForm:
    def test_it_is_filled_with_what_we_know_but_never_with_the_whole_number(self):
        person = EnrolmentFactory(person__name="陈静", region="330381").person
        office = Office.objects.get(name="塘下分局")
        page = words(browser_of(person).get(f"/offices/form/?office={office.code}"))
        assert "瑞安市医疗保险建立历年账户家庭共济申请表" in page
        assert "交到：塘下分局" in page
        assert "姓名陈静" in page
        assert str(person.certno) not in page
        assert str(person.certno)[-4:] in page

    def test_it_lists_the_relatives_of_the_rules_in_force(self):
        page = words(Client().get("/offices/form/?office=330381-01"))
        assert "从这些里填一种：配偶、子女、父母、兄弟姐妹" in page
        assert "公婆" not in page

    def test_a_stranger_gets_it_empty(self):
        response = Client().get("/offices/form/?office=nowhere")
        assert response.status_code == 200


class TestAdmin:
    def test_policy_staff_change_a_counter_and_hear_of_gaps(self):
        browser = signed_in(official("policy"))
        duty_url = "/admin/accounts/duty/add/"
        data = {
            "region": "330381", "street": "新设街道", "group": "employee", "from_on": "2027-01-01",
            "office": Office.objects.get(code="330381-01").pk, "source": "新文件",
        }  # fmt: skip
        page = browser.post(duty_url, data, follow=True).content.decode()
        assert "注意：新设街道的“职工医保”从2017-05-08起没有网点。" in page

    def test_a_second_counter_for_the_same_day_is_refused_in_words(self):
        browser = signed_in(official("policy"))
        data = {
            "region": "330381", "street": "塘下镇", "group": "employee", "from_on": "2017-05-08",
            "office": Office.objects.get(code="330381-01").pk, "source": "新文件",
        }  # fmt: skip
        page = browser.post("/admin/accounts/duty/add/", data).content.decode()
        assert "这个街道、这类人从这一天起已经有一个网点了。" in page

    def test_several_deleted_at_once_are_warned_of_too(self):
        chosen = list(Duty.objects.filter(street="塘下镇", group="civil").values_list("pk", flat=True))
        data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
        page = signed_in(official("policy")).post("/admin/accounts/duty/", data, follow=True).content.decode()
        assert "注意：塘下镇的“公务员医疗补助”从2017-05-08起没有网点。" in page

    def test_a_counter_of_another_region_is_refused_in_words(self):
        elsewhere = Office.objects.create(
            region=ZHOUSHAN, code="330900-01", name="舟山窗口", address="某路1号", phone="0580", source="试验"
        )
        data = {
            "region": "330381", "street": "塘下镇", "group": "employee", "from_on": "2027-01-01",
            "office": elsewhere.pk, "source": "新文件",
        }  # fmt: skip
        page = signed_in(official("policy")).post("/admin/accounts/duty/add/", data).content.decode()
        assert "这个网点在统筹区 330900，不在 330381" in page

    def test_hours_and_accessibility_stand_in_the_list_of_all(self):
        Office.objects.filter(code="330381-04").update(hours="工作日8:30至17:00", access="有坡道")
        page = words(Client().get(OFFICES, {"region": "330381"}))
        assert "办公时间：工作日8:30至17:00无障碍：有坡道" in page

    def test_clerks_and_administrators_do_not_edit_counters(self):
        assert signed_in(official("clerk")).get("/admin/accounts/office/").status_code in (302, 403)
        root = User.objects.create_superuser("root")
        assert signed_in(root).get("/admin/accounts/office/add/").status_code == 403

    def test_every_change_names_who_made_it(self):
        staff = official("policy")
        office = Office.objects.get(code="330381-01")
        data = {
            name: getattr(office, name) for name in ("region", "code", "name", "address", "hours", "access", "source")
        }
        signed_in(staff).post(f"/admin/accounts/office/{office.pk}/change/", {**data, "phone": "65000000"})
        last = office.history.latest()
        assert (last.phone, last.history_user) == ("65000000", staff)
        assert last.history_date.date() >= date(2026, 1, 1)


class TestWithoutAPhone:
    NO_PHONE = "/offices/no-phone/"

    def asked(self, **query: str):
        return Client().get(self.NO_PHONE, {"region": "330381", **query})

    def test_a_sheet_says_which_counter_and_which_papers_for_whoever_goes(self):
        said = {
            who: words(self.asked(street="塘下镇", group="employee", situation=who))
            for who in ("self", "proxy", "minor")
        }
        assert all("去哪里医保中心地址东山经济开发区毓蒙路1727号电话65895523" in page for page in said.values())
        assert "本人去办，带这3样□您的身份证（原件）□家人的身份证或户口本" in said["self"]
        assert "请别人代办，带这5样□代办人的身份证" in said["proxy"]
        assert "给未成年的孩子办，带这4样" in said["minor"]
        assert "依据：职工医保“家庭共济”怎么办理" in said["self"]

    def test_it_leads_to_the_form_of_that_counter(self):
        content = self.asked(street="塘下镇", group="employee", situation="self").content.decode()
        assert "/offices/form/?office=330381-01" in content

    @pytest.mark.parametrize("query", [{"street": ""}, {"street": "没有镇", "group": "x", "situation": "everybody"}])
    def test_what_is_not_chosen_is_asked_for(self, query):
        response = self.asked(**query)
        assert response.status_code == 422
        assert "请选谁去办" in words(response)

    def test_where_no_counter_is_on_file_nothing_is_promised(self):
        page = words(Client().get(self.NO_PHONE, {"region": ZHOUSHAN}))
        assert "舟山市的窗口和材料还没有录入。请打上面的电话问，免得白跑。" in page
        assert "看去哪里、带什么" not in page

    @pytest.mark.parametrize("path", ["/", "/login/", "/offices/", "/help/"])
    def test_it_is_found_where_one_would_look(self, path):
        assert f'href="{self.NO_PHONE}"' in Client().get(path).content.decode()
