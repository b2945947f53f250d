"""通知, 办事进度, 反馈: what we tell people, what they tell us, and where either stands."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.codes import MessageState
from accounts.identity.actors import Actor
from accounts.models import AuditEvent, Feedback, Notice, OutboxMessage
from accounts.operations import notices
from accounts.queries import notice_words, page_hooks
from tests.accounts.citizen_pages import browser_of, last_entry, seen, words, worker, workers
from tests.factories.acts import act_at
from tests.factories.notices import answered, texted, told
from tests.factories.users import official, signed_in
from tests.personas import insured
from yibao.lib.links import has_link

pytestmark = pytest.mark.usefixtures("policies_loaded", "november")

ACTOR = Actor.system("test")


def notified(person, *, at, **more) -> Notice:
    notices.tell(act=act_at(at), person=person, template=notice_words.merged, facts={}, **more)
    return Notice.objects.latest("pk")


class TestNotices:
    def test_it_is_on_the_page_until_one_has_seen_it(self, november):
        person = insured()
        notified(person, at=november)
        browser = browser_of(person)
        tabs = re.sub(r"<[^>]+>", "", browser.get("/messages/").content.decode())
        assert "通知（1条新）" in tabs
        page = words(browser.get("/messages/"))
        assert "您的两份登记合并了没看过您以前有两份登记，现在合成一份" in page
        assert "2026年11月20日18:00账户的其他变动" in page
        assert "没看过" in words(browser.get("/messages/")), "looking changes nothing"
        assert browser.post("/messages/read/").url == "/messages/"
        page = words(browser.get("/messages/"))
        assert "没看过" not in page
        assert "条新" not in browser.get("/account/").content.decode()

    def test_the_phone_gets_the_same_words(self, november):
        person = insured()
        browser_of(person)
        notified(person, at=november)
        ((phone, text),) = texted(november)
        (said,) = told(person)
        assert text == f"【医保个人账户】{said.title}。{said.text}"
        assert phone == person.user.phone

    def test_who_wants_no_reminders_gets_none_but_the_notice_stands(self, november):
        person = insured()
        browser_of(person)
        person.user.sms_choices = {"case": False, "account": False}
        person.user.save()
        notified(person, at=november)
        assert OutboxMessage.objects.get().state == MessageState.OFF
        assert Notice.objects.filter(person=person).exists()

    @pytest.mark.parametrize("text", ["请点 https://a.example", "www.a.example", "打开 yibao.example.com 办理"])
    def test_there_is_never_a_link_in_one(self, text, november):
        person = insured()
        answered(person, november, text)
        (said,) = told(person)
        assert said.text
        assert not has_link(said.text)

    def test_the_database_refuses_links_too(self, november):
        with pytest.raises(IntegrityError, match="notice_has_no_link"), transaction.atomic():
            Notice.objects.create(person=insured(), kind="case", title="x", text="http://a.example", at=november)

    def test_nobody_sees_or_marks_anybody_elses(self, november):
        mine, theirs = insured(), insured()
        notified(theirs, at=november)
        browser = browser_of(mine)
        assert "还没有通知" in words(browser.get("/messages/"))
        browser.post("/messages/read/")
        assert Notice.objects.get().read_at is None

    def test_one_kind_is_looked_at_by_itself_and_an_unknown_one_is_not_all(self, november):
        person = insured()
        notified(person, at=november)
        answered(person, november)
        browser = browser_of(person)
        assert "全部账户的其他变动办事进度" in words(browser.get("/messages/"))
        page = words(browser.get("/messages/?kind=case"))
        assert "有答复了" in page
        assert "两份登记合并" not in page
        for unknown in ("nonsense", "credit", "%00"):
            page = words(browser.get(f"/messages/?kind={unknown}"))
            assert "没有这一类通知" in page
            assert "有答复了" not in page

    def test_many_are_shown_by_pages_with_a_fixed_number_of_queries(self, november):
        person = insured()
        browser = browser_of(person)
        browser.get("/messages/")
        counts = []
        for _ in range(2):
            for number in range(25):
                notified(person, at=november - timedelta(hours=number), by_sms=False)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert "第1页，共" in words(browser.get("/messages/"))
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestCases:
    def test_nothing_under_way_says_what_would_be_here(self):
        assert "没有正在办的事。" in seen(insured(), "/cases/")

    def test_what_other_apps_have_under_way_and_what_needs_the_person_first(self, monkeypatch, november):
        monkeypatch.setattr(page_hooks, "_progress", [])

        @page_hooks.progress_source
        def premiums(person, today):
            yield page_hooks.Progress(
                "DJ2026-1121-00007", "给林小雨交居民医保", "在办", "pend", november, holder="税务局"
            )

        @page_hooks.progress_source
        def counter(person, today):
            yield page_hooks.Progress(
                "GJ2026-1101-00001", "家庭共济", "缺材料", "warn", november - timedelta(days=9),
                next_step="带户口本到任一窗口", by_on=today + timedelta(days=3), needs_you=True,
            )  # fmt: skip

        page = seen(insured(), "/cases/")
        assert page.index("家庭共济缺材料编号GJ2026-1101-00001") < page.index("给林小雨交居民医保在办")
        assert "最晚2026年11月23日（周一）要您办：带户口本到任一窗口" in page
        assert "谁在办税务局" in page


class TestFeedback:
    def test_a_doubt_about_an_entry_becomes_a_case_and_is_answered(self, november):
        person = worker()
        entry = last_entry(person, "precredit", "2026")
        browser = browser_of(person)
        given = browser.post("/feedback/", {"about": f"entry-{entry.pk}", "text": "基数好像不对"})
        assert given.url == "/feedback/done/"
        feedback = Feedback.objects.get()
        assert f"编号{feedback.number}" in words(browser.get("/feedback/done/"))
        assert (feedback.person, feedback.about) == (person, f"entry-{entry.pk}")
        page = words(browser.get("/cases/"))
        assert "反映：2026年1月1日的一笔：2026年度的钱提前记入（预划）等答复" in page
        assert "最晚2026年12月5日" in page

        staff = signed_in(official("policy"))
        staff.post(f"/admin/accounts/feedback/{feedback.pk}/change/", {"answer": "查过了，基数没有错。"})

        assert "已答复" in words(browser.get("/cases/"))
        assert "答复：查过了，基数没有错。" in words(browser.get("/cases/"))
        assert f"您反映的{feedback.number}有答复了" in words(browser.get("/messages/"))
        assert AuditEvent.objects.filter(verb="feedback.answered", subject=person).exists()

    def test_an_answer_with_a_link_is_not_sent(self, november):
        feedback = notices.give_feedback(act=act_at(november), person=insured(), text="问", address="10.0.0.1")
        staff = signed_in(official("policy"))
        staff.post(f"/admin/accounts/feedback/{feedback.pk}/change/", {"answer": "请看 https://a.example"})
        feedback.refresh_from_db()
        assert feedback.answer == ""
        assert not Notice.objects.exists()

    def test_it_is_answered_once(self, november):
        feedback = notices.give_feedback(act=act_at(november), person=insured(), text="问", address="10.0.0.1")
        notices.answer_feedback(act=act_at(november), feedback_id=feedback.pk, answer="答")
        with pytest.raises(notices.AlreadyAnsweredError):
            notices.answer_feedback(act=act_at(november), feedback_id=feedback.pk, answer="又答")

    def test_a_stranger_may_speak_too(self):
        client = Client()
        assert client.post("/feedback/", {"text": "字太小"}).url == "/feedback/done/"
        assert Feedback.objects.get().person is None

    def test_numbers_of_people_are_masked_before_they_are_kept(self):
        Client().post("/feedback/", {"text": "我是999902199001010013，电话19900001234"})
        kept = Feedback.objects.get().text
        assert "999902199001010013" not in kept
        assert "19900001234" not in kept

    def test_nothing_said_is_explained(self):
        response = Client().post("/feedback/", {"text": "  "})
        assert response.status_code == 422
        assert "请写下想说的话" in words(response)

    def test_a_finished_act_is_rated_once(self):
        browser = browser_of(insured())
        page = browser.get("/feedback/?about=DJ2026-1121-00007").content.decode()
        assert page.count('name="score"') == 5
        assert browser.post("/feedback/", {"about": "DJ2026-1121-00007", "score": "5"}).status_code == 302
        again = browser.post("/feedback/", {"about": "DJ2026-1121-00007", "score": "1"})
        assert again.status_code == 422
        assert "请写下想说的话" in words(again)
        assert list(Feedback.objects.values_list("score", flat=True)) == [5]

    def test_the_database_keeps_one_rating_for_each_act(self, november):
        person = insured()
        said = {"act": act_at(november), "person": person, "text": "", "address": "10.0.0.1"}
        notices.give_feedback(**said, score=5, about="DJ1")
        with pytest.raises(notices.AlreadyRatedError):
            notices.give_feedback(**said, score=1, about="DJ1")

    def test_ratings_alone_are_no_cases(self):
        person = insured()
        browser = browser_of(person)
        browser.post("/feedback/", {"about": "DJ2026-1121-00007", "score": "5"})
        assert "没有正在办的事" in words(browser.get("/cases/"))

    def test_nobody_floods_it(self):
        client = Client()
        statuses = [client.post("/feedback/", {"text": f"第{number}次"}).status_code for number in range(6)]
        assert statuses == [302] * 5 + [429]
        assert Feedback.objects.count() == 5

    def test_an_entry_that_is_somebody_elses_is_no_subject(self):
        mine, other = workers(2)
        theirs = last_entry(other, "precredit", "2026")
        browser_of(mine).post("/feedback/", {"about": f"entry-{theirs.pk}", "text": "这是谁的"})
        assert Feedback.objects.get().about == ""

    @pytest.mark.parametrize("about", ["entry-" + "9" * 40, "<b>", "a" * 500, "entry-1' OR 1=1"])
    def test_what_is_no_subject_is_left_out(self, about):
        Client().post("/feedback/", {"about": about, "text": "问"})
        assert Feedback.objects.get().about == ""
