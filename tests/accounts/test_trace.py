"""Who looked at my data and what was done for me at counters; and 「不是我来办的」 in one step."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.codes import CaseKind, PotKind, VoucherKind
from accounts.identity import audit
from accounts.identity.access import actor_of
from accounts.identity.actors import Act
from accounts.ledger import posting
from accounts.ledger.posting import Move
from accounts.ledger.pots import system_pot
from accounts.models import AuditEvent, Case, Objection, Person, Transfer
from accounts.operations import approvals, objections
from accounts.operations.cases import desk, handlers, undoing
from accounts.operations.cases.access import on_case
from accounts.operations.cases.printing import print_sheets
from accounts.operations.life_events.merging import MERGE
from accounts.operations.life_events.vouchers import subject_of
from accounts.operations.objections import AlreadyObjectedError, ObjectionError
from accounts.queries.trace import trace_of, traces
from tests.accounts.citizen_pages import browser_of, seen, words
from tests.accounts.operations.counter_kit import Counter
from tests.accounts.operations.life_kit import PAPER, Desk
from tests.concurrency import all_at_once
from tests.factories.acts import act_now
from tests.factories.people import certno
from tests.factories.users import citizen, signed_in
from tests.personas import ZHOUSHAN, insured, pot

PAGE = "/settings/trace/"
CODE = handlers.handler_of(CaseKind.IDENTITY_CODE)


@pytest.fixture
def counter(policies_loaded) -> Counter:
    return Counter()


def looked_up(counter: Counter, person: Person, business: str = "咨询和查询") -> AuditEvent:
    return audit.record(act=counter.act(), verb=audit.LOOKED_UP, subject=person, detail={"business": business})


def code_given(counter: Counter, person: Person, other: Person | None = None, **seen_too: str) -> Case:
    """Let a clerk give somebody a code for the portal: opened and done."""
    case = counter.open(CaseKind.IDENTITY_CODE, person, other=other)
    case = counter.seen(case, "own_card")
    if seen_too:
        case = desk.save(act=counter.act(), number=case.number, version=case.version, **seen_too)
    return counter.submit(case).case


def given_by(person: Person, act: Act) -> Transfer:
    """Put money into the person's account as part of an act."""
    into = pot(person, PotKind.CARRIED).pk
    voucher = posting.post(
        act=act,
        kind=VoucherKind.TRANSFER_IN,
        region=ZHOUSHAN,
        key="at a counter",
        payload={},
        pots=[into],
        decide=lambda locked: [Move(system_pot(ZHOUSHAN, PotKind.OUTWARD), into, 1_000)],
    )
    return voucher.transfers.get()


def told(person: Person) -> list[str]:
    return [trace.words for trace in traces(list(trace_of(person)))]


def objected(person: Person, event: AuditEvent, said: str = "") -> Objection:
    return objections.object_to(act=act_now(), person=person, event_id=event.pk, words=said)


class TestWhatIsTold:
    def test_looks_and_acts_with_office_time_and_number_the_latest_first(self, counter):
        person = counter.insured()
        looked_up(counter, person)
        case = code_given(counter, person)
        page = seen(person, PAGE)
        assert "咨询和查询时查看2026年3月10日10:00网点T1窗口" in page
        assert f"开通网上登录：办结2026年3月10日10:00网点T1窗口业务编号{case.number}" in page
        assert page.index("：办结") < page.index("：受理") < page.index("时查看")

    def test_who_showed_the_full_number_is_told(self, counter):
        person = counter.insured()
        audit.record(act=counter.act(), verb="lookup.unmasked", subject=person)
        assert told(person) == ["显示了完整的证件号码和手机号"]

    def test_that_papers_were_printed_is_told(self, counter):
        person = counter.insured()
        case = code_given(counter, person)
        print_sheets(act=counter.act(), number=case.number, sheets=["receipt"])
        assert told(person)[0] == "开通网上登录：打印了单据"

    def test_what_was_done_for_a_relative_is_nobody_else_s_to_see(self, counter):
        person, relative = counter.insured(), counter.insured()
        looked_up(counter, relative)
        code_given(counter, relative)
        assert told(person) == []
        assert "还没有人在窗口查过您的信息" in seen(person, PAGE)

    def test_whom_an_act_concerns_besides_sees_that_it_was_done_and_not_how_it_came_to_it(self, counter):
        person, other = counter.insured(), counter.insured()
        code_given(counter, person, other)
        assert told(other) == ["开通网上登录：办结"]

    def test_both_are_told_that_an_act_was_taken_back(self, counter, monkeypatch):
        monkeypatch.setitem(handlers._handlers, CaseKind.IDENTITY_CODE, replace(CODE, undo=lambda act, case: "收回了"))
        person, other = counter.insured(), counter.insured()
        case = code_given(counter, person, other)
        undoing.undo(act=counter.act(), number=case.number, note="给错了人")
        assert told(person)[0] == told(other)[0] == "开通网上登录：撤销"

    def test_that_an_agent_came_is_told(self, counter, monkeypatch):
        person = counter.insured()
        case = counter.open(CaseKind.IDENTITY_CODE, person)
        agent = {"agent_name": "陈伟", "agent_certno": certno(7), "power_number": "2026温证字1号"}
        desk.save(act=counter.act(), number=case.number, version=case.version, **agent)
        assert told(person) == ["开通网上登录：受理（代办人来办）"]
        assert "陈伟" not in seen(person, PAGE)

    def test_other_things_about_the_person_are_no_visit(self, counter):
        person = counter.insured()
        audit.record(act=counter.act(), verb="notice.sent", subject=person)
        audit.record(act=counter.act(), verb=audit.REFUSED, subject=person)
        assert told(person) == []

    def test_what_was_looked_at_of_a_record_that_was_merged_is_told_with_the_one_that_is_kept(self, counter):
        same = {"name": "陈静", "gender": 2, "birth_on": date(1980, 1, 1)}
        gone, kept = counter.insured(**same), counter.insured(**same)
        made = objected(gone, looked_up(counter, gone))
        looked_up(counter, kept, "查办事进度")
        asked = {"kept": kept.pk, "proof": PAPER.kind, "document": PAPER.number}
        two, on = Desk(), date(2026, 3, 10)
        two.approve(
            approvals.submit(
                act=two.act(on),
                kind=MERGE,
                subject=subject_of(gone.pk),
                reason="同一人两份登记",
                document=PAPER.number,
                asked=asked,
            ),
            on,
        )
        assert sorted(told(kept)) == ["咨询和查询时查看", "查办事进度时查看"]
        assert "不是我来办的：咨询和查询时查看" in seen(kept, "/cases/")
        objections.answer(act=act_now(actor_of(counter.reviewer)), number=made.number, text="查过了，是窗口点错了人。")
        assert "是窗口点错了人" in seen(kept, "/messages/")

    def test_twenty_a_page_in_as_many_queries_as_one(self, counter, django_assert_num_queries):
        person = counter.insured()
        for _ in range(25):
            looked_up(counter, person)
        code_given(counter, person)
        events = list(trace_of(person)[:20])
        with django_assert_num_queries(3):
            assert len(traces(events)) == 20
        browser = browser_of(person)
        assert "第1页，共2页" in words(browser.get(PAGE))
        assert "第2页" in words(browser.get(PAGE, {"page": "2"}))

    def test_the_settings_lead_there(self, counter):
        assert f'href="{PAGE}"' in browser_of(counter.insured()).get("/settings/").content.decode()

    def test_another_phone_is_a_matter_for_the_counter_only_where_somebody_is_known(self, counter):
        assert "要换号，带身份证到窗口改" in seen(counter.insured(), "/settings/")
        assert "要换号，退出后直接用新号码登录" in words(signed_in(citizen("19900000031")).get("/settings/"))

    def test_an_entry_made_at_a_counter_says_so_to_whom_the_case_concerned(self, counter):
        person, relative = insured(), counter.insured()
        case = code_given(counter, relative)
        made = given_by(person, on_case(counter.act(), case))
        entry = f"/account/entries/{made.pk}/"
        assert "窗口办的" not in seen(person, entry), "a relative's visit"
        audit.record(act=on_case(counter.act(), case), verb="case.done", subject=person, detail={"kind": case.kind})
        assert "这一笔是在网点T1窗口办的" in seen(person, entry)


class TestNotMe:
    def test_one_page_one_click_and_it_stands_in_the_progress(self, counter):
        person = counter.insured()
        event = looked_up(counter, person)
        browser = browser_of(person)
        page = words(browser.get(PAGE))
        assert "不是我来办的" in page
        assert "网点T1窗口" in words(browser.get(reverse("objection", args=[event.pk])))
        answer = browser.post(reverse("objection", args=[event.pk]), {"words": "那天我在外地"}, follow=True)
        made = Objection.objects.get()
        assert (made.subject, made.event, made.case, made.region, made.words) == (
            person,
            event,
            None,
            "330381",
            "那天我在外地",
        )
        assert answer.redirect_chain[-1][0] == "/cases/"
        assert made.number in words(answer)
        assert "等答复" in words(answer)
        page = words(browser.get(PAGE))
        assert f"您反映过，编号{made.number}，等答复" in page
        assert AuditEvent.objects.get(verb="objection.made").subject == person

    def test_a_look_once(self, counter):
        person = counter.insured()
        event = looked_up(counter, person)
        objected(person, event)
        with pytest.raises(AlreadyObjectedError):
            objected(person, event)
        response = browser_of(person).post(reverse("objection", args=[event.pk]), {"words": ""})
        assert response.status_code == 422
        assert Objection.objects.count() == 1

    def test_a_look_once_though_clicked_twice_at_the_same_moment(self, committed_db):
        counter = Counter()
        person = counter.insured()
        event = looked_up(counter, person)
        once = [lambda: objected(person, event).number] * 2
        results = all_at_once(*once)
        assert AlreadyObjectedError in results
        assert Objection.objects.get().number in results

    def test_an_act_once_whichever_of_its_steps(self, counter):
        person = counter.insured()
        code_given(counter, person)
        done, opened = trace_of(person)
        objected(person, done)
        with pytest.raises(AlreadyObjectedError):
            objected(person, opened)
        assert [trace.objection is not None for trace in traces([done, opened])] == [True, True]

    def test_both_whom_an_act_concerns_may(self, counter):
        person, other = counter.insured(), counter.insured()
        code_given(counter, person, other)
        objected(person, trace_of(person).first())
        objected(other, trace_of(other).first())
        assert Objection.objects.values("case").distinct().count() == 1

    def test_the_database_keeps_it_to_one_too(self, counter):
        person = counter.insured()
        code_given(counter, person)
        done, opened = trace_of(person)
        made = objected(person, done)
        more = {"subject": person, "region": "330381", "at": made.at}
        for again in ({"event": done, "case": None}, {"event": opened, "case": made.case}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Objection.objects.create(number="YY-again", **again, **more)

    def test_nobody_objects_to_what_concerns_somebody_else(self, counter):
        person, other = counter.insured(), counter.insured()
        event = looked_up(counter, other)
        with pytest.raises(ObjectionError, match="没有这一次"):
            objected(person, event)
        assert browser_of(person).get(reverse("objection", args=[event.pk])).status_code == 404
        assert not Objection.objects.exists()

    @pytest.mark.parametrize(
        ("said", "why"),
        [("是19900012345打来的", "手机号"), (f"我是{certno(5)}", "证件号码"), ("长" * 201, "不要超过200个字")],
    )
    def test_no_numbers_and_no_long_words(self, counter, said, why):
        person = counter.insured()
        event = looked_up(counter, person)
        response = browser_of(person).post(reverse("objection", args=[event.pk]), {"words": said})
        assert response.status_code == 422
        assert why in words(response)
        assert not Objection.objects.exists()

    def test_what_was_said_can_be_neither_deleted_nor_changed(self, counter):
        person = counter.insured()
        made = objected(person, looked_up(counter, person), "不是我")
        for change in (made.delete, lambda: Objection.objects.update(words="是我")):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                change()
        assert Objection.objects.get().words == "不是我"
