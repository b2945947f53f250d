"""Paper of a case: the form that is signed, the receipt, the notice of what is missing; each print counted."""

from datetime import timedelta

import barcode
import pytest
from django.test import Client
from django.urls import reverse

from accounts.codes import CaseKind, Role
from accounts.forms.counter import form_of
from accounts.models import AuditEvent, Case
from accounts.operations.cases import desk, printing
from accounts.operations.cases.access import CaseError
from accounts.operations.lookups import LookupsUsedUpError, left_today
from accounts.views.counter.case_sheets import bars
from tests.accounts.counter.invented_kind import KIND
from tests.accounts.operations.counter_kit import TODAY, Counter, happened
from tests.factories.people import certno
from tests.factories.users import signed_in
from yibao.lib import clock


@pytest.fixture
def clerk(counter) -> Client:
    return signed_in(counter.clerk)


def asked(counter: Counter, **changes) -> Case:
    """Return a case between two people in which the papers have not been seen."""
    case = counter.open(KIND, counter.insured())
    changes = {"asked": {"relation": "parent"}, "other": counter.insured()} | changes
    return desk.save(act=counter.act(), number=case.number, version=0, **changes)


@pytest.fixture
def done(counter) -> Case:
    case = asked(counter)
    papers = [{"code": "card", "name": "双方身份证"}, {"code": "book", "name": "户口本", "number": "瑞户12号"}]
    case = desk.save(
        act=counter.act(), number=case.number, version=case.version, identities_checked=True, papers=papers
    )
    return counter.submit(case).case


@pytest.fixture
def parked(counter) -> Case:
    case = asked(counter)
    return desk.park(act=counter.act(), number=case.number, version=case.version)


def printed(browser: Client, case: Case, *sheets: str) -> str:
    answer = browser.post(reverse("counter_case_print", args=[case.number]), {"sheet": sheets})
    return answer.content.decode()


class TestTheFormThatIsSigned:
    def test_it_holds_people_words_and_papers_with_amounts_in_capitals(self, clerk, done):
        page = printed(clerk, done, "form")
        for said in (done.number, done.subject.name, done.other.name, "户口本（瑞户12号）", "申请人签字"):
            assert said in page
        assert "¥1,070.88（壹仟零柒拾元捌角捌分）" in page

    def test_it_has_whole_numbers_and_the_receipt_has_not(self, clerk, done):
        happened(done, submitted_at=clock.now())  # the page's day is today
        grouped = f"{done.subject.certno[:6]} {done.subject.certno[6:14]} {done.subject.certno[14:]}"
        assert grouped in printed(clerk, done, "form")
        receipt = printed(clerk, done, "receipt")
        assert done.subject.certno not in receipt
        assert grouped not in receipt

    @pytest.mark.parametrize(
        ("who", "days", "cost"), [("clerk", 0, 0), ("clerk", 1, 2), ("colleague", 0, 2), ("reviewer", 0, 2)]
    )
    def test_for_others_and_on_later_days_printing_is_a_look_up_of_each_person(self, counter, done, who, days, cost):
        user = getattr(counter, who)
        act = counter.act(user, on=TODAY + timedelta(days=days))
        left = left_today(act=act, clerk=user)
        printing.print_sheets(act=act, number=done.number, sheets=["form", "receipt"])
        assert left - left_today(act=act, clerk=user) == cost
        looked = AuditEvent.objects.filter(verb="lookup", case=done.number)
        assert {event.subject for event in looked} == ({done.subject, done.other} if cost else set())

    def test_they_too_get_a_form_that_can_be_signed(self, counter, done):
        page = printed(signed_in(counter.colleague), done, "form", "undertaking")
        for person in (done.subject, done.other):
            assert f"{person.certno[:6]} {person.certno[6:14]} {person.certno[14:]}" in page

    def test_who_has_no_look_ups_left_prints_the_receipt_only_and_is_charged_nothing(self, counter, done, settings):
        settings.COUNTER_LOOKUPS_PER_DAY = 1
        act = counter.act(counter.colleague)
        with pytest.raises(LookupsUsedUpError):
            printing.print_sheets(act=act, number=done.number, sheets=["form"])
        assert left_today(act=act, clerk=counter.colleague) == 1
        printing.print_sheets(act=act, number=done.number, sheets=["receipt"])
        done.refresh_from_db()
        assert done.prints == {"receipt": 1}

    def test_what_it_costs_is_said_before(self, counter, done):
        browser = signed_in(counter.colleague)
        for name in ("counter_case", "counter_case_print"):
            assert "打印算查人2次" in browser.get(reverse(name, args=[done.number])).content.decode()

    def test_an_agent_stands_on_it_with_the_power_of_attorney(self, counter, clerk):
        case = asked(
            counter,
            asked={"relation": "spouse"},
            agent_name="张三",
            agent_certno=certno(5),
            power_number="瑞证字1号",
            identities_checked=True,
            papers=[{"code": "card", "name": "双方身份证"}],
        )
        waiting = counter.submit(case).case
        page = printed(clerk, waiting, "form", "receipt")
        assert "公证委托书 瑞证字1号" in page
        assert "要由复核人员核对" in page

    def test_who_came_stands_on_it_where_the_person_cannot_have_come(self, counter, clerk):
        case = counter.open(CaseKind.DEATH, counter.insured())
        typed = {"on": "2026-03-01", "proof": "death_certificate", "came_name": "张三", "came_certno": certno(5)}
        form_class = form_of(CaseKind.DEATH)
        assert form_class
        assert "came_as" in form_class(typed, case, counter.act()).errors
        form = form_class(typed | {"came_as": "儿子"}, case, counter.act())
        assert form.is_valid(), form.errors
        act, private = counter.act(), form.private()
        case = desk.save(act=act, number=case.number, version=0, asked=form.asked(), private=private)
        assert "张三" not in str(case.asked)
        page = printed(clerk, case, "form")
        assert "张三（儿子）" in page

    def test_each_of_the_two_promises_what_the_rules_say(self, clerk, done):
        page = printed(clerk, done, "undertaking")
        assert f"我和 {done.other.name} 的近亲属关系真实" in page
        assert "套现等行为会被依法追究责任" in page

    def test_of_one_person_alone_there_is_no_undertaking(self, counter):
        case = counter.seen(counter.open(CaseKind.IDENTITY_CODE, counter.insured()), "own_card")
        assert printing.sheets_of(counter.act(), counter.submit(case).case) == ["form", "receipt"]


class TestTheNoticeOfWhatIsMissing:
    def test_it_names_only_that_and_where_to_get_and_bring_it(self, counter, clerk):
        case = asked(counter, papers=[{"code": "card", "name": "双方身份证"}])
        desk.park(act=counter.act(), number=case.number, version=case.version)
        page = printed(clerk, case, "missing")
        for said in ("户口本", "结婚证也行", "派出所补办", "本统筹区任一窗口", "网点T2", "2026年4月9日"):
            assert said in page
        assert "双方身份证" not in page

    def test_it_comes_in_two_copies_without_the_name(self, clerk, parked):
        page = printed(clerk, parked, "missing")
        assert page.count('<section class="sheet') == 2
        assert "交给申请人" in page
        assert "窗口留存" in page
        assert parked.subject.name not in page

    def test_another_office_prints_it_too(self, counter, parked):
        assert "一次告知单" in printed(signed_in(counter.colleague), parked, "missing")

    def test_it_says_that_all_is_there_only_where_that_is_known(self, counter, clerk):
        book = [{"code": "card"}, {"code": "book"}]
        assert "材料已经收齐" in printed(clerk, asked(counter, papers=book), "missing")
        for changes in ({"asked": {}}, {"other": None}):
            page = printed(clerk, asked(counter, papers=book, **changes), "missing")
            assert "材料已经收齐" not in page
            assert "可能还要别的材料" in page

    def test_whoever_parks_without_the_second_section_is_told_first(self, counter, clerk):
        advice = "先填好②才知道还要什么材料"
        case = asked(counter, asked={})
        address = reverse("counter_case", args=[case.number])
        assert advice in clerk.get(address).content.decode()
        desk.park(act=counter.act(), number=case.number, version=case.version)
        assert advice in clerk.get(address).content.decode()
        full = asked(counter)
        assert advice not in clerk.get(reverse("counter_case", args=[full.number])).content.decode()

    def test_the_dead_are_not_spoken_to_and_an_heir_is_not_asked_for(self, counter, clerk):
        case = counter.open(CaseKind.INHERIT, counter.insured())
        page = printed(clerk, case, "missing")
        assert "办「个人账户继承」，今天还没有办完" in page
        assert "您来办" not in page
        assert "还要继承人" not in page


class TestWhatIsSignedFirst:
    """A form that has to be signed and an undertaking are papers of the case: they come before it is submitted."""

    def test_both_are_printed_with_what_holds_now_and_counted(self, counter, clerk):
        case = asked(counter)
        link = "sheet=form&amp;sheet=undertaking"
        assert link in clerk.get(reverse("counter_case", args=[case.number])).content.decode()
        page = printed(clerk, case, "form", "undertaking")
        for said in ("¥1,070.88（壹仟零柒拾元捌角捌分）", "申请人签字", "的近亲属关系真实"):
            assert said in page
        case.refresh_from_db()
        assert (case.prints, case.words) == ({"form": 1, "undertaking": 1}, [])
        assert AuditEvent.objects.filter(verb="case.printed", case=case.number, subject=case.subject).count() == 1

    def test_it_is_a_look_up_but_for_who_opened_it(self, counter):
        case = asked(counter)
        for user, cost in ((counter.clerk, 0), (counter.colleague, 2)):
            assert printing.lookups_of(counter.act(user), user, case, ["undertaking"]) == cost

    def test_after_that_only_the_receipt_is_left_to_print(self, counter, clerk):
        case = asked(counter)
        printed(clerk, case, "form", "undertaking")
        counter.submit(counter.seen(case, "card", "book"))
        page = clerk.get(reverse("counter_case", args=[case.number]))
        assert page.context["sheets"] == ["receipt"]
        assert 'data-next="print-sheets"' in page.content.decode()

    @pytest.mark.parametrize("changes", [{"asked": {}}, {"other": None}], ids=["no answer", "nobody else"])
    def test_not_while_anything_else_stands_in_the_way(self, counter, clerk, changes):
        case = asked(counter, **changes)
        assert printing.sheets_of(counter.act(), case) == ["missing"]
        assert "没有要打印的单据" in printed(clerk, case, "form")


class TestPrintsAreCounted:
    def test_the_second_print_is_marked_and_both_are_written_down(self, clerk, done):
        assert "补打" not in printed(clerk, done, "receipt")
        assert "补打" in printed(clerk, done, "receipt")
        done.refresh_from_db()
        assert done.prints == {"receipt": 2}
        for person in (done.subject, done.other):
            events = AuditEvent.objects.filter(verb="case.printed", case=done.number, subject=person).order_by("id")
            assert [event.detail["again"] for event in events] == [[], ["receipt"]]

    def test_looking_at_what_can_be_printed_counts_nothing(self, clerk, done):
        page = clerk.get(reverse("counter_case_print", args=[done.number]) + "?sheet=receipt").content.decode()
        assert "受理回执" in page
        done.refresh_from_db()
        assert done.prints == {}

    def test_a_sheet_that_the_case_does_not_have_is_refused(self, counter, clerk, parked):
        assert "没有要打印的单据" in printed(clerk, parked, "form")
        with pytest.raises(CaseError):
            printing.print_sheets(act=counter.act(), number=parked.number, sheets=["missing", "receipt"])
        parked.refresh_from_db()
        assert parked.prints == {}

    @pytest.mark.parametrize("who", ["stranger", "policy"])
    def test_the_operation_refuses_another_region_and_another_role(self, counter, done, who):
        user = counter.stranger if who == "stranger" else counter.official(Role.POLICY, "T1", 9)
        with pytest.raises(CaseError):
            printing.print_sheets(act=counter.act(user), number=done.number, sheets=["receipt"])


def test_the_bars_are_those_of_the_number():
    width, drawn = bars("YW2026-0310-DF2VC4CZ")
    modules = ["0"] * width
    for start, wide in drawn:
        modules[start : start + wide] = "1" * wide
    assert "".join(modules) == barcode.Code128("YW2026-0310-DF2VC4CZ").build()[0]
