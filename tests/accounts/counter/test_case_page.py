"""The page of a case: one address, section by section, with JavaScript and without."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.codes import CaseKind, CaseState, Role
from accounts.models import AuditEvent, Case, Office
from accounts.operations.cases import desk, scans
from tests.accounts.counter.invented_kind import KIND
from tests.accounts.operations.counter_kit import ELSEWHERE
from tests.factories.people import certno
from tests.factories.users import signed_in

HTMX = {"HX-Request": "true"}


def at(name: str, case: Case) -> str:
    return reverse(name, args=[case.number])


def saved(browser: Client, case: Case, section: str, htmx: bool = False, version: int | None = None, **typed):
    """Post a section of the page as it is now and return the answer; the case is read again."""
    data = {"section": section, "version": case.version if version is None else version, **typed}
    answer = browser.post(at("counter_case", case), data, headers=HTMX if htmx else {})
    case.refresh_from_db()
    return answer


@pytest.fixture
def clerk(counter) -> Client:
    return signed_in(counter.clerk)


@pytest.fixture
def case(counter) -> Case:
    return counter.open(KIND, counter.insured())


class TestOpening:
    def test_a_kind_and_a_card_open_a_case(self, counter, clerk):
        person = counter.insured()
        answer = clerk.post(reverse("counter_case_new"), {"kind": "identity_code", "typed": person.certno})
        case = Case.objects.get()
        assert (answer.url, case.subject, case.office) == (at("counter_case", case), person, "T1")

    def test_who_is_read_in_finds_that_on_their_trace(self, counter, clerk):
        person = counter.insured()
        clerk.post(reverse("counter_case_new"), {"kind": "identity_code", "typed": person.certno})
        assert AuditEvent.objects.filter(subject=person, verb="lookup", office="T1").count() == 1

    @pytest.mark.parametrize("region", [ELSEWHERE, None])
    def test_nobody_of_this_region_is_said_so_and_nothing_is_opened(self, counter, clerk, region):
        number = counter.insured(region).certno if region else certno(77)
        answer = clerk.post(reverse("counter_case_new"), {"kind": "identity_code", "typed": number})
        assert answer.status_code == 422
        assert "本统筹区没有这个人" in answer.content.decode()
        assert not Case.objects.exists()

    def test_the_clerks_own_case_is_not_opened(self, counter, clerk):
        counter.insured(certno=counter.clerk.certno)
        answer = clerk.post(reverse("counter_case_new"), {"kind": "identity_code", "typed": counter.clerk.certno})
        assert "不能办自己的业务" in answer.content.decode()
        assert AuditEvent.objects.filter(verb="refused", subject__isnull=False).count() == 1


class TestSections:
    def test_the_whole_way_without_javascript(self, counter, clerk, case):
        other = counter.insured()
        assert saved(clerk, case, "scan", typed=other.certno).url == at("counter_case", case) + "#about"
        saved(clerk, case, "asked", relation="spouse")
        saved(clerk, case, "seen", everything="on")
        assert (case.other, case.asked["relation"], case.identities_checked) == (other, "spouse", True)
        page = clerk.get(at("counter_case", case)).context["page"]
        answer = clerk.post(at("counter_case_submit", case), {"version": case.version, "digest": page.digest})
        assert answer.url == at("counter_case", case)
        shown = clerk.get(answer.url).content.decode()
        assert "办好了" in shown
        assert "已记下关系" in shown

    def test_a_saved_section_answers_with_itself_and_what_depends_on_it(self, counter, clerk, case):
        answer = saved(clerk, case, "asked", htmx=True, relation="parent").content.decode()
        assert "<html" not in answer
        assert 'id="about"' in answer
        for part in ("papers", "check", "missing", "version-who", "version-park"):
            assert f'id="{part}"' in answer
        assert "户口本" in answer
        assert "缺：户口本" in answer

    def test_who_was_scanned_is_echoed_without_the_whole_number(self, counter, clerk, case):
        other = counter.insured()
        answer = saved(clerk, case, "scan", htmx=True, typed=other.certno).content.decode()
        assert other.name in answer
        assert other.certno not in answer

    def test_a_card_with_another_name_than_registered_is_said(self, clerk, counter, case):
        other = counter.insured()
        assert "和登记的不一样" not in saved(clerk, case, "scan", htmx=True, typed=other.certno).content.decode()
        read = f"改了名,男,{other.certno}"
        assert "和登记的不一样" in saved(clerk, case, "scan", htmx=True, typed=read).content.decode()

    def test_a_wrong_number_stays_in_its_box_with_the_reason(self, counter, clerk, case):
        answer = saved(clerk, case, "scan", htmx=True, typed="33030219900101123")
        assert answer.status_code == 422
        assert "少了1位" in answer.content.decode()
        assert 'data-next="id_typed"' in answer.content.decode()

    def test_an_agent_brings_name_number_and_a_notarised_power(self, counter, clerk, case):
        answer = saved(clerk, case, "who", by_agent="on", agent_name="张三")
        assert "代办要写公证委托书编号" in answer.content.decode()
        saved(clerk, case, "who", by_agent="on", agent_name="张三", agent_certno=certno(5), power_number="瑞证字1号")
        assert (case.has_agent, case.agent_certno) == (True, certno(5))
        saved(clerk, case, "who", by_agent="on", agent_certno=rf"\u5f20\u4e09,男,{certno(5)}", power_number="瑞证字1号")
        assert case.agent_name == "张三"
        saved(clerk, case, "who", agent_name="张三")
        assert (case.has_agent, case.agent_name) == (False, "")

    def test_an_agents_papers_are_asked_for_as_soon_as_the_agent_is_known(self, counter, clerk):
        case = counter.open(CaseKind.TAKE_BACK, counter.insured())
        agent = {"by_agent": "on", "agent_name": "张三", "agent_certno": certno(5), "power_number": "瑞证字1号"}
        answer = saved(clerk, case, "who", htmx=True, **agent).content.decode()
        assert 'id="papers"' in answer
        assert "经公证处公证的委托书" in answer.split('id="papers"')[1].split("</section>")[0]

    def test_a_paper_with_a_number_is_not_seen_without_it(self, counter, clerk, case):
        saved(clerk, case, "asked", relation="parent")
        answer = saved(clerk, case, "seen", everything="on")
        assert "请写户口本的编号" in answer.content.decode()
        assert case.papers == []
        saved(clerk, case, "seen", everything="on", number_book="瑞户12号")
        assert [(paper["name"], paper["number"]) for paper in case.papers] == [
            ("双方身份证", ""),
            ("户口本", "瑞户12号"),
        ]

    def test_what_the_form_refuses_stays_typed(self, counter, clerk, case):
        answer = saved(clerk, case, "asked", relation="parent", limit="0")
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "额度要大于0" in page
        assert 'value="0"' in page

    def test_what_a_colleague_moved_meanwhile_is_said_and_what_was_typed_stays(self, counter, clerk, case):
        saved(clerk, case, "seen", identities_checked="on")
        answer = saved(clerk, case, "asked", version=0, relation="parent", limit="500")
        assert answer.status_code == 409
        page = answer.content.decode()
        assert "有了变化" in page
        assert 'value="500"' in page
        assert case.asked == {}

    def test_digits_of_people_are_refused_by_the_operation_and_that_is_written_down(self, counter, clerk, case):
        answer = saved(clerk, case, "asked", relation="parent", limit=certno(6))
        assert answer.status_code == 422
        assert "证件号码或手机号" in answer.content.decode()
        assert AuditEvent.objects.filter(verb="refused", case=case.number).count() == 1

    def test_no_section_of_another_name_is_saved(self, clerk, case):
        assert saved(clerk, case, "state").status_code == 400


class TestWhereTheClerkGoesOn:
    def test_after_each_answer_at_the_next_question(self, counter, clerk, case):
        def following(answer) -> str:
            return answer.content.decode().split('data-next="')[1].split('"')[0]

        assert following(clerk.get(at("counter_case", case))) == "id_typed"
        assert following(saved(clerk, case, "scan", htmx=True, typed=counter.insured().certno)) == "id_relation"
        assert following(saved(clerk, case, "asked", htmx=True, relation="spouse")) == "id_everything"
        assert following(saved(clerk, case, "seen", htmx=True, everything="on")) == "submit"


class TestTheEnd:
    def test_what_is_shown_once_is_shown_once(self, counter, clerk):
        case = counter.seen(counter.open(CaseKind.IDENTITY_CODE, counter.insured()), "own_card")
        data = {"version": case.version, "digest": counter.digest(case)}
        answer = clerk.post(at("counter_case_submit", case), data)
        assert answer.context["shown_once"] in answer.content.decode()
        again = clerk.get(at("counter_case", case)).content.decode()
        assert "办好了" in again
        assert answer.context["shown_once"] not in again
        assert clerk.post(at("counter_case_submit", case), data).status_code == 422

    def test_what_changed_since_it_was_shown_is_not_submitted(self, counter, clerk, case):
        answer = clerk.post(at("counter_case_submit", case), {"version": case.version + 1, "digest": "x"})
        assert answer.status_code == 409

    def test_parked_and_gone_on_with_at_another_office_by_its_number(self, counter, clerk, case):
        clerk.post(at("counter_case_park", case), {"version": case.version, "until_on": "2099-01-05"})
        case.refresh_from_db()
        assert case.state == CaseState.PARKED
        colleague = signed_in(counter.colleague)
        found = colleague.post(reverse("counter_cases"), {"number": f" {case.number.lower()}\n"})
        assert found.url == at("counter_case", case)
        aside = colleague.get(found.url).content.decode()
        assert "接着办" in aside
        assert case.subject.name not in aside
        colleague.post(at("counter_case_resume", case), {"version": case.version})
        assert "① 谁来办" in colleague.get(found.url).content.decode()
        assert "不在您手上" in saved(clerk, case, "seen").content.decode()

    def test_a_day_that_cannot_be_read_parks_nothing(self, clerk, case):
        answer = clerk.post(at("counter_case_park", case), {"version": case.version, "until_on": "改天"})
        assert answer.status_code == 422
        case.refresh_from_db()
        assert case.state == CaseState.OPEN

    def test_given_up_with_a_reason_only(self, clerk, case):
        assert clerk.post(at("counter_case_drop", case), {"version": case.version, "note": ""}).status_code == 422
        clerk.post(at("counter_case_drop", case), {"version": case.version, "note": "本人不办了"})
        assert "本人不办了" in clerk.get(at("counter_case", case)).content.decode()

    def test_taken_back_on_the_day_with_a_reason(self, counter, clerk, case):
        desk.save(
            act=counter.act(), number=case.number, version=0, asked={"relation": "spouse"}, other=counter.insured()
        )
        case.refresh_from_db()
        case = counter.seen(case, "card")
        page = clerk.get(at("counter_case", case)).context["page"]
        clerk.post(at("counter_case_submit", case), {"version": case.version, "digest": page.digest})
        assert "办错了，撤销" in clerk.get(at("counter_case", case)).content.decode()
        clerk.post(at("counter_case_undo", case), {"note": "选错了关系"})
        case.refresh_from_db()
        assert (case.state, case.note, case.said) == (CaseState.UNDONE, "选错了关系", "已改回")

    def test_what_cannot_be_taken_back_says_what_to_do(self, counter, clerk):
        case = counter.seen(counter.open(CaseKind.IDENTITY_CODE, counter.insured()), "own_card")
        counter.submit(case)
        page = clerk.get(at("counter_case", case)).content.decode()
        assert "办错了怎么办：这类业务不能撤销。给错了人的" in page

    def test_what_waits_is_called_back_by_its_clerk_alone_and_changed(self, counter, clerk, case):
        desk.save(
            act=counter.act(),
            number=case.number,
            version=0,
            asked={"relation": "spouse"},
            other=counter.insured(),
            power_number="瑞证字1号",
        )
        case.refresh_from_db()
        counter.submit(counter.seen(case, "card"))
        colleague = signed_in(counter.colleague)
        assert "撤回来改" not in colleague.get(at("counter_case", case)).content.decode()
        assert colleague.post(at("counter_case_withdraw", case)).status_code == 422
        assert "撤回来改" in clerk.get(at("counter_case", case)).content.decode()
        clerk.post(at("counter_case_withdraw", case))
        page = clerk.get(at("counter_case", case))
        assert page.context["page"].case.holder == counter.clerk
        assert "退回过" not in page.content.decode()


class TestWhoMayNot:
    def test_another_regions_case_is_not_there(self, counter, case):
        stranger = signed_in(counter.stranger)
        assert stranger.get(at("counter_case", case)).status_code == 404
        for name in ("submit", "park", "resume", "drop", "undo", "withdraw"):
            assert stranger.post(at(f"counter_case_{name}", case)).status_code == 404
        assert stranger.post(reverse("counter_cases"), {"number": case.number}).status_code == 422

    def test_the_case_of_ones_family_is_not_shown(self, counter, case, monkeypatch):
        counter.insured(certno=counter.clerk.certno)
        monkeypatch.setattr("accounts.operations.cases.access.is_family", [lambda me, person: person == case.subject])
        answer = signed_in(counter.clerk).get(at("counter_case", case))
        assert answer.status_code == 403
        page = answer.content.decode()
        assert "不能办自己家人的业务" in page
        assert f'class="btn" href="{at("counter_case", case)}"' not in page, "it would only refuse again"
        assert f'class="btn" href="{reverse("counter")}"' in page
        assert AuditEvent.objects.filter(verb="refused", detail__verb="case.shown").exists()

    def test_an_account_without_an_office_on_file_does_nothing(self, counter, clerk, case):
        Office.objects.filter(code="T1").delete()
        answer = clerk.get(at("counter_case", case))
        assert answer.status_code == 403
        page = answer.content.decode()
        assert "没有分到网点" in page
        assert reverse("account_logout") in page
        assert f'href="{reverse("counter")}' not in page, "every page of the counter would refuse"

    @pytest.mark.parametrize("role", [Role.POLICY, Role.APPROVER])
    def test_other_roles_see_none(self, counter, case, role):
        browser = signed_in(counter.official(role, "T1", 9))
        assert browser.get(at("counter_case", case)).status_code == 403
        assert browser.get(reverse("counter_cases")).status_code == 403

    @pytest.mark.parametrize("who", ["colleague", "reviewer"])
    @pytest.mark.parametrize("state", [CaseState.OPEN, CaseState.RETURNED, CaseState.DONE])
    def test_who_does_not_hold_it_saves_nothing_and_reads_nothing_that_is_sealed(self, counter, case, who, state):
        secret = {"agent_name": "欧阳代办", "agent_certno": certno(5), "power_number": "瑞证字1号"}
        desk.save(act=counter.act(), number=case.number, version=0, **secret)
        done = {"done_at": counter.act().at, "submitted_by": counter.clerk} if state == CaseState.DONE else {}
        Case.objects.update(state=state, **done)
        case.refresh_from_db()
        for htmx in (False, True):
            answer = saved(signed_in(getattr(counter, who)), case, "seen", htmx, identities_checked="on")
            assert answer.status_code == 422
            assert not any(value in answer.content.decode() for value in secret.values())
        assert not case.identities_checked
        assert AuditEvent.objects.filter(verb="refused", detail__verb="case.saved").count() == 2

    def test_nor_does_who_loses_it_while_saving(self, counter, clerk, case, monkeypatch):
        desk.save(act=counter.act(), number=case.number, version=0, agent_certno=certno(5), power_number="瑞证字1号")
        case.refresh_from_db()
        save_seen = scans.save_seen

        def late(**kwargs):
            desk.resume(act=counter.act(counter.colleague), number=case.number)
            return save_seen(**kwargs)

        monkeypatch.setattr(scans, "save_seen", late)
        answer = saved(clerk, case, "seen", identities_checked="on")
        assert (answer.status_code, certno(5) in answer.content.decode()) == (422, False)

    def test_the_case_of_ones_family_is_not_shown_by_a_slip_in_a_form(self, counter, clerk, case, monkeypatch):
        counter.insured(certno=counter.clerk.certno)
        monkeypatch.setattr("accounts.operations.cases.access.is_family", [lambda me, person: person == case.subject])
        for name in ("park", "drop", "undo"):
            assert clerk.post(at(f"counter_case_{name}", case), {"version": 0}).status_code == 403
