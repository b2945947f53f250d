"""The counter's pages as a clerk uses them: the workbench, finding somebody, their page, the queue, the rules."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.codes import LookupPurpose, Role, TicketState
from accounts.identity import audit
from accounts.models import AuditEvent, Case, Lookup, Ticket, User
from accounts.operations import queue
from tests.factories.counter import act_of, clerk_at, insured_here, looked_up, office
from tests.factories.family import RUIAN, bond, insured
from tests.factories.people import EnrolmentFactory, certno
from tests.factories.users import signed_in
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("policies_loaded")


@pytest.fixture
def clerk() -> User:
    return clerk_at("R03", region=RUIAN)


@pytest.fixture
def at_desk(clerk):
    return signed_in(clerk)


def find(at_desk, typed, purpose=LookupPurpose.QUESTION, **more):
    return at_desk.post(reverse("counter_find"), {"typed": typed, "purpose": purpose, **more}, follow=True)


def text(response) -> str:
    return response.content.decode()


class TestFinding:
    def test_a_card_leads_to_the_page_of_its_person(self, at_desk):
        person = insured(RUIAN, carried=300_000)
        response = find(at_desk, f"{person.name},女,汉,{person.certno}\n")
        assert response.status_code == 200
        assert person.name in text(response)
        assert "3,000" in text(response)
        assert person.certno not in text(response), "masked until asked for"
        assert person.phone not in text(response)

    def test_the_number_is_in_no_address(self, at_desk):
        response = find(at_desk, insured(RUIAN).certno)
        assert [url for url, _ in response.redirect_chain] == [
            reverse("counter_person", args=[Lookup.objects.get().token])
        ]

    def test_the_purpose_of_the_last_look_up_is_chosen_again(self, at_desk):
        find(at_desk, insured(RUIAN).certno, LookupPurpose.REPRINT)
        page = text(at_desk.get(reverse("counter_find")))
        assert '<option value="reprint" selected>' in page

    def test_who_is_not_found_is_answered_with_what_to_do_next(self, at_desk):
        number = certno(3)
        response = find(at_desk, number)
        assert response.status_code == 422
        assert "本统筹区没有这个人" in text(response)
        assert f"{number[:6]} {number[6:14]} {number[14:]}" in text(response)
        assert "没有查到，可以这样办" in text(response)
        assert text(response).count("<li>") >= 3
        assert "今天还能查48次" in text(response)

    def test_somebody_of_another_region_is_answered_as_nobody_is(self, at_desk):
        here, there = find(at_desk, certno(3)), find(at_desk, EnrolmentFactory(region="330900").person.certno)
        assert (here.status_code, there.status_code) == (422, 422)
        assert "本统筹区没有这个人" in text(there)

    @pytest.mark.parametrize(("typed", "purpose"), [("", "question"), ("12", "question"), ("12", "")])
    def test_what_is_no_number_or_has_no_purpose_is_refused_in_words(self, at_desk, typed, purpose):
        response = find(at_desk, typed, purpose)
        assert response.status_code == 422
        assert "处需要修改" in text(response)
        assert "没有查到，可以这样办" not in text(response), "nobody was looked for"
        assert not Lookup.objects.exists()

    def test_of_several_with_one_phone_one_is_chosen_by_a_masked_name(self, at_desk):
        one = insured(RUIAN, name="陈建国")
        other = insured(RUIAN, name="林小红", phone=one.phone)
        page = text(find(at_desk, one.phone))
        assert "陈*" in page
        assert "建国" not in page
        assert str(other.certno) not in page
        assert not Lookup.objects.exists()
        assert "林小红" in text(find(at_desk, one.phone, chosen=other.pk))
        assert Lookup.objects.get().person == other

    def test_a_card_with_another_name_than_the_roster_s_is_pointed_out(self, at_desk):
        page = text(find(at_desk, f"赵六六,{insured(RUIAN, name='陈建国').certno}"))
        assert "卡上的姓名和登记的不一样" in page

    def test_a_case_is_found_by_its_number(self, at_desk, clerk):
        person = insured(RUIAN)
        lookup = looked_up(clerk, person, RUIAN)
        at_desk.post(reverse("counter_person_begin", args=[lookup.token]), {"kind": "identity_code"})
        number = Case.objects.get().number
        assert person.name in text(find(at_desk, f" {number.lower()}\n"))


class TestOnePerson:
    def url(self, lookup, name="counter_person") -> str:
        return reverse(name, args=[lookup.token])

    def test_it_says_who_where_and_with_whom(self, at_desk, clerk):
        person = insured(RUIAN, carried=300_000, name="陈建国")
        bond(person, insured(RUIAN, name="陈大山"))
        page = text(at_desk.get(self.url(looked_up(clerk, person, RUIAN))))
        for said in ("正常参保", "在职", "历年结余", "陈*（", "用本人的钱", "使用中", "没有办过"):
            assert said in page
        assert "大山" not in page

    def test_nobody_else_s_look_up_opens_nor_one_of_another_office_nor_an_old_one(self, at_desk, clerk):
        person = insured(RUIAN)
        colleagues = looked_up(clerk_at("R03", serial=990_002, region=RUIAN), person, RUIAN)
        old = looked_up(clerk, person, RUIAN, at=clock.now() - timedelta(minutes=31))
        elsewhere = looked_up(clerk, person, RUIAN, at_office=office("R04", RUIAN).code)
        for token in (colleagues.token, old.token, elsewhere.token, uuid.uuid4()):
            for name in ("counter_person", "counter_person_unmask", "counter_person_begin"):
                ask = at_desk.get if name == "counter_person" else at_desk.post
                response = ask(reverse(name, args=[token]))
                assert response.status_code == 404
                assert "请重新查" in text(response)
                assert person.name not in text(response)

    def test_full_numbers_are_shown_when_asked_for_and_noted(self, at_desk, clerk):
        person = insured(RUIAN)
        lookup = looked_up(clerk, person, RUIAN)
        page = text(at_desk.post(self.url(lookup, "counter_person_unmask")))
        number = str(person.certno)
        assert f"{number[:6]} {number[6:14]} {number[14:]}" in page
        assert AuditEvent.objects.get(verb=audit.UNMASKED).subject == person

    def test_a_case_is_begun_from_there(self, at_desk, clerk):
        lookup = looked_up(clerk, insured(RUIAN), RUIAN)
        at_desk.post(self.url(lookup, "counter_person_begin"), {"kind": "identity_code"})
        case = Case.objects.get()
        assert (case.subject, case.region, case.office) == (lookup.person, RUIAN, "R03")
        assert case.number in text(at_desk.get(self.url(lookup)))
        assert case.number in text(at_desk.get(reverse("counter")))

    def test_without_a_kind_no_case_is_begun(self, at_desk, clerk):
        lookup = looked_up(clerk, insured(RUIAN), RUIAN)
        for kind in ("", "nothing"):
            response = at_desk.post(self.url(lookup, "counter_person_begin"), {"kind": kind}, follow=True)
            assert "请先选办什么" in text(response)
        assert not Case.objects.exists()

    def test_it_asks_the_database_as_often_for_much_as_for_little(self, at_desk, clerk, django_assert_max_num_queries):
        plain, busy = insured(RUIAN), insured(RUIAN, carried=300_000)
        for _ in range(5):
            bond(busy, insured(RUIAN))
        plain_page, busy_page = (self.url(looked_up(clerk, one, RUIAN)) for one in (plain, busy))
        with django_assert_max_num_queries(40) as queries:
            at_desk.get(plain_page)
        few = len(queries)
        with django_assert_max_num_queries(few + 3):  # what the bonds used, once for all of them
            at_desk.get(busy_page)


class TestGrants:
    def test_a_reviewer_sees_the_count_of_the_office_and_grants_more(self, at_desk, clerk):
        find(at_desk, insured(RUIAN).certno)
        reviewer = signed_in(clerk_at("R03", serial=990_002, role=Role.REVIEWER, region=RUIAN))
        assert "用了1次，最多50次" in text(reviewer.get(reverse("counter_lookups")))
        response = reviewer.post(reverse("counter_lookups_grant"), {"clerk": clerk.pk}, follow=True)
        assert "今天还能查99次" in text(response)

    def test_an_account_of_another_office_is_refused(self, clerk):
        stranger = clerk_at("R04", serial=990_003, region=RUIAN)
        reviewer = signed_in(clerk_at("R03", serial=990_002, role=Role.REVIEWER, region=RUIAN))
        for pk in (stranger.pk, "", "x"):
            response = reviewer.post(reverse("counter_lookups_grant"), {"clerk": pk}, follow=True)
            assert "本网点没有这个账号" in text(response)


class TestQueue:
    def test_a_number_is_given_out_on_a_slip_and_called_to_the_window(self, at_desk, clerk):
        slip = at_desk.post(reverse("counter_queue_take"), follow=True)
        assert "001" in text(slip)
        at_desk.post(reverse("counter_window"), {"window": "3号窗口"})
        page = text(at_desk.post(reverse("counter_call"), {"seen": ""}, follow=True))
        assert "001" in page
        assert "没有人在等" in page
        assert "3号窗口" in text(at_desk.get(reverse("counter_display", args=["R03"])))

    def test_without_a_window_nobody_is_called(self, at_desk, clerk):
        queue.take_ticket(act=act_of(clerk))
        page = text(at_desk.post(reverse("counter_call"), follow=True))
        assert "请先填您在几号窗口" in page
        assert Ticket.objects.get().state == TicketState.WAITING

    def test_who_does_not_come_is_called_again_later(self, at_desk, clerk):
        ticket = queue.take_ticket(act=act_of(clerk))
        at_desk.post(reverse("counter_window"), {"window": "3号窗口"})
        at_desk.post(reverse("counter_call"))
        at_desk.post(reverse("counter_call_again"))
        at_desk.post(reverse("counter_close_ticket"), {"absent": "1"})
        assert f"叫{ticket}号" in text(at_desk.get(reverse("counter_queue")))
        at_desk.post(reverse("counter_call_again"), {"ticket": ticket.pk})
        ticket.refresh_from_db()
        assert (ticket.state, ticket.calls) == (TicketState.CALLED, 3)

    def test_nobody_waiting_is_said(self, at_desk):
        at_desk.post(reverse("counter_window"), {"window": "3号窗口"})
        assert "没有人在等。" in text(at_desk.post(reverse("counter_call"), follow=True))

    def test_the_hall_shows_no_name(self, at_desk, clerk):
        queue.take_ticket(act=act_of(clerk))
        queue.call_next(act=act_of(clerk), window="3号窗口")
        page = text(at_desk.get(reverse("counter_display", args=["R03"]), headers={"HX-Request": "true"}))
        assert "001" in page
        assert clerk.name not in page

    def test_another_office_s_slip_is_not_there(self, at_desk):
        other = clerk_at("R04", serial=990_003, region=RUIAN)
        ticket = queue.take_ticket(act=act_of(other))
        assert at_desk.get(reverse("counter_ticket", args=[ticket.pk])).status_code == 404

    def test_a_page_left_open_does_not_keep_the_session(self, at_desk):
        at_desk.get(reverse("counter"))
        session = at_desk.session
        session["seen_at"] = seen = clock.now().timestamp() - 100
        session.save()
        at_desk.get(reverse("counter_queue_waiting"), headers={"X-Polled": "1"})
        assert at_desk.session["seen_at"] == seen
        at_desk.get(reverse("counter_queue_waiting"))
        assert at_desk.session["seen_at"] > seen

    def test_the_refreshing_can_be_paused(self, at_desk):
        assert "every 15s" in text(at_desk.get(reverse("counter")))
        for url in (f"{reverse('counter')}?paused=1", f"{reverse('counter_queue_waiting')}?paused=1"):
            page = text(at_desk.get(url))
            assert "every 15s" not in page
            assert "恢复自动刷新" in page


def test_the_rules_in_force_stand_with_their_day_and_document(at_desk):
    page = text(at_desk.get(reverse("counter_keys")))
    for said in ("家庭共济", "起</h3>", "Ctrl"):
        assert said in page
    assert page.count("<h3 id=") >= 4


@pytest.mark.parametrize("name", ["counter", "counter_find", "counter_keys", "counter_queue"])
def test_an_account_without_an_office_is_told_so(name):
    stray = signed_in(insured_clerk_without_office())
    response = stray.get(reverse(name))
    assert response.status_code == 403
    assert "网点" in text(response)
    assert AuditEvent.objects.filter(verb=audit.REFUSED).exists()


def insured_clerk_without_office() -> User:
    clerk = clerk_at("R03", region=RUIAN)
    User.objects.filter(pk=clerk.pk).update(office="R99")
    clerk.refresh_from_db()
    return clerk


def test_somebody_insured_here_is_found_by_any_office_of_the_region(clerk):
    person = insured_here(RUIAN)
    other = signed_in(clerk_at("R04", serial=990_003, region=RUIAN))
    assert find(other, person.certno).status_code == 200
